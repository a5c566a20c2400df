"""Order within a chain: ours first, each in its place, by as few moves as there can be."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

# A rule of a chain: ours by its mark, others by their number among the others.
Rule = str | int


@dataclass(frozen=True)
class Step:
    """Add or move one rule. ``before`` stands behind it then, None at the end of the chain; ``was_before`` stood behind it till now."""

    mark: str
    moves: bool
    before: Rule | None
    was_before: Rule | None = None


def arrange(chain: Sequence[Rule], wanted: Sequence[str], strayed: Collection[str] = ()) -> Iterator[Step]:
    """The steps that make ``wanted`` the first of the chain, in its order; our rules that aren't wanted stay for now.

    ``strayed`` were in another chain till now, so that their place in this one isn't known.
    """
    kept = _kept([rule for rule in chain if rule not in strayed], wanted)
    now = list(chain)
    for number, mark in enumerate(wanted):
        if mark in kept:
            continue
        following = next((later for later in wanted[number + 1 :] if later in kept), None)
        before = following if following is not None else next((rule for rule in now if isinstance(rule, int)), None)
        was_before = successor(now, mark)
        moves = mark in now
        if moves:
            now.remove(mark)
        now.insert(len(now) if before is None else now.index(before), mark)
        yield Step(mark, moves, before, was_before)


def successor(chain: Sequence[Rule], rule: Rule) -> Rule | None:
    """What stands behind a rule; None behind the last one, and for one that isn't there."""
    if rule not in chain:
        return None
    return next(iter(chain[chain.index(rule) + 1 :]), None)


def placed(chain: Sequence[Rule], steps: Iterable[Step]) -> list[Rule]:
    """The chain after the steps."""
    now = list(chain)
    for step in steps:
        if step.moves:
            now.remove(step.mark)
        now.insert(len(now) if step.before is None else now.index(step.before), step.mark)
    return now


def _kept(chain: Sequence[Rule], wanted: Sequence[str]) -> set[str]:
    """The most of our rules that can stay: a longest row in the wanted order, before the first rule of others."""
    end = next((number for number, rule in enumerate(chain) if isinstance(rule, int)), len(chain))
    order = {mark: number for number, mark in enumerate(wanted)}
    standing = [rule for rule in chain[:end] if isinstance(rule, str) and rule in order]
    tails: list[int] = []
    rows: list[tuple[str, ...]] = []
    for mark in standing:
        at = bisect_left(tails, order[mark])
        row = (*(rows[at - 1] if at else ()), mark)
        tails[at : at + 1] = [order[mark]]
        rows[at : at + 1] = [row]
    return set(rows[-1]) if rows else set()
