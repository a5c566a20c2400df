"""One device of a survey: asked, logged in to, read, watched, and entered into the file whatever became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..accounts import Login
from ..conversation import Device
from ..dialects import Target
from ..discovery import Heard
from ..errors import ModelError, MotcuaError
from ..transport import Credential
from ..trust import Trust
from ..vendors.table import Vendor
from .abilities import ABILITIES, surveyed
from .ask import Web, ask
from .chain import Outcome, first_accepted
from .credentials import Account
from .identify import Identity, identify
from .journal import Journal
from .look import first_channel, kind_of, look
from .reach import Reach
from .record import add_seen, add_watched, entry, scrubbed
from .streams import paths, unusual

READ_SECONDS = 120.0
ROLES = {"camera": "camera", "recorder": "nvr"}


@dataclass(frozen=True)
class Wish:
    """What is wanted of every device.

    ``known`` are ways in that the inventory itself has, by the device's address; they are tried before the accounts of the file.
    """

    site: str
    accounts: Sequence[Account] = ()
    known: Mapping[str, Sequence[Login]] = field(default_factory=dict)
    try_default: bool = False
    pictures: bool = True
    seconds: float = 10.0

    def ways(self, address: str, vendor: str) -> list[Login]:
        """The ways into a device, in their order, none twice."""
        from_file = [Login(account.credential) for account in self.accounts if account.fits(vendor, self.site)]
        return list(dict.fromkeys([Login(known.credential) for known in self.known.get(address, ())] + from_file))


class Surveyor:
    """Surveys devices, one at a call."""

    def __init__(
        self, wish: Wish, reach: Reach, journal: Journal, turn: Callable[[], Awaitable[None]], watching: asyncio.Semaphore
    ) -> None:
        """``turn`` keeps the stated rate; ``watching`` is how many devices' streams are watched at a time."""
        self._wish, self._reach, self._journal, self._turn, self._watching = wish, reach, journal, turn, watching

    async def survey(self, address: str, heard: Sequence[Heard], room: asyncio.Semaphore) -> None:
        """Find out all about one device and enter it; only a file that can't be written stops the others.

        :param room: how many devices are asked at a time; while its streams are watched, a device leaves its place to the next.
        """
        record, secrets = entry(address, heard, identify(heard, ()), None), set[str]()
        try:
            async with room:
                web, answers = await ask(address, heard, self._reach, self._turn)
                identity = identify(heard, answers)
                record |= entry(address, heard, identity, web)
                jobs = await self._read(record, identity, web, secrets)
            if jobs is not None:
                await self._watch(record, *jobs)
        except ModelError:
            raise
        except Exception as error:  # noqa: BLE001  whatever a stranger's device brings about, the others are surveyed
            record["remarks"].append(f"could not be surveyed to its end ({type(error).__name__}); report what it is, with this file")
        remarks = [self._reach.named(remark).removeprefix(f"{address}: ") for remark in record["remarks"]]
        record |= {"remarks": list(dict.fromkeys(remarks)), "done": True}
        record.pop("wrong_logins", None)
        self._journal.put(scrubbed(record, secrets))

    async def _read(
        self, record: dict[str, Any], identity: Identity, web: Web | None, secrets: set[str]
    ) -> tuple[Vendor, Mapping[str, Any], Credential] | None:
        """Log in and read; what is needed to watch the streams, if it came to that."""
        if identity.vendor is None or identity.why is not None:
            return None
        if identity.new:
            record["remarks"].append("is new: nobody has given it a password yet, so it lets nobody in")
            return None
        if web is None:
            record["remarks"].append("no web server of it answers, so it can't be asked any more")
            return None
        vendor = surveyed(identity.vendor)
        try:
            async with asyncio.timeout(READ_SECONDS):
                return await self._log_in(record, vendor, web, secrets)
        except MotcuaError as error:
            record["remarks"].append(str(error))
        except TimeoutError:
            record["remarks"].append(f"wasn't read within {READ_SECONDS:.0f} s; look at its line, or survey it again")
        return None

    async def _log_in(
        self, record: dict[str, Any], vendor: Vendor, web: Web, secrets: set[str]
    ) -> tuple[Vendor, Mapping[str, Any], Credential] | None:
        address = str(record["address"])
        host, port = await self._reach.way(address, web.port)
        trust = Trust(address)

        def device(way: Login) -> Device:
            return Device(address, vendor, ROLES[record["kind"]], 1, lambda _: _target(address, host, port, web, trust, way), (way,))

        def note(wrong: int) -> None:
            record["wrong_logins"] = wrong
            self._journal.put(scrubbed(record, secrets))

        ways = self._wish.ways(address, vendor.name)
        default = self._default(vendor)
        secrets |= {way.credential.password for way in ways}  # a published default password is none
        outcome = await first_accepted(
            ways, lambda way: kind_of(device(way)), default=default, wrong=self._journal.wrong_logins(address), note=note
        )
        _enter(record, outcome)
        if outcome.way is None:
            return None
        record["kind"] = outcome.value or record["kind"]
        seen = await look(device(outcome.way), pictures=self._wish.pictures)
        add_seen(record, seen)
        record["stream_path"] = unusual(vendor, seen.values, record["kind"])
        return vendor, seen.values, outcome.way.credential

    def _default(self, vendor: Vendor) -> Login | None:
        password = ABILITIES[vendor.name].default if self._wish.try_default else None
        return None if password is None else Login(Credential(vendor.factory_user, password))

    async def _watch(self, record: dict[str, Any], vendor: Vendor, values: Mapping[str, Any], credential: Credential) -> None:
        """Watch the streams of a camera, or of a recorder's first channel."""
        found = paths(vendor, values, first_channel(record["channels"]) if record["kind"] == "recorder" else None)
        port, seconds = record["rtsp_port"], self._wish.seconds
        if port is None or seconds <= 0:
            found = {}
            record["remarks"] += [] if seconds <= 0 else ["no port of its streams is known or open"]
        login = {"user": credential.user, "password": credential.password, "seconds": seconds}
        jobs = [{"address": record["address"], "port": port, "path": path, **login} for path in found.values()]
        async with self._watching:
            watched = await self._reach.watch(jobs) if jobs else []
        add_watched(record, values, found, watched)


def _target(address: str, host: str, port: int, web: Web, trust: Trust, way: Login) -> Target:
    return Target(address, host, port, web.scheme, trust, way.credential)


def _enter(record: dict[str, Any], outcome: Outcome[str | None]) -> None:
    record["login"], record["default_password"] = outcome.login, outcome.default_password
    record["user"] = None if outcome.way is None else outcome.way.credential.user
    if outcome.remark is not None:
        record["remarks"].append(outcome.remark)
    elif outcome.login == "not tried":
        record["remarks"].append("no account for it was given, so it was only looked at from outside")
