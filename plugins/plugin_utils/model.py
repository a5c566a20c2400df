"""The model: what people write about a province, as frozen typed values.

Units stand in the names (``_mbps``, ``_days``). Addresses are :mod:`ipaddress` values. Nothing here reads a file: see ``load.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from .vendors import VENDORS

# Ids become host names, file names and systemd instance names.
Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
Interface = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]+$", max_length=15)]
# Shown to people and burnt into pictures; no braces, so that no template engine ever takes one for a program.
Text = Annotated[str, StringConstraints(pattern=r"^[^{}\x00-\x1f]+$", max_length=120)]
StreamPath = Annotated[str, StringConstraints(pattern=r"^/[^\s@\"'$\\\\]*$", max_length=200)]
Share = Annotated[float, Field(gt=0, le=1)]
Mbps = Annotated[float, Field(gt=0, le=100_000)]

LineKind = Literal["tslcd", "ftth"]
if TYPE_CHECKING:
    Vendor = str
else:
    Vendor = Literal[tuple(VENDORS)]
Isolation = Literal["segment", "device", "flat"]
Zone = Literal["counter", "waiting", "entrance", "outdoor", "storage"]


class Value(BaseModel):
    """A frozen value; an unknown key is an error, because a misspelt one would be a wish that nobody keeps."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class LineShare(Value):
    """The part of a line's upward rate that all its traffic may use at the 95th percentile, by kind of line.

    0.90 on TSLCD is TT 06/2026/TT-BKHCN article 5.6; 0.70 on FTTH is this project's default, not a rule.
    """

    tslcd: Share = 0.90
    ftth: Share = 0.70


class Policy(Value):
    """What the province wants; inherited province, district, site, device, each key by itself."""

    recording_days: Annotated[int, Field(ge=1, le=3650)] = 30
    line_share: LineShare = LineShare()
    baseline: Literal["standard"] = "standard"


class Unit(Value):
    """The administrative unit that a site serves, with the dates between which that is true."""

    code: Text
    name: Text
    since: date = Field(alias="from")
    until: date | None = None


class Coordinates(Value):
    """WGS 84, degrees."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]


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
        default=None, description="95th percentile of the office's own traffic; unknown counts as half the line"
    )
    mtu: Annotated[int, Field(ge=1280, le=1500)] = 1500

    @property
    def office_up_mbps(self) -> float:
        """What the office itself sends: measured, or half the line while nobody has measured."""
        return self.up_mbps / 2 if self.p95_up_mbps is None else self.p95_up_mbps


class Router(Value):
    """The router that stands at the site."""

    platform: Literal["linux"]
    address: IPv4Address
    lan_interface: Interface
    office_ports: tuple[Interface, ...] = ()
    camera_ports: tuple[Interface, ...] = ()


class Nvr(Value):
    """A recorder at the site."""

    vendor: Vendor
    name: Text
    model: Text | None = None
    address: IPv4Address
    channels: Annotated[int, Field(ge=1, le=256)]
    scheme: Literal["https", "http"] = "https"
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    rtsp_port: Annotated[int, Field(ge=1, le=65535)] = 554
    stream_path: StreamPath | None = Field(default=None, description="the main stream's path, where it isn't the vendor's usual one")


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


class Camera(Value):
    """A camera. ``source: nvr:<id>/<channel>`` is one without a LAN address: analogue, or on a recorder's private PoE net."""

    vendor: Vendor
    name: Text
    model: Text | None = None
    address: IPv4Address | None = None
    source: Annotated[str, StringConstraints(pattern=r"^(direct|nvr:[a-z0-9-]+/[1-9][0-9]*)$")] = "direct"
    recorder: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+/[1-9][0-9]*$")] | None = Field(
        default=None, description="<nvr>/<channel> of the site's recorder that records this camera over the LAN"
    )
    zone: Zone
    camera_class: Literal["standard", "priority"] = Field(default="standard", alias="class")
    scheme: Literal["https", "http"] = "https"
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    rtsp_port: Annotated[int, Field(ge=1, le=65535)] = 554
    stream_path: StreamPath | None = Field(default=None, description="the main stream's path, where it isn't the vendor's usual one")
    policy: Policy = Policy()

    @property
    def through(self) -> Channel | None:
        """The recorder's channel through which this camera is read, set and streamed; None when it stands on the LAN."""
        return None if self.source == "direct" else Channel.parse(self.source.removeprefix("nvr:"))

    @property
    def recorded_at(self) -> Channel | None:
        """The recorder's channel that pulls this camera over the LAN, if any."""
        return None if self.recorder is None else Channel.parse(self.recorder)


class Site(Value):
    """A one-stop office. Its id and number are ours and stable: units are merged and renamed, sites stay."""

    number: Annotated[int, Field(ge=1, le=4095)]
    name: Text
    level: Literal["province", "district", "commune"]
    parent: Id | None = None
    units: tuple[Unit, ...] = ()
    coordinates: Coordinates | None = None
    isolation: Isolation
    lan: IPv4Network
    lines: Mapping[Id, Line] = Field(min_length=1)
    router: Router
    nvrs: Mapping[Id, Nvr] = {}
    cameras: Mapping[Id, Camera] = {}
    policy: Policy = Policy()
    wave: Annotated[int, Field(ge=0)] = 1


class Centre(Value):
    """A centre: the storage and processing centre (hub and recorder), or the operations centre (IOC)."""

    name: Text
    kind: Literal["storage", "ioc"]
    lan: IPv4Network
    address: IPv4Address
    endpoints: Mapping[LineKind, IPv4Address] = Field(default={}, description="literal addresses: DNS may be dead")
    port: Annotated[int, Field(ge=1, le=65535)] = 51820
    controllers: tuple[IPv4Address, ...] = ()
    footage_gb: Annotated[float, Field(gt=0)] | None = None


class Networks(Value):
    """The address plan's pools."""

    sites: IPv4Network
    tunnels: IPv4Network
    tslcd: tuple[IPv4Network, ...] = ()
    time_sources: Mapping[LineKind, tuple[IPv4Address, ...]] = {}


class Masters(Value):
    """Paths of the two vaulted master secrets, relative to the inventory."""

    devices: str
    tunnels: str


class Ssh(Value):
    """How the controller reaches Linux machines; paths are relative to the inventory."""

    user: str = "motcua"
    private_key: str | None = None
    known_hosts: str = "state/known_hosts"
    proxy_command: str | None = None


class Viewer(Value):
    """Someone who may watch: leaders of a unit see it and everything below."""

    name: Text
    watches: Id | Literal["all"]


class Province(Value):
    """The whole of what people wrote."""

    id: Id
    name: Text
    timezone: str
    networks: Networks
    masters: Masters
    ssh: Ssh = Ssh()
    centres: Mapping[Id, Centre]
    policy: Policy = Policy()
    sites: Mapping[Id, Site]
    viewers: Mapping[Id, Viewer] = {}
    hub_public_keys: Mapping[Id, str] = Field(default={}, description="read from keys/<centre>.pub, never written by hand")

    def storage_centre(self) -> tuple[str, Centre]:
        """Id and value of the centre that holds hub and recorder; load made sure that there is exactly one."""
        return next((name, centre) for name, centre in self.centres.items() if centre.kind == "storage")

    def ancestors(self, site: str) -> Iterator[str]:
        """The sites above this one, nearest first."""
        parent = self.sites[site].parent
        while parent is not None:
            yield parent
            parent = self.sites[parent].parent
