"""The province on one screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from .judgement import STATES, Judgement, judged, worst
from .rows.lines import sent, silent, tightest, used
from .rows.reuse import decision_rows, priced_names, total
from .rows.storage import is_short
from .rows.survey import LEVELS
from .subject import Subject, province_name
from .tables import Row

WORST, LINES = 12, 50
WIDE = 110  # a narrower window has no place for all columns
STYLES = {"bad": "red", "work": "yellow", "unknown": "cyan", "good": "green"}


def show(subject: Subject, console: Console) -> None:
    """Print the province: as many lines for three places as for thousands."""
    judgements = judged(subject)
    above = Group(_heading(subject), _decisions(subject, console.width), _facts(subject, judgements))
    console.print(above)
    # What a narrow window makes of the lines above leaves less for the worst places.
    room = LINES - len(console.render_lines(above)) - 2
    console.print(_worst(subject, worst(judgements, max(3, min(WORST, room))), console.width))


def _heading(subject: Subject) -> RenderableType:
    speech = subject.speech
    text = Text(speech.word("screen", "heading", province=province_name(subject), on=speech.day(subject.on)), style="bold")
    made_up = sum(site.sample for site in subject.province.sites.values())
    return text.append(f"  [{speech.word('screen', 'sample', n=speech.number(made_up))}]", style="yellow") if made_up else text


def _decisions(subject: Subject, width: int) -> Table:
    speech = subject.speech
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    table.add_column("")
    fields = {
        "cameras": speech.word("roles", "camera"),
        "recorders": speech.word("roles", "nvr"),
        "network": speech.word("screen", "network"),
        "others": speech.word("roles", "other"),
        "total": speech.word("totals", "all"),
        "cost": speech.word("screen", "cost"),
        "saved": speech.word("screen", "saved"),
        "unpriced": speech.word("screen", "unpriced"),
    }
    if width < WIDE:
        fields = {name: fields[name] for name in ("total", "cost", "saved")}
    for title in fields.values():
        table.add_column(title, justify="right")
    for row in decision_rows(subject):
        table.add_row(str(row["letter"]), str(row["decision"]), *(_number(subject, row, field) for field in fields))
    return table


def _number(subject: Subject, row: Row, field: str) -> str:
    value = row[field]
    return subject.speech.number(value) if isinstance(value, int | float) else str(value)


def _facts(subject: Subject, judgements: Mapping[str, Judgement]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, said in (
        ("sites", _sites(subject)),
        ("states", _states(subject, judgements)),
        ("unwatched", _unwatched(subject)),
        ("bill", _bill(subject)),
        ("lines", _lines(subject)),
        ("margins", _margins(subject)),
        ("video", _video(subject)),
        ("storage", _storage(subject)),
        ("addresses", _addresses(subject)),
    ):
        table.add_row(subject.speech.word("screen", name), said)
    return table


def _sites(subject: Subject) -> str:
    speech, sites = subject.speech, subject.province.sites
    levels = Counter(site.level for site in sites.values())
    named = ", ".join(f"{speech.word('levels', level).lower()} {speech.number(levels[level])}" for level in LEVELS if levels[level])
    surveyed = sum(site.office.surveyed is not None for site in sites.values())
    numbers = {"n": len(sites), "surveyed": surveyed, "closed": len(subject.province.retired)}
    return escape(speech.word("screen", "sites_say", levels=named, **{key: speech.number(value) for key, value in numbers.items()}))


def _states(subject: Subject, judgements: Mapping[str, Judgement]) -> str:
    counts, speech = Counter(one.state for one in judgements.values()), subject.speech
    parts = (f"[{STYLES[state]}]{speech.word('states', state)} {speech.number(counts[state])}[/]" for state in STATES)
    return " · ".join(parts)


def _unwatched(subject: Subject) -> str:
    zones = Counter(zone for reuse in subject.plan.reuse.values() for zone in reuse.unwatched)
    said = [f"{subject.speech.word('zones', zone).lower()} {subject.speech.number(count)}" for zone, count in zones.most_common()]
    return ", ".join(said) or subject.speech.word("screen", "unwatched_none")


def _bill(subject: Subject) -> str:
    speech, reuses = subject.speech, subject.plan.reuse.values()
    cost, saved = total(one.cost_vnd for one in reuses), total(one.saved_vnd for one in reuses)
    unpriced = sorted({key for one in reuses for key in one.unpriced})
    missing = speech.word("screen", "no_price", names=priced_names(subject, unpriced)) if unpriced else ""
    return speech.word("screen", "bill_say", cost=speech.money(cost), saved=speech.money(saved), unpriced=missing)


def _lines(subject: Subject) -> str:
    speech, lines = subject.speech, list(used(subject))
    bound = Counter(streams.binding for streams in subject.plan.streams.values())
    numbers = {
        "used": len(lines),
        "over": sum(not one.ok for one in lines),
        "unmeasured": sum(not one.plan.measured for one in lines),
        **{key: bound[key] for key in ("up", "night", "down", "device", "none")},
    }
    return speech.word("screen", "lines_say", **{key: speech.number(value) for key, value in numbers.items()})


def _margins(subject: Subject) -> str:
    named = (f"{subject.short(one.site)}/{one.line} {subject.speech.number(one.margin_kbps)} kbit/s" for one in tightest(subject)[:3])
    return escape("; ".join(named)) or "—"


def _video(subject: Subject) -> str:
    speech, streams = subject.speech, [chosen for _, _, chosen in sent(subject)]
    steps = Counter((-chosen.step.bitrate_kbps, chosen.step.name) for chosen in streams)
    said = ", ".join(f"{name} × {speech.number(count)}" for (_, name), count in sorted(steps.items())) or "—"
    rate = speech.mbps(sum(chosen.step.bitrate_kbps for chosen in streams))
    return escape(speech.word("screen", "video_say", rate=rate, steps=said, silent=speech.number(len(silent(subject)))))


def _storage(subject: Subject) -> str:
    speech, storage = subject.speech, subject.plan.storage
    centre, disks = storage.centre, subject.province.disks
    days = centre.days_on_existing
    text = speech.word(
        "screen",
        "storage_say",
        gb=speech.volume(centre.gb),
        grown=speech.volume(centre.grown_gb),
        disks=speech.number(centre.disks),
        size=speech.number(disks.disk_tb, 1),
        existing=speech.word("known", "unknown").lower()
        if days is None
        else speech.word("screen", "existing", days=speech.number(days, 1)),
    )
    asked = [edge for edge in storage.recorders.values() if edge.days_asked]
    if not asked:
        return text
    short, unknown = sum(is_short(edge) for edge in asked), sum(edge.days is None for edge in asked)
    return f"{text}; {speech.word('screen', 'edge', short=speech.number(short), unknown=speech.number(unknown))}"


def _addresses(subject: Subject) -> str:
    speech = subject.speech
    lans = Counter(addresses.lan for addresses in subject.plan.addresses.values())
    numbers = {"sites": sum(lans.values()), "alike": sum(count for count in lans.values() if count > 1)}
    pool = subject.province.networks.sites
    return speech.word("screen", "addresses_say", pool=pool, **{key: speech.number(value) for key, value in numbers.items()})


def _worst(subject: Subject, found: Sequence[Judgement], width: int) -> Text:
    """One line each: a screen stays a screen, and the dossier has the rest."""
    text = Text(f"\n{subject.speech.word('screen', 'worst')}\n", style="bold")
    if not found:
        return text.append(subject.speech.word("screen", "worst_none"), style="not bold")
    longest = max(cell_len(subject.short(one.site)) for one in found)
    for one in found:
        line = Text("● ", style=STYLES[one.state])
        name = subject.short(one.site)
        line.append(
            name + " " * (longest - cell_len(name) + 2) + "; ".join(remark.text for remark in one.remarks), style="not bold default"
        )
        line.truncate(width, overflow="ellipsis")
        text.append_text(line).append("\n")
    text.rstrip()
    return text
