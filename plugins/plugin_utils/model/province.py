"""A province: its centres, networks, sites and viewers, and what its storage and its prices are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Literal

from pydantic import Field

from .policy import Policy
from .rollout import Rollout
from .site import Answer, Coordinates, Site
from .values import Address, Count, Folder, Id, Latitude, LineKind, Longitude, Place, Port, PriceItem, Text, Value, ViewerKind, WebAddress


class Centre(Value):
    """A centre: the storage and processing centre (hub and recorder), or the operations centre (IOC)."""

    name: Text
    kind: Literal["storage", "ioc"]
    lan: IPv4Network
    address: IPv4Address
    endpoints: Mapping[LineKind, IPv4Address] = Field(default={}, description="literal addresses: DNS may be dead")
    port: Port = 51820
    controllers: tuple[IPv4Address, ...] = ()
    shards: Annotated[tuple[Folder, ...], Field(min_length=1, max_length=64)] = Field(
        default=("/var/lib/motcua/recordings",),
        description="where footage lies, one file system each; only the default may be a plain folder",
    )
    footage_gb: Annotated[float, Field(gt=0)] | None = Field(default=None, description="what its disks hold of footage today, decimal GB")
    line_mbps: Annotated[float, Field(gt=0)] | None = Field(default=None, description="what all sites' video may take of its line")


class Networks(Value):
    """The address plan's pools."""

    sites: IPv4Network
    tunnels: IPv4Network
    tslcd: tuple[IPv4Network, ...] = ()
    viewers: IPv4Network | None = Field(default=None, description="for leaders' own devices; None: nobody has a WireGuard profile")
    time_sources: Mapping[LineKind, tuple[IPv4Address, ...]] = {}


class Masters(Value):
    """Paths of the two vaulted master secrets, relative to the inventory."""

    devices: str
    tunnels: str


class Ssh(Value):
    """How the controller reaches Linux machines; paths are relative to the inventory."""

    user: str = "motcua"
    private_key: str | None = None
    public_key: str | None = Field(default=None, description="read from <private_key>.pub, never written by hand")
    known_hosts: str = "state/known_hosts"
    proxy_command: str | None = None


class Disks(Value):
    """How the storage centre's disks are built, and what the plan allows for."""

    disk_tb: Annotated[float, Field(gt=0)] = 8
    raid: Literal["none", "raid1", "raid5", "raid6"] = "raid6"
    group_disks: Annotated[int, Field(ge=1, le=64)] = Field(default=8, description="disks of one RAID group")
    write_mbytes_per_disk: Annotated[float, Field(gt=0)] = Field(default=80, description="MB/s that one disk writes while it is also read")
    free_percent: Annotated[float, Field(ge=0, lt=100)] = 10
    growth_percent_per_year: Annotated[float, Field(ge=0, le=200)] = 10
    years: Annotated[int, Field(ge=0, le=20)] = 3


class Extent(Value):
    """The rectangle that the province lies in, degrees WGS 84: a site outside it has its coordinates wrong."""

    south: Latitude
    west: Longitude
    north: Latitude
    east: Longitude

    def contains(self, place: Coordinates) -> bool:
        """Whether a place lies in it."""
        return self.south <= place.latitude <= self.north and self.west <= place.longitude <= self.east


class Agreement(Value):
    """What lets the police see: a paper, and the days on which it holds, both included."""

    paper: Text = Field(description="number and date of the written agreement")
    since: date = Field(alias="from")
    until: date


class Viewer(Value):
    """Someone who may watch: leaders of a unit see it and everything below. People's accounts aren't here, they are made at the centre."""

    name: Text
    kind: ViewerKind = Field(default="leader", description="whose right it is: what is seen follows from it")
    watches: Id | Literal["all"]
    playback: bool = Field(default=False, description="whether a leader may see recordings too; operators and police always do")
    agreement: Agreement | None = Field(default=None, description="of the police: nothing is seen without it, or outside its days")
    sits_at: Id | None = Field(default=None, description="the site over whose line they watch; None: at a centre")
    screens: Annotated[int, Field(ge=1, le=64)] = Field(default=1, description="live pictures at a time")


class Waiver(Value):
    """What somebody answers for until a day, included: these checks don't fail at these devices. What could not be told is never waived."""

    devices: Annotated[tuple[Text, ...], Field(min_length=1, description="names of hosts; 'tan-dinh-*' means all that begin so")]
    checks: Annotated[
        tuple[Text, ...], Field(min_length=1, description="as the report names them, for example 'services.upnp' or 'users.*'")
    ]
    reason: Text
    approver: Text = Field(description="who answers for it: name and office")
    until: date


class Vms(Value):
    """A video management system (VMS) that a centre already has: one host, which stays in charge of what it shows and records.

    ``republished``: it pulls from the centre what the recorder has anyway, which costs no line anything. ``direct``: it pulls from the
    devices with their viewing account, and each of its cameras takes the site's line once more.
    """

    name: Text
    address: IPv4Address = Field(description="on a centre's LAN")
    way: Literal["republished", "direct"] = "republished"
    cameras: Literal["all"] | tuple[str, ...] = Field(
        default="all", description="`all`, or ids of sites, which mean all below them too, and of cameras: <site>-<camera>"
    )
    streams: Annotated[int, Field(ge=1, le=5000)] | None = Field(
        default=None, description="republished: how many it may pull at a time; two of each camera unless said"
    )
    password_number: Annotated[int, Field(ge=1)] = Field(default=1, description="republished: one more gives it another password")


class Email(Value):
    """Alerts by e-mail; ``password`` is the path of a vaulted file beside the inventory that holds nothing else."""

    to: tuple[Address, ...] = Field(min_length=1)
    sender: Address = Field(alias="from")
    server: Place = Field(description="the mail server, host:port")
    user: Text | None = None
    password: Text | None = None


class Webhook(Value):
    """Alerts by HTTP POST, as Alertmanager's webhooks are; ``token`` is the path of a vaulted file that holds the bearer token."""

    url: WebAddress
    token: Text | None = None


class Monitoring(Value):
    """Who is told, and how long figures and the history of audits are kept. Without a receiver alerts are only shown."""

    email: Email | None = None
    webhook: Webhook | None = None
    kept_days: Annotated[int, Field(ge=1, le=3650)] = 90
    history_days: Annotated[int, Field(ge=1, le=3650)] = Field(
        default=400, description="how long the history of audits keeps what is over; what stands is kept however old it is"
    )


class Province(Value):
    """The whole of what people wrote, as it is on one day."""

    id: Id
    name: Text
    timezone: str
    on: date | None = Field(default=None, description="the day whose tree this is; load says it")
    extent: Extent | None = None
    networks: Networks
    masters: Masters
    backups: Text = Field(
        default="state/backups",
        description="folder of the git repository with every device's configuration, relative to the inventory or absolute",
    )
    ssh: Ssh = Ssh()
    centres: Mapping[Id, Centre]
    disks: Disks = Disks()
    policy: Policy = Policy()
    sites: Mapping[Id, Site]
    retired: Mapping[Id, Site] = Field(default={}, description="sites that are closed; load tells them apart by `retired`")
    viewers: Mapping[Id, Viewer] = {}
    waivers: Mapping[Id, Waiver] = Field(default={}, description="in waivers.yml beside it: what is accepted, by whom and until when")
    checklist: Mapping[str, Answer] = Field(
        default={}, description="in checklist.yml beside it: answers to the questions that are asked once for the province, by id"
    )
    vms: Mapping[Id, Vms] = Field(default={}, description="video management systems that a centre already has and keeps")
    monitoring: Monitoring = Monitoring()
    rollout: Rollout = Rollout()
    prices_vnd: Mapping[PriceItem, Count] = Field(default={}, description="read from prices.yml")
    hub_public_keys: Mapping[Id, str] = Field(default={}, description="read from keys/<centre>.pub, never written by hand")

    def storage_centre(self) -> tuple[str, Centre]:
        """Id and value of the centre that holds hub and recorder; load made sure that there is exactly one."""
        return next((name, centre) for name, centre in self.centres.items() if centre.kind == "storage")

    def hubs(self) -> tuple[str, ...]:
        """The centres at which tunnels end: the storage centre, and the operations centre where it has an endpoint of its own."""
        first, _ = self.storage_centre()
        return (first, *(name for name, centre in self.centres.items() if name != first and centre.endpoints))

    def cameras_of(self, vms: str) -> Iterator[tuple[str, str]]:
        """The cameras that a VMS may pull, as (site, camera): those that it names, and all of the sites that it names and below them."""
        wished = self.vms[vms].cameras
        for name, site in self.sites.items():
            whole = wished == "all" or not {name, *self.ancestors(name)}.isdisjoint(wished)
            yield from ((name, camera) for camera in site.cameras if whole or f"{name}-{camera}" in wished)

    def ancestors(self, site: str) -> Iterator[str]:
        """The sites above this one, nearest first."""
        parent = self.sites[site].parent
        while parent is not None:
            yield parent
            parent = self.sites[parent].parent
