"""The router's name and clock, and to whom it tells how it is: SNMP and syslog."""

from __future__ import annotations

from collections.abc import Iterator

from ..state import RouterState
from .wanted import Wanted, entry, values

NTP_PORT = 123
SNTP_SOURCES = 2  # RouterOS 6 asks two servers at most


def clock(state: RouterState, major: int) -> Iterator[Wanted]:
    """Name, zone and time. RouterOS 6 serves time only with the package ntp, which no export shows: there the LAN must ask elsewhere."""
    yield values("system identity", name=state.host)
    yield values("system clock", time_zone_autodetect="no", time_zone_name=state.zone)
    sources = [str(source) for source in state.time_sources]
    if major < 7:
        primary, secondary = [*sources, "0.0.0.0", "0.0.0.0"][:SNTP_SOURCES]  # noqa: S104  "none", as RouterOS says it
        yield values("system ntp client", enabled="yes", primary_ntp=primary, secondary_ntp=secondary)
        return
    for source in sources:
        yield entry("system ntp client servers", f"time-{source}", address=source)
    yield values("system ntp client", enabled="yes")
    if any(one.came_in == "lan" and not one.to and NTP_PORT in one.ports for one in state.firewall.input):
        yield values("system ntp server", enabled="yes")


def reports(state: RouterState) -> Iterator[Wanted]:
    """SNMPv3 and syslog. RouterOS calls an SNMPv3 user a community; that of v1 and v2c is always there and may read nothing."""
    snmp = state.snmp
    if snmp is not None:
        yield values("snmp community", "[ find default=yes ]", read_access="no", write_access="no")
        yield entry(
            "snmp community",
            snmp.user,
            addresses=",".join(map(str, snmp.sources)),
            security="private",
            authentication_protocol="SHA1",
            encryption_protocol="AES",
            authentication_password=snmp.authentication,
            encryption_password=snmp.privacy,
        )
        yield values("snmp", enabled="yes", contact=snmp.contact, location=snmp.location)
    for number, receiver in enumerate(state.syslog):
        action = f"motcua{number}"  # letters and digits are all that RouterOS takes here
        yield entry("system logging action", action, target="remote", remote=str(receiver.address), remote_port=str(receiver.port))
        yield entry("system logging", action, topics="!debug")
