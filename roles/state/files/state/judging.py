"""What was seen in one round, and what is remembered of those before -> the state of everything. Pure: no clock, no file, no network."""

from collections import defaultdict
from dataclasses import dataclass, field

from state import causes
from state.settings import unit_on

DEAD_SECONDS = 9  # two rounds without an answer
LIVE_SECONDS, OFF_SECONDS = 10, 20  # a playlist is rewritten every two seconds; a camera with long GOPs may need some more
SAME_MOMENT_SECONDS = 20
PROVIDER_LINES, PROVIDER_SHARE = 3, 0.7  # so many of a provider's lines must have died, and this part of those that lived
RECORDED_WITHIN = 3  # segments: the one that grows, the one that is being entered, one that is missing


@dataclass(frozen=True)
class Seen:
    """One round. Times are seconds since 1970.

    ``today``: the ISO date where the province is. ``answered``: addresses that answered, None when nothing could be asked. ``playlists``:
    camera -> when its playlist was written, None when there is none; absent when that couldn't be told. ``connects``: camera -> whether its
    device takes connections, of those that were asked. ``units``: camera -> whether its recorder runs. ``segments``: camera -> the end of
    its newest finished segment, None when there is none; both without those of which it couldn't be told.
    """

    now_s: float
    today: str = ""
    answered: object = None
    playlists: dict = field(default_factory=dict)
    connects: dict = field(default_factory=dict)
    units: dict = field(default_factory=dict)
    segments: dict = field(default_factory=dict)


class Memory:
    """When each address was first asked and last heard, and since when each thing is what it is."""

    def __init__(self, known=()):
        """``known``: rows (kind, id, state, since_s, cause) of a run before."""
        self.asked, self.heard, self.changes, self._began_s = {}, {}, [], None
        self.states = {(kind, name): (state, since_s, why) for kind, name, state, since_s, why in known}

    def listen(self, seen, addresses):
        """Take in who answered."""
        if seen.answered is None:
            self.asked = {}
            return
        for address in addresses:
            self.asked.setdefault(address, seen.now_s)
            if address in seen.answered:
                self.heard[address] = seen.now_s

    def alive(self, address, now_s):
        """Whether an address answers; None while it was asked too little to be sure."""
        asked_s, heard_s = self.asked.get(address), self.heard.get(address)
        if asked_s is None:
            return None
        if heard_s is not None and now_s - heard_s < DEAD_SECONDS:
            return True
        return False if now_s - asked_s >= DEAD_SECONDS else None

    def lost(self, address, now_s):
        """Whether an address has answered before and doesn't any more; None for one that never did, which says nothing."""
        return None if address not in self.heard else self.alive(address, now_s) is False

    def begin(self, now_s):
        """A round of judgement begins."""
        self._began_s = now_s if self._began_s is None else self._began_s
        self.changes = []

    def moment(self, kind, name, state, now_s):
        """When a thing became what it is; None for what was already so when this run first looked, because that may be any time before."""
        before = self.states.get((kind, name))
        if before is not None and before[0] == state:
            return None if before[1] == self._began_s else before[1]
        return None if now_s == self._began_s else now_s

    def since(self, kind, name, state, now_s, why):
        """Enter a state and its cause; since when the state holds, whatever its cause."""
        before = self.states.get((kind, name), (None, now_s, None))
        if (before[0], before[2]) != (state, why):
            self.states[kind, name] = (state, before[1] if before[0] == state else now_s, why)
            self.changes.append((kind, name, before[0], *self.states[kind, name], now_s))
        return self.states[kind, name][1]


def addresses(settings):
    """Everything that is asked for an echo."""
    for site in settings["sites"].values():
        yield site["router"]
        for line in site["lines"].values():
            yield line["tunnel"]
            if line["gateway"] is not None:
                yield line["gateway"]
    for landmarks in settings["centre_lines"].values():
        yield from landmarks


def judge(settings, memory, seen):
    """The document that motcua-state writes, without its date. The memory must have listened to this round."""
    now_s = seen.now_s
    memory.begin(now_s)
    centre = {kind: _landmarks(memory, landmarks, now_s) for kind, landmarks in settings["centre_lines"].items()}
    lines = {
        (site, name): _up_down(memory.alive(line["tunnel"], now_s))
        for site, row in settings["sites"].items()
        for name, line in row["lines"].items()
    }
    cameras = {name: _camera_state(name, seen) for name in settings["cameras"]}
    province = _Province(settings, memory, seen, centre, lines, cameras)
    sites = {name: province.site(name) for name in settings["sites"]}
    return {
        "centre": {"id": settings["hub"], "lines": {kind: _up_down(up) for kind, up in centre.items()}},
        "sites": sites,
        "cameras": {name: province.camera(name, sites) for name in settings["cameras"]},
    }


def _up_down(alive):
    return "unknown" if alive is None else "up" if alive else "down"


def _same_moment(one_s, other_s):
    return one_s is not None and other_s is not None and abs(one_s - other_s) < SAME_MOMENT_SECONDS


def _landmarks(memory, landmarks, now_s):
    """Whether a line of the centre works: something beyond it answers. None when nothing there ever did."""
    heard = [memory.alive(one, now_s) for one in landmarks if one in memory.heard]
    return True if True in heard else None if not heard or None in heard else False


def _camera_state(name, seen):
    if name not in seen.playlists:
        return "unknown"
    written_s = seen.playlists[name]
    if written_s is None:
        return "off"
    age_s = seen.now_s - written_s
    return "live" if age_s < LIVE_SECONDS else "stale" if age_s < OFF_SECONDS else "off"


class _Province:
    """One round's judgement over everything, so that a site can be compared with its neighbours."""

    def __init__(self, settings, memory, seen, centre, lines, cameras):
        self._settings, self._memory, self._seen, self._centre = settings, memory, seen, centre
        self._lines, self._cameras = lines, cameras
        rows = {(site, name): row for site, one in settings["sites"].items() for name, row in one["lines"].items()}
        self._networks = {key: (row["provider"], row["kind"]) for key, row in rows.items()}
        self._of_site = defaultdict(list)
        for name, row in settings["cameras"].items():
            self._of_site[row["site"]].append(name)
        self._died = {key: memory.moment("line", "/".join(key), state, seen.now_s) for key, state in lines.items()}
        self._states = {name: self._site_state(name) for name in settings["sites"]}
        self._everyone_silent = self._all_silent_but_there()
        self._everyone_down = len(self._states) > 1 and set(self._states.values()) == {"down"}

    def _site_state(self, name):
        """A site answers when anything of it does, by whichever hub and line."""
        row = self._settings["sites"][name]
        states = {self._lines[name, line] for line in row["lines"]} | {_up_down(self._memory.alive(row["router"], self._seen.now_s))}
        if "up" in states or any(self._cameras[camera] == "live" for camera in self._of_site[name]):
            return "up"
        return "unknown" if "unknown" in states else "down"

    def site(self, name):
        row, state = self._settings["sites"][name], self._states[name]
        why = causes.cause(causes.SITE, self._site_seen(name)) if state == "down" else "unknown" if state == "unknown" else None
        lines = {line: self._line(name, line, why) for line in row["lines"]}
        unit = unit_on(row["units"], self._seen.today)
        return {
            "name": row["name"],
            "level": row["level"],
            "parent": row["parent"],
            "unit": "" if unit is None else unit["name"],
            "muted": _muted(row, self._seen.now_s),
            "lines": lines,
            **self._entry("site", name, state, why),
        }

    def _line(self, site, name, site_cause):
        row, state, why = self._settings["sites"][site]["lines"][name], self._lines[site, name], None
        if state == "unknown":
            why = "unknown"
        elif state == "down":
            seen = causes.Line(self._centre.get(row["kind"]), self._provider_down((site, name)))
            why = site_cause if self._states[site] == "down" else causes.cause(causes.LINE, seen)
        return {"kind": row["kind"], "provider": row["provider"], **self._entry("line", f"{site}/{name}", state, why)}

    def _site_seen(self, name):
        rows = self._settings["sites"][name]["lines"]
        died = [self._died[name, line] for line in rows]
        several = len({row["provider"] for row in rows.values()}) > 1
        lost = [None if row["gateway"] is None else self._memory.lost(row["gateway"], self._seen.now_s) for row in rows.values()]
        own = [self._centre.get(row["kind"]) for row in rows.values()]
        return causes.Site(
            everyone_down=self._everyone_down,
            centre_up=False if all(up is False for up in own) else None,
            provider_down=all(self._provider_down((name, line)) for line in rows),
            gateway_lost=all(lost),
            together=several and all(_same_moment(died[0], other) for other in died),
        )

    def _provider_down(self, line):
        """Whether most lines of this one's provider and kind that lived until then died in the same moment as it."""
        moment, network = self._died[line], self._networks[line]
        rows = [key for key, other in self._networks.items() if other == network]
        with_it = [key for key in rows if self._lines[key] == "down" and _same_moment(self._died[key], moment)]
        lived = [key for key in rows if self._lines[key] == "up"]
        return len(with_it) >= PROVIDER_LINES and len(with_it) >= PROVIDER_SHARE * (len(with_it) + len(lived))

    def camera(self, name, sites):
        row, state = self._settings["cameras"][name], self._cameras[name]
        why = "unknown" if state == "unknown" else None if state == "live" else self._camera_cause(name, sites[row["site"]])
        segment_s = self._seen.segments.get(name)
        recording = None if name not in self._seen.segments else self._recording(segment_s)
        return {
            "site": row["site"],
            "name": row["name"],
            "zone": row["zone"],
            "recording": recording,
            "last_segment_s": segment_s,
            **self._entry("camera", name, state, why),
        }

    def _recording(self, segment_s):
        return segment_s is not None and self._seen.now_s - segment_s < RECORDED_WITHIN * self._settings["segment_seconds"]

    def _camera_cause(self, name, site):
        if site["state"] == "down":
            return site["cause"]
        row = self._settings["cameras"][name]
        others = [one for one in self._of_site[row["site"]] if one != name]
        same = [one for one in others if self._settings["cameras"][one]["device"] == row["device"]]
        seen = causes.Camera(
            router=True if site["state"] == "up" else None,
            everyone_silent=self._everyone_silent,
            recorder_runs=self._seen.units.get(name),
            answers=self._seen.connects.get(name),
            same_device_live=self._any_live(same),
            siblings_live=self._any_live([one for one in others if one not in same]),
        )
        return causes.cause(causes.CAMERA, seen)

    def _all_silent_but_there(self):
        """Whether no camera lives while devices of several sites take connections: what they have in common is the centre."""
        there = {self._settings["cameras"][name]["site"] for name, answers in self._seen.connects.items() if answers}
        return len(there) > 1 and not {"live", "stale", "unknown"} & set(self._cameras.values())

    def _any_live(self, names):
        return any(self._cameras[name] == "live" for name in names) if names else None

    def _entry(self, kind, name, state, why):
        since_s = self._memory.since(kind, name, state, self._seen.now_s, why)
        return {"state": state, "since_s": since_s, "cause": why, "words": None if why is None else causes.WORDS[why]}


def _muted(row, now_s):
    return any(mute["from_s"] <= now_s < mute["until_s"] for mute in row["mutes"])
