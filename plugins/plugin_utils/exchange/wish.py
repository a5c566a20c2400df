"""What is wanted of an exchange, and what proves that it may be declared. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..errors import ModelError

SHORTEST_SERIAL = 6  # characters; labels often have only the end of what a device calls its number


@dataclass(frozen=True)
class Network:
    """The place on the office's LAN: what ``network`` of the vocabulary is to be."""

    address: str
    prefix: int
    gateway: str

    @property
    def wish(self) -> dict[str, Any]:
        """By neutral key."""
        return {"mode": "static", "address": self.address, "prefix": self.prefix, "gateway": self.gateway}


@dataclass(frozen=True)
class Wish:
    """What the technician says of the new device, and where it is to stand.

    ``device`` is the host's name; ``role`` camera or nvr; ``at`` where it is plugged in, None: look for it. ``old_is_off``: somebody says
    so, where the old one can't be told from the new one. ``port`` is that of the place's web server; ``others`` are the site's other
    devices by their addresses on the LAN.
    """

    device: str
    role: str
    vendor: str
    model: str | None
    serial: str | None
    at: str | None
    old_is_off: bool
    place: Network
    scheme: str = "https"
    port: int | None = None
    others: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Wish:
        """From JSON's types; ModelError when something is missing."""
        try:
            return cls(**{**said, "place": Network(**said["place"])})
        except (TypeError, KeyError) as error:
            raise ModelError(f"exchange: is no wish of 'motcua replace' ({error}); run that") from None

    def is_model(self, said: str) -> bool:
        """Whether a device that calls itself so may be the one; labels leave out what stands before and behind the model."""
        return self.model is None or not said or self.model.lower() in said.lower()

    def is_serial(self, said: str) -> bool:
        """Whether a number that the device says is the one on the label: the same, or its end."""
        if self.serial is None or not said:
            return True
        label, own = self.serial.lower(), said.lower()
        return label == own or (len(label) >= SHORTEST_SERIAL and own.endswith(label))


@dataclass(frozen=True)
class Proof:
    """What a device said of itself after it had let us in at its place, over which scheme and port.

    ``streams`` is what they could do, as the inventory has it; ``channels`` how many a recorder has.
    """

    vendor: str
    identity: Mapping[str, str]
    streams: Mapping[str, Mapping[str, Any]]
    scheme: str
    port: int
    channels: int | None = None

    def to_json(self) -> str:
        """As it is kept."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Proof:
        """What was kept.

        :raises ValueError: when it isn't that.
        """
        try:
            return cls(**json.loads(text))
        except TypeError as error:
            raise ValueError(str(error)) from None
