"""A province in shards: everything of a site stays together, and the nodes get as much as they can do."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..desired import device_host
from ..desired.host import server_host
from ..errors import ModelError
from ..model import Province
from .named import Node

Places = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Shard:
    """What one node does in one go: by place, which is a site or the host of a centre, the names of its hosts."""

    name: str
    node: str
    places: Places

    @property
    def hosts(self) -> tuple[str, ...]:
        """All hosts of the shard."""
        return tuple(host for hosts in self.places.values() for host in hosts)


def split(province: Province, places: Places, nodes: Mapping[str, Node], devices_a_shard: int) -> tuple[Shard, ...]:
    """The shards of some places, each for one node; the same whatever order places and nodes come in.

    The largest place goes first, each to the node that will have the least to do for its weight (Graham's rule), so that no node has more
    than another by more than one place. What a node gets is cut in the same way into shards of about so many devices. None is empty.

    :raises ModelError: when no node serves a place.
    """
    whose = _dealt(places, lambda place: _serving(province, place, nodes), {name: node.weight for name, node in nodes.items()})
    return tuple(shard for node in sorted(whose) for shard in _cut(node, {name: places[name] for name in whose[node]}, devices_a_shard))


def _serving(province: Province, place: str, nodes: Mapping[str, Node]) -> list[str]:
    found = [name for name, node in nodes.items() if node.serves(province, place)]
    if not found:
        raise ModelError(f"nodes: none serves '{place}'; write it under 'places' of one, or leave 'places' out")
    return found


def _dealt(places: Places, serving: Callable[[str], Iterable[str]], weights: Mapping[str, float]) -> dict[str, list[str]]:
    """Who takes which places."""
    taken: dict[str, list[str]] = {name: [] for name in weights}
    load = dict.fromkeys(weights, 0)
    for place in sorted(places, key=lambda place: (-len(places[place]), place)):
        size = len(places[place])
        best = min(serving(place), key=lambda name: ((load[name] + size) / weights[name], name))
        taken[best].append(place)
        load[best] += size
    return {name: sorted(own) for name, own in taken.items() if own}


def _cut(node: str, places: Places, devices: int) -> Iterator[Shard]:
    count = math.ceil(sum(map(len, places.values())) / devices)
    bins = [f"{node}-{number:03}" for number in range(1, max(count, 1) + 1)]
    for name, own in sorted(_dealt(places, lambda _: bins, dict.fromkeys(bins, 1)).items()):
        yield Shard(name, node, {place: places[place] for place in own})


def patterns(places: Places, whole: Places) -> tuple[str, ...]:
    """The places as Ansible patterns: a site of which nothing is missing by its group, everything else host by host.

    Thousands of names would be compared with every group of the inventory each.
    """
    return tuple(_patterns(places, whole))


def _patterns(places: Places, whole: Places) -> Iterator[str]:
    for place, hosts in places.items():
        if tuple(hosts) == (place,) or set(hosts) != set(whole[place]):
            yield from hosts
        else:
            yield f"site_{place.replace('-', '_')}"


def places_of(province: Province, chosen: Iterable[str] | None = None) -> dict[str, tuple[str, ...]]:
    """Place -> the names of its hosts, in the order of the inventory; of the chosen hosts where some were chosen."""
    named = None if chosen is None else set(chosen)
    found: dict[str, tuple[str, ...]] = {}
    for host, place in _hosts(province):
        if named is None or host in named:
            found[place] = (*found.get(place, ()), host)
    return found


def _hosts(province: Province) -> Iterator[tuple[str, str]]:
    yield from ((server_host(name), server_host(name)) for name in province.centres)
    for name, site in province.sites.items():
        yield from ((device_host(name, device), name) for device in ("router", *site.cameras, *site.nvrs))
