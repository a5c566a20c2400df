"""Hanwha (Samsung Techwin, Wisenet) as a table: ONVIF, and what SUNAPI adds, only read, because nobody recorded such a device."""

from __future__ import annotations

from ..settings import Setting
from . import onvif
from .table import Vendor, password_rule

INFO = "/stw-cgi/system.cgi?msubmenu=deviceinfo&action=view"

SETTINGS = (
    *onvif.SETTINGS,
    Setting("identity.build", INFO, "BuildDate", read_only=True, evidence="experimental"),
)

HANWHA = Vendor(
    "hanwha",
    "sunapi",
    SETTINGS,
    onvif.ITEMS,
    password_rule(16),
    firmware="with ONVIF Profile S or T; none recorded",
    brands=("Wisenet", "Samsung Techwin"),
    stream_path="/profile2/media.smp",
    footage="onvif",
    operations={"reboot": "coded"},
)
