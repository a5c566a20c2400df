"""Our own configuration before and after, as an export has it, for people to compare."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..state import Secret
from .chains import chain_of, steps_of
from .commands import legible
from .differences import Difference, difference
from .menus import MENUS, Field, default_of
from .running import Row, Running
from .values import same
from .wanted import Value, Wanted

Lines = dict[str, list[str]]


def configuration(running: Running, wanted: tuple[Wanted, ...], ours: Mapping[str, Mapping[str, Row]]) -> tuple[str, str]:
    """Both texts. What is the same is spelled the same in both; a secret is only named, where it is going to be set."""
    after: Lines = {}
    before: Lines = {}
    lines: dict[tuple[str, str], str] = {}
    moved = {key for key, step in steps_of(running, wanted).items() if step.moves}
    for one in sorted(wanted, key=_chains(wanted)):
        row = ours[one.menu].get(one.mark)
        found = difference(running, one, row)
        after.setdefault(one.menu, []).append(_after(one, found))
        before.setdefault(one.menu, [])
        if one.mark and (row is not None or (one.menu == "user ssh-keys" and found is None)):
            lines[one.menu, one.mark] = _before(running, one, row, found) + (
                "  # not in its place" if (one.menu, one.mark) in moved else ""
            )
        elif not one.mark:
            before[one.menu].append(_before(running, one, None, found))
    for menu, rows in ours.items():
        order = _by_chain(menu, rows, wanted) if MENUS[menu].ordered else [one.mark for one in wanted if one.menu == menu] + list(rows)
        for mark in dict.fromkeys(order):
            line = lines.get((menu, mark)) or (_row(rows[mark]) if mark in rows and menu != "user ssh-keys" else None)
            before.setdefault(menu, []).extend([line] if line else [])
    return _text(before), _text({menu: after.get(menu, []) for menu in before})


def _chains(wanted: tuple[Wanted, ...]) -> Callable[[Wanted], tuple[int, int]]:
    """Chain by chain: their rules may be made in turns."""
    menus = {menu: number for number, menu in enumerate(dict.fromkeys(one.menu for one in wanted))}
    chains = {key: number for number, key in enumerate(dict.fromkeys((one.menu, chain_of(one.values)) for one in wanted))}
    return lambda one: (menus[one.menu], chains[one.menu, chain_of(one.values)])


def _by_chain(menu: str, rows: Mapping[str, Row], wanted: tuple[Wanted, ...]) -> list[str]:
    """The marks of an ordered menu as they stand, chain by chain."""
    chains = dict.fromkeys(chain_of(one.values) for one in wanted if one.menu == menu)
    order = {chain: number for number, chain in enumerate(chains)}
    return sorted(rows, key=lambda mark: order.get(chain_of(rows[mark].values), len(order)))


def _text(lines: Lines) -> str:
    return "".join(f"/{menu}\n" + "".join(f"{line}\n" for line in found) for menu, found in lines.items() if found)


def _line(one: Wanted, values: Mapping[str, Value]) -> str:
    by = MENUS[one.menu].mark
    marked: Mapping[str, Value] = {by: one.mark, **values} if one.mark and by and one.menu != "user ssh-keys" else values
    head = "add" if one.mark else "set " + one.row if one.row else "set"
    return " ".join([head, *(_word(name, value) for name, value in marked.items())])


def _word(name: str, value: Value) -> str:
    if value is None:
        return name
    return f"{name}={value}" if isinstance(value, Secret) else f"{name}={legible(name, value)}"


def _after(one: Wanted, found: Difference | None) -> str:
    return _line(
        one, {name: value for name, value in one.values.items() if not isinstance(value, Secret) or (found and name in found.changes)}
    )


def _before(running: Running, one: Wanted, row: Row | None, found: Difference | None) -> str:
    current = row.values if row is not None else running.setting(one.menu, one.row)
    values: dict[str, Value] = {}
    for name, value in one.values.items():
        changes = found is not None and name in found.changes
        if isinstance(value, Secret):
            values |= {name: "another"} if changes else {}
        elif not changes:
            values[name] = value
        elif name in current:
            values[name] = current[name]
        elif isinstance(default := default_of(one.menu, one.row, name, running.version), str):
            values[name] = default
    strange = {} if found is None else {name: value for name, value in (found.before or {}).items() if name not in one.values}
    return _line(one, values | {name: value for name, value in strange.items() if not isinstance(value, Field)})


def _row(row: Row) -> str:
    """An entry of ours that is to go."""
    menu = MENUS[row.menu]
    shown = {
        name: value
        for name, value in row.values.items()
        if menu.default(name) is not Field.DEVICE and not (isinstance(default := menu.default(name), str) and same(name, value, default))
    }
    return " ".join(["add", *(_word(name, value) for name, value in shown.items())])
