"""All devices of a site: those that discovery heard, some at a time, each entered into the file as soon as it is done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Address

from ..discovery import Ended, Heard, Pace, Remark, Said, Settled
from .device import Surveyor, Wish
from .journal import Journal
from .reach import Reach


@dataclass
class Found:
    """What discovery heard, by address; ``ended`` is None when it was cut."""

    heard: dict[str, list[Heard]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    ended: Ended | None = None

    def add(self, said: Said) -> None:
        """Enter one line of it."""
        if isinstance(said, Ended):
            self.ended = said
        elif isinstance(said, Remark):
            self.remarks.append(said.remark)
        elif isinstance(said, Heard):
            self.heard.setdefault(said.address, []).append(said)

    def inside(self, others: Iterable[str] = ()) -> Mapping[str, Sequence[Heard]]:
        """Who is in the prefix and answers, without ``others``, in the order of their addresses."""
        left_out = {*others, *self._outside, *self._silent}
        inside = [(IPv4Address(address), heard) for address, heard in self.heard.items() if address not in left_out]
        return {str(address): heard for address, heard in sorted(inside, key=lambda pair: pair[0])}

    def all_remarks(self) -> list[str]:
        """What people should know besides the devices."""
        strangers = [f"{address} answers although it isn't in the prefix: {_named(self.heard[address])}" for address in self._outside]
        silent = [f"{address} was there lately and doesn't answer now" for address in self._silent]
        cut = [] if self.ended else ["the search for devices was cut before its end, so some may be missing"]
        return [*self.remarks, *strangers, *silent, *cut]

    @property
    def _outside(self) -> list[str]:
        return sorted(address for address, heard in self.heard.items() if any(one.outside for one in heard))

    @property
    def _silent(self) -> list[str]:
        return sorted(
            address for address, heard in self.heard.items() if all(one.how == "neighbour" and "state" in one.says for one in heard)
        )


def _named(heard: Sequence[Heard]) -> str:
    words = [one.says.get("model") or one.says.get("name") for one in heard]
    return next((word for word in words if word), "a device that doesn't say what it is")


async def find_and_survey(heard: AsyncIterator[Said], wish: Wish, reach: Reach, journal: Journal, pace: Pace) -> Found:
    """Survey whoever is heard, from when all of them is; those who were silent the first time follow at the end.

    :raises ModelError: when the file can't be written.
    """
    found, early = Found(), list[asyncio.Task[None]]()
    async for said in heard:
        found.add(said)
        if isinstance(said, Settled):
            early.append(asyncio.create_task(survey(found.inside(), wish, reach, journal, pace)))
    await asyncio.gather(*early)
    await survey(found.inside(), wish, reach, journal, pace)
    return found


async def survey(found: Mapping[str, Sequence[Heard]], wish: Wish, reach: Reach, journal: Journal, pace: Pace) -> None:
    """Survey whoever isn't done yet.

    :raises ModelError: when the file can't be written.
    """
    room = asyncio.Semaphore(reach.at_once)
    surveyor = Surveyor(wish, reach, journal, partial(pace.take, "connects"), asyncio.Semaphore(reach.at_once))
    try:
        async with asyncio.TaskGroup() as together:
            for address, heard in found.items():
                if not journal.is_done(address):
                    together.create_task(surveyor.survey(address, heard, room))
    except BaseExceptionGroup as several:
        raise several.exceptions[0] from None
