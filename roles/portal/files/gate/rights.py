"""Who may see what, from /etc/motcua/portal.json: the plan's matrix and the tree, ready to be asked thousands of times a second."""

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

WITH_CODE = ("operator", "police")  # these log in with a second factor
PROVINCE_PAGES = ("ioc", "operator")  # these see the pages on the province as a whole


@dataclass(frozen=True)
class Viewer:
    """What one viewer may see; ``since_s`` and ``until_s`` are seconds since 1970, the second excluded."""

    id: str
    name: str
    kind: str
    screens: int
    live: frozenset
    playback: frozenset
    since_s: float = float("-inf")
    until_s: float = float("inf")

    def may(self, what, camera, now_s):
        """Whether a camera may be seen now; ``what`` is live or playback."""
        return camera in (self.live if what == "live" else self.playback) and self.holds(now_s)

    def holds(self, now_s):
        """Whether its rights hold now: an agreement has a first and a last day."""
        return self.since_s <= now_s < self.until_s

    @property
    def needs_code(self):
        """Whether a password alone isn't enough."""
        return self.kind in WITH_CODE


class Rights:
    """The settings as they were when they were read.

    :raises OSError: when the file can't be read.
    :raises ValueError, KeyError, TypeError: when it isn't what the plan writes.
    """

    def __init__(self, path):
        path = Path(path)
        self.mark = mark(path)
        self.settings = json.loads(path.read_text(encoding="utf-8"))
        zone = ZoneInfo(self.settings["timezone"])
        self.viewers = {name: _viewer(name, row, zone) for name, row in self.settings["viewers"].items()}
        self.cameras = {row["id"]: row for row in self.settings["cameras"]}
        self.watchers = frozenset(self.settings["watchers"])
        self.language = self.settings["language"]
        self.sessions = self.settings["sessions"]

    def tree(self, viewer, now_s):
        """The sites with the cameras that a viewer may see now, and nothing of what stands above or beside them."""
        cameras, children = {}, {}
        for row in self.settings["cameras"]:
            live, playback = (viewer.may(what, row["id"], now_s) for what in ("live", "playback"))
            if live or playback:
                shown = {key: row[key] for key in ("id", "name", "zone", "codec", "width", "height")}
                cameras.setdefault(row["site"], []).append({**shown, "live": live, "playback": playback})
        known = {site["id"] for site in self.settings["sites"]}
        for site in self.settings["sites"]:
            children.setdefault(site["parent"] if site["parent"] in known else None, []).append(site)
        return [_lowered(node) for node in _nodes(None, children, cameras)]


def _nodes(parent, children, cameras):
    found = []
    for site in children.get(parent, ()):
        below, own = _nodes(site["id"], children, cameras), cameras.get(site["id"], [])
        if own or below:
            found.append({"id": site["id"], "name": site["name"], "level": site["level"], "cameras": own, "children": below})
    return found


def _lowered(node):
    """Where nothing is seen at a place and all below it is in one, the tree begins there: what stands above is not the viewer's."""
    while not node["cameras"] and len(node["children"]) == 1:
        node = node["children"][0]
    return node


def _viewer(name, row, zone):
    days = {}
    if row.get("from") is not None:
        days["since_s"] = _midnight(row["from"], zone)
    if row.get("until") is not None:
        days["until_s"] = _midnight(row["until"], zone, days=1)
    live, playback = frozenset(row["live"]), frozenset(row["playback"])
    return Viewer(name, row["name"], row["kind"], row["screens"], live, playback, **days)


def _midnight(day, zone, days=0):
    return datetime.combine(date.fromisoformat(day) + timedelta(days=days), time(), zone).timestamp()


def mark(path):
    """What is different when a file was written anew."""
    status = path.stat()
    return status.st_mtime_ns, status.st_ino, status.st_size
