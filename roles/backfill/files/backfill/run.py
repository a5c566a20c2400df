"""One night: what is missing, who has it, and bringing it in, line by line, under each line's share."""

import json
import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from footage import spans

from . import dahua, hikvision, onvif
from .errors import LoginRefused, Trouble, WrongClock
from .found import utc, within
from .night import closes_s
from .pieces import written
from .rtsp import Pace, pictures
from .shelf import Shelf
from .web import Web

WAYS = {"hikvision": hikvision, "dahua": dahua, "onvif": onvif}
TOLERANCE_S, CLOCK_S, NEAR_S = 2, 30, 3600
DAY_S = 86_400
LINES, PLAYS = 8, 4  # at once: lines, and playbacks on one line
REFUSED_S = DAY_S / 2  # a login that was refused isn't tried again the same night


@dataclass
class Result:
    """What became of one camera: seconds missing, brought in, and sentences for people."""

    missing: list = field(default_factory=list)
    filled_s: float = 0.0
    said: list = field(default_factory=list)

    def row(self):
        """As the state's file has it."""
        missing_s = sum(until_s - from_s for from_s, until_s in self.missing)
        gaps = [{"from": utc(a, "%Y-%m-%dT%H:%M:%SZ"), "until": utc(b, "%Y-%m-%dT%H:%M:%SZ")} for a, b in self.missing]
        return {"gaps": gaps, "missing_s": round(missing_s, 1), "filled_s": round(self.filled_s, 1), "said": self.said}


class Night:
    """One run. ``now`` doesn't wait for the night; ``only`` are the cameras that are meant; ``say`` is told each sentence."""

    def __init__(self, settings, recorder, library, *, now=False, only=(), say=print, group=None):
        self._settings, self._recorder, self._library = settings, recorder, library
        self._now, self._only, self._say, self._group = now, only, say, group
        self.results = {}

    def missing(self):
        """Camera -> [(from_s, until_s)] of what isn't recorded, entered or on the shelf, for the cameras of these settings."""
        now_s, found = time.time(), {}
        for name, camera in self._settings.cameras.items():
            place = self._recorder.cameras.get(name)
            if place is None or (self._only and name not in self._only):
                continue
            result = self.results.setdefault(name, Result())
            if str(place.shard) in self._library.missing:
                self._tell(name, f"{name}: what is missing can't be told, because {place.shard} can't be read; mount it")
                continue
            from_s, until_s = now_s - camera.oldest_days * DAY_S, now_s - 3 * self._recorder.segment_seconds
            there = self._library.spans(name, from_s, until_s)
            if there:  # before its first piece the camera wasn't recorded
                gaps = self._library.gaps(name, there[0][0], until_s, TOLERANCE_S)
                found[name] = result.missing = _without(gaps, Shelf(place.shard, name).known())
        return {name: gaps for name, gaps in found.items() if gaps}

    def run(self):
        """Bring in what is missing; all results, by camera."""
        lines = {}
        for name, gaps in self.missing().items():
            device = self._settings.cameras[name].device
            lines.setdefault(self._settings.devices[device]["line"], {}).setdefault(device, []).append((name, gaps))
        with ThreadPoolExecutor(LINES) as pool:
            list(pool.map(self._line, lines.values()))
        return self.results

    def write(self):
        """Keep what became of it for whoever asks."""
        state = self._settings.state
        draft = state / ".state.json"
        rows = {name: result.row() for name, result in sorted(self.results.items())}
        draft.write_text(json.dumps({"written": utc(time.time(), "%Y-%m-%dT%H:%M:%SZ"), "cameras": rows}, ensure_ascii=False, indent=1))
        draft.replace(state / "state.json")

    def _tell(self, camera, sentence):
        self.results[camera].said.append(sentence)
        self._say(sentence)

    def _line(self, devices):
        jobs = []
        for name, wanted in devices.items():
            try:
                jobs += _Source(self, name).jobs(wanted)
            except (Trouble, ValueError) as error:
                for camera, _ in wanted:
                    self._tell(camera, str(error))
        if not jobs:
            return
        at_once = max(1, min(PLAYS, jobs[0].share_kbps // max(job.bitrate_kbps for job in jobs)))
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(lambda job: job.run(at_once), jobs))


class _Source:
    """One device in one night."""

    def __init__(self, night, name):
        self.night, self.settings = night, night._settings
        self.device = self.settings.device(name)
        self.way = WAYS[self.device.way]
        self.turn = threading.Lock()  # one login at a time: the second isn't tried where the first is refused
        self.refused = False
        self._mark = self.settings.state / "refused" / name

    def jobs(self, wanted):
        """What to fetch for each camera.

        :raises Trouble: when the device can't be asked.
        """
        if self.closes_s() is None:
            return []
        if self.device.share_kbps <= 0:
            raise Trouble(
                f"{self.device.name}: the night leaves nothing of its line for footage; look at the plan's line_share and reserve"
            )
        self._look_at_refusal()
        web = Web(self.device)
        try:
            self._look_at_clock(web, self.settings.cameras[wanted[0][0]])
            return [job for name, gaps in wanted for job in self._searched(web, name, gaps)]
        except LoginRefused:
            self.refuse()
            raise

    def closes_s(self):
        """When this device's window closes; None while it is closed."""
        return float("inf") if self.night._now else closes_s(self.device.window, self.settings.zone, time.time())

    def refuse(self):
        """Remember a refused login: other runs of this night don't try it either."""
        self.refused = True
        self._mark.parent.mkdir(parents=True, exist_ok=True)
        self._mark.touch()

    def _look_at_refusal(self):
        secret = self.settings.secrets / f"{self.device.name}.json"
        if not self._mark.exists():
            return
        refused_s = self._mark.stat().st_mtime
        if refused_s > secret.stat().st_mtime and time.time() - refused_s < REFUSED_S:
            raise LoginRefused(f"{self.device.name}: refused the login before; nothing more is tried this night. Run the rollout")
        self._mark.unlink()

    def _look_at_clock(self, web, camera):
        begun_s = time.time()
        web.ahead_s = self.way.now_s(web.ask, camera) - (begun_s + time.time()) / 2
        if abs(web.ahead_s) > CLOCK_S:
            raise WrongClock(
                f"{self.device.name}: its clock is {web.ahead_s:+.0f} s off ours, which files footage wrongly; set its clock and zone"
            )

    def _searched(self, web, name, gaps):
        camera = self.settings.cameras[name]
        shelf = Shelf(self.night._recorder.cameras[name].shard, name)
        shelf.begin()
        shelf.forget(time.time() - camera.oldest_days * DAY_S)
        try:
            found = [one for a, b in spans.merged(gaps, NEAR_S) for one in self.way.search(web.ask, camera, a, b)]
        except LoginRefused:
            raise
        except Trouble as error:
            self.night._tell(name, str(error))
            return []
        rows = within(found, gaps)
        for from_s, until_s in _without(gaps, [(a, b) for a, b, _ in rows]):
            if until_s - from_s > TOLERANCE_S:
                self.night._tell(name, f"{name}: {self.device.name} has no footage from {utc(from_s)} to {utc(until_s)}")
        return [_Job(self, camera, *row) for row in rows if row[1] - row[0] > TOLERANCE_S]


class _Job:
    """One stretch of footage to be fetched."""

    def __init__(self, source, camera, from_s, until_s, found):
        self._source, self._camera = source, camera
        # Most devices are asked in whole seconds: what begins the piece is what was asked for.
        self._from_s, self._until_s, self._found = float(math.floor(from_s)), float(math.ceil(until_s)), found
        self.share_kbps, self.bitrate_kbps = source.device.share_kbps, camera.bitrate_kbps

    def run(self, at_once):
        """Fetch it; what goes wrong is said."""
        night, name = self._source.night, self._camera.name
        shelf = Shelf(night._recorder.cameras[name].shard, name, night._group)
        try:
            self._fetch(shelf, Pace(self.share_kbps / at_once))
        except (Trouble, OSError) as error:
            night._tell(name, str(error) if isinstance(error, Trouble) else f"{name}: {error}; look at its shard")

    def _fetch(self, shelf, pace):
        source, name = self._source, self._camera.name
        play = source.way.play(self._camera, self._found, self._from_s, self._until_s)
        with source.turn:
            if source.refused or source.closes_s() is None:
                return
            try:
                codec, stream = pictures(source.device, name, play, self._from_s, pace)
            except LoginRefused:
                source.refuse()
                raise
        provenance = {
            "device": source.device.name,
            "way": source.device.way,
            "uri": play.uri,
            "range": play.range,
            "searched": self._found.said,
            "fetched": utc(time.time(), "%Y-%m-%dT%H:%M:%SZ"),
        }
        length_s, reached_s = source.night._recorder.segment_seconds, self._from_s
        for piece in written(_until_closed(stream, source), codec, shelf.drafts, self._from_s, self._until_s, length_s):
            shelf.keep(piece, provenance)
            source.night.results[name].filled_s += piece.end_s - piece.start_s
            reached_s = piece.end_s
        if reached_s < self._until_s - TOLERANCE_S and source.closes_s() is not None:
            raise Trouble(
                f"{name}: {source.device.name} stopped at {utc(reached_s)} instead of {utc(self._until_s)}; the rest is tried again"
            )


def _until_closed(stream, source):
    closes_s = source.closes_s() or 0
    for picture in stream:
        if time.time() >= closes_s:
            stream.close()
            return
        yield picture


def _without(gaps, known):
    """What of the gaps isn't known."""
    return [
        (a, b) for from_s, until_s in gaps for a, b in spans.missing(spans.common([(from_s, until_s)], known), from_s, until_s, TOLERANCE_S)
    ]
