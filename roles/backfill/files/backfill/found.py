"""What a search finds, and how it is asked for: the words that all ways share."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit, urlunsplit
from xml.etree import ElementTree
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; header names are in lower case."""

    status: int
    headers: dict
    body: bytes

    @property
    def text(self):
        """The body as text; a device's stray byte doesn't matter."""
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True)
class Found:
    """Footage that a device has: seconds since 1970, and the address at which it plays, with the device's inner host.

    ``said`` are the device's own words for the times, which provenance keeps.
    """

    from_s: float
    until_s: float
    uri: str
    said: str = ""


@dataclass(frozen=True)
class Play:
    """An interval to be played: its address, and the headers and range that this way of asking wants."""

    uri: str
    headers: dict = field(default_factory=dict)
    range: str = "npt=0.000-"


def parsed(body):
    """The root of an XML answer; ValueError where it is none, or has a document type: no device's has, and it can grow without end."""
    if b"<!DOCTYPE" in body:
        raise ValueError("a document type")
    try:
        return ElementTree.fromstring(body)  # noqa: S314  without a document type there are no entities to grow
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from None


def local(at_s, zone, form):
    """Seconds since 1970 as a device's wall clock writes them."""
    return datetime.fromtimestamp(at_s, ZoneInfo(zone)).strftime(form)


def seconds(text, zone, form):
    """A device's wall clock as seconds since 1970; ValueError for what is no time."""
    return datetime.strptime(text, form).replace(tzinfo=ZoneInfo(zone)).timestamp()


def utc(at_s, form="%Y%m%dT%H%M%SZ"):
    """Seconds since 1970 in UTC."""
    return datetime.fromtimestamp(at_s, UTC).strftime(form)


def rewritten(uri, host, port):
    """The same address at the device as we reach it: what devices call themselves is behind an address translation."""
    parts = urlsplit(uri)
    return urlunsplit(("rtsp", f"{host}:{port}", parts.path or "/", parts.query, ""))


def within(found, gaps):
    """The parts of what was found that lie in the gaps, as (from_s, until_s, Found), in order and without overlaps."""
    rows, covered = [], 0.0
    for one in sorted(found, key=lambda row: row.from_s):
        for from_s, until_s in gaps:
            begin, end = max(from_s, one.from_s, covered), min(until_s, one.until_s)
            if end > begin:
                rows.append((begin, end, one))
        covered = max(covered, one.until_s)
    return rows
