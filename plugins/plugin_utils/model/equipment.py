"""What stands at a site: lines, router, switches, recorders, cameras, and what can't join."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from ipaddress import IPv4Address, IPv4Interface
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from .hours import HoursSpan, spans_of
from .policy import Policy
from .values import (
    CameraClass,
    Codec,
    Count,
    Decision,
    Interface,
    LineKind,
    Mac,
    Mbps,
    Percent,
    Platform,
    Port,
    Sentence,
    StreamName,
    StreamPath,
    Text,
    TunnelKind,
    Value,
    Vendor,
    Year,
    Zone,
)


class Line(Value):
    """A line that the office already has. Rates are measured, not promised."""

    kind: LineKind
    provider: Text
    interface: Interface
    address: IPv4Interface | Literal["cgnat"] = Field(
        description="address/length on the line, or `cgnat` when the provider gives a private, changing one"
    )
    gateway: IPv4Address | None = None
    up_mbps: Mbps
    down_mbps: Mbps
    p95_up_mbps: Annotated[float, Field(ge=0)] | None = Field(
        default=None, description="95th percentile of the office's own traffic over 7 days; unknown counts as half the line"
    )
    p95_down_mbps: Annotated[float, Field(ge=0)] | None = Field(default=None, description="the same, downwards")
    vms_pull_mbps: Annotated[float, Field(ge=0)] = Field(
        default=0, description="what a VMS that is already there pulls over this line and `p95_up_mbps` doesn't contain"
    )
    mtu: Annotated[int, Field(ge=1280, le=1500)] = 1500
    tunnel: TunnelKind | None = Field(
        default=None, description="the kind of its tunnels, where it isn't the usual one: ipsec on TSLCD, wireguard elsewhere"
    )
    udp_port: Port | None = Field(
        default=None, description="the hub's port that WireGuard dials here; 443 where a provider lets little else out"
    )
    contract_mbps: Mbps | None = Field(default=None, description="what the contract promises")
    monthly_vnd: Count | None = None
    rtt_ms: Annotated[float, Field(ge=0)] | None = Field(default=None, description="round trip to the centre")
    loss_percent: Percent | None = None
    measured: date | None = None

    @property
    def office_up_mbps(self) -> float:
        """What the office itself sends: measured, or half the line while nobody has measured."""
        return self.up_mbps / 2 if self.p95_up_mbps is None else self.p95_up_mbps

    @property
    def office_down_mbps(self) -> float:
        """What the office itself receives: measured, or half the line while nobody has measured."""
        return self.down_mbps / 2 if self.p95_down_mbps is None else self.p95_down_mbps


class Reuse(Value):
    """A decision on a device that people took against the plan's own."""

    decision: Decision
    reason: Text


class Device(Value):
    """What is known of a piece of equipment: from its label, its papers or a survey. ``None`` is: nobody has looked."""

    model: Text | None = None
    serial: Text | None = None
    mac: Mac | None = None
    firmware: Text | None = None
    build: Text | None = Field(default=None, description="as the device says it: `build 210625`, `2021-06-25`")
    bought_year: Year | None = None
    condition: Literal["good", "worn", "broken"] | None = None
    conformity: Text | None = Field(default=None, description="number of the conformity certificate, origin and quality papers")
    reuse: Reuse | None = None


class Router(Device):
    """The router that stands at the site."""

    platform: Platform
    address: IPv4Address
    ssh_port: Port = 22
    old_ssh: bool = Field(default=False, description="it speaks only key exchanges that are no longer held safe (SHA-1, 1024 bits)")
    lan_interface: Interface
    office_ports: tuple[Interface, ...] = ()
    camera_ports: tuple[Interface, ...] = ()


class Switch(Device):
    """A switch between router and cameras."""

    name: Text
    managed: bool = False
    ports_free: Count = 0
    poe_ports_free: Count = 0
    poe_free_w: Annotated[float, Field(ge=0)] | None = None


class Disk(Value):
    """A recorder's disk; GB are decimal."""

    size_gb: Annotated[float, Field(gt=0)]
    health: Literal["ok", "failing"] | None = None


# Dotted keys of the vocabulary, such as `motion.sensitivity`.
Settings = Mapping[
    Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$")], bool | int | float | Text | tuple[Text, ...]
]


class Nvr(Device):
    """A recorder at the site."""

    vendor: Vendor
    name: Text
    address: IPv4Address
    channels: Annotated[int, Field(ge=1, le=256)]
    scheme: Literal["https", "http"] = "https"
    port: Port | None = None
    rtsp_port: Port = 554
    stream_path: StreamPath | None = Field(default=None, description="the main stream's path, where it isn't the vendor's usual one")
    disks: tuple[Disk, ...] = ()
    oldest_footage: date | None = None
    settings: Settings = Field(default={}, description="what this one device is declared to be otherwise than the baseline wants")


class Channel(Value):
    """One channel of a recorder of the same site, written ``nvr1/3``."""

    nvr: str
    number: int

    @classmethod
    def parse(cls, text: str) -> Channel:
        """Read ``nvr1/3``; ValueError on any other shape."""
        nvr, slash, number = text.partition("/")
        if not slash or not nvr or not number.isdecimal() or int(number) < 1:
            raise ValueError(f"{text!r} is not <nvr>/<channel>")
        return cls(nvr=nvr, number=int(number))


class StreamReport(Value):
    """What one stream of a camera can do, as the camera reports it, and the bitrate that it had when it was surveyed."""

    codecs: tuple[Codec, ...] = Field(min_length=1)
    width: Annotated[int, Field(ge=1)]
    height: Annotated[int, Field(ge=1)]
    fps: Annotated[float, Field(gt=0)]
    bitrate_kbps: Annotated[int, Field(ge=1)] | None = None


class Camera(Device):
    """A camera. ``source: nvr:<id>/<channel>`` is one without a LAN address: analogue, or on a recorder's private PoE net."""

    vendor: Vendor
    name: Text
    address: IPv4Address | None = None
    source: Annotated[str, StringConstraints(pattern=r"^(direct|nvr:[a-z0-9-]+/[1-9][0-9]*)$")] = "direct"
    recorder: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+/[1-9][0-9]*$")] | None = Field(
        default=None, description="<nvr>/<channel> of the site's recorder that records this camera over the LAN"
    )
    zone: Zone | None = Field(default=None, description="what it watches; only people can say it")
    camera_class: CameraClass = Field(default="standard", alias="class")
    scheme: Literal["https", "http"] = "https"
    port: Port | None = None
    rtsp_port: Port = 554
    stream_path: StreamPath | None = Field(default=None, description="the main stream's path, where it isn't the vendor's usual one")
    streams: Mapping[StreamName, StreamReport] = Field(default={}, description="what the camera's streams can do; empty: nobody has looked")
    microphone: bool | None = None
    card_gb: Annotated[float, Field(gt=0)] | None = Field(default=None, description="size of the memory card on which it records itself")
    policy: Policy = Policy()
    settings: Settings = Field(default={}, description="what this one device is declared to be otherwise than the baseline wants")

    @property
    def through(self) -> Channel | None:
        """The recorder's channel through which this camera is read, set and streamed; None when it stands on the LAN."""
        return None if self.source == "direct" else Channel.parse(self.source.removeprefix("nvr:"))

    @property
    def recorded_at(self) -> Channel | None:
        """The recorder's channel that pulls this camera over the LAN, if any."""
        return None if self.recorder is None else Channel.parse(self.recorder)

    @property
    def recording_channel(self) -> Channel | None:
        """The channel of the site's recorder that records this camera, whichever way it gets the pictures; None when none does."""
        return self.through or self.recorded_at

    @property
    def retention_days(self) -> int:
        """How long the centre keeps its footage."""
        return self.policy.class_days.get(self.camera_class, self.policy.recording_days)

    @property
    def recording_hours(self) -> tuple[HoursSpan, ...] | None:
        """The spans of a week in which the centre keeps its footage; None: always."""
        written = self.policy.recording_hours.get(self.camera_class)
        return None if written is None else spans_of(written)


class Other(Device):
    """Something that a survey found and motcua can't manage: a cloud-only camera, an unknown box. It is planned for, never configured."""

    kind: Literal["camera", "recorder", "other"]
    maker: Text
    name: Text
    address: IPv4Address | None = None
    zone: Zone | None = None
    why: Sentence = Field(description="why it can't join")
