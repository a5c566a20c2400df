"""A one-stop office: whose it is, where, and what stands there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from .equipment import Camera, Line, Nvr, Other, Router, Switch
from .policy import Policy
from .values import Clock, Count, Id, Isolation, Latitude, Level, Longitude, Percent, Sentence, Text, Value, Zone


class Unit(Value):
    """The administrative unit that a site serves, with the dates between which that is true.

    ``level`` and ``parent`` are the site's in that time, where they differ from the site's own: offices are merged and moved, sites stay.
    """

    code: Text
    name: Text
    level: Level | None = None
    parent: Id | None = None
    since: date = Field(alias="from")
    until: date | None = None

    def holds(self, on: date) -> bool:
        """Whether it is in force on a day; both ends belong to it."""
        return self.since <= on and (self.until is None or on <= self.until)


class Coordinates(Value):
    """WGS 84, degrees."""

    latitude: Latitude
    longitude: Longitude


class Office(Value):
    """Table A of the survey form, and who confirmed the form (K)."""

    address: Text | None = None
    contact: Text | None = None
    phone: Text | None = None
    counters: Count | None = None
    opens: Clock | None = None
    closes: Clock | None = None
    surveyed: date | None = None
    surveyed_by: Text | None = None
    confirmed_by: Text | None = None


class Outage(Value):
    """A power cut that was announced. Without a zone the times are the province's own."""

    since: datetime = Field(alias="from")
    until: datetime
    why: Text

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if (self.since.tzinfo is None) != (self.until.tzinfo is None):
            raise ValueError("from and until must both have a zone or neither; write 2026-12-01T07:00 for the province's own time")
        if self.until <= self.since:
            raise ValueError(f"until {self.until} isn't after from {self.since}; write the end of the power cut there")
        return self


class Power(Value):
    """Table F: power and environment."""

    ups: bool | None = None
    ups_minutes: Count | None = None
    surge_protection: bool | None = None
    temperature_c: Annotated[float, Field(ge=-20, le=60)] | None = None
    humidity_percent: Percent | None = None
    rack_locked: bool | None = None
    outages: tuple[Outage, ...] = Field(default=(), description="announced power cuts, in which no firmware is sent")


class Compliance(Value):
    """Tables G and H: information security, law and privacy."""

    passwords_changed: bool | None = Field(default=None, description="no device has its maker's password any more")
    shared_accounts: bool | None = None
    open_to_internet: bool | None = Field(default=None, description="a port of a camera or recorder is forwarded from the Internet")
    sign_present: bool | None = Field(default=None, description="a sign says that there is recording")
    regulation: Text | None = Field(default=None, description="the office's own rule on using footage: number and date")
    level_decision: Text | None = Field(default=None, description="the decision on the security level: number and date")


class Mute(Value):
    """A maintenance window: what fails at the site meanwhile alarms nobody. Without a zone the times are the province's own."""

    since: datetime = Field(alias="from")
    until: datetime
    why: Text

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if (self.since.tzinfo is None) != (self.until.tzinfo is None):
            raise ValueError("from and until must both have a zone or neither; write 2026-12-01T22:00 for the province's own time")
        if self.until <= self.since:
            raise ValueError(f"until {self.until} isn't after from {self.since}; write the end of the maintenance there")
        return self


class Needs(Value):
    """Table I: what the office asks for."""

    cameras: Count = 0
    leaders_watch: Count = Field(default=0, description="live pictures that leaders of this office watch at a time")
    remark: Text | None = None


class Answer(Value):
    """What somebody answered to a question of the rule catalogue: the requirement is met, it isn't, or it doesn't apply here."""

    answer: Literal["yes", "no", "not_applicable"]
    by: Text = Field(description="who answers for it: name and office")
    day: date
    note: Sentence | None = None

    @field_validator("answer", mode="before")
    @classmethod
    def _of_yaml(cls, value: Any) -> Any:
        """YAML 1.1 takes yes and no for switches."""
        return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


class Former(Value):
    """A device that has left its place, because another came or none did. Until it is wiped it holds passwords that we gave it."""

    device: Id = Field(description="what it was here: cam1, nvr1, router")
    kind: Literal["camera", "nvr", "router"]
    vendor: Text = Field(description="its vendor, or a router's platform")
    model: Text | None = None
    serial: Text | None = None
    address: IPv4Address | None = Field(default=None, description="where it stood on the LAN")
    left: date
    because: Literal["replaced", "retired"]
    kept_days: Count | None = Field(default=None, description="so many days the centre keeps what a camera sent that none follows")
    wiped: date | None = Field(default=None, description="when nothing of ours was left on it; None: it isn't known to be so")
    wiped_by: Sentence | None = Field(default=None, description="who did it by hand, and how")


class Site(Value):
    """A one-stop office. Its id and number are ours and stable: units are merged and renamed, sites stay."""

    number: Annotated[int, Field(ge=1, le=65535)]
    name: Text
    level: Level
    parent: Id | None = None
    units: tuple[Unit, ...] = ()
    retired: date | None = Field(default=None, description="the first day on which the office is closed; its number is never given again")
    revoked: date | None = Field(
        default=None,
        description="the day on which its router's keys were given up, as of a stolen one: no hub admits it until `motcua site readmit`",
    )
    sample: bool = Field(default=False, description="equipment and lines are made up, to try the planners with")
    coordinates: Coordinates | None = None
    recording_notice: date | None = Field(
        default=None,
        description="the day on which somebody saw the notice that people are recorded here; without it the site isn't accepted",
    )
    office: Office = Office()
    zones: tuple[Zone, ...] = Field(default=("counter", "waiting", "entrance"), description="what must be watched")
    isolation: Isolation
    lan: IPv4Network
    lines: Mapping[Id, Line] = Field(min_length=1)
    router: Router
    switches: Mapping[Id, Switch] = {}
    nvrs: Mapping[Id, Nvr] = {}
    cameras: Mapping[Id, Camera] = {}
    others: Mapping[Id, Other] = {}
    former: tuple[Former, ...] = Field(default=(), description="devices that stood here; 'motcua replace' and 'motcua retire' write them")
    power: Power = Power()
    compliance: Compliance = Compliance()
    checklist: Mapping[str, Answer] = Field(
        default={}, description="answers to the questions that `motcua rules checklist SITE` prints, by id"
    )
    needs: Needs = Needs()
    mutes: tuple[Mute, ...] = Field(default=(), description="maintenance windows in which nothing of the site alarms anybody")
    policy: Policy = Policy()
    wave: Annotated[int, Field(ge=0)] = 1
    backed_up_by: tuple[Id, ...] = Field(
        default=(),
        description="sites that serve its citizens when it is cut off: a rollout never changes it at the same time as one of these",
    )

    def unit_on(self, on: date) -> Unit | None:
        """The unit that it serves on a day."""
        return next((unit for unit in self.units if unit.holds(on)), None)
