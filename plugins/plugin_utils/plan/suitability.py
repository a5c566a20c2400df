"""What speaks for and against each device that an office has: one check after the other, each with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from ..catalogue.firmware import read_version
from ..catalogue.holes import Hole
from ..model import Camera, Decision, Device, Nvr, Other, Router, Site, Switch
from ..vendors import VENDORS
from .ladder import options
from .reasons import Reason, plain
from .streams import CameraStream, SiteStreams

# House figures: how many years a device is planned with. No act fixes them.
CAMERA_YEARS = 8
NVR_YEARS = 6
SMALL_PICTURE = 720  # lines; below, a face at a counter is hardly recognised
# What an office's device must have, and what catalogue/requirements.csv asks for it (HD-07, HD-14, HD-04, TC724-02). Everything else of
# the baseline a device may not have at all.
SETTABLE = {"services.https": "HTTPS", "services.p2p": "P2P", "services.upnp": "UPnP"}
LOCKOUT = "access.lockout"
TUNNELLING = frozenset({"vyos", "openwrt"})  # they have WireGuard; RouterOS has it from version 7 on
ROUTEROS_WITH_TUNNEL = 7


class Finding(NamedTuple):
    """What one check says: the decision that it asks for, and why."""

    decision: Decision
    reason: Reason


def keeps(code: str, **values: str | float) -> Finding:
    """A finding that asks for nothing."""
    return asks("keep", code, **values)


def asks(decision: Decision, code: str, **values: str | float) -> Finding:
    """A finding that asks for a decision."""
    return _finding(decision, code, tuple(values.items()))


@lru_cache(maxsize=4096)
def _finding(decision: Decision, code: str, values: tuple[tuple[str, str | float], ...]) -> Finding:
    """One value for all devices of which the same is said."""
    return Finding(decision, Reason(code, dict(values)) if values else plain(code))


def camera_findings(site: Site, name: str, streams: SiteStreams, holes: Sequence[Hole], year: int | None) -> list[Finding]:
    """The checks of a camera. One behind a recorder is managed through it: what the recorder is asked for isn't asked for twice."""
    camera = site.cameras[name]
    if not (_is_known(camera) or camera.streams):
        return [asks("reconfigure", "not_surveyed"), *_hole_findings(holes)]
    found = [*_state(camera, year, CAMERA_YEARS), *_capability(site, camera, streams.cameras.get(name))]
    if camera.source == "direct":
        found += [*_firmware(camera), *_access(site, camera, "camera")]
    return [*found, *_hole_findings(holes, is_clean=camera.model is not None and camera.firmware is not None)]


def nvr_findings(site: Site, nvr: Nvr, holes: Sequence[Hole], year: int | None) -> list[Finding]:
    """The checks of a recorder."""
    if not (_is_known(nvr) or nvr.disks):
        return [asks("reconfigure", "not_surveyed"), *_hole_findings(holes)]
    found = [*_state(nvr, year, NVR_YEARS), *_disks(nvr), *_firmware(nvr), *_access(site, nvr, "nvr")]
    return [*found, *_hole_findings(holes, is_clean=nvr.model is not None and nvr.firmware is not None)]


def router_findings(router: Router, holes: Sequence[Hole]) -> list[Finding]:
    """The checks of a site's router: whether it can hold the tunnel decides."""
    return [*_state(router, None, 0), _tunnel(router), *_hole_findings(holes)]


def switch_findings(switch: Switch) -> list[Finding]:
    """The checks of a switch."""
    return [*_state(switch, None, 0)] or [keeps("switch_keeps")]


def other_findings(other: Other, holes: Sequence[Hole]) -> list[Finding]:
    """What a survey found and can't join."""
    return [asks("excluded", "cant_join", why=other.why), *_hole_findings(holes)]


def needs_box(router: Router) -> bool:
    """Whether a small router has to stand behind it, because it can't hold the tunnel."""
    return router.platform not in TUNNELLING | {"linux", "routeros"}


def _is_known(device: Device) -> bool:
    return any(value is not None for value in (device.model, device.firmware, device.build, device.bought_year, device.condition))


def _state(device: Device, year: int | None, limit: int) -> Iterator[Finding]:
    if device.condition == "broken":
        yield asks("replace", "broken")
    elif device.condition == "worn":
        yield keeps("worn")
    if year is None or device.bought_year is None or not limit:
        return
    if year - device.bought_year > limit:
        yield asks("replace", "too_old", years=year - device.bought_year, limit=limit)
    else:
        yield keeps("age_ok", year=device.bought_year, limit=limit)


def _capability(site: Site, camera: Camera, stream: CameraStream | None) -> Iterator[Finding]:
    able = options(site, camera)
    if not able:
        yield asks("replace", "no_usable_stream")
        return
    if not camera.streams:
        yield asks("reconfigure", "streams_unknown")
    else:
        if able[-1].step.height < SMALL_PICTURE:
            yield keeps("small_picture", step=able[-1].step.name)
        if all("h265" not in report.codecs for report in camera.streams.values()):
            yield keeps("h264_only")
    if stream is None:
        yield keeps("no_room")
        return
    if not stream.step.moving:
        yield keeps("stills_only", step=stream.step.name)
        return
    report = camera.streams.get(stream.stream)  # type: ignore[call-overload]  # one of the names that the model knows
    today_kbps = report.bitrate_kbps if report is not None else None
    if today_kbps is not None and today_kbps <= stream.step.bitrate_kbps and stream.step.codec in report.codecs:
        yield keeps("stream_as_is", step=stream.step.name)
    else:
        yield asks("reconfigure", f"stream_set_{stream.stream}", step=stream.step.name, kbps=stream.step.bitrate_kbps)
    if stream.recorder_kbps is not None:
        today, planned = stream.recorder_kbps
        yield asks("reconfigure", "recording_lowered", today=today, planned=planned)


def _firmware(device: Device) -> Iterator[Finding]:
    if device.model is None:
        yield asks("reconfigure", "model_unknown")
    if device.firmware is None and device.build is None:
        yield asks("reconfigure", "firmware_unknown")


def _access(site: Site, device: Camera | Nvr, role: str) -> Iterator[Finding]:
    by_hand, has_lockout = _baseline(device.vendor, role)
    if by_hand:
        yield asks("reconfigure", "baseline_by_hand", settings=by_hand)
    if not has_lockout:
        yield asks("reconfigure", "baseline_no_lockout")
    if not by_hand and has_lockout:
        yield keeps("baseline_ok")
    if device.scheme == "http":
        yield asks("reconfigure", "plain_http")
    if site.compliance.passwords_changed is not True:
        yield asks("reconfigure", "passwords_unknown" if site.compliance.passwords_changed is None else "factory_password")


@lru_cache(maxsize=64)
def _baseline(vendor: str, role: str) -> tuple[str, bool]:
    """What of the baseline the centre can't set on a vendor's devices, and whether it can set the lock after failed logins."""
    rows = VENDORS[vendor].rows(role)
    able = {key for key, row in rows.items() if not row.read_only}
    return ", ".join(word for key, word in SETTABLE.items() if key not in able), LOCKOUT in able


def _disks(nvr: Nvr) -> Iterator[Finding]:
    if not nvr.disks:
        yield asks("reconfigure", "disks_unknown")
        return
    for disk in nvr.disks:
        if disk.health == "failing":
            yield asks("reconfigure", "disk_failing", gb=round(disk.size_gb))
    unchecked = sum(disk.health is None for disk in nvr.disks)
    if unchecked:
        yield asks("reconfigure", "disk_unchecked", count=unchecked)
    if all(disk.health == "ok" for disk in nvr.disks):
        yield keeps("disks_ok")


def _tunnel(router: Router) -> Finding:
    if router.platform == "linux":
        return asks("reconfigure", "router_managed")
    if router.platform == "ont":
        return asks("reconfigure", "router_provider_box")
    if needs_box(router):
        return asks("reconfigure", "router_no_tunnel", platform=router.model or router.platform)
    if router.platform == "routeros":
        version = read_version(router.firmware)
        if version is None:
            return asks("reconfigure", "router_version_unknown")
        if version.numbers[0] < ROUTEROS_WITH_TUNNEL:
            return asks("upgrade", "router_too_old", version=".".join(str(part) for part in version.numbers))
    return asks("reconfigure", "router_by_hand", platform=router.model or router.platform)


def _answer(hole: Hole) -> Decision:
    if hole.certainty == "certain" and hole.action in {"replace", "provider"}:
        return "replace"
    return "reconfigure" if hole.action == "provider" else "upgrade"


def _hole_findings(holes: Sequence[Hole], *, is_clean: bool = False) -> Iterator[Finding]:
    """A certain hole asks for an upgrade, or for another device where no upgrade helps; a possible one for a look at the build."""
    exploited = []
    for hole in holes:
        values = {"cve": hole.cve, "seen": hole.seen, "limit": hole.limit}
        yield Finding(_answer(hole), Reason(f"hole_{hole.why}", values))
        if hole.kev is not None:
            exploited.append(hole.cve)
    if any(hole.action == "provider" for hole in holes):
        yield asks("reconfigure", "provider_must_act")
    if exploited:
        yield keeps("exploited", cves=", ".join(exploited))
    elif is_clean and not holes:
        yield keeps("no_known_hole")
