"""From what runs to what should, and back: the smallest ordered commands.

The order keeps our own path: first everything is added and set that can't cut it; then what isn't wanted any more goes; then, tunnel by
tunnel and the first one last, what a tunnel, an address or a route is made of is changed, each tunnel by a single line that the router runs
to its end, whatever becomes of the session.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from ...errors import Refused, Unsupported
from ..platform import Command, Comparison
from ..state import RouterState
from .chains import chain_of, chains_of, settled, steps_of
from .commands import add, change, command, find, find_from, move, remove, undoing
from .contradictions import contradictions
from .differences import Difference, difference, owned, parked, unknown
from .intended import intended
from .menus import KEPT, MENUS, PARKED, Field
from .placing import Rule, Step, successor
from .running import Row, Running
from .texts import configuration
from .wanted import Value, Wanted
from .words import quoted

FLASH_BYTES = 65_536  # what a script, its schedulers and the configuration's own growth take at most


@dataclass(frozen=True)
class Change:
    """A command and the lines that take it back; ``tunnel`` groups what goes in one line, None what goes by itself."""

    do: tuple[str, str]
    undo: tuple[str, ...]
    tunnel: str | None = None


@dataclass
class Plan:
    """Changes by when they are made."""

    early: list[Change] = field(default_factory=list)
    removals: list[Change] = field(default_factory=list)
    late: list[Change] = field(default_factory=list)


def compare(running: Running, state: RouterState, major: int) -> Comparison:
    """What has to be done on the router.

    :raises Unsupported: when the router has another major version, or the state needs what it doesn't have.
    :raises Refused: when something has to be done and the router can't take it now: a colleague's safe mode, a full flash.
    """
    if running.version[0] != major:
        said = f"{running.version[0]}.{running.version[1]}"
        raise Unsupported(f"{state.host}: it runs RouterOS {said}, and the inventory says {major}; correct its platform")
    wanted = intended(state, running.version)
    ours = _owned(running, wanted)
    plan, strange = _plan(running, wanted, ours)
    commands, undo = _lines(plan, {tunnel.name: -tunnel.rank for tunnel in state.tunnels})
    before, after = "", ""
    if commands:
        _check(running, state)
        before, after = configuration(running, wanted, ours)
    return Comparison(commands, undo, before, after, contradictions(running, state, wanted), tuple(dict.fromkeys(strange)))


def _owned(running: Running, wanted: tuple[Wanted, ...]) -> dict[str, dict[str, Row]]:
    marks: dict[str, set[str]] = {}
    for one in wanted:
        marks.setdefault(one.menu, set()).add(one.mark)
    return {menu: owned(running, menu, frozenset(marks.get(menu, ()))) for menu in MENUS}


def _check(running: Running, state: RouterState) -> None:
    if running.in_safe_mode:
        raise Refused(f"{state.host}: somebody has it open in safe mode with changes of their own; let them finish, then run again")
    if running.free_bytes is not None and running.free_bytes < FLASH_BYTES:
        free = running.free_bytes // 1024
        raise Refused(
            f"{state.host}: its flash has {free} KiB left and the guard needs {FLASH_BYTES // 1024}; remove old files, nothing was changed"
        )


def _plan(running: Running, wanted: tuple[Wanted, ...], ours: Mapping[str, Mapping[str, Row]]) -> tuple[Plan, list[str]]:
    plan, strange = Plan(), []
    steps = steps_of(running, wanted)
    for one in wanted:
        row = ours[one.menu].get(one.mark)
        strange += list(unknown(one, row)) if row is not None else []
        found = difference(running, one, row)
        step = steps.get((one.menu, one.mark))
        for entry in _changes(running, one, found, step):
            late = MENUS[one.menu].carries and found is not None and not found.adds
            (plan.late if late else plan.early).append(entry)
    _remove(plan, running, wanted, ours)
    return plan, strange


def _changes(running: Running, one: Wanted, found: Difference | None, step: Step | None) -> Iterator[Change]:
    menu, chain = one.menu, chain_of(one.values)
    if found is not None and found.adds:
        yield _added(one, step)
        return
    if found is not None:
        yield from _kept_keys(found)
        yield _changed(running, found)
    if step is not None and step.moves:
        yield Change(
            _plain(move(menu, one.mark, chain, step.before)),
            () if found is not None and "chain" in found.changes else (move(menu, one.mark, chain, step.was_before),),
        )


def _added(one: Wanted, step: Step | None) -> Change:
    menu, chain = one.menu, chain_of(one.values)
    mark = {MENUS[menu].mark or "": one.mark}
    values: dict[str, Value] = dict(one.values) if menu == "user ssh-keys" else {**one.values, **mark}
    return Change(add(menu, values, chain, step.before if step else None), _added_back(one))


def _added_back(one: Wanted) -> tuple[str, ...]:
    if one.menu != "user ssh-keys":
        return (remove(one.menu, one.mark),)
    # Versions call the key's name differently, and a name that a version doesn't know spoils a whole script: it is read only when run.
    lines = (f"/user ssh-keys remove [find {name}={quoted(one.mark)}]" for name in ("key-owner", "info"))
    return tuple(f":execute {quoted(line)}" for line in lines)


def _selector(one: Wanted) -> str:
    return find(one.menu, one.mark) if one.mark else one.row


def _changed(running: Running, found: Difference) -> Change:
    one, before = found.wanted, found.before or {}
    back: dict[str, Value] = {name: value for name, value in before.items() if not isinstance(value, Field) and name != "private-key"}
    gone = tuple(name for name, value in before.items() if value is Field.UNSET)
    lines = [change(one.menu, _selector(one), back, gone)[0]] if back or gone else []
    if "private-key" in found.changes:
        kept = f"[/system script get [find name={quoted(_keeper(one))}] source]"
        lines.append(f"/{one.menu} set {_selector(one)} private-key={kept}")
    if "chain" in found.changes and found.row is not None:
        chain = str(found.row.values.get("chain"))
        lines.append(move(one.menu, one.mark, chain, successor(chains_of(running, one.menu)[chain], one.mark)))
    tunnel = one.tunnel if MENUS[one.menu].carries else None
    return Change(change(one.menu, _selector(one), found.changes, found.unset), tuple(lines), tunnel or None)


def _keeper(one: Wanted) -> str:
    return f"{KEPT}-{one.mark.partition(':')[2]}"


def _kept_keys(found: Difference) -> Iterator[Change]:
    """A private key that is replaced can't be read by us: the router keeps it for itself until the change is confirmed."""
    if "private-key" in found.changes:
        one = found.wanted
        source = f"[/{one.menu} get {find_from(one.menu, one.mark)} private-key]"
        text = f"/system script add name={quoted(_keeper(one))} policy=read source={source}"
        yield Change(_plain(text), (f"/system script remove [find name={quoted(_keeper(one))}]",), one.tunnel or None)


def _remove(plan: Plan, running: Running, wanted: tuple[Wanted, ...], ours: Mapping[str, Mapping[str, Row]]) -> None:
    """What is ours and isn't wanted, dependents first."""
    named = {(one.menu, one.mark) for one in wanted}
    moved = settled(running, wanted)
    for menu in reversed(MENUS):
        if menu == "user ssh-keys":
            continue  # a key can't be had back: one that is too many is said, not removed
        for mark, row in reversed(list(ours[menu].items())):  # a queue's classes before the queue
            if (menu, mark) not in named:
                (plan.late if MENUS[menu].carries else plan.removals).append(_removed(moved, row))
    if not running.guarded:
        plan.removals += [Change(_plain(remove(menu, mark)), ()) for menu, mark in parked(running)]


def _removed(chains: dict[tuple[str, str], list[Rule]], row: Row) -> Change:
    menu, mark = row.menu, row.mark
    if MENUS[menu].parks:
        return _parked(row)
    chain = chain_of(row.values)
    before = None
    if MENUS[menu].ordered:
        place = chains[menu, chain]
        before = successor(place, mark)
        place.remove(mark)
    again = add(menu, row.values, chain, before)[0]
    return Change(_plain(remove(menu, mark)), (f":if ([:len {find_from(menu, mark)}] = 0) do={{ {again} }}",))


def _parked(row: Row) -> Change:
    menu, mark = row.menu, row.mark
    by = MENUS[menu].mark or ""
    away = f"{PARKED}{':' if by == 'comment' else '-'}{mark.removeprefix('motcua:')}"
    disabled: dict[str, Value] = {"disabled": "yes"} if "disabled" in MENUS[menu].fields else {}
    enabled: dict[str, Value] = {"disabled": "no"} if disabled else {}
    known = {name: value for name, value in row.values.items() if value is not None and MENUS[menu].default(name) is not Field.DEVICE}
    # Everything once more: what it referred to may have gone meanwhile, and come back as another entry of the same name.
    back = change(menu, find(menu, away), {**enabled, **known, by: mark})[0]
    return Change(change(menu, find(menu, mark), {**disabled, by: away}), (back,))


def _plain(text: str) -> tuple[str, str]:
    return text, text


def _lines(plan: Plan, order: Mapping[str, int]) -> tuple[tuple[Command, ...], tuple[Command, ...]]:
    """The commands, and what takes them back, the last first. ``order`` is that of the tunnels."""
    alone = [*plan.early, *plan.removals, *(one for one in plan.late if one.tunnel is None)]
    by_tunnel = sorted((one for one in plan.late if one.tunnel is not None), key=lambda one: order[one.tunnel or ""])
    commands = [command(one.do) for one in alone]
    commands += [command(*(one.do for one in group)) for _, group in groupby(by_tunnel, key=lambda one: one.tunnel)]
    undo = [undoing(*one.undo) for one in reversed((*alone, *by_tunnel)) if one.undo]
    return tuple(commands), tuple(undo)
