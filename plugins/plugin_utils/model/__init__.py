"""The model: what people write about a province, as frozen typed values.

Units stand in the names (``_mbps``, ``_days``). Addresses are :mod:`ipaddress` values. Nothing here reads a file: see ``load.py``.
"""

from .equipment import Camera, Channel, Device, Disk, Line, Nvr, Other, Reuse, Router, StreamReport, Switch
from .policy import LineShare, Policy, Reserve
from .province import Centre, Disks, Extent, Masters, Networks, Province, Ssh, Viewer
from .site import Compliance, Coordinates, Needs, Office, Power, Site, Unit
from .values import CameraClass, Codec, Decision, Id, Isolation, Level, LineKind, Platform, PriceItem, StreamName, TunnelKind, Value, Zone

__all__ = [
    "Camera",
    "CameraClass",
    "Centre",
    "Channel",
    "Codec",
    "Compliance",
    "Coordinates",
    "Decision",
    "Device",
    "Disk",
    "Disks",
    "Extent",
    "Id",
    "Isolation",
    "Level",
    "Line",
    "LineKind",
    "LineShare",
    "Masters",
    "Needs",
    "Networks",
    "Nvr",
    "Office",
    "Other",
    "Platform",
    "Policy",
    "Power",
    "PriceItem",
    "Province",
    "Reserve",
    "Reuse",
    "Router",
    "Site",
    "Ssh",
    "StreamName",
    "StreamReport",
    "Switch",
    "TunnelKind",
    "Unit",
    "Value",
    "Viewer",
    "Zone",
]
