"""The rules that need code. Each function judges a subject of the kinds that its rule applies to; None: the rule doesn't concern it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from ipaddress import IPv4Interface
from typing import TypeAlias, cast

from ..catalogue.holes import Hole, holes_of
from ..desired.host import ADMIN
from ..model import Camera, Nvr, Router
from ..plan.lacks import unwatched_zones
from ..plan.streams import LinePlan
from ..vendors import VENDORS
from .conditions import PASS, Verdict, all_hold, fails, shown, unsaid, untold, without_value, worst
from .subject import UNREAD, UNWRITTEN, Subject

Judge: TypeAlias = Callable[[Subject], Verdict | Iterable[Verdict] | None]

PAPERS_FROM_YEAR = 2026  # cameras put on the market from then on need the declaration of conformity
CERTIFICATE_DAYS = timedelta(days=30)  # as long as `motcua certificates` renews them before their end
NO_HOLE = "no known hole"

# --- sites ---------------------------------------------------------------------------------------------------------------


def zones_watched(subject: Subject) -> Verdict:
    """Each zone has a camera, as far as people have said what cameras watch."""
    open_zones = unwatched_zones(subject.office)
    unknown = sum(camera.zone is None for camera in subject.office.cameras.values())
    if not open_zones:
        return PASS
    if unknown:
        return unsaid(f"nobody has written what {unknown} cameras watch")
    return fails(f"a camera for {', '.join(subject.office.zones)}", f"none for {', '.join(open_zones)}")


def surveyed(subject: Subject) -> Verdict:
    """Somebody has looked at what is there, so that the plan's decision on each device rests on something."""
    site = subject.office
    if site.office.surveyed is None:
        return unsaid(UNWRITTEN.format(key="office.surveyed"))
    nameless = sum(device.model is None for device in (*site.cameras.values(), *site.nvrs.values()))
    return fails("the model of each camera and recorder", f"{nameless} without a model") if nameless else PASS


def leaders_watch(subject: Subject) -> Verdict:
    """Leaders of the office, or of one above it, may watch it."""
    above = {subject.site, *subject.province.ancestors(subject.site), "all"}
    if any(viewer.kind == "leader" and viewer.watches in above for viewer in subject.province.viewers.values()):
        return PASS
    if subject.office.office.surveyed is None:
        return unsaid("nobody has written who watches it, nor surveyed it")
    return fails("a leader who watches it", "none in viewers.yml")


def fits_lines(subject: Subject) -> Verdict:
    """Every camera's pictures have room on the lines that the office has."""
    streams = subject.planned.streams[subject.site]
    unmeasured = _unmeasured(streams.lines)
    without = len(subject.office.cameras) - len(streams.cameras)
    if unmeasured is not None:
        return unmeasured
    return fails("room on its lines for every camera", f"none for {without} cameras") if without else PASS


def share_kept(subject: Subject) -> Verdict:
    """What the office and its cameras send and receive stays within the line's share, by the plan."""
    lines = subject.planned.streams[subject.site].lines
    unmeasured = _unmeasured(lines)
    if unmeasured is not None:
        return unmeasured
    over = [f"{name} {way}" for name, line in lines.items() for way in ("up", "down") if not getattr(line, way).ok]
    return fails("at most the line's share at the 95th percentile", f"over it: {', '.join(over)}") if over else PASS


def _unmeasured(lines: Mapping[str, LinePlan]) -> Verdict | None:
    names = [name for name, line in lines.items() if not line.measured]
    return unsaid(f"nobody has measured the office's own traffic on {', '.join(names)}") if names else None


def zones_separated(subject: Subject) -> Verdict:
    """Cameras and PCs of the office don't reach each other."""
    match subject.office.isolation:
        case "segment":
            return PASS
        case "device":
            return unsaid("each device filters for itself, which nothing reads yet")
    return fails("cameras apart from the office's PCs", "one flat LAN")


def allotted(subject: Subject) -> Verdict | None:
    """Addresses on the government network are those that were allotted."""
    lines = {name: line.address for name, line in subject.office.lines.items() if line.kind == "tslcd"}
    if not lines:
        return None
    networks = subject.province.networks.tslcd
    if not networks:
        return unsaid(UNWRITTEN.format(key="networks.tslcd"))
    outside = [str(one) for one in lines.values() if not isinstance(one, IPv4Interface) or not any(one.ip in net for net in networks)]
    return fails(f"within {shown([str(net) for net in networks])}", ", ".join(outside)) if outside else PASS


def notice_seen(subject: Subject) -> Verdict:
    """Somebody has seen the sign that people are recorded."""
    seen = subject.office.compliance.sign_present
    if subject.office.recording_notice is not None or seen:
        return PASS
    return unsaid(UNWRITTEN.format(key="recording_notice")) if seen is None else fails("a sign that people are recorded", "none")


# --- devices -------------------------------------------------------------------------------------------------------------


def sends_pictures(subject: Subject) -> Verdict:
    """The plan gives the camera a stream to the centre, and the audit reached it over that way."""
    expected = "sends pictures to the centre"
    if subject.key not in subject.planned.streams[subject.site].cameras:
        return fails(expected, "nothing: its line has no room, or it can do no step of the ladder")
    return untold(expected, UNREAD) if subject.snapshot is None else PASS


def known_holes(subject: Subject) -> Verdict | Iterable[Verdict] | None:
    """Holes that model and firmware say it has; one that can't be ruled out could not be told."""
    holes = _holes(subject)
    if not isinstance(holes, tuple):
        return holes
    certain = [one for one in holes if one.certainty == "certain"]
    if subject.kind != "router" and subject.snapshot is None and len(certain) < len(holes):
        return (*map(_hole, certain), untold(NO_HOLE, UNREAD))
    return map(_hole, holes) if holes else PASS


def _hole(hole: Hole) -> Verdict:
    known = f", exploited since {hole.kev}" if hole.kev else ""
    expected, firmware = f"{NO_HOLE}: {hole.cve}{known}; {hole.action.replace('_', ' ')}", hole.seen or "a firmware that it doesn't say"
    if hole.certainty == "certain":
        return fails(expected, firmware, hole.cve)
    affected = f"; affected: {hole.limit}" if hole.limit else ""
    return untold(expected, f"possible ({hole.why.replace('_', ' ')}) with {firmware}{affected}", hole.cve)


def _holes(subject: Subject) -> tuple[Hole, ...] | Verdict | None:
    """What is known of its firmware: read of the device, else written in the model; without a model a verdict."""
    device = subject.device
    assert device is not None
    read = {} if subject.snapshot is None else subject.snapshot.values
    model, firmware, build = (read.get(f"identity.{key}") or getattr(device, key) for key in ("model", "firmware", "build"))
    if isinstance(device, Router):
        if device.platform == "linux":
            return None  # its packages are Debian's, and so are its updates
        if firmware is None:
            return unsaid(UNWRITTEN.format(key="router.firmware"))
        return holes_of(None, model, firmware, build, platform=device.platform, on=subject.on)
    if model is None:
        return untold(NO_HOLE, UNREAD if subject.snapshot is None else "it doesn't say its model")
    found = holes_of(device.vendor, model, firmware, build, on=subject.on)
    if found or firmware is not None:
        return found
    return untold(NO_HOLE, UNREAD if subject.snapshot is None else "it doesn't say its firmware")


def papers_and_warnings(subject: Subject) -> Verdict:
    """It has papers, and isn't known to be exploited."""
    holes = _holes(subject)
    if isinstance(holes, Verdict):
        return holes
    warned = [hole.cve for hole in holes or () if hole.certainty == "certain" and hole.kev is not None]
    if warned:
        return fails("no device that authorities warn of", f"exploited: {', '.join(warned)}")
    assert subject.device is not None
    return PASS if subject.device.conformity else unsaid(UNWRITTEN.format(key="conformity"))


def certified(subject: Subject) -> Verdict:
    """Bought since papers are needed, it has them."""
    device = cast("Camera", subject.device)
    if device.bought_year is None:
        return unsaid(UNWRITTEN.format(key="bought_year"))
    if device.bought_year < PAPERS_FROM_YEAR or device.conformity:
        return PASS
    return fails(f"a declaration of conformity, because it was bought in {device.bought_year}", "none")


def encrypted(subject: Subject) -> Verdict:
    """It is managed over TLS 1.2 or later, with a certificate that holds for some time, of the province's authority where it has one."""
    device = cast("Camera | Nvr", subject.device)
    if device.scheme == "http":
        return fails("managed over https", "managed over http")
    conditions = all_hold(subject, {"services.https": {"equals": True}, "access.tls_min": {"in": ["1.2", "1.3"]}})
    return worst([conditions, _certificate(subject)])


def _certificate(subject: Subject) -> Verdict:
    expected, said = "a certificate that holds", subject.said("certificate.expires")
    if said.state != "known":
        return without_value(said, expected)
    if not said.value:
        return untold(expected, "its certificate doesn't say until when")
    ends = datetime.fromisoformat(said.value).date()
    if ends < subject.on:
        return fails(expected, f"ended on {ends}")
    if ends <= subject.on + CERTIFICATE_DAYS:
        return fails(f"{expected} for {CERTIFICATE_DAYS.days} days more", f"ends on {ends}")
    return fails("a certificate of the province's authority", "another one") if _foreign(subject) else PASS


def _foreign(subject: Subject) -> bool:
    """Whether it could have a certificate of ours and has another; where the province has no authority, nothing was read of it."""
    ours = None if subject.snapshot is None else subject.snapshot.values.get("certificate.ours")
    return ours is False and "certificate" in VENDORS[cast("Camera | Nvr", subject.device).vendor].operations


def microphone_listed(subject: Subject) -> Verdict:
    """It is known whether it has a microphone, and one that has none sends no sound."""
    device = cast("Camera", subject.device)
    if device.microphone is None:
        return unsaid(UNWRITTEN.format(key="microphone"))
    if device.microphone:
        return PASS
    return all_hold(subject, {f"streams.{stream}.audio": {"equals": False} for stream in ("main", "sub")})


def own_time_source(subject: Subject) -> Verdict:
    """It takes its time from the office's router, which takes it from the province."""
    router, said = str(subject.office.router.address), subject.said("time.ntp")
    # Devices of one kind differ in the same way wherever they stand, so that no address is named.
    expected = "time.ntp: the office's router"
    if said.state != "known":
        return without_value(said, expected)
    return PASS if said.value == [router] else fails(expected, f"time.ntp: {shown(said.value)}")


def onvif_account(subject: Subject) -> Verdict:
    """ONVIF is off, or no account of it is an administrator."""
    if subject.said("services.onvif").value is False:
        return PASS
    return _accounts(subject, "onvif_users", "no administrator among ONVIF's accounts", lambda roles: "admin" not in roles.values())


def separate_accounts(subject: Subject) -> Verdict:
    """Who only watches has an account that can't administer, and nobody administers but whom the baseline knows."""
    expected = "an account that only watches, and no administrator that nobody declared"
    return _accounts(subject, "users", expected, lambda roles: {"viewer", "operator"} & set(roles.values()) and not _strangers(roles))


def _strangers(roles: Mapping[str, str]) -> list[str]:
    known = {ADMIN, *(vendor.factory_user for vendor in VENDORS.values())}
    return sorted(name for name, role in roles.items() if role == "admin" and name not in known)


def _accounts(subject: Subject, items: str, expected: str, holds: Callable[[Mapping[str, str]], object]) -> Verdict:
    said = subject.rows(items, "role")
    if said.state != "known":
        return without_value(said, expected)
    roles = {str(name): str(role) for name, role in (said.value or {}).items()}
    return PASS if holds(roles) else fails(expected, f"{items}: {', '.join(f'{name} {role}' for name, role in sorted(roles.items()))}")


JUDGES: Mapping[str, Judge] = {
    one.__name__: one
    for one in (
        zones_watched, surveyed, leaders_watch, fits_lines, share_kept, zones_separated, allotted, notice_seen, sends_pictures, known_holes,
        papers_and_warnings, certified, encrypted, microphone_listed, own_time_source, onvif_account, separate_accounts,
    )
}  # fmt: skip
