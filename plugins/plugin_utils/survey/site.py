"""A site that is surveyed from the centre: its router looks for devices and at its line, then each device is asked through it."""

from __future__ import annotations

import asyncio
import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

from .. import discovery
from ..accounts import Login
from ..connection import Rim, own, plain
from ..errors import ModelError, MotcuaError, Unreachable
from . import everybody, hours, line
from .credentials import read_accounts
from .device import Wish
from .far import program
from .journal import Journal, finished
from .reach import AtTheOffice, Reach, through_router

OPTIONS = ("dest", "credentials", "rate", "try_default", "seconds", "pictures", "throughput", "now", "office_hours", "endpoints")
STATION = ("survey/station.py",)
YES = (True, "true", "yes", "True", 1)


class Site:
    """One site's survey."""

    def __init__(
        self, options: Mapping[str, Any], variables: Any, loader: Any, far: Callable[[str, bytes], str], ssh: Sequence[str] | None
    ) -> None:
        """``far`` runs a command at the router and gives it standard input; ``ssh`` is how it is reached, None where we stand on it.

        :raises ModelError: when an option is wrong.
        """
        unknown = sorted(set(options) - set(OPTIONS))
        if unknown:
            raise ModelError(f"{unknown[0]}: is not an option of this module; it has {', '.join(OPTIONS)}")
        if not options.get("dest"):
            raise ModelError("dest: is missing; name the file for the site's survey")
        self._options, self._variables, self._loader, self._far, self._ssh = options, variables, loader, far, ssh
        self._site = str(plain(variables["motcua_site"]))
        self._wanted = plain(variables["motcua_desired"])["router"]
        self._prefix = IPv4Network(self._wanted["translate"]["inside"])
        self._rate = float(options.get("rate") or discovery.Options.rate_per_s)
        interpreter = str(plain(variables.get("ansible_python_interpreter") or ""))
        self._python = interpreter if interpreter.startswith("/") else "python3"

    def survey(self) -> dict[str, Any]:
        """Look for devices and at the line from the router, then ask each device."""
        path = Path(str(self._options["dest"])).expanduser()
        ended = finished(path)
        if ended is not None:
            return {
                "dest": str(path),
                "msg": f"{path} is finished since {ended}; nothing was asked. Remove it to survey anew",
                "devices": [],
            }
        wish = self._wish()
        head = {"site": self._site, "prefix": str(self._prefix), "from": "router", "rate_per_s": self._rate}
        journal = Journal(path, head)
        found, said = self._discover(), self._look_around()
        self._enter(journal, found, said)
        mine = [address for rows in line.addresses(said["addresses"]).values() for address, _ in rows]
        asyncio.run(self._devices(found.inside(mine), wish, journal))
        if found.ended is not None:
            journal.end()
        content = journal.content()
        return {"dest": str(path), "devices": [_shown(record) for record in content["devices"]], "remarks": content["remarks"]}

    def _wish(self) -> Wish:
        options, file = self._options, self._options.get("credentials")
        accounts = read_accounts(Path(str(file)).expanduser(), self._loader) if file else ()
        return Wish(
            self._site,
            accounts,
            self._known(),
            try_default=options.get("try_default") in YES,
            pictures=options.get("pictures", True) in YES,
            seconds=float(options.get("seconds", Wish.seconds)),
        )

    def _discover(self) -> everybody.Found:
        asked = json.dumps({"prefix": str(self._prefix), "rate_per_s": self._rate})
        text = self._far(f"{self._python} -I - {shlex.quote(asked)}", discovery.program().encode())
        found = everybody.Found()
        for row in text.splitlines():
            try:
                found.add(discovery.from_line(row))
            except discovery.BadOptions as error:
                raise ModelError(f"{self._site}: {error}") from None
            except ValueError:
                continue  # a login's greeting
        return found

    def _look_around(self) -> Mapping[str, Any]:
        tunnel = self._wanted["tunnels"][0]
        throughput = tunnel["endpoint"] if self._may_fill_the_line() else None
        target = {"through": tunnel["hub_address"], "outside": tunnel["endpoint"]}
        asked = {"tunnel": tunnel["interface"], "ping": target, "throughput": throughput}
        text = self._far(f"{self._python} -I -", program(STATION, asked))
        try:
            said = json.loads(text.strip().splitlines()[-1])
        except (ValueError, IndexError):
            raise Unreachable(f"{self._site}: the router doesn't say what it is; it needs Python 3.9 or newer") from None
        return dict(said)

    def _may_fill_the_line(self) -> bool:
        asked = self._options.get("throughput") in YES
        span = str(self._options.get("office_hours") or hours.OFFICE)
        return asked and (self._options.get("now") in YES or not hours.is_open(span, datetime.now().astimezone()))

    def _enter(self, journal: Journal, found: everybody.Found, said: Mapping[str, Any]) -> None:
        today = datetime.now().astimezone().date()
        first = self._wanted["tunnels"][0]["line"]
        planned = [row | {"tunnel": row["name"] == first} for row in self._wanted["lines"]]
        lines = line.lines(planned, said, str(self._options.get("endpoints") or ""), today)
        groups = (str(name) for name in plain(self._variables.get("group_names") or ()))
        platform = next((name.removeprefix("platform_") for name in groups if name.startswith("platform_")), "linux")
        remarks = [*found.all_remarks(), *_line_remarks(lines, said, asked=self._options.get("throughput") in YES)]
        journal.add(router=line.router(said, self._prefix, platform), lines=lines, remarks=remarks)

    async def _devices(self, found: Mapping[str, Sequence[discovery.Heard]], wish: Wish, journal: Journal) -> None:
        async with AsyncExitStack() as stack:
            reach: Reach = AtTheOffice()
            if self._ssh is not None and found:
                reach = await stack.enter_async_context(through_router(self._ssh, self._python))
            await everybody.survey(found, wish, reach, journal, discovery.Pace(self._rate))

    def _known(self) -> Mapping[str, Sequence[Login]]:
        """The ways into the site's devices that the inventory has itself, by their addresses on the LAN."""
        hostvars, groups = self._variables["hostvars"], self._variables["groups"]
        outside = IPv4Network(self._wanted["translate"]["outside"])
        found: dict[str, Sequence[Login]] = {}
        for name in groups.get(f"site_{self._site.replace('-', '_')}", ()):
            theirs = own(hostvars[name])
            if "motcua_vendor" not in theirs or "motcua_recorder" in theirs:
                continue
            with suppress(MotcuaError, KeyError):  # a device whose password nobody wrote down is asked with the file's accounts
                logins = Rim(name, {}, theirs | {"hostvars": hostvars}, self._loader).device().logins
                offset = int(IPv4Address(str(theirs["ansible_host"]))) - int(outside.network_address)
                found[str(self._prefix.network_address + offset)] = logins
        return found


def _line_remarks(lines: Mapping[str, Mapping[str, Any]], said: Mapping[str, Any], *, asked: bool) -> list[str]:
    answered = any(row["rtt_ms"] is not None for row in lines.values())
    remarks = [] if answered else ["the hub answers no ping from the site, so round trip and loss of its line are not known"]
    if asked and "iperf_up" not in said:
        remarks.append("throughput was not measured, because the office is at work; run again outside its hours, or with --now")
    elif asked and all(row["up_mbps"] is None for row in lines.values()):
        remarks.append("throughput could not be measured; it needs iperf3 at the router and at the hub, and a hub that lets it in")
    return remarks


def _shown(record: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("address", "kind", "vendor", "maker", "login", "default_password", "remarks")
    return {**{key: record[key] for key in keys}, "model": record["identity"].get("model")}
