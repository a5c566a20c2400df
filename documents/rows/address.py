"""The address plan as rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.addresses import AddressRow, address_table

from ..subject import Subject, address, devices
from ..tables import Row
from .survey import label


def table_of(subject: Subject) -> tuple[AddressRow, ...]:
    """All networks of the province."""
    return address_table(subject.province, subject.plan.addresses)


def pool_rows(subject: Subject, table: Iterable[AddressRow]) -> Iterator[Row]:
    """What belongs to everybody, and the centres."""
    for row in table:
        if not row.owner.startswith("sites."):
            yield {"owner": _owner(subject, row), "what": subject.speech.word("addresses", row.what), "network": str(row.network)}


def _owner(subject: Subject, row: AddressRow) -> str:
    kind, _, rest = row.owner.partition(".")
    if kind == "centres":
        return subject.province.centres[rest.removesuffix(".lan")].name
    return subject.speech.word("addresses", row.owner)


def site_rows(subject: Subject, names: Iterable[str]) -> Iterator[Row]:
    """Each place's LAN, what the centre sees it as, and its end of the tunnel."""
    for name in names:
        addresses = subject.plan.addresses[name]
        yield {
            "number": subject.province.sites[name].number,
            "site": subject.plain(name),
            "lan": str(addresses.lan),
            "seen_as": str(addresses.prefix),
            "tunnel": str(addresses.tunnel),
        }


def line_rows(subject: Subject) -> Iterator[Row]:
    """Fixed addresses on lines."""
    for name, site in subject.province.sites.items():
        for key, line in site.lines.items():
            if line.address != "cgnat":
                yield {"number": site.number, "site": subject.plain(name), "line": subject.line(name, key), "network": str(line.address)}


def device_rows(subject: Subject, name: str) -> Iterator[Row]:
    """A place's networks and devices, as they are there and as the centre sees them."""
    site, addresses, speech = subject.province.sites[name], subject.plan.addresses[name], subject.speech
    yield {"what": speech.word("addresses", "lan"), "address": str(addresses.lan), "seen_as": str(addresses.prefix)}
    yield {"what": speech.word("addresses", "tunnel"), "address": str(addresses.tunnel), "seen_as": str(addresses.tunnel)}
    for standing in devices(name, site):
        at = getattr(standing.device, "address", None)
        if at is not None:
            seen = "" if standing.role == "other" else str(addresses.translate(at))
            yield {"what": label(subject, standing), "address": address(standing.device), "seen_as": seen}
    for key, line in site.lines.items():
        shown = "CGNAT" if line.address == "cgnat" else str(line.address)
        yield {"what": subject.line(name, key), "address": shown, "seen_as": ""}
