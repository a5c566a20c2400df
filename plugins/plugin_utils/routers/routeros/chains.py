"""The chains of the ordered menus as they are, and what brings ours to their front."""

from __future__ import annotations

from collections.abc import Mapping

from .menus import MENUS
from .placing import Rule, Step, arrange, placed
from .running import Running
from .wanted import Value, Wanted


def chain_of(values: Mapping[str, Value]) -> str:
    """The chain that a rule is in; empty for what isn't a rule."""
    return str(values.get("chain", ""))


def chains_of(running: Running, menu: str) -> dict[str, list[Rule]]:
    """Each chain of an ordered menu: our rules by mark, others by number. A second rule with the same mark has no place of its own."""
    chains: dict[str, list[Rule]] = {}
    numbers: dict[str, int] = {}
    for row in running.of(menu):
        chain = chain_of(row.values)
        rules = chains.setdefault(chain, [])
        if not MENUS[menu].marks(row.mark):
            rules.append(numbers.setdefault(chain, 0))
            numbers[chain] += 1
        elif all(row.mark not in other for other in chains.values()):
            rules.append(row.mark)
    return chains


def steps_of(running: Running, wanted: tuple[Wanted, ...]) -> dict[tuple[str, str], Step]:
    """How each rule that isn't in its place comes there, by menu and mark."""
    return {(menu, step.mark): step for (menu, _), (_, steps) in _arranged(running, wanted).items() for step in steps}


def settled(running: Running, wanted: tuple[Wanted, ...]) -> dict[tuple[str, str], list[Rule]]:
    """The chains as they are when everything stands in its place, and what is to go still stands too."""
    home = {(one.menu, one.mark): chain_of(one.values) for one in wanted}
    chains = {
        (menu, chain): [rule for rule in rules if isinstance(rule, int) or home.get((menu, rule), chain) == chain]
        for menu in MENUS
        if MENUS[menu].ordered
        for chain, rules in chains_of(running, menu).items()
    }
    return chains | {key: placed(rules, steps) for key, (rules, steps) in _arranged(running, wanted).items()}


def _arranged(running: Running, wanted: tuple[Wanted, ...]) -> dict[tuple[str, str], tuple[list[Rule], list[Step]]]:
    """By menu and chain: what stands there once every rule is in its own chain, and the steps from there."""
    found = {}
    for menu in (menu for menu in MENUS if MENUS[menu].ordered):
        chains = chains_of(running, menu)
        rules = [one for one in wanted if one.menu == menu]
        home = {one.mark: chain_of(one.values) for one in rules}
        for chain in dict.fromkeys(home.values()):
            strayed = [
                mark for other, row in chains.items() if other != chain for mark in row if isinstance(mark, str) and home.get(mark) == chain
            ]
            stands = [rule for rule in chains.get(chain, []) if isinstance(rule, int) or home.get(rule, chain) == chain] + strayed
            order = [one.mark for one in rules if chain_of(one.values) == chain]
            found[menu, chain] = (stands, list(arrange(stands, order, strayed)))
    return found
