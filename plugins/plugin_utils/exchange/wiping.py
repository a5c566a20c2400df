"""A device leaves: nothing of ours stays on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..connection import Rim
from ..errors import ModelError, PinChanged, Unreachable
from ..operations import allowed, is_new, reset
from .answering import kept_pin, who
from .lan import Lan


@dataclass(frozen=True)
class Leaver:
    """Who leaves: ``device`` is the host's name, ``folder`` where its secrets' journal and its pin are kept, ``port`` its web server's."""

    device: str
    role: str
    vendor: str
    address: str
    folder: str
    port: int | None = None

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Leaver:
        """From JSON's types; ModelError when something is missing."""
        try:
            return cls(**said)
        except TypeError as error:
            raise ModelError(f"leaver: is none of 'motcua retire' ({error}); run that") from None


async def wipe(leaver: Leaver, lan: Lan, *, check: bool) -> dict[str, Any]:
    """Let a device forget everything, over a login with its own key and its own password.

    :raises MotcuaError: when it doesn't answer, isn't the one, or has no known way to forget; then something of ours may still be on it.
    """
    state = Path(leaver.folder)
    async with lan.reach() as reach:
        there = await who(leaver.address, reach, leaver.port)
        if there is None:
            raise Unreachable(f"{leaver.device}: nothing answers at {leaver.address}; it is not wiped")
        pin = kept_pin(state, leaver.device)
        if there.pin is not None and pin is not None and there.pin != pin:
            raise PinChanged(f"{leaver.device}: another key answers at {leaver.address} than the one that it had; nothing was sent to it")
        host, port = await reach.way(leaver.address, there.web.port)
        rim: Rim = lan.rim(
            leaver.device, {"vendor": leaver.vendor, "role": leaver.role}, state, {"host": host, "port": port, "scheme": there.web.scheme}
        )
        if await is_new(rim.device(new=True)):
            return {"changed": False}  # a run that died after it, or a person
        device = rim.device()
        allowed(device, "reset")
        if not check:
            await reset(device)
        return {"changed": True}
