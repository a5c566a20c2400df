"""How a site's lines are, from what its router and the hub say. Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from ipaddress import IPv4Address, IPv4Network
from itertools import pairwise
from typing import Any

INTERVAL_SECONDS = 300  # TT 06/2026/TT-BKHCN article 5.6: 5-minute samples over 7 days
SHORTEST_SECONDS, LONGEST_SECONDS = 150, 450
SAMPLES_A_DAY = 86400 // INTERVAL_SECONDS
DAYS = 7
SHARE = 0.95
WRAP = 2**32  # where kernels of 32 bits begin anew
SHARED = (IPv4Network("10.0.0.0/8"), IPv4Network("172.16.0.0/12"), IPv4Network("192.168.0.0/16"), IPv4Network("100.64.0.0/10"))


@dataclass(frozen=True)
class Sample:
    """A line's counter at a moment, and how much of it was our own video."""

    epoch_s: float
    total_bytes: int
    video_bytes: int = 0


@dataclass(frozen=True)
class Busy:
    """How busy the office keeps a line in one direction; ``p95_kbps`` is None with fewer than 7 days; ``gaps`` weren't counted."""

    p95_kbps: float | None
    counted_days: float
    gaps: int


def p95_kbps(samples: Sequence[Sample]) -> Busy:
    """The 95th percentile (nearest rank) of the office's rate over the newest 7 days of 5-minute samples, in kbit/s.

    A restart of the router and a missing sample are gaps. A counter of 32 bits that began anew goes on; taking a restart for one now and
    then is one rate of 2,016.
    """
    rates: list[float] = []
    gaps = 0
    for before, after in pairwise(samples):
        seconds = after.epoch_s - before.epoch_s
        if seconds < SHORTEST_SECONDS:
            continue  # the timer ran again after a restart of its own
        total, video = grown(before.total_bytes, after.total_bytes), grown(before.video_bytes, after.video_bytes)
        if seconds > LONGEST_SECONDS or total is None or video is None:
            gaps += 1
        else:
            rates.append(max(0, total - video) * 8 / 1000 / seconds)
    counted_days = math.floor(len(rates) / SAMPLES_A_DAY * 10) / 10
    if len(rates) < DAYS * SAMPLES_A_DAY:
        return Busy(None, counted_days, gaps)
    return Busy(nearest_rank(rates[-DAYS * SAMPLES_A_DAY :], SHARE), counted_days, gaps)


def grown(before: int, after: int) -> int | None:
    """How much a counter grew; None when it was set back."""
    if after >= before:
        return after - before
    return after + WRAP - before if WRAP // 2 <= before < WRAP and after < WRAP // 2 else None


def nearest_rank(values: Sequence[float], share: float) -> float:
    """The smallest of the values that at least ``share`` of them don't exceed."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


def read_counters(text: str) -> Mapping[str, tuple[list[Sample], list[Sample]]]:
    """Samples up and down by interface, of lines ``epoch interface rx_bytes tx_bytes video_tx_bytes video_rx_bytes``."""
    found: dict[str, tuple[list[Sample], list[Sample]]] = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) not in (5, 6) or not all(word.isdecimal() for word in (words[0], *words[2:])):
            continue  # a line that a power cut left half
        epoch, down, up, video_up, video_down = (int(word) for word in (words[0], *words[2:], "0")[:5])
        series = found.setdefault(words[1], ([], []))
        if not series[0] or epoch > series[0][-1].epoch_s:
            series[0].append(Sample(epoch, up, video_up))
            series[1].append(Sample(epoch, down, video_down))
    return found


def cgnat(kind: str, address: str | None, seen_as: str | None) -> bool | None:
    """Whether a provider translates the line's address; None when it can't be told.

    On the government's own network addresses are private and translated by nobody, unless the hub sees another one.
    """
    if address is not None and seen_as is not None:
        return IPv4Address(address) != IPv4Address(seen_as)
    if address is None or kind != "ftth":
        return None
    return True if any(IPv4Address(address) in network for network in SHARED) else None


def read_ping(text: str) -> tuple[float | None, float | None]:
    """Round trip in ms and loss in percent; nothing when not one answer came: a firewall, or a dead line."""
    loss = re.search(r"([\d.]+)% packet loss", text)
    trip = re.search(r"= [\d.]+/([\d.]+)/", text)
    return (float(trip[1]), float(loss[1])) if loss and trip else (None, None)


def addresses(text: str) -> Mapping[str, list[tuple[str, int]]]:
    """IPv4 addresses and prefix lengths by interface, from ``ip -j addr``."""
    try:
        rows = json.loads(text)
        return {
            str(row["ifname"]): [(str(one["local"]), int(one["prefixlen"])) for one in row["addr_info"] if one["family"] == "inet"]
            for row in rows
        }
    except (ValueError, KeyError, TypeError):
        return {}


def seen_as(endpoints: str, public_key: str) -> str | None:
    """The address that the hub sees a router come from, of ``wg show all endpoints``, which names an interface at its first peer alone."""
    rows = (line.split()[-2:] for line in endpoints.splitlines())
    found = next((row[1] for row in rows if len(row) == 2 and row[0] == public_key), "")
    address = found.rpartition(":")[0]
    return address if re.fullmatch(r"[\d.]+", address) else None


def router(said: Mapping[str, Any], prefix: IPv4Network, platform: str) -> dict[str, Any]:
    """What the router is, and which of its interfaces is the office's LAN."""
    release = re.search(r'^PRETTY_NAME="?([^"\n]*)', str(said.get("release", "")), re.MULTILINE)
    on_lan = (name for name, found in addresses(said["addresses"]).items() if any(IPv4Address(address) in prefix for address, _ in found))
    return {
        "platform": platform,
        "model": said.get("model") or None,
        "firmware": release[1] if release else None,
        "serial": said.get("serial") or None,
        "lan_interface": next(on_lan, None),
    }


def lines(planned: Sequence[Mapping[str, Any]], said: Mapping[str, Any], endpoints: str, today: date) -> dict[str, dict[str, Any]]:
    """Each line as it is; ``planned`` are name, kind, interface and whether the tunnel goes over it. What can't be told is None."""
    counted, own = read_counters(str(said.get("counters", ""))), addresses(said["addresses"])
    found = {}
    for line in planned:
        address = next((address for address, _ in own.get(line["interface"], ())), None)
        seen = seen_as(endpoints, str(said.get("public_key", ""))) if line["tunnel"] else None
        trip, loss = read_ping(str(said.get("ping", ""))) if line["tunnel"] else (None, None)
        up, down = (p95_kbps(samples) for samples in counted.get(line["interface"], ((), ())))
        found[line["name"]] = {
            "interface": line["interface"],
            "address": address,
            "seen_as": seen,
            "cgnat": cgnat(line["kind"], address, seen),
            "rtt_ms": trip,
            "loss_percent": loss,
            "up_mbps": _iperf(said.get("iperf_up")) if line["tunnel"] else None,
            "down_mbps": _iperf(said.get("iperf_down")) if line["tunnel"] else None,
            "p95_up_mbps": _mbps(up),
            "p95_down_mbps": _mbps(down),
            "counted_days": up.counted_days if line["interface"] in counted else None,
            "measured": today.isoformat(),
        }
    return found


def _mbps(busy: Busy) -> float | None:
    return None if busy.p95_kbps is None else round(busy.p95_kbps / 1000, 3)


def _iperf(text: object) -> float | None:
    """What a measurement of iperf3 received, in Mbit/s."""
    try:
        return round(float(json.loads(str(text))["end"]["sum_received"]["bits_per_second"]) / 1e6, 1)
    except (ValueError, KeyError, TypeError):
        return None
