"""A secret is printed once: what was printed, and of which epoch, is noted beside the inventory before the sheet is written."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from ...errors import ModelError


class Printed:
    """One small file a router, in ``state/printed``."""

    def __init__(self, state: Path, host: str, epoch: int) -> None:
        """``epoch`` counts the rotations of the router's secrets, from 1."""
        self._path, self._host, self._epoch = state / "printed" / f"{host}.json", host, epoch
        self._epochs = state / "epochs" / f"{host}.json"

    def refuse_again(self) -> None:
        """Let a first print pass.

        :raises ModelError: when the secrets of this epoch were printed before, or nobody can tell.
        """
        try:
            noted = json.loads(self._path.read_text(encoding="utf-8"))
            epoch, on = int(noted["epoch"]), str(noted["on"])
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{self._path}: can't be read ({error}); restore it from the backup of the inventory") from None
        if epoch >= self._epoch:
            remedy = f"rotate it first: raise 'confirmed' by one in {self._epochs}, stage again, and set the new password on the router"
            raise ModelError(f"{self._host}: its break-glass password was printed on {on}, and a second sheet isn't made; {remedy}")

    def note(self, on: date) -> None:
        """Note that it is printed now."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._path.write_text(json.dumps({"epoch": self._epoch, "on": on.isoformat()}) + "\n", encoding="utf-8")
        except OSError as error:
            raise ModelError(f"{self._path}: can't be written ({error.strerror}), so nothing is printed; look at the folder") from None
