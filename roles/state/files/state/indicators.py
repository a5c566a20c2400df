"""The indicators of a time, a row for each site and each unit that it served in it.

Shares are percent of the time that was watched and known: what nobody saw is in none of them; how much was known has its own column.
None is: couldn't be told.
"""

from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from footage import hours, spans

from state.settings import unit_on

ZONES = ("counter", "waiting", "entrance", "outdoor", "storage")
KNOWN = {"site": ("up", "down"), "camera": ("live", "stale", "off")}
COLUMNS = (
    "unit_code",
    "unit_name",
    "site",
    "site_name",
    "from",
    "to",
    "known_percent",
    "site_up_percent",
    "cameras",
    "cameras_live_percent",
    *(f"{zone}_covered_percent" for zone in ZONES),
    "recorded_percent",
    "live_watched_hours",
    "playback_watched_hours",
)


class Sources:
    """Where the figures come from: the history; camera -> its spans of footage, or None; who watched, or None.

    ``recorded(camera, from_s, until_s)``: [(from_s, until_s)] or None. ``views``: rows (camera, what, from_s, until_s) or None.
    """

    def __init__(self, history, recorded, views):
        self.history, self.recorded, self.views = history, recorded, views


def indicators(settings, recorder, sources, first, last, now_s):
    """Rows with the keys of COLUMNS, for the days from ``first`` to ``last``, both included."""
    zone = ZoneInfo(settings["timezone"])
    for name, site in settings["sites"].items():
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        for unit, same in groupby(days, lambda day, units=site["units"]: unit_on(units, day.isoformat())):
            held = list(same)
            from_s = _midnight(held[0], zone)
            until_s = min(_midnight(held[-1] + timedelta(days=1), zone), now_s)
            if from_s < until_s:
                code, title = ("", "") if unit is None else (unit["code"], unit["name"])
                yield {
                    "unit_code": code,
                    "unit_name": title,
                    "site": name,
                    "site_name": site["name"],
                    "from": held[0].isoformat(),
                    "to": held[-1].isoformat(),
                    **_figures(settings, recorder, sources, name, from_s, until_s),
                }


def _midnight(day, zone):
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


def _figures(settings, recorder, sources, name, from_s, until_s):
    site, looks = settings["sites"][name], _Looks(sources.history, from_s, until_s)
    cameras = [camera for camera, row in settings["cameras"].items() if row["site"] == name]
    up, known = looks.of("site", name, ("up",))
    live = {camera: looks.of("camera", camera, ("live",)) for camera in cameras}
    return {
        "known_percent": _percent(_length(known), until_s - from_s),
        "site_up_percent": _percent(_length(up), _length(known)),
        "cameras": len(cameras),
        "cameras_live_percent": _percent(sum(_length(one) for one, _ in live.values()), sum(_length(one) for _, one in live.values())),
        **{f"{zone}_covered_percent": _covered(settings, site, live, zone) for zone in ZONES},
        "recorded_percent": _recorded(recorder, sources, cameras, from_s, until_s),
        "live_watched_hours": _watched(sources.views, cameras, "live", from_s, until_s),
        "playback_watched_hours": _watched(sources.views, cameras, "playback", from_s, until_s),
    }


class _Looks:
    """When somebody looked within a time."""

    def __init__(self, history, from_s, until_s):
        self._history, self._from_s, self._until_s = history, from_s, until_s
        self._watched = history.watched(from_s, until_s)

    def of(self, kind, name, states):
        """When a thing was seen in one of these states, and when it was known at all."""
        both = []
        for wanted in (states, KNOWN[kind]):
            found = self._history.spans(kind, name, wanted, self._from_s, self._until_s)
            both.append(overlap(spans.merged(found), self._watched))
        return both


def _covered(settings, site, live, zone):
    """A zone is covered while any of its cameras lives. One that must be watched and has no camera never is."""
    there = [row for camera, row in live.items() if settings["cameras"][camera]["zone"] == zone]
    if not there:
        return 0.0 if zone in site["zones"] else None
    seen, known = (spans.merged(span for row in there for span in row[which]) for which in (0, 1))
    return _percent(_length(seen), _length(known))


def _recorded(recorder, sources, cameras, from_s, until_s):
    """Of the time in which footage is to be kept; one index that can't be read makes the whole figure unknown."""
    kept_s = wanted_s = 0.0
    for camera in cameras:
        if camera not in recorder.cameras:
            continue
        found = sources.recorded(camera, from_s, until_s)
        if found is None:
            return None
        wanted = spans.merged(hours.within(recorder.cameras[camera].hours, recorder.timezone, from_s, until_s))
        wanted_s += _length(wanted)
        kept_s += _length(overlap(spans.merged(found), wanted))
    return _percent(kept_s, wanted_s)


def _watched(views, cameras, what, from_s, until_s):
    if views is None:
        return None
    seconds = sum(
        max(0.0, min(end_s, until_s) - max(start_s, from_s)) for camera, kind, start_s, end_s in views if camera in cameras and kind == what
    )
    return round(seconds / 3600, 2)


def overlap(some, others):
    """The time that is in both, each in order and without overlaps."""
    some, others, found, at = list(some), list(others), [], 0
    for start_s, end_s in some:
        while at < len(others) and others[at][1] <= start_s:
            at += 1
        index = at
        while index < len(others) and others[index][0] < end_s:
            found.append((max(start_s, others[index][0]), min(end_s, others[index][1])))
            index += 1
    return found


def _length(some):
    return sum(end_s - start_s for start_s, end_s in some)


def _percent(part, whole):
    return None if whole <= 0 else round(100 * part / whole, 2)
