"""What of a province can be given a new secret: each device, each tunnel of a site, each hub."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .desired import Host
from .model import Province
from .rotations import Record
from .secrets import Journal, tunnel_subject
from .waves import place_of

What: TypeAlias = Literal["devices", "tunnels", "hubs"]
# Provider's boxes that people set up with a work sheet.
BY_HAND = ("draytek", "ont", "fortios", "junos")


@dataclass(frozen=True)
class Subject:
    """One secret, or a device's several that change together; ``hosts`` have to be in the run that changes it."""

    name: str
    what: What
    place: str
    hosts: tuple[str, ...]


def rotatable(hosts: Sequence[Host], what: Collection[What]) -> tuple[Subject, ...]:
    """The subjects of these hosts, in their order; ``what`` kinds are meant."""
    found = [subject for host in hosts for subject in _of(host, hosts) if subject.what in what]
    return tuple(dict.fromkeys(found))


def _of(host: Host, hosts: Sequence[Host]) -> Iterator[Subject]:
    place = place_of(host)
    if host.vendor is not None and host.recorder is None:
        behind = tuple(other.name for other in hosts if other.recorder == host.name)
        yield Subject(host.name, "devices", place, (host.name, *behind))
    if host.role == "router" and host.platform not in BY_HAND:
        for tunnel in host.desired["router"]["tunnels"]:
            _, site, name = tunnel["secret"]["secret"].split("/")
            yield Subject(tunnel_subject(site, name), "tunnels", place, (host.name,))
    if "hub" in host.desired:
        yield Subject(f"{host.desired['hub']['id']}.hub", "hubs", place, (host.name,))


def next_epoch(subject: Subject, journal: Journal, record: Record) -> int | None:
    """The epoch that a rotation leads to; None for a device that has no secret of ours yet, which a rollout gives it."""
    if subject.what == "hubs":  # its key is made at the hub and not derived: its epochs only count
        return (record.done[-1].to if record.done else 1) + 1
    epochs = journal.read(subject.name)
    confirmed = (epochs.confirmed or 1) if subject.what == "tunnels" else epochs.confirmed
    return None if confirmed is None else max(confirmed, epochs.spent) + 1


def days_of(province: Province, subject: Subject) -> int | None:
    """After how many days the policy wants a new one; a centre's is the province's."""
    site = province.sites.get(subject.place)
    return (site or province).policy.rotate_days
