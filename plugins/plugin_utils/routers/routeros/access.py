"""Who may come in, and by what: accounts, their keys, and the router's services."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from ...errors import ModelError
from ..state import Account, RouterState
from .wanted import Wanted, entry, values

POLICIES = {"admin": "ssh,ftp,reboot,read,write,policy,test,password,sensitive", "viewer": "ssh,read,test"}
ACCOUNT = "motcua:account"
SERVICES = {
    "telnet": ("telnet",),
    "http": ("www",),
    "https": ("www-ssl",),
    "ftp": ("ftp",),
    "api": ("api", "api-ssl"),
    "winbox": ("winbox",),
}


def access(state: RouterState, major: int) -> Iterator[Wanted]:
    """Groups, accounts and keys. RouterOS 6 takes keys only from a file, and no Ed25519: there they are left to staging.

    :raises ModelError: for an account without a password, which RouterOS would let in with an empty one.
    """
    for role in sorted({account.role for account in state.accounts}):
        yield entry("user group", f"motcua-{role}", policy=POLICIES[role])
    for account in state.accounts:
        if account.password is None:
            raise ModelError(
                f"{state.host}: the account {account.name} has no password, and RouterOS would take an empty one; give it a secret"
            )
        sources = ",".join(map(str, account.sources))
        yield entry("user", account.name, group=f"motcua-{account.role}", address=sources, comment=ACCOUNT, password=account.password)
        if major >= 7:
            yield from (_key(account, key) for key in account.keys)


def _key(account: Account, key: str) -> Wanted:
    kind, blob, *_ = key.split()
    owner = key_owner(key)
    return entry("user ssh-keys", owner, user=account.name, key=f"{kind} {blob} {owner}")


def key_owner(key: str) -> str:
    """What replaces an OpenSSH public key's comment: a name that no other key has, because it is all that the router says of a key."""
    return f"motcua-{hashlib.sha256(key.split()[1].encode()).hexdigest()[:8]}"


def services(state: RouterState) -> Iterator[Wanted]:
    """Services on or off; ssh answers the management and where our accounts log in from. What the wish doesn't name stays as it is."""
    wish = state.services
    for name, rows in SERVICES.items():
        if name in wish:
            yield from (values("ip service", row, disabled="no" if wish[name] else "yes") for row in rows)
    for name, menus in {"telnet": ["tool mac-server"], "winbox": ["tool mac-server mac-winbox"]}.items():
        if wish.get(name) is False:
            yield from (values(menu, allowed_interface_list="none") for menu in menus)
    if wish.get("discovery") is False:
        yield values("tool mac-server ping", enabled="no")
        yield values("tool bandwidth-server", enabled="no")
        yield values("ip neighbor discovery-settings", discover_interface_list="none")
    if "upnp" in wish:
        yield values("ip upnp", enabled=_said(wish["upnp"]))
    if "ddns" in wish:
        yield values("ip cloud", ddns_enabled=_said(wish["ddns"]))
    if "ssh" in wish:
        sources = ",".join(map(str, sorted({*state.management, *(one for account in state.accounts for one in account.sources)})))
        yield values("ip service", "ssh", disabled=_said(not wish["ssh"]), address=sources)


def _said(on: bool) -> str:
    return "yes" if on else "no"
