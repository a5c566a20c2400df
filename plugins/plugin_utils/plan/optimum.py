"""The best choice of one option a camera within one line or two: exact, by dynamic programming over what is worth keeping.

A choice of options is a multiple-choice knapsack. Of all choices for the first n cameras only those are kept that no other one beats in
worth with no more of either line; a province's offices have few cameras and few steps, so that few are left.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

TOLERANCE = 1e-9


class Offer(NamedTuple):
    """One thing that a camera may send: what it takes of a line, and its worth."""

    kbps: int
    worth: float


class Taken(NamedTuple):
    """A camera's share of the optimum: which of its offers, over which line."""

    offer: int
    line: int


class _Choice(NamedTuple):
    first_kbps: int
    second_kbps: int
    worth: float
    taken: tuple[Taken | None, ...]


def optimum(cameras: tuple[tuple[Offer, ...], ...], capacities_kbps: tuple[float, ...]) -> tuple[Taken | None, ...]:
    """For each camera what it sends, None for nothing.

    :param cameras: each camera's offers, lowest first. Of equal choices it is always the same one; among equal cameras the first gets more.
    :param capacities_kbps: what one or two lines can carry of it.
    """
    if len(capacities_kbps) > 1:
        return max(_kept(cameras, capacities_kbps), key=lambda choice: choice.worth).taken
    # On one line what is worth keeping rises in both, so that what a smaller line keeps is the beginning of it: offices whose
    # cameras offer the same are looked at together, and each finds its own line's place.
    whole_kbps, choices = _staircase(cameras, 2.0 ** math.ceil(math.log2(max(1.0, *capacities_kbps))))
    return choices[bisect.bisect_right(whole_kbps, capacities_kbps[0] + TOLERANCE) - 1].taken


@lru_cache(maxsize=1024)
def _staircase(cameras: tuple[tuple[Offer, ...], ...], most_kbps: float) -> tuple[tuple[int, ...], tuple[_Choice, ...]]:
    """What is worth keeping on one line of at most so much: what each choice takes, rising, and the choices."""
    choices = _kept(cameras, (most_kbps, 0.0))
    return tuple(choice.first_kbps for choice in choices), tuple(choices)


def _kept(cameras: Sequence[Sequence[Offer]], lines: Sequence[float]) -> list[_Choice]:
    kept = [_Choice(0, 0, 0.0, ())]
    for offers in reversed(cameras):
        kept = _unbeaten(_extended(kept, offers, lines))
    return kept


def _extended(kept: Iterable[_Choice], offers: Sequence[Offer], lines: Sequence[float]) -> list[_Choice]:
    found = []
    for first, second, worth, taken in kept:
        found.append(_Choice(first, second, worth, (None, *taken)))
        for number, offer in enumerate(offers):
            if first + offer.kbps <= lines[0] + TOLERANCE:
                found.append(_Choice(first + offer.kbps, second, worth + offer.worth, (Taken(number, 0), *taken)))
            if second + offer.kbps <= lines[1] + TOLERANCE:
                found.append(_Choice(first, second + offer.kbps, worth + offer.worth, (Taken(number, 1), *taken)))
    return found


def _unbeaten(choices: list[_Choice]) -> list[_Choice]:
    """Those for which no other one has at least the worth with no more of either line."""
    choices.sort(key=lambda choice: (choice.first_kbps, choice.second_kbps, -choice.worth))
    kept: list[_Choice] = []
    stair_kbps: list[int] = []  # of the second line, rising; the worth rises with it
    stair_worth: list[float] = []
    for choice in choices:
        place = bisect.bisect_right(stair_kbps, choice.second_kbps)
        if place and stair_worth[place - 1] >= choice.worth - TOLERANCE:
            continue
        kept.append(choice)
        end = place
        while end < len(stair_worth) and stair_worth[end] <= choice.worth + TOLERANCE:
            end += 1
        if place and stair_kbps[place - 1] == choice.second_kbps:
            place -= 1
        stair_kbps[place:end] = [choice.second_kbps]
        stair_worth[place:end] = [choice.worth]
    return kept
