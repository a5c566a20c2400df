"""Hikvision's search and playback (ISAPI and RTSP). Its times end in Z and are the device's local time all the same."""

import re
import uuid

from .errors import Garbled
from .found import Found, Play, local, parsed, seconds

SEARCH, TIME = "/ISAPI/ContentMgmt/search", "/ISAPI/System/time"
STAMP, WALL, QUERY = "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S", "%Y%m%dT%H%M%SZ"
PAGE, PAGES = 40, 500
DAY_S = 86400


def now_s(ask, camera):
    """The device's clock as seconds since 1970, if its zone is the province's."""
    answer = ask("GET", TIME)
    said = re.search(r"<localTime>(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)", answer.text)
    if answer.status != 200 or not said:
        raise Garbled(f"{camera.device}: {TIME} says no time (HTTP {answer.status}); look at the device")
    # Many put a wrong offset behind it: only the digits of the wall clock mean anything.
    return seconds(said[1], camera.zone, WALL)


def search(ask, camera, from_s, until_s):
    """The recorded pieces that touch the interval; one that is too wide for the device is asked in halves."""
    pieces, number = [], 0
    for _ in range(PAGES):
        answer = ask("POST", SEARCH, _question(camera, from_s, until_s, number))
        if answer.status >= 400:
            if number == 0 and until_s - from_s > DAY_S:
                half = (from_s + until_s) / 2
                return sorted({*search(ask, camera, from_s, half), *search(ask, camera, half, until_s)}, key=lambda one: one.from_s)
            raise Garbled(f"{camera.device}: can't be searched for footage (HTTP {answer.status}); look at its disk and its user's rights")
        words, rows = _read(camera, answer)
        pieces += rows
        number += len(rows)
        if words != "MORE":
            return pieces
        if not rows:
            break
    raise Garbled(f"{camera.device}: says MORE again and again and shows nothing more; look at its firmware")


def play(camera, found, from_s, until_s):
    """The answer's own address with the wanted times; the rest of its query names the file and is kept."""
    begin, end = (local(at_s, camera.zone, QUERY) for at_s in (from_s, until_s))
    usual = f"rtsp://device/Streaming/tracks/{camera.channel}01?starttime=&endtime="
    uri = found.uri if "starttime=" in found.uri and "endtime=" in found.uri else usual
    return Play(re.sub(r"(endtime=)[^&]*", rf"\g<1>{end}", re.sub(r"(starttime=)[^&]*", rf"\g<1>{begin}", uri)))


def _question(camera, from_s, until_s, number):
    begin, end = (local(at_s, camera.zone, STAMP) for at_s in (from_s, until_s))
    return (
        '<?xml version="1.0" encoding="UTF-8"?><CMSearchDescription version="1.0">'
        f"<searchID>{str(uuid.uuid4()).upper()}</searchID><trackList><trackID>{camera.channel}01</trackID></trackList>"
        f"<timeSpanList><timeSpan><startTime>{begin}</startTime><endTime>{end}</endTime></timeSpan></timeSpanList>"
        f"<maxResults>{PAGE}</maxResults><searchResultPostion>{number}</searchResultPostion>"
        "<metadataList><metadataDescriptor>//recordType.meta.std-cgi.com</metadataDescriptor></metadataList></CMSearchDescription>"
    ).encode()


def _read(camera, answer):
    """(its word for how it goes on, the rows)."""
    try:
        root = parsed(answer.body)
        if _name(root) == "CMSearchResult":
            rows = [_row(camera, item) for item in root.iter() if _name(item) == "searchMatchItem"]
            return _text(root, "responseStatusStrg").upper(), rows
        error = _name(root)
    except ValueError as raised:
        error = raised
    raise Garbled(f"{camera.device}: {SEARCH}: answers no list of footage ({error}); look at the device")


def _row(camera, item):
    begin, end = _text(item, "startTime"), _text(item, "endTime")
    # Newer firmware writes an offset instead of the Z, and means no more by it.
    from_s, until_s = (seconds(text[:19], camera.zone, WALL) for text in (begin, end))
    return Found(from_s, until_s, _text(item, "playbackURI"), f"{begin}/{end}")


def _name(element):
    return element.tag.rpartition("}")[2]


def _text(root, name):
    return next(((one.text or "").strip() for one in root.iter() if _name(one) == name), "")
