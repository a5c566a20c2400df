"""How much of everything a nation needs. Pure: the same assumptions give the same figures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..plan.addresses import HUB_ADDRESSES, SITE_PREFIX_LENGTH, TUNNEL_ADDRESSES_PER_SITE
from ..plan.storage import GB_PER_DAY_PER_KBPS, PARITY_DISKS
from .assumptions import Assumptions, Looking

LARGEST_NUMBER = 65535  # of a site, model.Site
PRIVATE_PREFIX_LENGTH = 8  # 10.0.0.0/8


@dataclass(frozen=True, slots=True)
class Centre:
    """What a storage centre for so many sites needs; ``cores`` of the hub by what carries the tunnels."""

    sites: int
    tunnels: int
    video_mbps: float
    line_mbps: float
    cores: Mapping[str, int]
    cameras: int
    recorder_cores: float
    recorder_memory_gb: float
    footage_tb: float
    disks: int
    servers: int


def centre(given: Assumptions, sites: int) -> Centre:
    """Hub and recorder of one centre to which all of so many sites send."""
    nation, hub, recorder = given.nation, given.hub, given.recorder
    cameras = sites * nation.cameras_per_site
    video_mbps = cameras * nation.stream_kbps / 1000
    line_mbps = video_mbps * hub.wire
    usable = 1 - hub.free_percent / 100
    gb = cameras * nation.stream_kbps * GB_PER_DAY_PER_KBPS * nation.days
    disks = _disks(given, gb, video_mbps / 8)
    return Centre(
        sites=sites,
        tunnels=sites * hub.lines_per_site,
        video_mbps=video_mbps,
        line_mbps=line_mbps,
        cores={kind: math.ceil(line_mbps / (mbps * usable)) for kind, mbps in hub.mbps_per_core.items()},
        cameras=cameras,
        recorder_cores=cameras * recorder.core_percent_per_camera / 100,
        recorder_memory_gb=cameras * recorder.memory_mb_per_camera / 1000,
        footage_tb=gb / 1000,
        disks=disks,
        servers=math.ceil(disks / recorder.disks_per_server),
    )


def _disks(given: Assumptions, gb: float, mbytes_per_s: float) -> int:
    recorder = given.recorder
    data = recorder.group_disks - PARITY_DISKS["raid6"]
    space = gb / (1 - recorder.disk_free_percent / 100) / (data * recorder.disk_tb * 1000)
    writing = mbytes_per_s / (data * recorder.write_mbytes_per_disk)
    return math.ceil(max(space, writing)) * recorder.group_disks


@dataclass(frozen=True, slots=True)
class Addresses:
    """The pools that the plan needs for so many sites, as prefix lengths, and how much of 10.0.0.0/8 that is for all provinces alike."""

    sites: int
    numbers: int
    sites_prefix: int
    tunnels_prefix: int
    share_of_private: float


def addresses(given: Assumptions, sites: int, provinces: int) -> Addresses:
    """A site's prefix and tunnel addresses follow from its number alone, so that a pool reaches from 0 to the largest number."""
    numbers = math.ceil(sites * (1 + given.nation.growth_percent / 100))
    site_bits = math.ceil(math.log2(numbers + 1))
    tunnel_bits = math.ceil(math.log2(HUB_ADDRESSES + numbers * TUNNEL_ADDRESSES_PER_SITE))
    sites_prefix, tunnels_prefix = SITE_PREFIX_LENGTH - site_bits, 32 - tunnel_bits
    taken = provinces * (2 ** (32 - sites_prefix) + 2 ** (32 - tunnels_prefix))
    return Addresses(sites, numbers, sites_prefix, tunnels_prefix, taken / 2 ** (32 - PRIVATE_PREFIX_LENGTH))


@dataclass(frozen=True, slots=True)
class Audit:
    """An audit of the nation: seconds by the round trip's milliseconds."""

    nodes: int
    devices_of_a_process: int
    seconds: Mapping[float, float]


def audits(given: Assumptions) -> Iterator[Audit]:
    """How long it takes on so many nodes. A site is never split, and the largest shard decides."""
    nation, looking = given.nation, given.audit
    for nodes in looking.nodes:
        sites = math.ceil(nation.sites / (nodes * looking.processes_per_node))
        seconds = {delay: looking.start_seconds + shard_seconds(given, sites, delay) for delay in looking.delays_ms}
        yield Audit(nodes, sites * nation.devices_per_site, seconds)


def shard_seconds(given: Assumptions, sites: int, delay_ms: float) -> float:
    """One process's audit of so many sites, some of whose devices are off."""
    waiting = given.audit.off_percent / 100 * given.audit.off_seconds
    return reading_seconds(given.audit, sites * (given.nation.devices_per_site - 1), sites, delay_ms, waiting)


def reading_seconds(looking: Looking, cameras: int, routers: int, delay_ms: float, waiting_s: float = 0.0) -> float:
    """One process's reading of so many: both lanes run at once and share its one interpreter, whose work bounds them together.

    The last device's answers are waited for when nothing else is left to do. ``waiting_s``: of each device, beside its answers.
    """
    work = (cameras * looking.camera_cpu_ms + routers * looking.router_cpu_ms) / 1000
    answers = looking.camera_requests * delay_ms / 1000
    lanes = (
        lane_seconds(cameras, looking.cameras_at_once, looking.camera_cpu_ms, answers + waiting_s),
        lane_seconds(routers, looking.routers_at_once, looking.router_cpu_ms, looking.router_requests * delay_ms / 1000 + waiting_s),
    )
    return max(work, *lanes) + answers


def lane_seconds(devices: int, at_once: int, cpu_ms: float, waiting_s: float) -> float:
    """How long so many devices take, of which so many at once wait for their answers or for the one processor.

    Mean value analysis of a closed network of one queue and one delay (Reiser and Lavenberg 1980): exact in the mean, whatever the
    answers' times are spread like.
    """
    work_s, queue, rate = cpu_ms / 1000, 0.0, 0.0
    for customers in range(1, max(1, min(at_once, devices)) + 1):
        staying = work_s * (1 + queue)
        rate = customers / (waiting_s + staying)
        queue = rate * staying
    return devices / rate


@dataclass(frozen=True, slots=True)
class Cost:
    """What is bought for the nation, VND without VAT: servers and disks, not lines, rooms, power or people."""

    hubs: int
    recorders: int
    disks_tb: float
    nodes: int
    hubs_vnd: int
    recorders_vnd: int
    disks_vnd: int
    nodes_vnd: int

    @property
    def total_vnd(self) -> int:
        """All of it."""
        return self.hubs_vnd + self.recorders_vnd + self.disks_vnd + self.nodes_vnd


def cost(given: Assumptions) -> Cost:
    """Every province has its own centre and one node for audits."""
    provinces, prices = given.nation.provinces, given.prices_vnd
    one = centre(given, given.nation.sites_per_province)
    hubs, recorders = provinces * given.hub.hubs, provinces * one.servers
    disks_tb = provinces * one.disks * given.recorder.disk_tb
    return Cost(
        hubs=hubs,
        recorders=recorders,
        disks_tb=disks_tb,
        nodes=provinces,
        hubs_vnd=hubs * prices.hub,
        recorders_vnd=recorders * prices.recorder,
        disks_vnd=round(disks_tb * prices.disk_tb),
        nodes_vnd=provinces * prices.node,
    )
