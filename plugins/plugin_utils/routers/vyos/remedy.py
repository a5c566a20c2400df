"""The smallest way from our part of what runs to what is wished. One commit takes all of it or nothing, so that order hardly matters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...secrets import wireguard_public_key
from ..platform import Command
from .grammar import HIDDEN, Path, spelled
from .lines import Line
from .tunnels import KEY_FOLDER, key_name

# Leaves that certainly have one value: the new one replaces the old one. All others may have several, and lose theirs by name.
_ONE = frozenset(
    {
        "description", "mtu", "adjust-mss", "private-key", "public-key", "pubkey", "port", "persistent-keepalive", "action", "host-name",
        "time-zone", "location", "contact", "bandwidth", "ceiling", "regex", "prefix", "local-preference", "router-id", "remote-as",
        "update-source", "keepalive", "holdtime", "default-action", "jump-target", "system-as",
    }
)  # fmt: skip


def remedy(roots: Mapping[Path, int], wanted: Sequence[Line], running: Sequence[Path]) -> tuple[Command, ...]:
    """From our paths (with the length of their node) to the wished lines. What is there already isn't sent."""
    there = frozenset(running)
    gone = {path: roots[path] for path in _gone(roots, wanted, there)}
    commands = [_plain(f"delete {spelled(node)}") for node in _nodes(gone, [path for path in running if path not in gone])]
    return (*commands, *(command for line in wanted if line.path not in there and _writable(line) for command in _set(line)))


def undoing(roots: Mapping[Path, int], before: Sequence[Path], reached: Sequence[Path]) -> tuple[Command, ...]:
    """From what the remedy reached back to what was ours ``before``; nodes that only we filled go as a whole.

    A secret that nobody knows any more can't be written again: the guard's snapshot has it.
    """
    return remedy(dict.fromkeys(roots, 1), [Line(path) for path in before], reached)


def after(roots: Mapping[Path, int], wanted: Sequence[Line], running: Sequence[Path]) -> tuple[Path, ...]:
    """All paths as they are when the remedy is done."""
    kept = {line.path for line in wanted}
    return tuple(dict.fromkeys([*(path for path in running if path not in roots or path in kept), *(line.path for line in wanted)]))


def _replaced(wanted: Sequence[Line], there: frozenset[Path]) -> frozenset[Path]:
    """Leaves that get another value, which takes the place of the old one."""
    new = (line.path for line in wanted if line.path not in there and _writable(line))
    return frozenset(path[:-1] for path in new if len(path) > 1 and path[-2] in _ONE)


def _gone(roots: Mapping[Path, int], wanted: Sequence[Line], there: frozenset[Path]) -> Iterator[Path]:
    kept, over = {line.path for line in wanted}, _replaced(wanted, there)
    return (path for path in roots if path not in kept and path[:-1] not in over)


def _writable(line: Line) -> bool:
    return line.secret is not None or (line.path[-1] != HIDDEN and not line.path[-1].startswith("(public key "))


def _nodes(gone: Mapping[Path, int], staying: Sequence[Path]) -> list[Path]:
    """The highest nodes below which nothing stays, each once and none within another."""
    kept = {path[:length] for path in staying for length in range(1, len(path) + 1)}
    highest = dict.fromkeys(
        next((path[:length] for length in range(least, len(path)) if path[:length] not in kept), path) for path, least in gone.items()
    )
    return [node for node in highest if not any(node[:length] in highest for length in range(1, len(node)))]


def _set(line: Line) -> tuple[Command, ...]:
    if line.secret is None:
        return (_plain(f"set {spelled(line.path)}"),)
    shown_path = (*line.path[:-1], str(line.secret))
    value = line.secret.value
    if line.leaf is not None:
        shown_path = (*line.path[:-2], line.leaf, str(line.secret))
    shown = f"set {' '.join(shown_path)}"
    if value is None:
        return (Command(shown, shown),)
    if line.path[-1] == key_name_of(value, line):
        return (*_key_file(value, str(line.secret)), _plain(f"set {spelled(line.path)}"))
    return (Command(f"set {spelled((*shown_path[:-1], value))}", shown),)


def key_name_of(value: str, line: Line) -> str | None:
    """The name of the key file that a line of 1.3 points to."""
    return key_name(value) if line.path[-2:-1] == ("private-key",) and line.path[-1].startswith("motcua-") else None


def _key_file(value: str, shown: str) -> Iterator[Command]:
    """1.3: ``printf`` is the shell's own, so that the key stands in no list of processes."""
    folder = f"{KEY_FOLDER}/{key_name(value)}"
    yield _plain(f"sudo mkdir -m 700 -p {folder}")
    for name, key, seen in (("private.key", value, shown), ("public.key", wireguard_public_key(value), "(public key)")):
        text = " printf '%s\\n' {} | sudo tee {} > /dev/null"
        yield Command(text.format(f"'{key}'", f"{folder}/{name}"), text.format(seen, f"{folder}/{name}").strip())


def _plain(text: str) -> Command:
    return Command(text, text)
