"""Disks at the centre and at the places, as rows and sentences."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import device_host
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Nvr
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.storage import EdgeStorage
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.streams import WIRE_FACTOR

from ..subject import Subject
from ..tables import Row


def class_rows(subject: Subject) -> Iterator[Row]:
    """What each class of cameras takes at the centre."""
    centre, speech = subject.plan.storage.centre, subject.speech
    for name, one in centre.classes.items():
        yield {
            "name": speech.word("classes", name),
            "cameras": one.cameras,
            "rate": round(one.kbps / 1000, 1),
            "days": one.days,
            "volume": speech.volume(one.gb),
        }
    if len(centre.classes) > 1:
        yield {
            "name": speech.word("totals", "all"),
            "cameras": centre.cameras,
            "rate": round(centre.kbps / 1000, 1),
            "days": " ",
            "volume": speech.volume(centre.gb),
        }


def findings(subject: Subject) -> Iterator[str]:
    """What the centre needs, has, and lacks."""
    centre, disks, speech = subject.plan.storage.centre, subject.province.disks, subject.speech

    def say(key: str, **values: object) -> str:
        return speech.word("storage_findings", key, **values)

    yield say(
        "centre",
        cameras=speech.number(centre.cameras),
        rate=speech.mbps(centre.kbps),
        gb=speech.volume(centre.gb),
        growth=speech.percent(disks.growth_percent_per_year / 100),
        years=disks.years,
        free=speech.percent(disks.free_percent / 100),
        grown=speech.volume(centre.grown_gb),
    )
    if centre.disks:
        raid = disks.raid.upper().replace("RAID", "RAID ")
        sizes = {"disks": speech.number(centre.disks), "size": speech.number(disks.disk_tb, 1), "groups": speech.number(centre.groups)}
        yield say("disks", **sizes, raid=raid, raw=speech.number(centre.raw_tb, 1))
        need, limit = speech.number(centre.write_mbytes_per_s, 1), speech.number(centre.write_limit_mbytes_per_s, 1)
        yield say("write", need=need, limit=limit)
    else:
        yield say("disks_none")
    if centre.existing_gb is None or centre.days_on_existing is None:
        yield say("existing_unknown")
    else:
        yield say("existing", gb=speech.volume(centre.existing_gb), days=speech.number(centre.days_on_existing, 1))
    need = speech.mbps(centre.kbps * WIRE_FACTOR)
    if centre.line_mbps is None:
        yield say("line_unknown", need=need)
    else:
        enough = centre.kbps * WIRE_FACTOR <= centre.line_mbps * 1000
        yield say("line_ok" if enough else "line_short", line=speech.number(centre.line_mbps, 1), need=need)
    edges = list(_edges(subject))
    if edges:
        asked = [edge for *_, edge in edges if edge.days_asked]
        unknown, short = sum(edge.days is None for edge in asked), sum(is_short(edge) for edge in asked)
        yield say("edge", n=speech.number(len(edges)), short=speech.number(short), unknown=speech.number(unknown))


def is_short(edge: EdgeStorage) -> bool:
    """Whether a recorder is known to hold less than is asked."""
    return edge.days is not None and edge.days < edge.days_asked


def _edges(subject: Subject) -> Iterator[tuple[str, str, Nvr, EdgeStorage]]:
    for name, site in subject.province.sites.items():
        for key, nvr in site.nvrs.items():
            yield name, key, nvr, subject.plan.storage.recorders[device_host(name, key)]


def short_rows(subject: Subject) -> Iterator[Row]:
    """Recorders that hold less than is asked of them."""
    for name, key, nvr, edge in _edges(subject):
        if is_short(edge):
            assert edge.days is not None
            yield {
                "site": subject.short(name),
                "recorder": f"{key} ({nvr.name})",
                "asked": edge.days_asked,
                "days": round(edge.days, 1),
            }


def recorder_rows(subject: Subject, name: str) -> Iterator[Row]:
    """A place's recorders."""
    site, speech = subject.province.sites[name], subject.speech
    for key, nvr in site.nvrs.items():
        edge = subject.plan.storage.recorders[device_host(name, key)]
        free = subject.plan.reuse[name].channels_free.get(key)
        channels = speech.number(nvr.channels)
        yield {
            "recorder": f"{key} ({nvr.name})",
            "channels": channels if free is None else speech.word("recorders", "channels", n=channels, free=speech.number(free)),
            "disks": _disks(subject, nvr),
            "days": _days(subject, edge),
        }


def _disks(subject: Subject, nvr: Nvr) -> str:
    speech = subject.speech
    if not nvr.disks:
        return speech.word("recorders", "unknown")
    text = speech.word("recorders", "disks", n=len(nvr.disks), gb=speech.volume(sum(disk.size_gb for disk in nvr.disks)))
    failing = sum(disk.health == "failing" for disk in nvr.disks)
    return f"{text}; {speech.word('recorders', 'failing', n=failing)}" if failing else text


def _days(subject: Subject, edge: EdgeStorage) -> str:
    speech = subject.speech
    if edge.days is not None:
        text = speech.word("recorders", "holds" if edge.measured else "about", days=speech.number(edge.days, 1))
    else:
        text = speech.word("recorders", "unknown" if edge.kbps else "no_streams")
    return f"{text}; {speech.word('recorders', 'asked', days=edge.days_asked)}" if edge.days_asked else text
