"""How the cameras are, from what motcua-state writes; what is old or missing says nothing."""

import json
from datetime import UTC, datetime

OLD_SECONDS = 30
UNKNOWN = {"state": "unknown", "since": None, "cause": None}


class State:
    """The newest state file."""

    def __init__(self, path):
        self._path, self._mark, self._content = path, None, {}

    def of(self, cameras, now_s):
        """When it was written, and of each camera its state, since when, and why."""
        content = self._read()
        written = content.get("written")
        fresh = abs(now_s - _seconds(written)) <= OLD_SECONDS
        known = content.get("cameras", {}) if fresh else {}
        said = {camera: {key: known[camera].get(key) for key in UNKNOWN} if camera in known else UNKNOWN for camera in sorted(cameras)}
        return {"written": written, "cameras": said}

    def _read(self):
        try:
            mark = (status := self._path.stat()).st_mtime_ns, status.st_ino
            if mark != self._mark:
                content = json.loads(self._path.read_text(encoding="utf-8"))
                self._content, self._mark = content if isinstance(content, dict) else {}, mark
        except (OSError, ValueError):
            self._content, self._mark = {}, None
        return self._content


def _seconds(stamp):
    try:
        at = datetime.fromisoformat(stamp)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError):
        return float("-inf")
