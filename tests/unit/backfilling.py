"""A centre with a gap in its footage, the program that brings it in, and a reader of the times that emulated footage carries."""

import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

FILES = (Path("roles/recorder/files").resolve(), Path("roles/backfill/files").resolve())
sys.path[:0] = [str(path) for path in FILES if str(path) not in sys.path]

from backfill import settings as backfills  # noqa: E402  found through sys.path, which is set above
from backfill.run import Night  # noqa: E402  found through sys.path, which is set above
from footage import settings as recorders  # noqa: E402  the roles' own packages
from footage.index import open_index  # noqa: E402  found through sys.path, which is set above
from footage.library import Library  # noqa: E402  found through sys.path, which is set above
from footage.segment import Segment  # noqa: E402  found through sys.path, which is set above

ZONE = "Asia/Ho_Chi_Minh"
OFFSET_S = 7 * 3600
MARK = re.compile(rb"motcua-test-time(\d{20})")
CAMERA = "a-cam1"


def camera(**changes):
    """A camera as the ways take it."""
    return SimpleNamespace(**{"name": CAMERA, "device": "a-nvr1", "channel": 1, "zone": ZONE} | changes)


def times(path):
    """When each picture of a piece was filmed, in seconds since 1970, as the pictures themselves say it."""
    shown = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    form = "hevc" if "hevc" in shown.stdout else "h264"
    copied = subprocess.run(["ffmpeg", "-v", "error", "-i", str(path), "-c", "copy", "-f", form, "-"], capture_output=True, check=True)
    return [int(found) / 1_000_000 for found in MARK.findall(copied.stdout)]


def decoded(path):
    """How many pictures a decoder makes of a piece; it complains of nothing."""
    ran = subprocess.run(["ffmpeg", "-v", "error", "-i", str(path), "-f", "framecrc", "-"], capture_output=True, text=True, check=True)
    assert ran.stderr == ""
    return sum(not line.startswith("#") for line in ran.stdout.splitlines())


@dataclass
class Centre:
    """A storage centre's folder, its settings, and one device."""

    folder: Path
    device: dict
    login: dict
    cameras: dict

    @property
    def shard(self):
        return self.folder / "shard"

    def __post_init__(self):
        for path in (self.shard, self.folder / "state", self.folder / "secrets"):
            path.mkdir(parents=True, exist_ok=True)
        (self.shard / ".motcua-shard").touch()
        rows = {name: {"shard": str(self.shard), "retention_days": 30, "hours": None} for name in self.cameras}
        self._write(
            "recorder.json", {"shards": [str(self.shard)], "segment_seconds": 60, "live_root": "/run", "cameras": rows, "timezone": ZONE}
        )
        self.settle()

    def settle(self, **changes):
        """Write the settings, with changes of the device."""
        self.device |= changes
        (self.folder / "secrets" / "a-nvr1.json").write_text(json.dumps(self.login))
        said = {"timezone": ZONE, "state": str(self.folder / "state"), "secrets": str(self.folder / "secrets")}
        self._write("backfill.json", said | {"cameras": self.cameras, "devices": {"a-nvr1": self.device}})

    def _write(self, name, said):
        (self.folder / name).write_text(json.dumps(said))

    def recorded(self, *spans, name=CAMERA):
        """Enter footage that was recorded live."""
        with open_index(self.shard) as index:
            for from_s, until_s in spans:
                starts = [from_s + 60 * n for n in range(int((until_s - from_s - 0.001) // 60) + 1)]
                index.add(*(Segment(name, at_s, min(at_s + 60, until_s), 1, "", "live") for at_s in starts))

    def night(self, *, now=True, only=()):
        """One run: (results, sentences)."""
        said = []
        with Library(recorders.load(self.folder / "recorder.json")) as library:
            settings = backfills.load(self.folder / "backfill.json")
            night = Night(settings, recorders.load(self.folder / "recorder.json"), library, now=now, only=only, say=said.append)
            return night.run(), said

    def pieces(self, name=CAMERA):
        """What lies on the shelf, in order."""
        return sorted((self.shard / "backfill" / ".incoming" / name).glob("*.ts"))

    def provenance(self, name=CAMERA):
        return [json.loads(path.read_text()) for path in sorted((self.shard / "backfill" / ".provenance" / name).glob("*.json"))]


def a_while_ago(minutes=20):
    """A whole minute some time ago, in seconds since 1970."""
    return time.time() // 60 * 60 - 60 * minutes
