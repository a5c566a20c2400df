"""Cameras and recorders: what the baseline and the plan want of each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any

from ..errors import ModelError
from ..model import Camera, Nvr, Province, Site
from ..plan.ladder import GOP_SECONDS, SUB_STREAM, Step
from ..vendors import VENDORS
from ..vendors.table import Vendor
from .host import ADMIN, VIEW, Host, Plan, device_host

ONVIF_PORT = 80

# The baseline: what a device at an office has no use for, or what lets a stranger in.
BASELINE_SERVICES = {"https": True, "upnp": False, "p2p": False, "telnet": False, "ssh": False, "snmp": False, "discovery": False}
BASELINE_ACCESS = {"rtsp_auth": "digest", "lockout": True}


def camera_host(province: Province, planned: Plan, name: str, key: str) -> Host:
    """A camera, on the LAN or behind a recorder."""
    site = province.sites[name]
    camera = site.cameras[key]
    chosen = planned.streams[name].cameras.get(key)
    streams = {} if chosen is None or not chosen.step.moving else {chosen.stream: _sent(chosen.step)}
    if camera.through is not None:
        return _channel_camera(planned, name, site, key, camera, streams)
    assert camera.address is not None
    local = {} if "sub" in streams else {"sub": _stream(SUB_STREAM)}
    wish = {**_baseline(province, site, device_host(name, key), VENDORS[camera.vendor]), "streams": _silent({**streams, **local})}
    wish["overlay"] = {"name": camera.name, "clock": True}
    _set_otherwise(wish, camera.settings, f"sites.{name}.cameras.{key}", streams)
    host = _device(planned, name, device_host(name, key), camera, camera.address, "camera", wish)
    at = camera.recorded_at
    return host if at is None else replace(host, recorded_at={"host": device_host(name, at.nvr), "channel": str(at.number)})


def _channel_camera(planned: Plan, name: str, site: Site, key: str, camera: Camera, streams: Mapping[str, Any]) -> Host:
    """A camera without a LAN address: its recorder is the device that answers for it."""
    assert camera.through is not None
    nvr = site.nvrs[camera.through.nvr]
    wish: dict[str, Any] = {"overlay": {"name": camera.name}, "streams": _silent(streams)}
    _set_otherwise(wish, camera.settings, f"sites.{name}.cameras.{key}", streams)
    host = _device(planned, name, device_host(name, key), nvr, nvr.address, "camera", wish)
    recorder = device_host(name, camera.through.nvr)
    return replace(host, channel=camera.through.number, recorder=recorder)


def nvr_host(province: Province, planned: Plan, name: str, key: str) -> Host:
    """A recorder at a site."""
    site = province.sites[name]
    nvr = site.nvrs[key]
    wish = _baseline(province, site, device_host(name, key), VENDORS[nvr.vendor])
    channels = {
        str(camera.recorded_at.number): _channel(name, camera_key, camera, nvr)
        for camera_key, camera in site.cameras.items()
        if camera.recorded_at is not None and camera.recorded_at.nvr == key
    }
    if channels:
        wish["channels"] = channels
    _set_otherwise(wish, nvr.settings, f"sites.{name}.nvrs.{key}", ())
    return _device(planned, name, device_host(name, key), nvr, nvr.address, "nvr", wish)


def _channel(site: str, key: str, camera: Camera, nvr: Nvr) -> dict[str, Any]:
    """A recorder's channel: its vendor's own protocol towards cameras of the same vendor, ONVIF towards all others."""
    private = VENDORS[camera.vendor].recorder_port if camera.vendor == nvr.vendor else None
    return {
        "name": camera.name,
        "address": str(camera.address),
        "port": private or ONVIF_PORT,
        "protocol": camera.vendor if private else "onvif",
        "user": VIEW,
        "password": {"secret": f"{device_host(site, key)}/{VIEW}"},
    }


def _baseline(province: Province, site: Site, name: str, vendor: Vendor) -> dict[str, Any]:
    return {
        "name": name,
        "time": {"zone": province.timezone, "mode": "ntp", "ntp": [str(site.router.address)]},
        "services": dict(BASELINE_SERVICES),
        "access": dict(BASELINE_ACCESS),
        "users": {
            ADMIN: {"role": "admin", "password": {"secret": ADMIN}},
            VIEW: {"role": "viewer", "password": {"secret": VIEW}},
            vendor.factory_user: {"role": "admin", "password": {"secret": vendor.factory_user}},
        },
    }


def _set_otherwise(wish: dict[str, Any], settings: Mapping[str, Any], path: str, sent: Collection[str]) -> None:
    """Set what people declared for this one device; last, and never what the plan decides.

    :raises ModelError: when it is a value of a stream that goes up.
    """
    for key, value in settings.items():
        *sections, last = key.split(".")
        if sections[:1] == ["streams"] and sections[-1] in sent:
            why = "this stream goes up, and the plan decides it out of the site's lines and the policy"
            raise ModelError(f"{path}.settings.{key}: {why}; remove it, and change 'policy' or the line's rates")
        place = wish
        for section in sections:
            place = place.setdefault(section, {})
        place[last] = list(value) if isinstance(value, tuple) else value


def _silent(streams: Mapping[str, Any]) -> dict[str, Any]:
    """No stream carries sound: not the ones that stay at the site either."""
    return {name: {"audio": False} for name in ("main", "sub") if name not in streams} | dict(streams)


def _stream(step: Step) -> dict[str, Any]:
    return {
        "codec": step.codec,
        "width": step.width,
        "height": step.height,
        "fps": step.fps,
        "bitrate_kbps": step.bitrate_kbps,
        "bitrate_mode": "cbr",
        "gop_frames": step.fps * GOP_SECONDS,
        "audio": False,
    }


def _sent(step: Step) -> dict[str, Any]:
    """A stream that goes up: no codec that stretches its GOP as it likes, because a viewer who joins waits for the next whole picture."""
    return _stream(step) | {"smart_codec": False}


def _device(planned: Plan, site: str, host: str, device: Camera | Nvr, address: IPv4Address, role: str, wish: Mapping[str, Any]) -> Host:
    outside = planned.addresses[site].translate(address)
    return Host(host, outside, role, wish, site=site, vendor=device.vendor, port=device.port, scheme=device.scheme, model=device.model)
