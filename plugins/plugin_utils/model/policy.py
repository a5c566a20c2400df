"""What the province wants of every site and device, and may want otherwise of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from ..catalogue.rules import Profile
from .hours import Hours
from .values import CameraClass, Codec, Count, Share, Text, Value, Window

Days = Annotated[int, Field(ge=1, le=3650)]


class LineShare(Value):
    """The part of a line's rate that all its traffic may use at the 95th percentile, in each direction, by kind of line.

    0.90 on TSLCD is TT 06/2026/TT-BKHCN article 5.6; 0.70 on FTTH is this project's default, not a rule.
    """

    tslcd: Share = 0.90
    ftth: Share = 0.70


class Reserve(Value):
    """What a line keeps free besides its always-on streams."""

    on_demand_kbps: Count = Field(default=0, description="for one main stream that somebody asks for; 0 refuses it")
    backfill_hours: Annotated[float, Field(ge=0, le=24)] = Field(
        default=0, description="hours of outage a day whose footage the night must be able to bring in"
    )
    night_hours: Annotated[float, Field(gt=0, le=24)] = Field(default=10, description="hours of a day in which the office is silent")


class Policy(Value):
    """What the province wants; inherited province, district, site, device, each key by itself."""

    recording_days: Days = 30
    class_days: Mapping[CameraClass, Days] = Field(default={}, description="days at the centre of a class of cameras, where they differ")
    recording_hours: Mapping[CameraClass, Hours] = Field(
        default={}, description="hours in which the centre keeps footage of a class: `Mon-Fri 07:00-17:30`, local time; absent: always"
    )
    minimum_days: Annotated[int, Field(ge=0, le=3650)] = Field(
        default=7, description="footage younger than so many days that goes because a disk is full raises an alarm; 0 raises none"
    )
    edge_days: Annotated[int, Field(ge=0, le=3650)] = Field(
        default=0, description="days that the site's own recorder must hold; 0 asks none"
    )
    class_weights: Mapping[CameraClass, Annotated[float, Field(gt=0)]] = Field(
        default={"standard": 1.0, "priority": 3.0}, description="how much a camera of the class counts when a line can't carry everything"
    )
    codec: Codec = Field(default="h265", description="`h264` where a browser must play the stream and can't decode H.265")
    line_share: LineShare = LineShare()
    reserve: Reserve = Reserve()
    baseline: Literal["standard"] = "standard"
    profiles: tuple[Profile, ...] = Field(
        default=("qcvn", "level2", "vendor-hardening"),
        description="the sets of rules by which audits judge; `level3` for a province's platform",
    )
    tslcd_wireguard: Text | None = Field(
        default=None, description="who accepted WireGuard on the government network and by which paper; without it IPsec is used there"
    )
    rotate_days: Days | None = Field(
        default=None, description="after so many days `motcua rotate --due` gives new passwords and keys; without it only somebody does"
    )
    backfill: Window = Field(
        default="20:00-06:00", description="when footage that the centre missed may be brought in: local time, from and to"
    )
    maintenance: Window = Field(default="22:00-05:00", description="when a router may restart: local time, from and to")
    certificate_days: Annotated[int, Field(ge=60, le=1096)] = Field(
        default=730,
        description="for how long a device's certificate holds; the portal's never more than 397, because browsers take no longer",
    )
