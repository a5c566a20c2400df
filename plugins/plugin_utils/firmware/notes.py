"""What is being done to a device's firmware, written down before it is done: whoever comes after a death reads it first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from ..errors import ModelError, Postponed
from ..files import replace_file
from ..findings import Json

# waiting: not begun, ``why`` says why. sending: the file may be on its way. taken: it has it and waits for our reboot.
# restarting: nothing more may be sent until it is back. surprised: people have to look.
Phase: TypeAlias = Literal["waiting", "sending", "taken", "restarting", "surprised"]
STOP = "stopped.json"


@dataclass(frozen=True)
class Note:
    """Where a device stands. ``since`` is ISO 8601 (UTC) of the phase; ``before`` are its values before the step, without secrets."""

    phase: Phase
    since: str
    why: str = ""
    image: str = ""
    firmware: str = ""
    build: str = ""
    before: Mapping[str, Json] | None = None


class Notes:
    """One small file a device, each whole or not there, and one that stops everybody."""

    def __init__(self, folder: Path) -> None:
        """Keep them in ``state/firmware`` beside the inventory."""
        self.folder = folder

    def all(self) -> dict[str, Note]:
        """Every device that isn't done."""
        return {path.stem: self._read(path) for path in sorted(self.folder.glob("*.json")) if path.name != STOP}

    def read(self, device: str) -> Note | None:
        """A device's; None when nothing is open.

        :raises ModelError: when the file can't be read: guessing could send firmware to a device that is writing its flash.
        """
        path = self._path(device)
        return self._read(path) if path.exists() else None

    def write(self, device: str, note: Note) -> None:
        """Note it, before it is done."""
        self._store(self._path(device), asdict(note))

    def forget(self, device: str) -> None:
        """Nothing is open any more."""
        self._path(device).unlink(missing_ok=True)

    def stop(self, device: str, why: str, when: str) -> None:
        """Nothing more is upgraded anywhere until somebody has looked; the first surprise stays the reason."""
        if not (self.folder / STOP).exists():
            self._store(self.folder / STOP, {"device": device, "why": why, "when": when})

    def stopped(self) -> tuple[str, str, str] | None:
        """Device, reason and time of what stopped everything; None when nothing did.

        :raises ModelError: when the file can't be read.
        """
        try:
            said = json.loads((self.folder / STOP).read_text(encoding="utf-8"))
            return said["device"], said["why"], said["when"]
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{self.folder / STOP}: says not why it stopped ({error}); 'motcua firmware clear' removes it") from None

    def check(self) -> None:
        """Go on only when nothing stopped everything.

        :raises Postponed: with what did.
        """
        said = self.stopped()
        if said is not None:
            device, why, when = said
            raise Postponed(f"firmware stopped at {device} on {when}: {why}. Look at it; 'motcua firmware clear' lets the others go on")

    def clear(self) -> None:
        """Somebody has looked."""
        (self.folder / STOP).unlink(missing_ok=True)
        for device, note in self.all().items():
            if note.phase == "surprised":
                self.forget(device)

    def _path(self, device: str) -> Path:
        return self.folder / f"{device}.json"

    def _read(self, path: Path) -> Note:
        try:
            return Note(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise ModelError(f"{path}: is no note of an upgrade ({error}); look at the device, then remove the file") from None

    def _store(self, path: Path, content: Mapping[str, Json]) -> None:
        replace_file(str(path), (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode(), write=True)
