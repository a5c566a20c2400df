"""The simulation as a document in both languages: prose with its tables in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template

import yaml

from .assumptions import Assumptions
from .simulation import LARGEST_NUMBER, addresses, audits, centre, cost, reading_seconds

HERE = Path(__file__).parent
LANGUAGES = ("en", "vi")
WORDS: Mapping[str, Mapping[str, str]] = yaml.safe_load((HERE / "words.yml").read_text(encoding="utf-8"))
# What was measured to compare with, docs/benchmarks.md: cameras and recorders, and routers; seconds by the round trip's milliseconds.
MEASURED_DEVICES = (1320, 220)
MEASURED_S = {0: 42.8, 150: 53.2}


def tables(given: Assumptions, language: str) -> dict[str, str]:
    """The four tables by name, in Markdown."""
    words = WORDS[language]
    return {
        "centres": _table(_centres(given, words), language),
        "addresses": _table(_addresses(given, words), language),
        "audits": _table(_audits(given, words), language),
        "cost": _table(_cost(given, words), language),
    }


def document(given: Assumptions, language: str) -> str:
    """The whole document; its tables and figures are ``given``'s."""
    nation, hub, looking = given.nation, given.hub, given.audit
    near, far = MEASURED_S
    figures: dict[str, float] = {
        "sites": nation.sites, "devices": nation.devices_per_site, "provinces": nation.provinces, "per_province": nation.sites_per_province,
        "cameras": nation.cameras_per_site, "kbps": nation.stream_kbps, "days": nation.days, "growth": nation.growth_percent,
        "wire": hub.wire, "free": hub.free_percent, "largest": LARGEST_NUMBER, "processes": looking.processes_per_node,
        "model": reading_seconds(looking, *MEASURED_DEVICES, near), "measured": MEASURED_S[near],
        "far": far, "model_far": reading_seconds(looking, *MEASURED_DEVICES, far), "measured_far": MEASURED_S[far],
        "cameras_at_once": looking.cameras_at_once, "routers_at_once": looking.routers_at_once, "off": looking.off_percent,
    }  # fmt: skip
    text = (HERE / f"document.{language}.md").read_text(encoding="utf-8")
    return Template(text).substitute(tables(given, language) | {key: shown(value, language) for key, value in figures.items()})


Row = tuple[str | float, ...]


def _centres(given: Assumptions, words: Mapping[str, str]) -> Iterable[Row]:
    yield words["one_centre"], words["province"], words["nation"]
    province, nation = (centre(given, sites) for sites in (given.nation.sites_per_province, given.nation.sites))
    for word, key in (("sites", "sites"), ("tunnels", "tunnels"), ("video", "video_mbps"), ("line", "line_mbps")):
        yield words[word], getattr(province, key), getattr(nation, key)
    for kind in given.hub.mbps_per_core:
        yield words["cores"].format(kind=kind), province.cores[kind], nation.cores[kind]
    for word, key in (
        ("recorded", "cameras"), ("recorder_cores", "recorder_cores"), ("memory", "recorder_memory_gb"), ("footage", "footage_tb"),
        ("disks", "disks"), ("servers", "servers"),
    ):  # fmt: skip
        yield words[word], getattr(province, key), getattr(nation, key)


def _addresses(given: Assumptions, words: Mapping[str, str]) -> Iterable[Row]:
    nation = given.nation
    yield words["plan"], words["sites"], words["numbers"], words["pool"], words["tunnel_pool"], words["share"]
    plans = (("each_province", nation.sites_per_province, nation.provinces), ("whole", nation.sites, 1))
    for word, sites, provinces in plans:
        need = addresses(given, sites, provinces)
        share = f"{round(need.share_of_private * 100)} %"
        yield words[word], need.sites, need.numbers, f"/{need.sites_prefix}", f"/{need.tunnels_prefix}", share


def _audits(given: Assumptions, words: Mapping[str, str]) -> Iterable[Row]:
    yield words["nodes"], words["devices"], *(words["delay"].format(ms=f"{delay:g}") for delay in given.audit.delays_ms)
    for one in audits(given):
        yield one.nodes, one.devices_of_a_process, *(seconds / 60 for seconds in one.seconds.values())


def _cost(given: Assumptions, words: Mapping[str, str]) -> Iterable[Row]:
    need = cost(given)
    yield words["thing"], words["count"], words["price"]
    yield words["hubs"], need.hubs, need.hubs_vnd // 1_000_000
    yield words["recorders"], need.recorders, need.recorders_vnd // 1_000_000
    yield words["disk_tb"], round(need.disks_tb), need.disks_vnd // 1_000_000
    yield words["node"], need.nodes, need.nodes_vnd // 1_000_000
    yield words["total"], "", need.total_vnd // 1_000_000


def _table(rows: Iterable[Row], language: str) -> str:
    head, *body = ([cell if isinstance(cell, str) else shown(cell, language) for cell in row] for row in rows)
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *body))


def shown(value: float, language: str) -> str:
    """A number as people read it: ``1,234.5``, in Vietnamese ``1.234,5``; whole from a hundred on."""
    text = f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:,.2f}".rstrip("0") if value < 10 else f"{value:,.1f}"
    return text if language == "en" else text.translate(str.maketrans(",.", ".,"))
