"""What a path asks for. Only the exact form that nginx serves is taken: no escape, no dot, no second slash, so that both read it alike."""

import re
from datetime import UTC, datetime

CAMERA = "(?P<camera>[a-z][a-z0-9-]{0,80})"
FILES = {
    "live": re.compile(rf"/live/{CAMERA}/(?:main/)?(?:index\.m3u8|init\.mp4|[0-9]{{9}}\.(?:ts|m4s))", re.ASCII),
    "playback": re.compile(rf"/playback/{CAMERA}/(?:backfill/)?(?P<stamp>[0-9]{{8}}T[0-9]{{6}}Z)\.ts", re.ASCII),
}
PROVINCE = ("/state.json", "/wall.html", "/province.html", "/indicators.csv", "/indicators.json")
STAMP = "%Y%m%dT%H%M%SZ"


def asked(uri):
    """(live or playback, camera, when the piece begins) or (province, None, None); None for everything else."""
    path = uri.partition("?")[0]
    for what, pattern in FILES.items():
        found = pattern.fullmatch(path)
        if found:
            stamp = found.groupdict().get("stamp")
            return what, found["camera"], None if stamp is None else _seconds(stamp)
    return ("province", None, None) if path in PROVINCE else None


def _seconds(stamp):
    try:
        return datetime.strptime(stamp, STAMP).replace(tzinfo=UTC).timestamp()
    except ValueError:  # the thirteenth month: no such file is there
        return 0.0
