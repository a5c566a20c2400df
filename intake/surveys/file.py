"""The survey file as typed values: what a technician's laptop or a site's router found at one office, and when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Any, Literal

from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

VERSION = 1


class Part(BaseModel):
    """A part of the file; keys that a newer program adds are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Identity(Part):
    """What a device says that it is; None: it didn't say."""

    model: str | None = None
    serial: str | None = None
    mac: str | None = None
    firmware: str | None = None
    build: str | None = None
    name: str | None = None


class Stream(Part):
    """What one stream can do."""

    codecs: tuple[str, ...] = ()
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    bitrate_kbps: float | None = None


class Measured(Part):
    """What one stream was seen to do."""

    stream: str
    bitrate_kbps: float | None = None


def _address_or_none(value: Any) -> Any:
    """Recorders write 0.0.0.0, nothing, or a name for a channel that has no address of the LAN."""
    try:
        return None if IPv4Address(value).is_unspecified else value
    except ValueError:
        return None


class Channel(Part):
    """A channel of a recorder, as the recorder says it."""

    number: int
    name: str | None = None
    address: Annotated[IPv4Address | None, BeforeValidator(_address_or_none)] = None
    model: str | None = None
    online: bool | None = None


class Disk(Part):
    """A recorder's disk."""

    size_gb: float
    health: Literal["ok", "failing"] | None = None


class Found(Part):
    """A device that answered."""

    address: IPv4Address
    mac: str | None = None
    kind: Literal["camera", "recorder", "router", "other", "unknown"] = "unknown"
    vendor: str | None = None
    maker: str | None = None
    why: str | None = None
    vendors_heard: tuple[str, ...] = ()
    scheme: Literal["https", "http"] | None = None
    port: int | None = None
    rtsp_port: int | None = None
    identity: Identity = Identity()
    login: str = "not tried"
    default_password: bool | None = None
    running: Mapping[str, Any] = {}
    streams: Mapping[str, Stream] = {}
    measured: tuple[Measured, ...] = ()
    stream_path: str | None = None
    channel_count: int | None = None
    channels: tuple[Channel, ...] = ()
    disks: tuple[Disk, ...] = ()
    oldest_footage: date | None = None
    remarks: tuple[str, ...] = ()
    done: bool = False


class RouterFacts(Part):
    """What the site's router says over SSH."""

    platform: str | None = None
    model: str | None = None
    firmware: str | None = None
    serial: str | None = None
    lan_interface: str | None = None


class LineFacts(Part):
    """What was measured on a line."""

    interface: str | None = None
    address: str | None = None
    seen_as: str | None = None
    cgnat: bool | None = None
    rtt_ms: float | None = None
    loss_percent: float | None = None
    up_mbps: float | None = None
    down_mbps: float | None = None
    p95_up_mbps: float | None = None
    p95_down_mbps: float | None = None
    counted_days: float | None = None
    measured: date | None = None


class Survey(Part):
    """A survey of one site."""

    site: str | None = None
    prefix: IPv4Network | None = None
    began: datetime | None = None
    ended: datetime | None = None
    devices: tuple[Found, ...] = ()
    router: RouterFacts | None = None
    lines: Mapping[str, LineFacts] = {}
    remarks: tuple[str, ...] = ()


def parse_survey(file: str, value: Mapping[str, Any]) -> Survey:
    """Take a survey file's content.

    :raises ModelError: one line a mistake; by hand or by damage something isn't as a survey writes it.
    """
    if value["motcua_survey"] != VERSION:
        raise ModelError(f"{file}: motcua_survey: version {value['motcua_survey']} is not known, only {VERSION}; update this program")
    try:
        return Survey.model_validate(value)
    except ValidationError as error:
        sentences = []
        for detail in error.errors():
            where = ".".join(str(part) for part in detail["loc"])
            sentences.append(f"{file}: {where}: {detail['msg'][:1].lower()}{detail['msg'][1:]}; run the survey again")
        raise ModelError("\n".join(sentences)) from None
