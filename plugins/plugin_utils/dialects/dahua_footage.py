"""Since when a Dahua recorder has footage: a search is an object that is made, asked and given back (HTTP API guide, coded by others)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta

from ..errors import Garbled, Unsupported
from ..transport import Answer

FIND = "/cgi-bin/mediaFileFind.cgi?action="
LONGEST_DAYS = 3650


async def oldest(name: str, channel: int, ask: Callable[[str], Awaitable[Answer]]) -> date | None:
    """The day of the first footage of a channel, counted from 1; ``ask`` gets a target.

    :raises Unsupported: when the device can't be searched.
    """
    made = await ask(f"{FIND}factory.create")
    number = re.match(r"result=(\d+)", made.text)
    if made.status != 200 or not number:
        raise Unsupported(f"the device can't be searched for footage (HTTP {made.status})")
    search = number[1]
    now = datetime.now(UTC) + timedelta(days=1)  # its own time may be ahead of ours
    span = f"condition.StartTime={_stamp(now - timedelta(days=LONGEST_DAYS))}&condition.EndTime={_stamp(now)}"
    try:
        found = await ask(f"{FIND}findFile&object={search}&condition.Channel={channel}&condition.Types[0]=dav&{span}")
        if found.status != 200 or found.text.strip() != "OK":
            return None  # so it says that there is nothing
        return _first(name, await ask(f"{FIND}findNextFile&object={search}&count=1"))
    finally:
        for action in ("close", "destroy"):
            await ask(f"{FIND}{action}&object={search}")


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%d}%20{at:%H:%M:%S}"


def _first(name: str, answer: Answer) -> date | None:
    begin = re.search(r"^items\[0\]\. ?StartTime ?= ?(\d{4})-(\d{1,2})-(\d{1,2}) ", answer.text, re.MULTILINE)
    if begin is None:
        return None
    try:
        return date(int(begin[1]), int(begin[2]), int(begin[3]))
    except ValueError:
        raise Garbled(f"{name}: mediaFileFind: {begin[0]!r} is no time") from None
