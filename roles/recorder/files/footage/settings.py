"""What the rollout wrote for the recorder: /etc/motcua/recorder.json."""

import json
from dataclasses import dataclass, field
from pathlib import Path

PATH = Path("/etc/motcua/recorder.json")


@dataclass(frozen=True)
class Camera:
    """One camera; ``hours`` is None, or the spans (weekday 0 = Monday, "07:00", "17:30") in local time in which footage is kept."""

    shard: Path
    retention_days: int
    hours: tuple | None = None
    site: str = ""
    bitrate_kbps: int = 0


@dataclass(frozen=True)
class Settings:
    """The recorder's settings; ``minimum_days``: what is deleted for space though it is younger raises an alarm; 0 asks none.

    ``former`` are the days of cameras that have left the inventory, as it says when they left.
    """

    shards: tuple
    segment_seconds: int
    live_root: Path
    cameras: dict
    timezone: str
    minimum_free_percent: float = 5
    minimum_days: int = 0
    on_demand_kbps: dict | None = None
    on_demand_seconds: int = 120
    former: dict = field(default_factory=dict)

    def days_of(self, camera):
        """A camera's retention. Of one that nobody knows it is the longest, because nobody shortened it on purpose."""
        if camera in self.cameras:
            return self.cameras[camera].retention_days
        return self.former[camera] if camera in self.former else self.longest_days()

    def longest_days(self):
        """The longest retention of any camera."""
        return max((*(camera.retention_days for camera in self.cameras.values()), *self.former.values()), default=30)


def load(path=PATH):
    """The settings in a file.

    :raises OSError: when it can't be read. :raises ValueError: when it isn't what the rollout writes.
    """
    said = json.loads(Path(path).read_text(encoding="utf-8"))
    try:
        return Settings(
            shards=tuple(Path(shard) for shard in said["shards"]),
            segment_seconds=said["segment_seconds"],
            live_root=Path(said["live_root"]),
            cameras={name: _camera(row) for name, row in said["cameras"].items()},
            timezone=said["timezone"],
            minimum_free_percent=said.get("minimum_free_percent", 5),
            minimum_days=said.get("minimum_days", 0),
            on_demand_kbps=said.get("on_demand_kbps", {}),
            on_demand_seconds=said.get("on_demand_seconds", 120),
            former=dict(said.get("former", {})),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: {error!r} is missing or of a wrong kind; roll out the centre again") from error


def _camera(row):
    hours = row.get("hours")
    return Camera(
        shard=Path(row["shard"]),
        retention_days=row["retention_days"],
        hours=None if hours is None else tuple(tuple(span) for span in hours),
        site=row.get("site", ""),
        bitrate_kbps=row.get("main_kbps", 0),
    )
