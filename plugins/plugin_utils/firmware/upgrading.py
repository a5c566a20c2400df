"""One device on its way through the catalogue: written down, sent once, waited for, read back and compared, step by step."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ..connection import shown
from ..conversation import Device, conversation
from ..errors import ModelError, MotcuaError, NotConverged, Postponed, Refused, Surprised, Unreachable
from ..operations import WAIT_SECONDS, Identity, allowed, identity, restarted, send
from ..reconcile import read
from ..snapshots import Snapshot, of_running
from .catalogue import Catalogue, Image
from .files import content_of
from .notes import Note, Notes
from .surprises import differences, told
from .timing import Circumstances, hindrance, needed_seconds, upload_seconds
from .ways import Release, identity_in, said, way

MARGIN_SECONDS = 120.0


@dataclass
class Upgrade:
    """One device, the catalogue with its folder, and where it is noted. ``clean`` takes secrets out, ``tell`` shows how far it is.

    ``path`` are the images that it went or would go through, ``first`` and ``last`` what it said before and says now, ``waits`` why it
    can't go now.
    """

    device: Device
    catalogue: Catalogue
    folder: Path
    notes: Notes
    around: Circumstances
    clean: Callable[[Any], Any]
    tell: Callable[[str], None]
    path: list[str] = field(default_factory=list)
    first: str = ""
    last: str = ""
    waits: str = ""

    @property
    def name(self) -> str:
        """The device's."""
        return self.device.name

    async def carry_out(self, bound: asyncio.Timeout, *, check: bool) -> None:
        """Bring the device to its target; in check mode only say how. What was begun by somebody who died is ended first.

        :raises Surprised: when it is otherwise afterwards than it had to be; then nothing else is upgraded.
        """
        allowed(self.device, "firmware")
        note = self.notes.read(self.name)
        if note is not None and note.phase == "surprised":
            raise Surprised(f"{self.name}: {note.why}. Look at it, then run 'motcua firmware clear'")
        self.notes.check()
        if note is not None and note.phase != "waiting" and not check:
            await self._watched(self._finished(note, bound))
        while steps := await self._steps(check=check):
            if check:
                self.path += steps
                self.last = self.catalogue.images[steps[-1]].version
                return
            await self._watched(self._step(steps[0], bound))

    async def _steps(self, *, check: bool) -> tuple[str, ...]:
        """What is left of its way, as it is now; a device that can't go it now is noted, unless only somebody asks."""
        try:
            steps = await self._asked()
        except Unreachable as error:
            if not check:
                self._wait(str(error))
            raise
        self.waits = (hindrance(self.around, self.around.now, self._needed(steps[:1])) if steps else None) or ""
        if self.waits and not check:
            self._wait(self.waits)
            raise Postponed(f"{self.name}: {self.waits}")
        if not steps and not check:
            self.notes.forget(self.name)
        return steps

    async def _asked(self) -> tuple[str, ...]:
        async with conversation(self.device) as talk:
            await talk.check_suited()
            now = await identity(talk)
        self.first, self.last = self.first or now.firmware, now.firmware
        return self._way(now)

    def _way(self, now: Identity) -> tuple[str, ...]:
        try:
            return way(self.catalogue, self.device.vendor.name, now)
        except MotcuaError as error:
            raise type(error)(f"{self.name}: {error}") from None

    def _needed(self, steps: tuple[str, ...]) -> float:
        return needed_seconds([self.catalogue.images[step] for step in steps], self.around)

    # --- one step ---

    async def _step(self, name: str, bound: asyncio.Timeout) -> None:
        """Send an image and see to its end."""
        image = self.catalogue.images[name]
        content = content_of(self.folder, name, image)
        seen, now = await self._everything()
        note = Note("sending", _moment(), "", name, now.firmware, now.build, seen.values)
        self.notes.write(self.name, note)
        self.path.append(name)
        patience = MARGIN_SECONDS + upload_seconds(image, self.around) * 4
        self._extend(bound, patience)
        try:
            async with asyncio.timeout(patience), conversation(self.device) as talk:
                waits = await send(talk, content, lambda percent: self.tell(f"{self.name}: {image.version}: {percent} %"))
                note = self._noted(note, "taken" if waits else "restarting")
        except Refused as error:
            raise Surprised(f"{self.name}: refuses the file of {name}: {error}") from None
        except (Unreachable, TimeoutError):
            self.tell(f"{self.name}: broke off while it was sent {image.version}; waiting for what became of it")
        await self._finished(note, bound)

    async def _finished(self, note: Note, bound: asyncio.Timeout) -> None:
        """Wait for the end of a step, whoever began it, and compare. Nothing is sent again before its time is over."""
        image = self._image(note)
        old = said(Identity("", note.firmware, note.build))
        if note.phase == "taken":
            note = await self._rebooted(note, old)
        wait = _left(note, image.reboot_seconds + (upload_seconds(image, self.around) if note.phase == "sending" else 0.0))
        self._extend(bound, wait)
        now = await restarted(self.device, lambda one: said(one) != old, wait)
        if now is None:
            raise Surprised(f"{self.name}: was sent {note.image} and hasn't come back in {image.reboot_seconds} s; look at it")
        self.last = now.firmware
        if said(now) == old:
            if note.phase == "sending":
                self._wait(f"the file of {note.image} didn't arrive as a whole; it still has {now.firmware}")
                raise Unreachable(f"{self.name}: broke off while it was sent {note.image}, and still has {now.firmware}; run again")
            raise Surprised(f"{self.name}: took {note.image} and came back with the old version, {now.firmware}")
        self._expected(note, image, said(now), now)
        await self._compared(note, image)
        self.notes.forget(self.name)

    async def _rebooted(self, note: Note, old: Release | None) -> Note:
        """Ask for the reboot that it waits for, unless somebody did who died before noting it."""
        async with conversation(self.device) as talk:
            if said(await identity(talk)) == old:
                await talk.dialect.reboot()
        return self._noted(note, "restarting")

    def _expected(self, note: Note, image: Image, now: Release | None, identity_now: Identity) -> None:
        if now is None or not now.is_that_of(image):
            spoken = f"{identity_now.firmware} {identity_now.build}".strip()
            raise Surprised(f"{self.name}: was sent {note.image} ({image.version} {image.build or ''}) and says {spoken}")

    async def _compared(self, note: Note, image: Image) -> None:
        """Its services come up one after the other: a difference counts when the time of its restart is over."""
        while True:
            try:
                seen, _ = await self._everything()
                differing = differences(note.before or {}, seen, image.may_change)
                what = f"another configuration than before: {told(differing)}" if differing else ""
            except (Unreachable, NotConverged) as error:
                what = f"a configuration that can't be read: {error}"
            if not what:
                return
            if not _left(note, image.reboot_seconds):
                raise Surprised(f"{self.name}: has {image.version} and {what}")
            await asyncio.sleep(WAIT_SECONDS)

    # --- around it ---

    async def _everything(self) -> tuple[Snapshot, Identity]:
        """All that a backup keeps, without secrets.

        :raises NotConverged: when something can't be told: then no later difference could be.
        """
        running = await read(self.device)
        seen = of_running(self.name, self.clean(shown(self.device, running)))
        if not seen.values.get("identity.firmware"):
            raise NotConverged(f"{self.name}: doesn't tell its version now; look at it")
        return seen, identity_in(seen.values)

    async def _watched(self, work: Awaitable[None]) -> None:
        """Whatever goes wrong once a file was sent is a surprise: it stops everybody, and stays noted. A line that broke isn't one."""
        try:
            await work
        except (Unreachable, Postponed, ModelError):
            raise
        except MotcuaError as error:
            note = self.notes.read(self.name)
            if note is None or note.phase == "waiting":
                raise  # nothing was sent
            self.notes.stop(self.name, str(error), _moment())
            self.notes.write(self.name, replace(note, phase="surprised", why=str(error)))
            raise Surprised(str(error)) from None

    def _image(self, note: Note) -> Image:
        image = self.catalogue.images.get(note.image)
        if image is None:
            raise ModelError(
                f"{self.name}: was being sent {note.image}, which the catalogue has no more; put it back, or look at the device"
            )
        return image

    def _noted(self, note: Note, phase: Any) -> Note:
        note = replace(note, phase=phase, since=_moment())
        self.notes.write(self.name, note)
        return note

    def _wait(self, why: str) -> None:
        """Keep it in the queue, since when it first couldn't."""
        old = self.notes.read(self.name)
        since = old.since if old is not None and old.phase == "waiting" else _moment()
        self.notes.write(self.name, Note("waiting", since, why))

    def _extend(self, bound: asyncio.Timeout, seconds: float) -> None:
        bound.reschedule(asyncio.get_running_loop().time() + seconds + MARGIN_SECONDS)


def _moment() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _left(note: Note, seconds: float) -> float:
    """Of some seconds since a note what is left; a clock that was put back doesn't make it longer."""
    end = datetime.fromisoformat(note.since) + timedelta(seconds=seconds)
    return min(seconds, max(0.0, (end - datetime.now(UTC)).total_seconds()))
