"""From an action's options and variables to a router, its wish and its caution, and to plain results without any secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from .connection import AD_HOC_STATE, plain
from .errors import ModelError, MotcuaError, Unreachable
from .guarded import GUARD_SECONDS, Caution, Outcome, Router
from .redaction import redacted
from .routers.registry import family_named
from .routers.state import RouterState, router_state
from .secrets import Journal, Masters, device_password, tunnel_private_key
from .terminal import Access, Session, open_session
from .vault import open_masters
from .vendors.table import ROUTER_PASSWORDS

OPTIONS = (
    "host", "user", "password", "platform", "port", "private_key", "known_hosts", "proxy_command", "old_ssh", "desired", "guard_seconds",
    "now", "window", "timeout", "renewed",
)  # fmt: skip
USER, SSH_PORT, ANSWER_SECONDS, WINDOW = "motcua", 22, 90.0, "22:00-05:00"
YES = (True, "true", "yes", "True")  # an option ad hoc is text


class Console:
    """One action's router, and the secrets that mustn't leave."""

    def __init__(self, name: str, options: Mapping[str, Any], variables: Mapping[str, Any], loader: Any) -> None:
        """``options`` are the task's; what isn't given comes from the ``motcua_*`` variables.

        :raises ModelError: when there is an unknown option.
        """
        unknown = sorted(set(options) - set(OPTIONS))
        if unknown:
            raise ModelError(f"{unknown[0]}: is not an option of this module; 'ansible-doc -t module motcua.cctv.router' lists them")
        self.name, self._variables, self._loader = name, variables, loader
        self._options = {key: options.get(key) if options.get(key) is not None else self._variable(f"motcua_{key}") for key in OPTIONS}
        self._options["host"] = options.get("host") or self._variable("ansible_host") or name
        self._secrets: set[str] = set()
        self._masters: Callable[[], Masters] = cache(self._open_masters)

    def _variable(self, name: str) -> Any:
        return plain(self._variables.get(name))

    # --- what the engine works with ---

    def router(self) -> Router:
        """The router; nothing has been sent yet."""
        if not self._options["platform"]:
            raise ModelError(f"{self.name}: platform: is missing; name what the router runs, or run with the province's inventory")
        family, access = family_named(str(self._options["platform"])), self._access()

        def connect() -> Session:
            return open_session(access, family.first.driver, family.first.channel, family.first.noise)

        return Router(self.name, family, connect, access.port)

    def state(self, *, needed: bool = True) -> RouterState | None:
        """The wish with its secrets; None where there is none and none is needed.

        :raises ModelError: when it is missing or isn't one.
        """
        wish = self._options["desired"] or {}
        wish = wish.get("router", wish)
        if not wish and not needed:
            return None
        try:
            return router_state(wish, self._secret)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise ModelError(f"{self.name}: desired: is no router's state ({reason}); run with the province's inventory") from None

    def caution(self, state: RouterState) -> Caution:
        """How long the guard waits, and whether it may restart the router now."""
        window = str(self._options["window"] or WINDOW)
        may = self._options["now"] in YES or within(window, datetime.now(ZoneInfo(state.zone)))
        return Caution(int(self._options["guard_seconds"] or GUARD_SECONDS), may, f"between {window.replace('-', ' and ')} ({state.zone})")

    def _access(self) -> Access:
        options = self._options
        port = int(options["port"] or SSH_PORT)
        at_a_site = "motcua_site" in self._variables
        # Ad hoc the play's host is only where the command was typed: then the key is known by its address, as OpenSSH writes one.
        address = options["host"] if port == SSH_PORT else f"[{options['host']}]:{port}"
        key = options["private_key"]
        return Access(
            name=self.name,
            host=str(options["host"]),
            port=port,
            user=str(options["user"] or USER),
            known_hosts=Path(options["known_hosts"] or AD_HOC_STATE / "known_hosts").expanduser(),
            alias=self.name if at_a_site else str(address),
            password=self._password(),
            private_key=None if key is None else Path(key).expanduser(),
            proxy_command=options["proxy_command"],
            old_ssh=options["old_ssh"] in YES,
            timeout_seconds=float(options["timeout"] or ANSWER_SECONDS),
        )

    # --- secrets ---

    def _password(self) -> str | None:
        given = self._options["password"]
        if given is None:
            return None
        if isinstance(given, Mapping):
            return self._secret(f"device/{self.name}/{given['secret']}")
        self._secrets.add(str(given))
        return str(given)

    def _secret(self, name: str) -> str:
        """A secret by its name, noted so that it can be searched for in what leaves."""
        match name.split("/"):
            case ["tunnel", site, tunnel]:
                value = tunnel_private_key(self._masters(), site, tunnel, self._tunnel_epoch(name, site, tunnel))
            case ["device", host, account]:
                value = self._password_of(host, account)
            case _:
                raise ModelError(f"{self.name}: {name!r} names no secret; write tunnel/<site>/<name> or device/<host>/<account>")
        self._secrets.add(value)
        return value

    def _tunnel_epoch(self, secret: str, site: str, tunnel: str) -> int:
        epochs = self._journal.tunnel(site, tunnel)
        wanted = epochs.pending if secret in (self._options["renewed"] or ()) else epochs.confirmed
        return wanted or epochs.confirmed or 1

    @property
    def _journal(self) -> Journal:
        return Journal(Path(self._variable("motcua_state") or AD_HOC_STATE) / "epochs")

    def _password_of(self, host: str, account: str) -> str:
        masters, site = self._masters(), str(self._variable("motcua_site"))
        epochs = self._journal.read(host)
        return device_password(masters, site, host, account, epochs.proved, ROUTER_PASSWORDS)

    def _open_masters(self) -> Masters:
        paths = self._variable("motcua_masters")
        if not paths:
            raise ModelError(
                f"{self.name}: motcua_masters: is missing, so that no secret can be derived; run with the province's inventory"
            )
        return open_masters(paths, self._loader)

    # --- results ---

    def failure(self, error: MotcuaError) -> dict[str, Any]:
        """A failure as a result: one sentence and its kind."""
        message = str(error) if self.name in str(error) else f"{self.name}: {error}"
        failed = {"unreachable": True, "failed": False} if isinstance(error, Unreachable) else {"failed": True}
        return {**failed, "kind": error.kind, "msg": message}

    def scrubbed(self, result: Any) -> Any:
        """The result as JSON types, with every known secret replaced."""
        return redacted(result, self._secrets)


def within(window: str, now: datetime) -> bool:
    """Whether a clock time lies in a window such as ``22:00-05:00``, which may go over midnight.

    :raises ModelError: when it is no such window.
    """
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d", window):
        raise ModelError(f"window: {window!r} is no time of the day; write it as {WINDOW}")
    begins, ends = window.split("-")
    clock = f"{now:%H:%M}"
    return begins <= clock < ends if begins <= ends else clock >= begins or clock < ends


def shown(outcome: Outcome, name: str) -> dict[str, Any]:
    """An outcome as a result."""
    rows = asdict(outcome)
    before, after = rows.pop("before"), rows.pop("after")
    if before != after:
        header = f"{name} ({outcome.platform})"
        rows["diff"] = {"before_header": header, "after_header": header, "before": before, "after": after}
    return rows
