"""The workbook's sheets: all tables of a plan, as plain values with their ids, so that people can sort and count them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import device_host
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Camera
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.reuse import LETTERS
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.streams import SiteStreams

from .judgement import judged
from .rows.access import right_rows, sees
from .rows.address import table_of
from .rows.reuse import group_of, sentence
from .subject import Standing, Subject, address, everything, make
from .tables import Row


def _sites(subject: Subject) -> Iterator[Row]:
    speech = subject.speech
    for name, judgement in judged(subject).items():
        site, reuse = subject.province.sites[name], subject.plan.reuse[name]
        unit, at = site.unit_on(subject.on), site.coordinates
        yield {
            "site": name,
            "number": site.number,
            "name": site.name,
            "level": speech.word("levels", site.level),
            "parent": site.parent,
            "unit_code": None if unit is None else unit.code,
            "unit": None if unit is None else unit.name,
            "latitude": None if at is None else at.latitude,
            "longitude": None if at is None else at.longitude,
            "surveyed": site.office.surveyed,
            "group": group_of(subject, name),
            "state": speech.word("states", judgement.state),
            "reasons": "; ".join(remark.text for remark in judgement.remarks),
            "cameras": len(site.cameras),
            "recorders": len(site.nvrs),
            "others": len(site.others),
            "unwatched": ", ".join(speech.word("zones", zone) for zone in reuse.unwatched),
            "video_kbps": round(subject.plan.streams[name].video_kbps),
            "cost_vnd": reuse.cost_vnd,
            "saved_vnd": reuse.saved_vnd,
            "wave": site.wave,
            "sample": speech.known(site.sample),
        }


def _devices(subject: Subject) -> Iterator[Row]:
    decided = {(plan.site, plan.device): plan for reuse in subject.plan.reuse.values() for plan in reuse.devices}
    for standing in everything(subject.province):
        plan, speech = decided.get((standing.site, standing.key)), subject.speech
        money: Row = {"decision": None}
        if plan is not None:
            money = {
                "group": LETTERS[plan.decision],
                "decision": speech.word("decisions", plan.decision),
                "reasons": "; ".join(sentence(subject, reason) for reason in plan.reasons),
                "holes": ", ".join(hole.cve for hole in plan.holes),
                "cost_vnd": plan.cost_vnd,
                "saved_vnd": plan.saved_vnd,
                "by_people": speech.known(plan.by_people),
            }
        yield {**_device(subject, standing), **money}


def _device(subject: Subject, standing: Standing) -> Row:
    device, speech = standing.device, subject.speech
    at = getattr(device, "address", None)
    camera = device if isinstance(device, Camera) else None
    seen = None if at is None or standing.role == "other" else str(subject.plan.addresses[standing.site].translate(at))
    return {
        "site": standing.site,
        "place": subject.short(standing.site),
        "device": standing.key,
        "role": speech.word("roles", standing.role),
        "name": standing.name,
        "model": make(speech, device),
        "serial": device.serial,
        "mac": device.mac,
        "firmware": device.firmware,
        "build": device.build,
        "bought_year": device.bought_year,
        "condition": device.condition and speech.word("conditions", device.condition),
        "conformity": device.conformity,
        "address": address(device),
        "seen_as": seen,
        "zone": None if camera is None or camera.zone is None else speech.word("zones", camera.zone),
        "class": None if camera is None else speech.word("classes", camera.camera_class),
    }


# --- lines and streams -------------------------------------------------------------------------------------------------

DESCRIBED = (
    "provider", "up_mbps", "down_mbps", "contract_mbps", "monthly_vnd",
    "rtt_ms", "loss_percent", "measured", "p95_up_mbps", "p95_down_mbps",
)  # fmt: skip


BUDGET = {
    "up": ("limit_kbps", "office_kbps", "reserve_kbps", "video_kbps", "free_kbps"),
    "down": ("limit_kbps", "office_kbps", "video_kbps", "free_kbps"),
    "night": ("video_kbps", "free_kbps"),
}


def _lines(subject: Subject) -> Iterator[Row]:
    for name, site in subject.province.sites.items():
        streams = subject.plan.streams[name]
        for key, line in site.lines.items():
            yield {
                "site": name,
                "place": subject.short(name),
                "line": key,
                "kind": subject.speech.word("lines", line.kind),
                **{field: getattr(line, field) for field in DESCRIBED},
                "in_use": subject.speech.known(key in streams.lines),
                **_budget(subject, streams, key),
            }


def _budget(subject: Subject, streams: SiteStreams, key: str) -> Row:
    plan, step = streams.lines.get(key), streams.next_step
    if plan is None:
        return {}
    directions = {"up": plan.up, "down": plan.down, "night": plan.night}
    figures = {f"{name}_{field}": round(getattr(directions[name], field)) for name, fields in BUDGET.items() for field in fields}
    next_here = step if step is not None and step.line == key else None
    return {
        **figures,
        "share": plan.share,
        "binding": subject.speech.word("bindings", streams.binding),
        "next_step": next_here and f"{next_here.camera}: {next_here.step.name}",
        "next_mbps": next_here and round(next_here.mbps, 2),
        "other_line": streams.other_line,
        "screens": streams.screens,
        "screens_asked": streams.screens_asked,
    }


def _streams(subject: Subject) -> Iterator[Row]:
    speech = subject.speech
    for name, site in subject.province.sites.items():
        streams = subject.plan.streams[name]
        for key, camera in site.cameras.items():
            chosen = streams.cameras.get(key)
            row: dict[str, object] = {"step": speech.word("drawing", "silent"), "bitrate_kbps": 0}
            if chosen is not None:
                today, planned = chosen.recorder_kbps or (None, None)
                step = {field: getattr(chosen.step, field) for field in ("codec", "width", "height", "fps", "bitrate_kbps")}
                row = {
                    "line": chosen.line,
                    "stream": speech.word("streams", chosen.stream),
                    "step": chosen.step.name,
                    **step,
                    "at_most": chosen.at_most.name,
                    "recorder_today_kbps": today,
                    "recorder_planned_kbps": planned,
                    "days": camera.retention_days,
                }
            who: Row = {"site": name, "place": subject.short(name), "camera": key, "name": camera.name}
            yield {**who, "class": speech.word("classes", camera.camera_class), **row}  # type: ignore[dict-item]  # cells, from getattr


# --- storage, addresses, viewers ---------------------------------------------------------------------------------------


def _storage(subject: Subject) -> Iterator[Row]:
    centre, speech = subject.plan.storage.centre, subject.speech
    for name, one in centre.classes.items():
        yield {"class": speech.word("classes", name), "cameras": one.cameras, "kbps": one.kbps, "days": one.days, "gb": round(one.gb)}
    yield {"class": speech.word("totals", "all"), "cameras": centre.cameras, "kbps": centre.kbps, "gb": round(centre.gb)}


def _recorders(subject: Subject) -> Iterator[Row]:
    for name, site in subject.province.sites.items():
        for key, nvr in site.nvrs.items():
            edge = subject.plan.storage.recorders[device_host(name, key)]
            yield {
                "site": name,
                "place": subject.short(name),
                "recorder": key,
                "name": nvr.name,
                "channels": nvr.channels,
                "channels_free": subject.plan.reuse[name].channels_free.get(key),
                "kbps": edge.kbps,
                "disks_gb": edge.disks_gb if nvr.disks else None,
                "days_asked": edge.days_asked,
                "days": None if edge.days is None else round(edge.days, 1),
            }


def _addresses(subject: Subject) -> Iterator[Row]:
    for row in table_of(subject):
        seen = None if row.seen_as is None else str(row.seen_as)
        yield {"owner": row.owner, "what": subject.speech.word("addresses", row.what), "network": str(row.network), "seen_as": seen}


def _viewers(subject: Subject) -> Iterator[Row]:
    for name, viewer in subject.province.viewers.items():
        yield {
            "viewer": name,
            "name": viewer.name,
            "viewer_kind": subject.speech.word("kinds", viewer.kind),
            "watches": viewer.watches,
            "sees": sees(subject, name),
            "sits_at": viewer.sits_at,
            "screens": viewer.screens,
        }


SHEETS: Mapping[str, Callable[[Subject], Iterator[Row]]] = {
    "sites": _sites,
    "devices": _devices,
    "lines": _lines,
    "streams": _streams,
    "storage": _storage,
    "recorders": _recorders,
    "addresses": _addresses,
    "viewers": _viewers,
    "rights": right_rows,
}
