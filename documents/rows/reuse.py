"""What becomes of the equipment, as rows and sentences: decisions, reasons, holes, zones, costs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import get_args

from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Decision, Zone
from ansible_collections.motcua.cctv.plugins.plugin_utils.model.values import PriceItem
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.reasons import SENTENCES, Reason
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.reuse import LETTERS, DevicePlan, Hole, Role

from ..subject import FEW, Subject, make
from ..tables import Row

DECISIONS: tuple[Decision, ...] = ("keep", "reconfigure", "upgrade", "replace", "excluded")
NETWORK: tuple[Role, ...] = ("router", "switch")
AMOUNTS = ("kbps", "today", "planned", "gb", "mbps")  # values of reasons that are amounts; a year is none


def sentence(subject: Subject, reason: Reason) -> str:
    """A reason in words, its numbers as the language writes them."""
    return _filled(subject, reason.code, reason.values)


def _filled(subject: Subject, code: str, values: Mapping[str, str | int | float]) -> str:
    amounts = {key: subject.speech.number(value, 1) for key, value in values.items() if key in AMOUNTS and not isinstance(value, str)}
    shown = {**values, **amounts}
    return SENTENCES[code][subject.speech.language].format(**shown)


def planned(subject: Subject) -> list[DevicePlan]:
    """Every device's decision, site by site."""
    return [device for reuse in subject.plan.reuse.values() for device in reuse.devices]


def total(figures: Iterable[int | None]) -> int:
    """The sum of what is known."""
    return sum(figure or 0 for figure in figures)


def decision_rows(subject: Subject) -> Iterator[Row]:
    """Devices by decision, with what they cost and save."""
    every = planned(subject)
    groups = [(LETTERS[decision], subject.speech.word("decisions", decision), decision) for decision in DECISIONS]
    for letter, name, decision in groups:
        devices = [device for device in every if device.decision == decision]
        yield _decision(letter, name, devices)
    yield _decision("", subject.speech.word("totals", "all"), every)


def _decision(letter: str, name: str, devices: list[DevicePlan]) -> Row:
    roles = Counter(device.role for device in devices)
    return {
        "letter": letter or " ",
        "decision": name,
        "cameras": roles["camera"],
        "recorders": roles["nvr"],
        "network": sum(roles[role] for role in NETWORK),
        "others": roles["other"],
        "total": len(devices),
        "cost": total(device.cost_vnd for device in devices),
        "saved": total(device.saved_vnd for device in devices),
        "unpriced": sum(device.cost_vnd is None for device in devices),
    }


def reason_rows(subject: Subject) -> Iterator[Row]:
    """Reasons by how many devices have them; values that differ are left to the dossiers, holes to their own table."""
    having: dict[str, list[tuple[DevicePlan, Reason]]] = defaultdict(list)
    for device in planned(subject):
        for reason in device.reasons:
            if not reason.code.startswith("hole_"):
                having[reason.code].append((device, reason))
    for code, cases in sorted(having.items(), key=lambda one: (-len(one[1]), one[0])):
        first = cases[0][1].values
        alike = {key: value if all(reason.values.get(key) == value for _, reason in cases) else "…" for key, value in first.items()}
        devices = {(device.site, device.device) for device, _ in cases}
        yield {
            "reason": _filled(subject, code, alike).replace("….", "…"),
            "devices": len(devices),
            "sites": len({site for site, _ in devices}),
        }


def hole_rows(subject: Subject) -> Iterator[Row]:
    """Published vulnerabilities that devices have or may have, the exploited ones first."""
    found: dict[str, list[tuple[DevicePlan, Hole]]] = defaultdict(list)
    for device in planned(subject):
        for hole in device.holes:
            found[hole.cve].append((device, hole))
    for cve, cases in sorted(found.items(), key=lambda one: (one[1][0][1].kev is None, -len(one[1]), one[0])):
        certain = sum(hole.certainty == "certain" for _, hole in cases)
        yield {
            "cve": cve,
            "models": _models(subject, (device for device, _ in cases)),
            "certain": certain,
            "possible": len(cases) - certain,
            "exploited": cases[0][1].kev,
        }


def _models(subject: Subject, devices: Iterable[DevicePlan]) -> str:
    """The models with how many there are, the most frequent first, and how many models more."""
    models = Counter(_model(subject, device) for device in devices)
    ordered = sorted(models.items(), key=lambda one: (-one[1], one[0]))
    more = [subject.speech.word("totals", "more_models", n=len(ordered) - FEW)] if len(ordered) > FEW else []
    return ", ".join([*(f"{model} ({count})" for model, count in ordered[:FEW]), *more])


def _model(subject: Subject, device: DevicePlan) -> str:
    site = subject.province.sites[device.site]
    things = {"router": site.router, **site.switches, **site.nvrs, **site.cameras, **site.others}
    return make(subject.speech, things[device.device])


def zone_rows(subject: Subject) -> Iterator[Row]:
    """Zones that no camera watches."""
    without: dict[Zone, list[str]] = defaultdict(list)
    for name, reuse in subject.plan.reuse.items():
        for zone in reuse.unwatched:
            without[zone].append(name)
    for zone, names in sorted(without.items(), key=lambda one: (-len(one[1]), one[0])):
        yield {"zone": subject.speech.word("zones", zone), "sites": len(names), "names": subject.some(names)}


def group_of(subject: Subject, name: str) -> str:
    """A place's group: the letter of its device that needs most; one that can't join counts last, because nothing is done to it."""
    devices = subject.plan.reuse[name].devices
    found = {device.decision for device in devices}
    order = ("replace", "upgrade", "reconfigure", "keep", "excluded")
    return LETTERS[next((decision for decision in order if decision in found), "keep")]


def group_rows(subject: Subject) -> Iterator[Row]:
    """Places by group."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in subject.province.sites:
        groups[group_of(subject, name)].append(name)
    for decision in DECISIONS:
        names = groups[LETTERS[decision]]
        if names:
            yield {
                "letter": LETTERS[decision],
                "decision": subject.speech.word("decisions", decision),
                "sites": len(names),
                "share": subject.speech.percent(len(names) / len(subject.province.sites)),
                "names": subject.some(names),
            }


def cost_rows(subject: Subject) -> Iterator[Row]:
    """What is bought and done: everything on the places' bills, priced by the province's list."""
    speech, prices = subject.speech, subject.province.prices_vnd
    bill = Counter[str]()
    for reuse in subject.plan.reuse.values():
        bill.update(reuse.bill)
    for key in get_args(PriceItem):
        if bill[key]:
            price = prices.get(key)
            cost = None if price is None else price * bill[key]
            yield {"item": speech.word("prices", key), "quantity": bill[key], "price": price, "cost": cost}
    if bill:
        yield {
            "item": speech.word("costs", "total"),
            "quantity": " ",
            "price": " ",
            "cost": total(one.cost_vnd for one in subject.plan.reuse.values()),
        }


def priced_names(subject: Subject, keys: Iterable[str]) -> str:
    """Keys of the price list in words."""
    return ", ".join(subject.speech.word("prices", key).lower() for key in keys)


def cost_notes(subject: Subject) -> Iterator[str]:
    """What the costs leave out, and what re-use saves."""
    speech, reuses = subject.speech, subject.plan.reuse.values()
    saved = total(reuse.saved_vnd for reuse in reuses)
    if saved:
        yield speech.word("costs", "saved", saved=speech.money(saved))
    unpriced = sorted({name for reuse in reuses for name in reuse.unpriced})
    if unpriced:
        yield speech.word("costs", "unpriced", names=priced_names(subject, unpriced))
    monthly = total(line.monthly_vnd for site in subject.province.sites.values() for line in site.lines.values())
    if monthly:
        yield speech.word("costs", "lines", monthly=speech.money(monthly))
