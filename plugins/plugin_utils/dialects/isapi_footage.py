"""Since when a Hikvision recorder has footage: the first match of a search, over all times or, where that is too much for it, by months.

Times end in ``Z`` and are the device's own; the element is called searchResultPostion on every device.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta

from ..errors import Garbled, Unsupported
from ..transport import Answer
from .xml import local, parse

SEARCH = "/ISAPI/ContentMgmt/search"
HTTP_ERROR = 400
LONGEST_DAYS, MONTH_DAYS, MONTHS = 3650, 31, 24
STAMP = "%Y-%m-%dT%H:%M:%SZ"


async def oldest(name: str, channel: int, ask: Callable[[str, bytes], Awaitable[Answer]]) -> date | None:
    """The day of the first footage of a channel; ``ask`` posts a body.

    :raises Unsupported: when the device can't be searched.
    """
    now = datetime.now(UTC) + timedelta(days=1)  # its own time may be ahead of ours
    answer = await ask(SEARCH, _search(channel, now - timedelta(days=LONGEST_DAYS), now))
    if answer.status < HTTP_ERROR:
        return _first(name, answer)
    found = None
    for month in range(MONTHS):
        end = now - timedelta(days=MONTH_DAYS * month)
        answer = await ask(SEARCH, _search(channel, end - timedelta(days=MONTH_DAYS), end))
        if answer.status >= HTTP_ERROR:
            raise Unsupported(f"the device can't be searched for footage (HTTP {answer.status})")
        first = _first(name, answer)
        if first is None:
            break
        found = first
    return found


def _search(channel: int, begin: datetime, end: datetime) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><CMSearchDescription>'
        f"<searchID>{str(uuid.uuid4()).upper()}</searchID><trackList><trackID>{channel}01</trackID></trackList>"
        f"<timeSpanList><timeSpan><startTime>{begin:{STAMP}}</startTime><endTime>{end:{STAMP}}</endTime></timeSpan></timeSpanList>"
        "<maxResults>1</maxResults><searchResultPostion>0</searchResultPostion>"
        "<metadataList><metadataDescriptor>//recordType.meta.std-cgi.com</metadataDescriptor></metadataList></CMSearchDescription>"
    ).encode()


def _first(name: str, answer: Answer) -> date | None:
    document = parse(answer.body, f"{name}: {SEARCH}")
    if local(document.root) != "CMSearchResult":
        raise Unsupported("the device can't be searched for footage")
    matches = document.rows("searchMatchItem")
    begin = matches[0].get("timeSpan/startTime") if matches else None
    try:
        return None if begin is None else date.fromisoformat(begin[:10])
    except ValueError:
        raise Garbled(f"{name}: {SEARCH}: {begin!r} is no time") from None
