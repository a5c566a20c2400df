"""How a place is connected: from the centre over lines and router down to each device."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Decision
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.reuse import LETTERS

from ..subject import Subject, address, devices, make
from .page import CENTRE, COLOURS, GAP, SPINE, Page, width_of
from .shapes import INK, NORMAL, PAGE_WIDTH, SMALL, Box, Drawing, Label, Line, Text, labels


def site_topology(subject: Subject, name: str) -> Drawing:
    """A place from the centre down to each device."""
    site, speech = subject.province.sites[name], subject.speech
    decided = {device.device: device.decision for device in subject.plan.reuse[name].devices}
    page = Page()
    title = speech.word("drawing", "site_title", site=subject.short(name))
    page.heading(title)
    router = _upper_part(subject, name, page, decided)
    lan = speech.word("drawing", "lan", lan=site.lan, prefix=subject.plan.addresses[name].prefix)
    groups = [(caption, boxes) for caption, boxes in _groups(subject, name, decided) if boxes]
    page.caption(f"{lan}. {groups[0][0]}" if groups else lan)
    start = last = page.y
    for index, (caption, boxes) in enumerate(groups):
        if index:
            page.caption(caption)
        last = page.hang(boxes, 4, 0.0 if index else PAGE_WIDTH / 2)
    page.shapes += [Line(PAGE_WIDTH / 2, router.y + router.height, PAGE_WIDTH / 2, start), Line(SPINE, start, SPINE, last)]
    page.y += GAP
    page.legend(subject)
    count = sum(1 for _ in devices(name, site))
    return page.drawing(title, speech.word("drawing", "site_description", devices=count, site=site.name))


def _upper_part(subject: Subject, name: str, page: Page, decided: Mapping[str, Decision]) -> Box:
    """Centre, lines, router; gives the router's box."""
    site, speech, streams = subject.province.sites[name], subject.speech, subject.plan.streams[name]
    _, centre = subject.province.storage_centre()
    (top,) = page.row([Box(0, 0, 380, 0, labels(380, (centre.name, NORMAL, True), (str(centre.address), SMALL, False)), *CENTRE)])
    page.y += 26
    width = min(300.0, (PAGE_WIDTH - GAP * (len(site.lines) - 1)) / len(site.lines))
    boxes = []
    for key, line in site.lines.items():
        rate = f"{speech.number(line.up_mbps, 1)} / {speech.number(line.down_mbps, 1)} Mbit/s"
        unused = "" if key in streams.lines else speech.word("drawing", "unused")
        texts = labels(width, (f"{key}: {subject.line(name, key)}", NORMAL, True), (rate, SMALL, False), (unused, SMALL, False))
        boxes.append(Box(0, 0, width, 0, texts, stroke=INK, dashed=key not in streams.lines))
    lines = page.row(boxes)
    for box, key in zip(lines, site.lines, strict=True):
        if key in streams.lines:
            page.shapes.append(Line(box.x + width / 2, top.y + top.height, box.x + width / 2, box.y, CENTRE[1], 2.4, dashed=True))
            page.shapes.append(Text(box.x + width / 2 + 6, box.y - 9, Label(speech.word("drawing", "tunnel"), SMALL, colour=CENTRE[1])))
    page.y += 18
    (router,) = page.row([_device(subject, name, "router", decided, 300)])
    for box in lines:
        # Lines come down on the router's own width, whatever stands beside.
        foot = min(max(box.x + width / 2, router.x + 20), router.x + router.width - 20)
        page.shapes.append(Line(box.x + width / 2, box.y + box.height, foot, router.y))
    page.y += GAP
    return router


def _groups(subject: Subject, name: str, decided: Mapping[str, Decision]) -> Iterator[tuple[str, list[Box]]]:
    site, speech = subject.province.sites[name], subject.speech

    def boxes(keys: Iterable[str]) -> list[Box]:
        return [_device(subject, name, key, decided, width_of(4)) for key in keys]

    yield speech.word("drawing", "switches"), boxes(site.switches)
    yield speech.word("drawing", "recorders"), boxes(site.nvrs)
    yield speech.word("drawing", "cameras"), boxes(key for key, camera in site.cameras.items() if camera.through is None)
    for nvr in site.nvrs:
        behind = [key for key, camera in site.cameras.items() if camera.through is not None and camera.through.nvr == nvr]
        yield speech.word("drawing", "behind", recorder=nvr), boxes(behind)
    yield speech.word("drawing", "others"), boxes(site.others)


def _device(subject: Subject, name: str, key: str, decided: Mapping[str, Decision], width: float) -> Box:
    site, speech = subject.province.sites[name], subject.speech
    standing = next(one for one in devices(name, site) if one.key == key)
    decision = decided.get(key, "keep")
    title = f"{LETTERS[decision]} · {standing.name or speech.word('roles', standing.role)}"
    place = address(standing.device)
    camera = site.cameras.get(key)
    if camera is not None and camera.through is not None:
        place = speech.word("drawing", "channel", n=camera.through.number)
    texts = [
        (title, NORMAL, True),
        (make(speech, standing.device), SMALL, False),
        (" · ".join(part for part in (key, place) if part), SMALL, False),
    ]
    if camera is not None:
        chosen = subject.plan.streams[name].cameras.get(key)
        texts.append((chosen.step.name if chosen else speech.word("drawing", "silent"), SMALL, False))
    if key in site.switches:
        texts.append((speech.word("drawing", "ports", n=site.switches[key].poe_ports_free), SMALL, False))
    return Box(0, 0, width, 0, labels(width, *texts), *COLOURS[decision], dashed=decision == "excluded", title=title)
