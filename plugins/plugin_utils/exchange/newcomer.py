"""The newcomer on its way: found, looked at from outside, made ours, moved to its place, and proved there.

Each step may be the last one of a run that died: the next one finds the newcomer by the key that was pinned at the first contact, and logs
in with what its own journal says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..connection import Rim
from ..conversation import Device, conversation
from ..discovery import Heard
from ..errors import AuthRefused, Locked, ModelError, NotConverged, Refused, Unreachable
from ..files import replace_file
from ..operations import activate, move
from ..secrets import Journal
from ..survey.abilities import surveyed
from ..survey.ask import Web
from ..survey.look import look
from ..survey.marks import GENERIC
from ..survey.reach import Reach
from ..survey.record import parted
from ..survey.streams import reported
from .answering import Answering, kept_pin, who
from .wish import Proof, Wish

ARRIVES_SECONDS, POLL_SECONDS = 180.0, 1.0
REFUSED = "refused"  # a file beside the newcomer's pin: it refused a login, and another one needs somebody's word
IDENTITY = ("model", "serial", "mac", "firmware", "build")


@dataclass(frozen=True)
class Places:
    """Where it is known who stands in the place: ``old`` is the province's state, ``new`` the newcomer's own."""

    old: Path
    new: Path


class Newcomer:
    """One device that comes into another one's place."""

    def __init__(
        self,
        wish: Wish,
        places: Places,
        reach: Reach,
        rim: Callable[[Mapping[str, Any]], Rim],
        discover: Callable[[], Awaitable[Mapping[str, Sequence[Heard]]]],
    ) -> None:
        """``rim`` gives the newcomer's connection at an address that is reached from here; ``discover`` looks for devices on the LAN."""
        self._wish, self._places, self._reach, self._rim, self._discover = wish, places, reach, rim, discover
        self._pin = kept_pin(places.new, wish.device)

    async def take_in(self, *, check: bool) -> Proof | None:
        """Bring it to its place and prove it there; in check mode only look from outside.

        :raises MotcuaError: what is in the way; what was done until then is found again by the next run.
        """
        found = await self._find()
        self._check_from_outside(found)
        if check:
            return None
        await self._activate(found)
        await self._check_from_inside(found)
        if found.address != self._wish.place.address:
            found = await self._move(found)
        return await self._prove(found)

    # --- who it is ---

    async def _find(self) -> Answering:
        wish, place = self._wish, self._wish.place.address
        old, there = kept_pin(self._places.old, wish.device), await who(place, self._reach, wish.port)
        is_old = there is not None and there.pin is not None and there.pin == old
        if is_old and self._pin != old:
            raise Refused(f"{wish.device}: the old device still answers at {place}; take it off the net first, then run again")
        if there is not None and (there.pin is not None and there.pin == self._pin):
            return there
        if there is not None and there.pin is None and not wish.old_is_off:
            raise Refused(
                f"{wish.device}: what answers at {place} shows no key by which it could be told from the old device; "
                "take the old one off the net, then run again with --old-is-off"
            )
        if wish.at in (None, place) and there is not None:
            return there
        if there is not None:
            raise Refused(f"{wish.device}: {place} is taken by another device than the one at {wish.at}; two on one address are no good")
        return await self._elsewhere()

    async def _elsewhere(self) -> Answering:
        wish = self._wish
        if wish.at == wish.place.address:
            raise Unreachable(f"{wish.device}: nothing answers at {wish.at}; look at the new device's power, cable and address")
        if wish.at is not None:
            found = await who(wish.at, self._reach, wish.port)
            if found is None:
                raise Unreachable(f"{wish.device}: nothing answers at {wish.at}; look at the new device's power, cable and address")
            return found
        heard = await self._discover()
        strangers = {address: said for address, said in heard.items() if address not in wish.others}
        answering = [await who(address, self._reach, wish.port, said) for address, said in strangers.items()]
        return self._the_one([one for one in answering if one is not None])

    def _the_one(self, answering: Sequence[Answering]) -> Answering:
        """The only one that may be it: the pinned one, else one that says it is what was said and nothing else."""
        known = [one for one in answering if self._pin is not None and one.pin == self._pin]
        fitting = known or [one for one in answering if self._wish.vendor in one.identity.vendors_heard and self._complaint(one) is None]
        if len(fitting) == 1:
            return fitting[0]
        remedy = "name its address with --at; one that keeps a factory address outside the LAN is first given one inside it"
        raise Unreachable(f"{self._wish.device}: {self._in_words(answering, fitting)}; {remedy}")

    def _in_words(self, answering: Sequence[Answering], fitting: Sequence[Answering]) -> str:
        """Why none of them, or no single one, is it."""
        if fitting:
            named = (f"{one.address} ({one.identity.facts.get('model') or one.identity.vendor})" for one in fitting)
            return f"several devices may be the new one: {', '.join(named)}"
        others = [f"{one.address} {why}" for one in answering if (why := self._complaint(one)) is not None]
        return "no new device was found on the office's LAN" + (f", for {', '.join(others)}" if others else "")

    def _complaint(self, found: Answering) -> str | None:
        """What speaks against it, by what it tells anybody."""
        wish, said = self._wish, found.identity
        if said.why is not None:
            return said.why
        others = [vendor for vendor in said.vendors_heard if vendor != GENERIC]
        if others and wish.vendor not in said.vendors_heard:
            return f"answers as a device of {' and '.join(others)} and not of {wish.vendor}"
        if not wish.is_model(said.facts.get("model", "")):
            return f"is a {said.facts['model']} and not a {wish.model}"
        if not wish.is_serial(said.facts.get("serial", "")):
            return f"has the serial number {said.facts['serial']} and not {wish.serial}"
        return None

    def _check_from_outside(self, found: Answering) -> None:
        complaint = self._complaint(found)
        if complaint is not None:
            raise ModelError(
                f"{self._wish.device}: the device at {found.address} {complaint}; look at what was delivered. Nothing was sent"
            )

    # --- it becomes ours ---

    async def _at(self, address: str, web: Web) -> Rim:
        host, port = await self._reach.way(address, web.port)
        return self._rim({"host": host, "port": port, "scheme": web.scheme})

    async def _activate(self, found: Answering) -> None:
        rim = await self._at(found.address, found.web)
        device = rim.device(new=True)
        if "activate" in device.vendor.operations:
            await activate(device, lambda: rim.first_password(device), check=False)

    async def _check_from_inside(self, found: Answering) -> None:
        """What it says to whom it lets in; the login is the proof that it is ours, and there is only one."""
        wish, device = self._wish, (await self._at(found.address, found.web)).device()
        try:
            async with conversation(replace(device, model=None)) as talk:
                await talk.check_suited()
                said = (await talk.read([f"identity.{key}" for key in IDENTITY], ())).values
        except AuthRefused as refused:
            replace_file(str(self._places.new / REFUSED), f"{refused}\n".encode(), write=True)
            raise self._unknown_password(found, refused) from None
        model, serial = str(said.get("identity.model") or ""), str(said.get("identity.serial") or "")
        wrong = [
            f"is a {model} and not a {wish.model}" if not wish.is_model(model) else "",
            f"has the serial number {serial} and not {wish.serial}" if not wish.is_serial(serial) else "",
        ]
        if any(wrong):
            self._forget()
            raise ModelError(
                f"{wish.device}: the device at {found.address} {' and '.join(filter(None, wrong))}; look at what was delivered. "
                "The inventory stays as it is; reset that device before it is used elsewhere"
            )

    def _unknown_password(self, found: Answering, refused: AuthRefused) -> AuthRefused:
        said = (
            f"{self._wish.device}: the device at {found.address} has a password that nobody wrote down ({refused}); none is guessed. "
            "Reset it to the factory, or correct its password in the vault, then run again with --again"
        )
        return Locked(said, refused.locked_for_s) if isinstance(refused, Locked) else AuthRefused(said, refused.tries_left)

    def _forget(self) -> None:
        """It isn't the one: what it may have got from us is given to nobody else, and its key is no longer waited for."""
        (self._places.new / "pins" / f"{self._wish.device}.json").unlink(missing_ok=True)
        journal = Journal(self._places.new / "epochs")
        serial = journal.read(self._wish.device).serial
        journal.close(self._wish.device)
        journal.succeed(self._wish.device, 0, serial)

    # --- its place ---

    async def _move(self, found: Answering) -> Answering:
        wish = self._wish
        await move((await self._at(found.address, found.web)).device(), wish.place.wish)
        pin, end = kept_pin(self._places.new, wish.device), asyncio.get_running_loop().time() + ARRIVES_SECONDS
        while True:
            there = await who(wish.place.address, self._reach, wish.port or found.web.port)
            if there is not None and there.pin == pin:
                return there
            if asyncio.get_running_loop().time() > end:
                raise NotConverged(
                    f"{wish.device}: was told to move from {found.address} to {wish.place.address} and doesn't answer there; "
                    "give it that address by hand, then run again"
                )
            await asyncio.sleep(POLL_SECONDS)  # a device that moves announces nothing

    async def _prove(self, found: Answering) -> Proof:
        """Log in at the place, and read what it is and what its streams could do."""
        plain = (await self._at(found.address, found.web)).device()
        device: Device = replace(plain, vendor=surveyed(self._wish.vendor), model=None)
        seen = await look(device, pictures=False)
        said = {key: str(value) for key in IDENTITY if (value := seen.values.get(f"identity.{key}"))}
        return Proof(
            self._wish.vendor, parted(said), reported(seen.values, {}), found.web.scheme, found.web.port, channels=seen.channel_count
        )
