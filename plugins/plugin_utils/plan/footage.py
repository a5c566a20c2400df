"""Who at a site keeps footage of a camera: its recorder, or the card in the camera itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..model import Camera, Nvr, Site
from ..vendors import VENDORS


@dataclass(frozen=True, slots=True)
class Keeper:
    """The device that keeps a camera's footage, by its id at the site, and the channel from 1 under which it keeps it."""

    device: str
    source: Nvr | Camera
    channel: int

    @property
    def way(self) -> str | None:
        """How its footage is asked for; None where this vendor's can't be."""
        return VENDORS[self.source.vendor].footage


def keepers(site: Site) -> Mapping[str, Keeper]:
    """The keeper of every camera that has one which can be asked."""
    found = {}
    for key, camera in site.cameras.items():
        channel = camera.recording_channel
        keeper = None
        if channel is not None and channel.nvr in site.nvrs:
            keeper = Keeper(channel.nvr, site.nvrs[channel.nvr], channel.number)
        elif camera.card_gb and camera.address is not None:
            keeper = Keeper(key, camera, 1)
        if keeper is not None and keeper.way is not None:
            found[key] = keeper
    return found
