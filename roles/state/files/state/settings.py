"""What the rollout wrote for motcua-state: /etc/motcua/state.json."""

import json
from pathlib import Path

PATH = Path("/etc/motcua/state.json")
KEYS = {"hub", "timezone", "segment_seconds", "live_root", "centre_lines", "sites", "cameras", "run", "history", "gate"}


def load(path=PATH):
    """The settings as a dictionary.

    :raises OSError: when the file can't be read. :raises ValueError: when it isn't what the rollout writes.
    """
    said = json.loads(Path(path).read_text(encoding="utf-8"))
    missing = KEYS - set(said)
    if missing:
        raise ValueError(f"{', '.join(sorted(missing))} is missing")
    return said


def unit_on(units, day):
    """The unit (code, name, from, until) that a site serves on a day, as an ISO date; None when it serves none."""
    return next((unit for unit in units if unit["from"] <= day and (unit["until"] is None or day <= unit["until"])), None)
