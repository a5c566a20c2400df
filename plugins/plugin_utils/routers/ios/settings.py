"""Everything about the router itself: name, accounts, services, time, SNMP, log, archive and who may log in."""

from __future__ import annotations

import base64
import hashlib
import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ..state import Account, RouterState
from .grammar import HIDDEN, Block, block
from .guard import ARCHIVE_COPIES, ARCHIVE_PATH
from .running import Running

_PRIVILEGES = {"admin": 15, "viewer": 1}
# What a service that the wish names is called here; when the line is there, it is on. Others don't exist on IOS: off is met.
SWITCHES = {
    "http": ("ip http server",),
    "https": ("ip http secure-server",),
    "api": ("netconf-yang", "restconf"),
    "discovery": ("cdp run", "lldp run"),
}


def identity(state: RouterState, running: Running) -> Iterator[Block]:
    """The name, and our own archive where there is one: the guard makes it where the office has none."""
    yield Block(f"hostname {state.host}")
    if f"path {ARCHIVE_PATH}" in running.under("archive"):
        yield block("archive", f"path {ARCHIVE_PATH}", f"maximum {ARCHIVE_COPIES}")


def accounts(state: RouterState) -> Iterator[Block]:
    """Accounts with a password, and the RSA keys among their keys."""
    for account in state.accounts:
        if account.password is not None:
            yield block(f"username {account.name} privilege {_PRIVILEGES[account.role]} secret {HIDDEN}", secrets=(account.password,))
    chain = [block(f"username {account.name}", *hashes) for account in state.accounts if (hashes := _key_hashes(account))]
    if chain:
        yield block("ip ssh pubkey-chain", *chain)


def foreign_keys(state: RouterState) -> Iterator[str]:
    """Keys that IOS doesn't take: it is known to accept RSA, and keeps the MD5 of it."""
    for account in state.accounts:
        kinds = sorted({key.split()[0] for key in account.keys if not key.startswith("ssh-rsa ")})
        if kinds:
            yield f"account {account.name}: IOS takes RSA keys; {', '.join(kinds)} is left out, the password stays"


def _key_hashes(account: Account) -> list[str]:
    blobs = [base64.b64decode(key.split()[1]) for key in account.keys if key.startswith("ssh-rsa ")]
    return [f"key-hash ssh-rsa {hashlib.md5(blob, usedforsecurity=False).hexdigest().upper()}" for blob in blobs]


def time(state: RouterState, running: Running) -> Iterator[Block]:
    """Zone and sources. A source that is there with options of the office's own keeps them."""
    offset = datetime(2024, 1, 1, tzinfo=ZoneInfo(state.zone)).utcoffset() or timedelta()
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else ""
    yield Block(f"clock timezone UTC{sign or '+'}{hours} {sign}{hours} {rest}")
    there = {line.split()[2]: line for line in running.having("ntp server ") if len(line.split()) > 2}
    for source in state.time_sources:
        yield Block(there.get(str(source), f"ntp server {source}"))


def monitoring(state: RouterState) -> Iterator[Block]:
    """SNMPv3 and the log. The user itself isn't in the configuration: it stands in ``show snmp user``."""
    if state.snmp is not None:
        yield Block("snmp-server group MOTCUA v3 priv access MOTCUA-SNMP")
        yield snmp_user(state)
        yield Block(f"snmp-server location {ascii_only(state.snmp.location)}")
        yield Block(f"snmp-server contact {ascii_only(state.snmp.contact)}")
    for syslog in state.syslog:
        yield Block(f"logging host {syslog.address}" + ("" if syslog.port == 514 else f" transport udp port {syslog.port}"))


def snmp_user(state: RouterState) -> Block:
    """The line that makes the user; IOS takes it, keeps it, and never shows it again."""
    snmp = state.snmp
    assert snmp is not None
    return block(
        f"snmp-server user {snmp.user} MOTCUA v3 auth sha {HIDDEN} priv aes 128 {HIDDEN}", secrets=(snmp.authentication, snmp.privacy)
    )


def logins(state: RouterState, running: Running) -> Iterator[Block]:
    """Who may log in at all, on every virtual terminal that the box has."""
    transports = [name for name in ("telnet", "ssh") if state.services.get(name)]
    local = () if any(line == "aaa new-model" for line in running.having("aaa ")) else ("login local",)
    for heading in running.having("line vty "):
        yield block(heading, "access-class MOTCUA-VTY in", *local, f"transport input {' '.join(transports) or 'none'}")


def ascii_only(text: str) -> str:
    """Vietnamese without its marks: the command line takes ASCII."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return plain.encode("ascii", "ignore").decode()
