"""What the rollout wrote: /etc/motcua/backfill.json, and a file for each device with its login and its pin."""

import json
from dataclasses import dataclass
from pathlib import Path

PATH = Path("/etc/motcua/backfill.json")


@dataclass(frozen=True, repr=False)
class Device:
    """A recorder, or a camera with a card; ``share_kbps`` is what the night leaves of its line."""

    name: str
    way: str
    host: str
    scheme: str
    port: int
    rtsp_port: int
    line: str
    share_kbps: int
    window: str
    user: str
    password: str
    pin: str | None

    def __repr__(self):
        return f"Device({self.name})"


@dataclass(frozen=True)
class Camera:
    """A camera as a device has it: its channel from 1, and the zone in which the device writes its times."""

    name: str
    device: str
    channel: int
    zone: str
    oldest_days: int
    bitrate_kbps: int


@dataclass(frozen=True)
class Settings:
    """All that the program is told. ``state`` is its own folder."""

    zone: str
    state: Path
    secrets: Path
    cameras: dict
    devices: dict

    def device(self, name):
        """A device with its secret, which is read when it's needed.

        :raises ValueError: when it has none.
        """
        path = self.secrets / f"{name}.json"
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            pin = said["pin"]["tls"] if said["pin"] else None
            return Device(name=name, user=said["user"], password=said["password"], pin=pin, **self.devices[name])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}: holds no login of {name} ({type(error).__name__}); roll out the centre again") from None


def load(path=PATH):
    """The settings in a file.

    :raises OSError: when it can't be read. :raises ValueError: when it isn't what the rollout writes.
    """
    said = json.loads(Path(path).read_text(encoding="utf-8"))
    try:
        zone = said["timezone"]
        cameras = {name: Camera(name=name, zone=zone, **row) for name, row in said["cameras"].items()}
        return Settings(zone, Path(said["state"]), Path(said["secrets"]), cameras, said["devices"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: {error!r} is missing or of a wrong kind; roll out the centre again") from error
