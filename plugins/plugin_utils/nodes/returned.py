"""What a node says of one place: the findings and what was read, in the form in which it travels and is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import MotcuaError
from ..findings import Finding, Task, in_order
from ..snapshots import Snapshot
from .split import Places

VERSION = 1
NOT_BACK = "node"  # the check that fails at a host of which no node said anything


@dataclass(frozen=True)
class Returned:
    """One place as a node found it. ``ended`` is the exit code of the playbook that it was read by."""

    place: str
    ended: int
    findings: tuple[Finding, ...]
    snapshots: Mapping[str, Snapshot]


def of_shard(places: Places, ended: int, findings: Iterable[Finding], snapshots: Mapping[str, Snapshot]) -> Iterator[Returned]:
    """What a playbook found, place by place. What belongs to none of them, as a hub on which a site was looked for, goes with the first."""
    whose = {host: place for place, hosts in places.items() for host in hosts}
    first = next(iter(places))
    found: dict[str, list[Finding]] = {place: [] for place in places}
    for finding in findings:
        found[whose.get(finding.device, first)].append(finding)
    read: dict[str, dict[str, Snapshot]] = {place: {} for place in places}
    for name, snapshot in snapshots.items():
        read[whose.get(name, first)][name] = snapshot
    for place in places:
        yield Returned(place, ended, tuple(found[place]), read[place])


def untold(places: Places, sites: Iterable[str], why: str) -> Iterator[Finding]:
    """That some places weren't judged: could not tell, host by host, and never a pass. ``sites``: which of the places are sites."""
    of_sites = set(sites)
    for place, hosts in places.items():
        for host in hosts:
            yield Task(host, place if place in of_sites else None, "device", NOT_BACK).finding("error", "comes back", why)


def to_json(returned: Returned) -> dict[str, Any]:
    """As JSON types."""
    read = returned.snapshots.items()
    return {
        "version": VERSION,
        "place": returned.place,
        "ended": returned.ended,
        "findings": [dict(vars(finding)) for finding in in_order(returned.findings)],
        "snapshots": {name: {key: value for key, value in asdict(one).items() if key != "device"} for name, one in read},
    }


def from_json(document: Any) -> Returned:
    """Out of JSON types.

    :raises MotcuaError: when it is something else, or of another version.
    """
    try:
        if document["version"] != VERSION:
            raise MotcuaError(
                f"a node's result: version {document['version']!r} is not {VERSION}; install the same motcua on both machines"
            )
        findings = in_order(Finding(**row) for row in document["findings"])
        snapshots = {str(name): Snapshot(str(name), **row) for name, row in document["snapshots"].items()}
        return Returned(str(document["place"]), int(document["ended"]), findings, snapshots)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise MotcuaError(f"a node's result: can't be read ({error}); install the same motcua on both machines") from None
