"""The site of an exchange: its LAN as it is reached from the centre, and the newcomer's connection out of the old device's variables."""

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
from ..files import replace_file
from ..secrets import Journal
from ..survey.everybody import Found
from ..survey.reach import AtTheOffice, Reach, through_router
from .newcomer import Newcomer, Places
from .wish import Wish

PROOF = "proof.json"


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


class Exchange:
    """One exchange at a site, from the host of its router."""

    def __init__(
        self, options: Mapping[str, Any], variables: Any, loader: Any, far: Callable[[str, bytes], str], ssh: Sequence[str] | None
    ) -> None:
        """``far`` runs a program at the router; ``ssh`` is how it is reached, None where we stand on it.

        :raises ModelError: when an option is missing or wrong.
        """
        for option in ("wish", "folder"):
            if not options.get(option):
                raise ModelError(f"{option}: is missing; 'motcua replace' gives it")
        self._wish, self._folder = Wish.of(options["wish"]), Path(str(options["folder"]))
        self._variables, self._loader, self._far, self._ssh = variables, loader, far, ssh
        translate = plain(variables["motcua_desired"])["router"]["translate"]
        self._inside, self._outside = IPv4Network(translate["inside"]), IPv4Network(translate["outside"])
        interpreter = str(plain(variables.get("ansible_python_interpreter") or ""))
        self._python = interpreter if interpreter.startswith("/") else "python3"
        self.rims: list[Rim] = []

    async def take_in(self, *, check: bool) -> dict[str, Any]:
        """Bring the newcomer to its place; the proof is written down before it is told."""
        old = Path(str(plain(self._variables["hostvars"][self._wish.device]["motcua_state"])))
        self._begin(old)
        async with self._reach() as reach:
            proof = await Newcomer(self._wish, Places(old, self._folder), reach, self._rim, self._discover).take_in(check=check)
        if proof is None:
            return {"changed": True}
        return {
            "changed": replace_file(str(self._folder / PROOF), proof.to_json().encode(), write=True),
            "identity": {"vendor": proof.vendor, **proof.identity},
        }

    def _begin(self, old: Path) -> None:
        """No epoch that any device of this place may have had is given to the newcomer."""
        spent = Journal(old / "epochs").read(self._wish.device).used
        Journal(self._folder / "epochs").succeed(self._wish.device, spent, self._wish.serial)

    def _rim(self, way: Mapping[str, Any]) -> Rim:
        """The newcomer's connection: the old device's variables with the new one's vendor, and a state of its own."""
        hostvars, wish = self._variables["hostvars"], self._wish
        theirs = own(hostvars[wish.device]) | {
            "motcua_vendor": wish.vendor,
            "motcua_role": wish.role,
            "motcua_model": wish.model,
            "motcua_state": str(self._folder),
        }
        theirs.pop("motcua_recorded_at", None)
        variables = theirs | {"hostvars": {wish.device: theirs}}
        rim = Rim(wish.device, {key: value for key, value in way.items() if value is not None}, variables, self._loader)
        self.rims.append(rim)
        return rim

    @asynccontextmanager
    async def _reach(self) -> AsyncIterator[Reach]:
        if self._ssh is not None:
            async with through_router(self._ssh, self._python) as reach:
                yield reach
        elif self._variables.get("ansible_connection") == "motcua.cctv.device":
            yield OverTheTunnel(self._inside, self._outside)
        else:
            yield AtTheOffice()

    async def _discover(self) -> Mapping[str, Sequence[discovery.Heard]]:
        """Who is on the LAN, as the router hears it."""
        if self._variables.get("ansible_connection") == "motcua.cctv.device":
            raise Unreachable(f"{self._wish.device}: its router looks for nobody; name the new device's address with --at")
        asked = json.dumps({"prefix": str(self._inside)})
        found = Found()
        for row in self._far(f"{self._python} -I - {shlex.quote(asked)}", discovery.program().encode()).splitlines():
            try:
                found.add(discovery.from_line(row))
            except discovery.BadOptions as error:
                raise ModelError(f"{self._wish.device}: {error}") from None
            except ValueError:
                continue  # a login's greeting
        return found.inside()
