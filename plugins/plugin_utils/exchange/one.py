"""One exchange at a site: the newcomer is brought to its place, and the proof of it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..connection import Rim, plain
from ..errors import ModelError
from ..files import replace_file
from ..secrets import Journal
from .lan import Lan
from .newcomer import Newcomer, Places
from .wish import Wish

PROOF = "proof.json"


class Exchange:
    """One exchange, with the newcomer's secrets in a folder of their own."""

    def __init__(self, options: Mapping[str, Any], lan: Lan) -> None:
        """:raises ModelError: when an option is missing or wrong."""
        for option in ("wish", "folder"):
            if not options.get(option):
                raise ModelError(f"{option}: is missing; 'motcua replace' gives it")
        self._wish, self._folder, self._lan = Wish.of(options["wish"]), Path(str(options["folder"])), lan

    async def take_in(self, *, check: bool) -> dict[str, Any]:
        """Bring the newcomer to its place; the proof is written down before it is told."""
        old = Path(str(plain(self._lan.variables["motcua_state"])))
        # No epoch that any device of this place may have had is given to the newcomer.
        spent = Journal(old / "epochs").read(self._wish.device).used
        Journal(self._folder / "epochs").succeed(self._wish.device, spent, self._wish.serial)
        async with self._lan.reach() as reach:
            newcomer = Newcomer(self._wish, Places(old, self._folder), reach, self._rim, self._lan.discover)
            proof = await newcomer.take_in(check=check)
        if proof is None:
            return {"changed": True}
        return {
            "changed": replace_file(str(self._folder / PROOF), proof.to_json().encode(), write=True),
            "identity": {"vendor": proof.vendor, **proof.identity},
        }

    def _rim(self, way: Mapping[str, Any]) -> Rim:
        what = {"vendor": self._wish.vendor, "role": self._wish.role, "model": self._wish.model}
        return self._lan.rim(self._wish.device, what, self._folder, way)
