"""One office's lines and equipment, drawn from the tables of ``models``: the keys of a site from ``office`` on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any

from scripts.sample import models as table
from scripts.sample.draw import Draw
from scripts.sample.models import Model

TSLCD_SITES = IPv4Network("10.190.16.0/20")  # sample: a /29 a site, by its number
FIXED = IPv4Network("198.18.0.0/16")  # sample: a /30 where a provider gives a fixed address


def equipment(number: int, level: str) -> dict[str, Any]:
    """What stands at the site of that number; equal for equal numbers."""
    draw = Draw(number, level)
    lines, router = _lines_and_router(draw)
    kit = KITS[draw.one_of(table.KITS[level])](draw, draw.one_of(table.COUNTS[level]))
    isolation = "segment" if router["platform"] in table.SEGMENTED else "flat"
    found = {"office": _office(draw), "isolation": isolation, "lan": str(draw.lan), "lines": lines, "router": router}
    found |= {"switches": _switches(draw)} if draw.maybe(60) else {}
    return found | {key: value for key, value in kit.items() if value} | _tables_f_to_i(draw)


# --- lines and network -------------------------------------------------------------------------------------------------


def _lines_and_router(draw: Draw) -> tuple[dict[str, Any], dict[str, Any]]:
    _, platform, model, firmware, inside, ftth, tslcd = draw.row(table.ROUTERS[draw.level])
    interfaces = {"ftth": ftth, "tslcd": tslcd}
    lines = {kind: _line(draw, kind, interfaces[kind]) for kind in draw.one_of(table.LINES[draw.level]).split()}
    papers = draw.papers(model, f"R{draw.number_of(10**8):08}", firmware=firmware)
    router = {"platform": platform, **papers, "address": str(draw.lan[1]), "lan_interface": inside}
    if platform in table.SEGMENTED:
        router["office_ports"], router["camera_ports"] = table.SEGMENTED[platform]
    return lines, router


def _line(draw: Draw, kind: str, interface: str) -> dict[str, Any]:
    _, contract, up, down, monthly_vnd = draw.row((table.FTTH if kind == "ftth" else table.TSLCD)[draw.level])
    up_mbps, down_mbps = draw.between(*up), draw.between(*down)
    found = {"kind": kind, "provider": draw.one_of(table.PROVIDERS[kind]), "interface": interface, **_line_address(draw, kind)}
    found |= {"up_mbps": up_mbps, "down_mbps": down_mbps}
    if draw.known == "surveyed" and draw.maybe(80):
        found["p95_up_mbps"] = draw.between(0.03 * up_mbps, 0.35 * up_mbps)
        found["p95_down_mbps"] = draw.between(0.1 * down_mbps, 0.6 * down_mbps)
    if draw.level == "district" and kind == "tslcd" and draw.maybe(30):
        found["vms_pull_mbps"] = 4
    found |= {"contract_mbps": contract, "monthly_vnd": monthly_vnd}
    if draw.known == "surveyed":
        found |= {"rtt_ms": draw.between(4, 32, 0), "loss_percent": draw.between(0, 0.6), "measured": draw.surveyed}
    return found


def _line_address(draw: Draw, kind: str) -> dict[str, str]:
    if kind == "tslcd":
        gateway, length = TSLCD_SITES[draw.number * 8 + 1], 29
    elif draw.level != "commune" or draw.maybe(8):
        gateway, length = FIXED[draw.number * 4 + 1], 30
    else:
        return {"address": "cgnat"}
    return {"address": f"{gateway + 1}/{length}", "gateway": str(gateway)}


def _switches(draw: Draw) -> dict[str, Any]:
    model, free = draw.dice.choice(table.SWITCHES), draw.dice.randint(0, 3)
    found: dict[str, Any] = {"name": f"Switch {model}", "model": model}
    if draw.known != "little":
        poe = draw.dice.randint(0, free)
        found |= {"ports_free": free, "poe_ports_free": poe, "poe_free_w": poe * draw.dice.randint(7, 15)}
    return {"sw1": found}


# --- kits: what stands at a place together -----------------------------------------------------------------------------


def _nvr(draw: Draw, count: int) -> dict[str, Any]:
    """Cameras on the office LAN, and a recorder that pulls them."""
    return _with_recorder(draw, count, draw.row(table.NVRS), table.CAMERAS)


def _large(draw: Draw, count: int) -> dict[str, Any]:
    return _with_recorder(draw, count, draw.row(table.LARGE_NVRS), table.CAMERAS + table.BETTER_CAMERAS)


def _provincial(draw: Draw, count: int) -> dict[str, Any]:
    cameras = draw.cameras(count, table.BETTER_CAMERAS, alike=25, recorder="nvr1/{}")
    return {"nvrs": {"nvr1": draw.recorder(table.PROVINCIAL_NVR)}, "cameras": cameras}


def _two(draw: Draw, count: int) -> dict[str, Any]:
    """The recorder that was there, and a second one that was bought when its channels were used up."""
    first = _with_recorder(draw, min(count, 4), draw.row(table.NVRS), table.CAMERAS)
    second = draw.row(table.NVRS)
    added = draw.cameras(max(count - 4, 1), _of_vendor(table.CAMERAS, second.vendor), start=len(first["cameras"]), recorder="nvr2/{}")
    nvrs = first["nvrs"] | {"nvr2": draw.recorder(second, host=6, name="Đầu ghi thứ hai")}
    return {"nvrs": nvrs, "cameras": first["cameras"] | added}


def _poe(draw: Draw, count: int) -> dict[str, Any]:
    """Cameras on the recorder's own PoE ports, without an address on the LAN."""
    recorder = draw.row(table.POE_NVRS)
    models = _of_vendor(table.CAMERAS, recorder.vendor)
    cameras = draw.cameras(min(count, recorder.more["channels"]), models, source="nvr:nvr1/{}")
    return {"nvrs": {"nvr1": draw.recorder(recorder)}, "cameras": cameras}


def _dvr(draw: Draw, count: int) -> dict[str, Any]:
    """Analogue cameras: what their streams can do is the recorder's."""
    dvr = draw.row(table.DVRS)
    models = [Model(1, dvr.vendor, name, dvr.bought, (), dvr.codecs, dvr.main, dvr.sub) for name in table.ANALOGUE]
    return {"nvrs": {"nvr1": draw.recorder(dvr)}, "cameras": draw.cameras(count, models, source="nvr:nvr1/{}")}


def _cameras_only(draw: Draw, count: int) -> dict[str, Any]:
    """Cameras that record on their own cards, or not at all."""
    return {"cameras": draw.cameras(min(count, 2), table.CAMERAS)}


def _xiongmai(draw: Draw, count: int) -> dict[str, Any]:
    maker, model = draw.dice.choice(table.XIONGMAI)
    dvr = {"kind": "recorder", "maker": maker, "model": model, "name": "Đầu ghi analog", "address": str(draw.lan[10])}
    others = {"other1": dvr | {"why": table.XIONGMAI_WHY}}
    others |= {f"other{index + 1}": draw.other(index, "Analog", None, table.BEHIND_XIONGMAI_WHY) for index in range(1, count + 1)}
    return {"cameras": draw.cameras(1, table.CAMERAS) if draw.maybe(30) else {}, "others": others}


def _cloud(draw: Draw, count: int) -> dict[str, Any]:
    """Wi-Fi cameras of the kind that people have at home, often beside a real one."""
    maker, model = draw.dice.choice(table.CLOUD)
    others = {f"other{index}": draw.other(index, maker, model, table.CLOUD_WHY) for index in range(1, count)}
    return {"cameras": draw.cameras(1, table.CAMERAS) if draw.maybe(60) else {}, "others": others}


def _with_recorder(draw: Draw, count: int, recorder: Model, models: Sequence[Model]) -> dict[str, Any]:
    """Three recorders of four have cameras of their own maker only."""
    models = _of_vendor(models, recorder.vendor) if draw.maybe(75) else models
    cameras = draw.cameras(min(count, recorder.more["channels"]), models, recorder="nvr1/{}")
    return {"nvrs": {"nvr1": draw.recorder(recorder)}, "cameras": cameras}


def _of_vendor(models: Iterable[Model], vendor: str) -> Sequence[Model]:
    return [model for model in models if model.vendor == vendor]


KITS: Mapping[str, Callable[[Draw, int], dict[str, Any]]] = {
    "nvr": _nvr, "large": _large, "province": _provincial, "two": _two, "poe": _poe, "dvr": _dvr,
    "cameras": _cameras_only, "xiongmai": _xiongmai, "cloud": _cloud,
}  # fmt: skip


# --- tables A and F to I of the survey form ----------------------------------------------------------------------------


def _office(draw: Draw) -> dict[str, Any]:
    found: dict[str, Any] = {"counters": draw.dice.randint(*table.COUNTERS[draw.level]), "opens": "07:30", "closes": "17:00"}
    if draw.known == "surveyed":
        found |= {"surveyed": draw.surveyed, "surveyed_by": f"Tổ khảo sát số {draw.number % 5 + 1}"}
    return found


def _tables_f_to_i(draw: Draw) -> dict[str, Any]:
    needs = {"needs": {"cameras": draw.one_of({0: 6, 1: 3, 2: 1}), "leaders_watch": table.SCREENS[draw.level]}}
    if draw.known != "surveyed":
        return needs
    ups = draw.maybe(40)
    power = {"ups": ups} | ({"ups_minutes": draw.dice.choice((5, 10, 15, 30))} if ups else {}) | {"surge_protection": draw.maybe(30)}
    power |= {"temperature_c": draw.dice.randint(24, 36), "humidity_percent": draw.dice.randint(55, 92), "rack_locked": draw.maybe(45)}
    compliance = {key: draw.maybe(percent) for key, percent in table.COMPLIANT.items()}
    notice = {"recording_notice": draw.surveyed} if compliance["sign_present"] else {}  # who surveyed the office saw it
    return notice | {"power": power, "compliance": compliance} | needs
