"""Whose TLS key we know, one small file a device: pinned at the first contact, or vouched for by the province's authority."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .errors import PinChanged


@dataclass(frozen=True)
class Pin:
    """A key's fingerprint, ``<what>-sha256:<hex>``, and whether the province's authority has spoken for it."""

    key: str
    by_authority: bool = False

    @classmethod
    def read(cls, path: Path) -> Pin | None:
        """What a file holds; None when there is none.

        :raises PinChanged: when it can't be understood: then nobody is believed.
        """
        try:
            said = json.loads(path.read_text())
            return cls(str(said["tls"]), said.get("by") == "authority")
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PinChanged(f"{path}: holds no pin ({error}); restore it, or remove it after looking at the device") from None

    def store(self, path: Path) -> None:
        """Put it into its file, whole."""
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "w") as file:
            json.dump({"tls": self.key} | ({"by": "authority"} if self.by_authority else {}), file)
        Path(name).replace(path)
