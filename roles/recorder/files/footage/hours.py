"""The hours in which footage is kept: spans of weekdays in local time. Outside them nothing is missing."""

from datetime import date, datetime, timedelta
from datetime import time as clock
from zoneinfo import ZoneInfo


def within(hours, timezone, from_s, until_s):
    """[(from, until)]: the part of a time, in seconds since 1970, in which footage is to be kept; all of it where there are no hours."""
    if hours is None:
        return [(from_s, until_s)]
    zone = ZoneInfo(timezone)
    day, last = datetime.fromtimestamp(from_s, zone).date(), datetime.fromtimestamp(until_s, zone).date()
    found = []
    while day <= last:
        for weekday, begins, ends in hours:
            if weekday == day.weekday():
                start, end = max(from_s, _moment(day, begins, zone)), min(until_s, _moment(day, ends, zone))
                if start < end:
                    found.append((start, end))
        day += timedelta(days=1)
    return sorted(found)


def _moment(day: date, said, zone):
    hour, minute = said.split(":")
    whole = day + timedelta(days=1) if said == "24:00" else day
    return datetime.combine(whole, clock(int(hour) % 24, int(minute)), zone).timestamp()
