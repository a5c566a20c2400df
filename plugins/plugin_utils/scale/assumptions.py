"""What the simulation counts with, as assumptions.yml says it; units stand in the names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from ..errors import ModelError
from ..load import what_is_wrong
from ..model.values import Count, Percent, Value
from ..yaml_file import read_yaml

FILE = Path(__file__).parent / "assumptions.yml"
Number = Annotated[int, Field(ge=1)]
Amount = Annotated[float, Field(gt=0)]


class Nation(Value):
    """How many offices there are, and what stands at one."""

    provinces: Number
    sites: Number
    cameras_per_site: Number
    devices_per_site: Annotated[int, Field(ge=2)]
    stream_kbps: Number
    days: Number
    growth_percent: Annotated[float, Field(ge=0)]

    @property
    def sites_per_province(self) -> int:
        """Rounded up: the largest of equal provinces."""
        return -(-self.sites // self.provinces)


class Hub(Value):
    """A machine at which tunnels end."""

    hubs: Number
    lines_per_site: Annotated[int, Field(ge=1, le=2)]
    wire: Annotated[float, Field(ge=1)]
    free_percent: Annotated[float, Field(ge=0, lt=100)]
    mbps_per_core: Mapping[str, Amount]


class Recorder(Value):
    """The storage centre's recorder and its disks in RAID 6."""

    core_percent_per_camera: Amount
    memory_mb_per_camera: Amount
    disk_tb: Amount
    group_disks: Annotated[int, Field(ge=4)]
    write_mbytes_per_disk: Amount
    disk_free_percent: Annotated[float, Field(ge=0, lt=100)]
    disks_per_server: Number


class Looking(Value):
    """What an audit costs, device by device, and how it is done."""

    camera_cpu_ms: Amount
    camera_requests: Number
    router_cpu_ms: Amount
    router_requests: Number
    cameras_at_once: Number
    routers_at_once: Number
    off_percent: Percent
    off_seconds: Annotated[float, Field(ge=0)]
    start_seconds: Annotated[float, Field(ge=0)]
    processes_per_node: Number
    delays_ms: tuple[Annotated[float, Field(ge=0)], ...]
    nodes: tuple[Number, ...]


class Prices(Value):
    """VND without VAT."""

    node: Count
    hub: Count
    recorder: Count
    disk_tb: Count


class Assumptions(Value):
    """All of them."""

    nation: Nation
    hub: Hub
    recorder: Recorder
    audit: Looking
    prices_vnd: Prices


def read(path: Path = FILE) -> Assumptions:
    """The assumptions of a file.

    :raises ModelError: one line a mistake.
    """
    try:
        return Assumptions.model_validate(read_yaml(path, f"copy {FILE.name} and name the copy"))
    except ValidationError as error:
        wrong = [(".".join(where), what_is_wrong(one, where, Assumptions)) for one in error.errors() if (where := [*map(str, one["loc"])])]
        raise ModelError("\n".join(f"{path}: {where}: {what}" for where, what in wrong)) from None
