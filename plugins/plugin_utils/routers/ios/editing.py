"""Access lists from one content to another by sequence numbers, so that the order is exact and a list that is in use never runs empty.

A line that is added at the end of a list would stand behind its last denial. Newer versions print the numbers; where they don't, or
leave no room, the list is numbered anew first, which changes nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from .grammar import Block

_STEP, _NEW_STEP = 10, 100  # what IOS gives by itself, and what we give for room

Numbers = tuple[int, ...]


@dataclass(frozen=True)
class Edits:
    """``first`` makes and changes lists, ``last`` removes those that nothing refers to; ``numbers`` are those of the lines afterwards."""

    first: tuple[str, ...]
    last: tuple[str, ...]
    numbers: Mapping[str, Numbers]


def edits(before: Sequence[Block], after: Sequence[Block], numbers: Mapping[str, Numbers]) -> Edits:
    """The lines to type, from our lists to the wished ones. ``numbers`` are the sequence numbers of lists that are known."""
    had = {one.text: _texts(one) for one in before if is_list(one)}
    wanted = {one.text: _texts(one) for one in after if is_list(one)}
    first: list[str] = []
    reached: dict[str, Numbers] = {}
    for heading, lines in wanted.items():
        typed, reached[heading] = _one(heading, had.get(heading), lines, numbers.get(heading))
        first += typed
    return Edits(tuple(first), tuple(f"no {heading}" for heading in had if heading not in wanted), reached)


def is_list(block: Block) -> bool:
    """Whether the block is a named access list."""
    return block.text.startswith("ip access-list ")


def _texts(block: Block) -> tuple[str, ...]:
    return tuple(inner.text for inner in block.inside)


def _one(heading: str, had: tuple[str, ...] | None, wanted: tuple[str, ...], numbers: Numbers | None) -> tuple[list[str], Numbers]:
    """What is typed for one list, and its numbers afterwards."""
    usual = tuple(_STEP * (at + 1) for at in range(len(wanted)))
    if had is None:
        return [heading, *wanted, "exit"], usual
    if heading.startswith("ip access-list standard "):
        # The device sorts these by itself: only what is in them counts.
        lines = [*(line for line in wanted if line not in had), *(f"no {line}" for line in had if line not in wanted)]
        return [heading, *lines, "exit"] if lines else [], usual
    if had == wanted:
        return [], numbers or ()
    placed = _placed(had, wanted, numbers) if numbers and len(numbers) == len(had) else None
    if numbers and placed:
        return [heading, *_typed(had, wanted, numbers, placed), "exit"], placed
    numbers = tuple(_NEW_STEP * (at + 1) for at in range(len(had)))
    placed = _placed(had, wanted, numbers) or ()
    again = f"ip access-list resequence {heading.rsplit(maxsplit=1)[-1]} {_NEW_STEP} {_NEW_STEP}"
    return [again, heading, *_typed(had, wanted, numbers, placed), "exit"], placed


def _placed(had: tuple[str, ...], wanted: tuple[str, ...], numbers: Numbers) -> Numbers | None:
    """Every wished line's number: kept lines keep theirs, new ones go between. None where there is no room."""
    found: list[int] = []
    for kind, start, end, new_start, new_end in SequenceMatcher(a=had, b=wanted, autojunk=False).get_opcodes():
        if kind == "equal":
            found += numbers[start:end]
            continue
        count = new_end - new_start
        below = numbers[end - 1] if end else 0  # numbers of lines that go are still taken while the new ones come
        above = numbers[end] if end < len(numbers) else below + _STEP * (count + 1)
        step = (above - below) // (count + 1)
        if count and not step:
            return None
        found += [below + step * (at + 1) for at in range(count)]
    return tuple(found)


def _typed(had: tuple[str, ...], wanted: tuple[str, ...], numbers: Numbers, placed: Numbers) -> Iterator[str]:
    """New lines before old ones go; a line that only moves has to go first, as a list takes no line twice."""
    old, new = dict(zip(numbers, had, strict=True)), dict(zip(placed, wanted, strict=True))
    added = [(number, line) for number, line in new.items() if old.get(number) != line]
    removed = [(number, line) for number, line in old.items() if new.get(number) != line]
    moving = {line for _, line in added} & {line for _, line in removed}
    yield from (f"no {number}" for number, line in removed if line in moving)
    yield from (f"{number} {line}" for number, line in added)
    yield from (f"no {number}" for number, line in removed if line not in moving)
