"""What one device may be declared to be otherwise than the baseline wants: which keys, which values, and what decides all others."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from .settings import Setting

# Places of the vocabulary that something else decides: changing one of them here would be a second truth.
DECIDED = {
    "identity": "the device itself",
    "name": "the ids of the site and of the device",
    "overlay.name": "the camera's 'name'",
    "time": "'timezone' of the province and 'router.address' of the site",
    "network": "'address' of the device and 'router.address' of the site",
    "ports": "the device itself, and 'port' and 'rtsp_port' say it",
    "users": "motcua, whose accounts are the same on all devices",
    "onvif_users": "motcua, whose accounts are the same on all devices",
    "channels": "'recorder', 'name' and 'address' of the cameras that it records",
    "certificate": "the province's own authority",
}
CLOSED = ("upnp", "p2p", "telnet", "ssh", "snmp", "discovery", "ws_discovery", "ddns", "http")
STRICT = {
    "access.rtsp_auth": "digest",
    "access.http_auth": "digest",
    "access.lockout": True,
    "access.tls_min": "1.2",
    "services.https": True,
}


def opens(key: str, value: Any) -> bool:
    """Whether a value lets in what the baseline keeps out."""
    if key in STRICT:
        return bool(value != STRICT[key])
    return value is not False and key in {f"services.{name}" for name in CLOSED}


def decider(key: str) -> str | None:
    """What decides a key; None where a device may be declared to have a value of its own."""
    return next((by for place, by in DECIDED.items() if key == place or key.startswith(f"{place}.")), None)


def complaint(key: str, value: Any, rows: Mapping[str, Setting]) -> str | None:
    """What speaks against a value of one's own, as the end of a sentence; ``rows`` are the settings that the device's vendor has."""
    by = decider(key)
    if by is not None:
        return f"is decided by {by}; remove it here"
    if opens(key, value):
        return f"{value!r} lets in what the baseline keeps out; remove it, and waive the finding in waivers.yml if it must stay"
    if key not in rows:
        near = difflib.get_close_matches(key, rows, n=1)
        return f"this vendor's devices have no such setting; {f'did you mean {near[0]!r}?' if near else 'remove it'}"
    if rows[key].read_only:
        return "can only be read at this vendor's devices; remove it"
    return None if _spelt(rows[key], value) else f"{value!r} can't be set; write it as 'motcua.cctv.device_info' shows it"


def _spelt(setting: Setting, value: Any) -> bool:
    """Whether a value is the same after it was written and read: a form takes any word for a switch, and a device doesn't."""
    form = setting.form
    try:
        read = form.read(form.write(value))
        return isinstance(read, bool) == isinstance(value, bool) and bool(form.normal(read) == form.normal(value))
    except (ValueError, TypeError, LookupError, AttributeError, OSError):
        return False
