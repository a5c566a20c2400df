"""A device as people know it: its host's name, and where it stands in the inventory. What is written there of one that comes or leaves."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ansible_collections.motcua.cctv.plugins.plugin_utils.contradictions import settable
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import device_host
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.exchange import Network, Proof
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Camera, Nvr, Province, Router, Site
from ansible_collections.motcua.cctv.plugins.plugin_utils.overrides import complaint

KINDS = {"cameras": "camera", "nvrs": "nvr"}
# What is known of one device and not of its place: of another one nobody has looked yet.
OWN = (
    *("model", "serial", "mac", "firmware", "build", "bought_year", "condition", "conformity", "reuse", "scheme", "port", "rtsp_port"),
    *("stream_path", "streams", "microphone", "card_gb", "disks", "oldest_footage"),
)
TEXT, MAC = re.compile(r"[^{}\x00-\x1f]{1,120}"), re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
USUAL_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Standing:
    """A camera or recorder in its place; ``kind`` is the site's key that holds it, ``key`` its own."""

    site: str
    kind: str
    key: str
    device: Camera | Nvr

    @property
    def host(self) -> str:
        """The inventory's name of it."""
        return device_host(self.site, self.key)

    @property
    def identity(self) -> dict[str, Any]:
        """What it is, for people and the log."""
        return {"vendor": self.device.vendor, "model": self.device.model, "serial": self.device.serial}


def standing(province: Province, host: str) -> Standing:
    """The camera or recorder of a name.

    :raises ModelError: when there is none, or it has no place of its own on the LAN.
    """
    found = {one.host: one for site in province.sites for one in standing_at(province, site)}
    if host not in found:
        near = difflib.get_close_matches(host, found, n=1)
        hint = f"did you mean '{near[0]}'?" if near else "name one as the report does"
        raise ModelError(f"{host}: there is no such device; {hint}")
    return found[host]


def standing_at(province: Province, site: str) -> tuple[Standing, ...]:
    """The cameras and recorders of a site; none of one that is closed."""
    if site not in province.sites:
        return ()
    value = province.sites[site]
    cameras = [Standing(site, "cameras", key, one) for key, one in value.cameras.items()]
    return (*cameras, *(Standing(site, "nvrs", key, one) for key, one in value.nvrs.items()))


def network(province: Province, place: Standing) -> Network:
    """Its place on the LAN.

    :raises ModelError: when it has none.
    """
    site = province.sites[place.site]
    if place.device.address is None:
        raise ModelError(
            f"{place.host}: has no address of its own, because its recorder alone sees it; plug the new camera into the recorder's port, "
            f"and write what it is into sites.{place.site}.cameras.{place.key}"
        )
    return Network(str(place.device.address), site.lan.prefixlen, str(site.router.address))


def others(site: Site, place: Standing) -> dict[str, str]:
    """The site's other devices by their addresses on the LAN."""
    devices: Mapping[str, Camera | Nvr | Router] = {**site.cameras, **site.nvrs, "router": site.router}
    return {str(one.address): device_host(place.site, key) for key, one in devices.items() if one.address and key != place.key}


def successor(site: Site, place: Standing, said: Mapping[str, Any], proof: Proof | None) -> dict[str, Any]:
    """What the inventory is to say of the device that comes: what it said itself, before that what people say of it."""
    told: dict[str, Any] = {"vendor": said["vendor"], "model": said["model"], "serial": said["serial"]}
    if proof is not None:
        told |= {key: value for key, value in proof.identity.items() if key in OWN and TEXT.fullmatch(value)}
        told["mac"] = _mac(proof.identity.get("mac", ""))
        told |= {} if proof.scheme == "https" else {"scheme": proof.scheme}
        told |= {} if proof.port == USUAL_PORTS[proof.scheme] else {"port": proof.port}
        if place.kind == "cameras" and proof.streams:
            told["streams"] = {name: {k: v for k, v in one.items() if v is not None} for name, one in proof.streams.items()}
    if proof is not None and place.kind == "nvrs" and proof.channels:
        told["channels"] = proof.channels
    kept = {key: value for key, value in place.device.settings.items() if key not in lost_settings(site, place, str(said["vendor"]))}
    told["settings"] = {key: list(value) if isinstance(value, tuple) else value for key, value in kept.items()}
    return {key: value for key, value in told.items() if value not in (None, {})}


def lost_settings(site: Site, place: Standing, vendor: str) -> tuple[str, ...]:
    """Settings of the old device's own that one of another vendor doesn't have."""
    table = settable(site, place.device.model_copy(update={"vendor": vendor}))
    return tuple(key for key, value in place.device.settings.items() if complaint(key, value, table) is not None)


def _mac(text: str) -> str | None:
    written = text.strip().lower().replace("-", ":")
    return written if MAC.fullmatch(written) else None


def former(place: Standing, left: date, because: str, **more: Any) -> dict[str, Any]:
    """What is written of a device that leaves."""
    device = place.device
    row: dict[str, Any] = {
        "device": place.key,
        "kind": KINDS[place.kind],
        "vendor": device.vendor,
        "model": device.model,
        "serial": device.serial,
    }
    row |= {"address": None if device.address is None else str(device.address), "left": left, "because": because, **more}
    return {key: value for key, value in row.items() if value is not None}
