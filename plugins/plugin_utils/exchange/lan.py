"""The LAN of a site as it is reached from the centre, and connections to devices on it that the inventory doesn't have, or not any more."""

from __future__ import annotations

import json
import shlex
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from .. import discovery
from ..connection import Rim, own, plain
from ..errors import ModelError, Unreachable
from ..survey.everybody import Found
from ..survey.reach import AtTheOffice, Reach, through_router

CONSOLE = "motcua.cctv.device"  # how Ansible reaches a router that runs no program for us


class OverTheTunnel:
    """Through a router that makes no forwards for us: what its firewall lets through, at the translated addresses."""

    at_once = 1

    def __init__(self, inside: IPv4Network, outside: IPv4Network) -> None:
        self._inside, self._outside = inside, outside

    async def way(self, address: str, port: int) -> tuple[str, int]:
        """The translated address."""
        network = IPv4Network(address)
        if not network.subnet_of(self._inside):
            raise Unreachable(f"{address}: is outside {self._inside} and can't be reached over the tunnel; give it an address inside")
        return str(self._outside.network_address + (int(network.network_address) - int(self._inside.network_address))), port

    async def watch(self, jobs: Sequence[Any]) -> list[dict[str, Any]]:
        """Nothing is watched over the line."""
        return [{"why": "the router runs no program for us"} for _ in jobs]

    def named(self, sentence: str) -> str:
        """The sentence as it is."""
        return sentence


class Lan:
    """A site's LAN, from the host of its router."""

    def __init__(self, variables: Any, loader: Any, far: Callable[[str, bytes], str], ssh: Sequence[str] | None) -> None:
        """``far`` runs a program at the router; ``ssh`` is how it is reached, None where we stand on it."""
        self.variables, self._loader, self._far, self._ssh = variables, loader, far, ssh
        translate = plain(variables["motcua_desired"])["router"]["translate"]
        self._inside, self._outside = IPv4Network(translate["inside"]), IPv4Network(translate["outside"])
        interpreter = str(plain(variables.get("ansible_python_interpreter") or ""))
        self._python = interpreter if interpreter.startswith("/") else "python3"
        self.rims: list[Rim] = []

    def rim(self, host: str, what: Mapping[str, Any], state: Path, way: Mapping[str, Any]) -> Rim:
        """A device's connection, with secrets that are kept in ``state``.

        :param what: ``vendor``, ``role`` and ``model``; ``way``: ``host``, ``port`` and ``scheme`` as they are reached from here.
        """
        near = own(self.variables) | own(self.variables["hostvars"].get(host) or {})
        shared = {key: near[key] for key in ("motcua_site", "motcua_masters", "motcua_experimental") if key in near}
        theirs = shared | {f"motcua_{key}": value for key, value in what.items()}
        theirs |= {"motcua_user": "motcua-admin", "motcua_password": {"secret": "motcua-admin"}, "motcua_state": str(state)}
        made = Rim(host, dict(way), theirs | {"hostvars": {host: theirs}}, self._loader)
        self.rims.append(made)
        return made

    @asynccontextmanager
    async def reach(self) -> AsyncIterator[Reach]:
        """The way to the LAN, open as long as it is needed."""
        if self._ssh is not None:
            async with through_router(self._ssh, self._python) as reach:
                yield reach
        elif self._is_console:
            yield OverTheTunnel(self._inside, self._outside)
        else:
            yield AtTheOffice()

    async def discover(self) -> Mapping[str, Sequence[discovery.Heard]]:
        """Who is on the LAN, as the router hears it."""
        if self._is_console:
            raise Unreachable(
                f"{plain(self.variables['motcua_site'])}: its router looks for nobody; name the new device's address with --at"
            )
        asked = json.dumps({"prefix": str(self._inside)})
        found = Found()
        for row in self._far(f"{self._python} -I - {shlex.quote(asked)}", discovery.program().encode()).splitlines():
            try:
                found.add(discovery.from_line(row))
            except discovery.BadOptions as error:
                raise ModelError(f"{self._inside}: {error}") from None
            except ValueError:
                continue  # a login's greeting
        return found.inside()

    @property
    def _is_console(self) -> bool:
        return bool(self.variables.get("ansible_connection") == CONSOLE)
