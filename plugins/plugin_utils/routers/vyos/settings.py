"""Everything about the router itself: name, accounts, services, time, SNMP and log."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from ipaddress import IPv4Network

from ..state import Account, RouterState
from .grammar import Path
from .lines import Line, Words, hidden_line, under

# Where a service that the wish names stands; when anything stands there, it is on. Others don't exist on VyOS: off is met.
SWITCHES: dict[str, tuple[Path, ...]] = {
    "telnet": (("service", "telnet"),),
    "http": (("service", "https"),),
    "https": (("service", "https"),),
    "api": (("service", "https", "api"),),
    "upnp": (("service", "upnp"),),
    "discovery": (("service", "lldp"), ("service", "mdns")),
    "ddns": (("service", "dns", "dynamic"),),
}


def settings(state: RouterState, words: Words, running: frozenset[Path]) -> Iterator[Line]:
    """All of it; what runs decides only whether the LAN may already ask for the time and whether SSH runs."""
    yield from under("system", host_name=state.host, time_zone=state.zone)
    for account in state.accounts:
        yield from _account(account)
    if state.services.get("ssh") and not any(path[:2] == ("service", "ssh") for path in running):
        yield Line(("service", "ssh"))
    for source in state.time_sources:
        yield Line((*words.ntp, "server", str(source)))
    clients = (*words.ntp, "allow-client" if words.modern else "allow-clients", "address")
    allowed = [IPv4Network(path[-1]) for path in running if path[:-1] == clients and ":" not in path[-1]]
    if not any(state.lan.address.network.subnet_of(network) for network in allowed):
        yield Line((*clients, str(state.lan.address.network)))
    yield from _snmp(state)
    for syslog in state.syslog:
        yield from under("system", "syslog", "host", str(syslog.address), facility__all__level="info")
        if syslog.port != 514:
            yield from under("system", "syslog", "host", str(syslog.address), port=syslog.port)


def lacks(state: RouterState) -> Iterator[str]:
    """What the wish has and VyOS can't."""
    for account in state.accounts:
        if account.role == "viewer":
            yield f"account {account.name}: VyOS has administrators only; it is left out"


def _account(account: Account) -> Iterator[Line]:
    if account.role == "viewer":
        return
    login = ("system", "login", "user", account.name, "authentication")
    if account.password is not None:
        yield hidden_line(*login, "encrypted-password", secret=account.password, leaf="plaintext-password")
    for at, key in enumerate(account.keys, 1):
        kind, blob = key.split()[:2]
        yield from under(*login, "public-keys", f"motcua-{at}", key=blob, type=kind)


def _snmp(state: RouterState) -> Iterator[Line]:
    snmp = state.snmp
    if snmp is None:
        return
    root = ("service", "snmp")
    yield from under(*root, location=ascii_only(snmp.location), contact=ascii_only(snmp.contact))
    yield from (Line((*root, "listen-address", str(tunnel.address))) for tunnel in state.tunnels)
    yield from under(*root, "v3", "view", "MOTCUA", oid=1)
    yield from under(*root, "v3", "group", "MOTCUA", mode="ro", seclevel="priv", view="MOTCUA")
    user = (*root, "v3", "user", snmp.user)
    yield from under(*user, group="MOTCUA", auth__type="sha", privacy__type="aes")
    yield hidden_line(*user, "auth", "encrypted-password", secret=snmp.authentication, leaf="plaintext-password")
    yield hidden_line(*user, "privacy", "encrypted-password", secret=snmp.privacy, leaf="plaintext-password")


def ascii_only(text: str) -> str:
    """Vietnamese without its marks: both values are ASCII by VyOS' own schema."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return plain.encode("ascii", "ignore").decode()
