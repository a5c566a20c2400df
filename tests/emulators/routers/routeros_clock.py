"""An emulated RouterOS' clock, and its scheduler, whose entries really run."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from tests.emulators.routers.routeros_tokens import listed
from tests.emulators.routers.routeros_values import duration

MORNING = datetime(2026, 11, 26, 8, 0, 0)  # noqa: DTZ001  the router's local time
NO_BATTERY = datetime(1970, 1, 2, 0, 0, 0)  # noqa: DTZ001  a router's clock knows no zone
MONTHS = listed("jan feb mar apr may jun jul aug sep oct nov dec")
UP_SECONDS = 12 * 86400.0  # it has been running for a while
AFTER_BOOT_SECONDS = 3  # entries with start-time=startup run that long after the console starts
SCHEDULER = ("system", "scheduler")


def date_of(moment, major):
    return f"{moment:%Y-%m-%d}" if major >= 7 else f"{MONTHS[moment.month - 1]}/{moment:%d/%Y}"


def read_date(text):
    """A date in version 7's or version 6's spelling; None for another text."""
    if found := re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", text):
        return datetime(*map(int, found.groups()))  # noqa: DTZ001  a router's clock knows no zone
    if found := re.fullmatch(r"([a-z]{3})/(\d\d)/(\d{4})", text):
        return datetime(int(found[3]), MONTHS.index(found[1]) + 1, int(found[2]))  # noqa: DTZ001  a router's clock knows no zone
    return None


class Clock:
    """Local time and seconds since the start. ``due`` are the scheduler's next runs by entry, as times of the clock or of the uptime.

    Runs stay aligned to start plus whole intervals; with an interval, a ``startup`` entry first runs one interval after the start
    (https://manual.mikrotik.com/docs/system-information-and-utilities/scheduler).
    """

    def __init__(self, box, now):
        self.box, self.now, self.uptime, self.due, self.runs = box, now, UP_SECONDS, {}, {}

    def set(self, now):
        """The clock is put right: by hand, or by a time server. Entries that follow it are worked out anew."""
        self.now = now
        for item in self.box.rows(SCHEDULER):
            self.plan(item)

    def boot(self, now):
        self.now, self.uptime, self.due, self.runs = now, 0.0, {}, {}
        for item in self.box.rows(SCHEDULER):
            self.plan(item)

    def plan(self, item):
        """When an entry runs next: it was added, changed, has run, or the router has started."""
        fields = item.fields
        every = (duration(fields.get("interval", "0s")) or 0) / 1000
        self.due.pop(item.number, None)
        if fields.get("disabled") == "yes":
            return
        if fields.get("start-time") == "startup":
            if every:
                self.due[item.number] = ("uptime", (self.uptime // every + 1) * every)
            elif self.uptime < AFTER_BOOT_SECONDS and item.number not in self.runs:
                self.due[item.number] = ("uptime", AFTER_BOOT_SECONDS)
            return
        start = read_date(fields.get("start-date", "")) or self.now
        start += timedelta(milliseconds=duration(fields.get("start-time", "")) or 0)
        if start <= self.now and every:
            start += timedelta(seconds=((self.now - start).total_seconds() // every + 1) * every)
        if start > self.now:
            self.due[item.number] = ("clock", start)

    def added(self, item):
        """An entry without a start starts at this moment."""
        fields = item.fields
        if fields.get("start-time") != "startup":
            fields.setdefault("start-date", date_of(self.now, self.box.schema.major))
            fields.setdefault("start-time", f"{self.now:%H:%M:%S}")
        self.plan(item)

    def tick(self, seconds):
        """Time passes; what falls due runs at its moment."""
        end = self.uptime + seconds
        while True:
            moments = [(self._in(due), number) for number, due in self.due.items()]
            nearest = min((one for one in moments if self.uptime + max(one[0], 0) <= end), default=None)
            if nearest is None:
                break
            self._pass(max(nearest[0], 0))
            before = self.box.boots
            self._run(nearest[1])
            if self.box.boots != before:
                return  # it has restarted: the rest of the time was the start's
        self._pass(max(end - self.uptime, 0))

    def _in(self, due):
        kind, moment = due
        return moment - self.uptime if kind == "uptime" else (moment - self.now).total_seconds()

    def _pass(self, seconds):
        self.uptime += seconds
        self.now += timedelta(seconds=seconds)

    def passed(self, seconds):
        """A script waited: what fell due meanwhile runs at the next tick."""
        self._pass(seconds)

    def _run(self, number):
        self.due.pop(number, None)
        item = next((one for one in self.box.rows(SCHEDULER) if one.number == number), None)
        if item is None:
            return
        self.runs[number] = self.runs.get(number, 0) + 1
        before = self.box.boots
        self.box.scheduled(item)
        if self.box.boots == before and item in self.box.rows(SCHEDULER):
            self.plan(item)

    def next_run(self, item):
        due = self.due.get(item.number)
        if due is None:
            return ""
        moment = self.now + timedelta(seconds=self._in(due))
        return f"{date_of(moment, self.box.schema.major)} {moment:%H:%M:%S}"


def uptime_of(seconds):
    """``3h5m54s``."""
    text = ""
    for unit, size in (("w", 604800), ("d", 86400), ("h", 3600), ("m", 60)):
        count, seconds = divmod(int(seconds), size)
        text += f"{count}{unit}" if count or text else ""
    return f"{text}{int(seconds)}s"
