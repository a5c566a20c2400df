"""The hours in which a line may carry yesterday's pictures."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


def closes_s(window, zone, now_s):
    """When the window that is open now closes, in seconds since 1970; None while it is closed. ``20:00-06:00`` is over midnight."""
    here = datetime.fromtimestamp(now_s, ZoneInfo(zone))
    begin, end = ((int(text[:2]), int(text[3:])) for text in window.split("-"))
    for days in (-1, 0):  # it may have been opened yesterday
        opened = (here + timedelta(days=days)).replace(hour=begin[0], minute=begin[1], second=0, microsecond=0)
        closed = opened.replace(hour=end[0], minute=end[1])
        if closed <= opened:
            closed += timedelta(days=1)
        if opened <= here < closed:
            return closed.timestamp()
    return None
