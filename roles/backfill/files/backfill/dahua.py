"""Dahua's search and playback: a search is an object that is made, asked and given back (HTTP API guide). Times are local."""

import re

from .errors import Garbled, LoginRefused, Trouble
from .found import Found, Play, local, seconds

FIND, CLOCK = "/cgi-bin/mediaFileFind.cgi?action=", "/cgi-bin/global.cgi?action=getCurrentTime"
WALL, QUERY = "%Y-%m-%d %H:%M:%S", "%Y_%m_%d_%H_%M_%S"
PAGE, PAGES = 100, 500
ROW = re.compile(r"^items\[(\d+)\]\. ?(\w+) ?= ?(.*?)\s*$", re.MULTILINE)


def now_s(ask, camera):
    """The device's clock as seconds since 1970, if its zone is the province's."""
    answer = ask("GET", CLOCK)
    said = re.search(r"result ?= ?(\d{4}-\d{1,2}-\d{1,2} \d\d:\d\d:\d\d)", answer.text)
    if answer.status != 200 or not said:
        raise Garbled(f"{camera.device}: getCurrentTime says no time (HTTP {answer.status}); look at the device")
    return seconds(said[1], camera.zone, WALL)


def search(ask, camera, from_s, until_s):
    """The recorded pieces that touch the interval."""
    made = ask("GET", f"{FIND}factory.create")
    number = re.match(r"result ?= ?(\d+)", made.text)
    if made.status != 200 or not number:
        raise Garbled(f"{camera.device}: can't be searched for footage (HTTP {made.status}); look at its disk and its user's rights")
    try:
        pieces = _searched(ask, camera, number[1], from_s, until_s)
    except LoginRefused:
        raise
    except Trouble:
        _give_back(ask, number[1])
        raise
    _give_back(ask, number[1])
    return pieces


def play(camera, _found, from_s, until_s):
    """Playback is asked for by channel and times; what the search calls the file doesn't matter."""
    begin, end = (local(at_s, camera.zone, QUERY) for at_s in (from_s, until_s))
    return Play(f"rtsp://device/cam/playback?channel={camera.channel}&starttime={begin}&endtime={end}")


def _give_back(ask, number):
    for action in ("close", "destroy"):
        ask("GET", f"{FIND}{action}&object={number}")


def _searched(ask, camera, number, from_s, until_s):
    begin, end = (local(at_s, camera.zone, WALL).replace(" ", "%20") for at_s in (from_s, until_s))
    span = f"condition.StartTime={begin}&condition.EndTime={end}"
    answer = ask("GET", f"{FIND}findFile&object={number}&condition.Channel={camera.channel}&condition.Types[0]=dav&{span}")
    if answer.status != 200 or answer.text.strip() != "OK":
        if answer.status in (200, 400):
            return []  # so it says that there is nothing
        raise Garbled(f"{camera.device}: can't be searched for footage (HTTP {answer.status}); look at its disk and its user's rights")
    pieces = []
    for _ in range(PAGES):
        count, rows = _page(camera, ask("GET", f"{FIND}findNextFile&object={number}&count={PAGE}"))
        pieces += rows
        if count < PAGE:
            return pieces
    raise Garbled(f"{camera.device}: shows more and more footage without an end; look at its firmware")


def _page(camera, answer):
    """(how many rows it says, those of our channel)."""
    count = re.search(r"^found ?= ?(\d+)", answer.text, re.MULTILINE)
    if answer.status != 200 or not count:
        raise Garbled(f"{camera.device}: findNextFile answers no list of footage (HTTP {answer.status}); look at the device")
    rows = {}
    for at, key, value in ROW.findall(answer.text):
        rows.setdefault(at, {})[key] = value
    # Channels are counted from 1 in the question and from 0 in the answer.
    ours = [row for row in rows.values() if row.get("Channel", str(camera.channel - 1)) == str(camera.channel - 1)]
    try:
        return int(count[1]), [_row(camera, row) for row in ours]
    except (KeyError, ValueError) as error:
        raise Garbled(f"{camera.device}: findNextFile: {error} in a row of footage; look at the device") from None


def _row(camera, row):
    begin, end = row["StartTime"], row["EndTime"]
    return Found(seconds(begin, camera.zone, WALL), seconds(end, camera.zone, WALL), "", f"{begin}/{end}")
