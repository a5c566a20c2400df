"""`motcua rules`: the catalogue of rules, its questions and their answers, and newer files of known holes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue import update as newer
from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue.holes import FILE
from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue.requirements import requirements
from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue.rules import QUESTIONS, RULES, Question, Rule
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.rules import PROVINCE, Open, open_questions
from rich import box
from rich.markup import escape
from rich.table import Table

from cli.folders import write_whole
from cli.judging import known_profiles
from cli.rule_tables import SEVERITIES, source, write_tables
from cli.rule_tables import text as requirement_text
from cli.screen import screen
from intake.editing.answers import answer_of_province
from intake.editing.edit import Edit

app = typer.Typer(help="The rules by which audits judge, and the questions that people answer.", no_args_is_help=True)

Inventory = Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")]
Language = Annotated[str, typer.Option(help="vi or en")]
Profiles = Annotated[list[str] | None, typer.Option("--profile", help="qcvn, level2, level3 or vendor-hardening; several may be given")]
Place = Annotated[str, typer.Argument(metavar="SITE", help=f"the site's id, or '{PROVINCE}' for what is asked once")]
LAB = Path("inventory/lab/province.yml")
KEV = FILE.with_name("kev.csv")
WORDS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "id": "mã",
        "severity": "mức",
        "judged": "cách đánh giá",
        "text": "yêu cầu",
        "source": "căn cứ",
        "question": "hỏi",
        "why": "vì sao phải hỏi",
        "old": "trả lời ngày {day}, đã quá hạn",
        "none": "Không còn câu hỏi nào.",
        "answer": 'Trả lời bằng: motcua rules answer {place} MÃ yes|no|not_applicable --by "HỌ TÊN, ĐƠN VỊ"',
    },
    "en": {
        "id": "id",
        "severity": "severity",
        "judged": "judged by",
        "text": "requirement",
        "source": "source",
        "question": "question",
        "why": "why it is asked",
        "old": "answered on {day}, which is too long ago",
        "none": "No question is open.",
        "answer": 'Answer with: motcua rules answer {place} ID yes|no|not_applicable --by "NAME, OFFICE"',
    },
}


@app.callback()
def group() -> None:
    """The rules by which audits judge, and the questions that people answer."""


@app.command("list")
def list_rules(
    profile: Profiles = None,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="the day whose sources are named; today unless given")] = None,
    language: Language = "vi",
) -> None:
    """Print the catalogue: each requirement with its source of that day, and how it is judged."""
    profiles, words, day = frozenset(known_profiles(profile)), _words(language), _today() if on is None else on.date()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("id", "severity", "judged", "text", "source"):
        table.add_column(words[name], no_wrap=name in ("id", "severity"), overflow="fold")
    for one in requirements(day):
        entry = RULES.get(one.id) or QUESTIONS[one.id]
        if (not profiles or profiles & set(entry.profiles)) and (isinstance(entry, Question) or entry.holds(day)):
            cells = (
                one.id,
                SEVERITIES[language][entry.severity],
                _judged(entry, words),
                requirement_text(one, language),
                source(one, language),
            )
            table.add_row(*map(escape, cells))
    screen().print(table)


@app.command()
def checklist(site: Place, inventory: Inventory = LAB, profile: Profiles = None, language: Language = "vi") -> None:
    """Print what a site, or the province, has still to answer."""
    words, province, profiles = _words(language), load(inventory), frozenset(known_profiles(profile))
    day = datetime.now(ZoneInfo(province.timezone)).date()
    texts = {one.id: one for one in requirements(day)}
    found = _open(province, site, day, profiles)
    if not found:
        typer.echo(words["none"])
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("id", "severity", "text", "source", "why"):
        table.add_column(words[name], no_wrap=name in ("id", "severity"), overflow="fold")
    for one in found:
        requirement = texts[one.question.id]
        why = one.question.why[language] if one.since is None else words["old"].format(day=one.since)
        severity = SEVERITIES[language][one.question.severity]
        cells = (requirement.id, severity, requirement_text(requirement, language), source(requirement, language), why)
        table.add_row(*map(escape, cells))
    screen().print(table)
    typer.echo(words["answer"].format(place=site))


@app.command()
def answer(
    site: Place,
    question: Annotated[str, typer.Argument(metavar="ID", help="the requirement, as 'motcua rules checklist' names it")],
    said: Annotated[Literal["yes", "no", "not_applicable"], typer.Argument(metavar="ANSWER", help="yes, no or not_applicable")],
    by: Annotated[str, typer.Option(help="who answers for it: name and office")],
    note: Annotated[str | None, typer.Option(help="number of a paper, or what else belongs to it")] = None,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="the day of the answer; today unless given")] = None,
    inventory: Inventory = LAB,
) -> None:
    """Write an answer into the site's YAML, or for the province into checklist.yml; everything else there stays as it is."""
    province = load(inventory)
    day = datetime.now(ZoneInfo(province.timezone)).date() if on is None else on.date()
    given = {"answer": said, "by": by, "day": day} | ({} if note is None else {"note": note})
    if site == PROVINCE:
        answer_of_province(inventory, province, question, given)
        typer.echo(f"Written: {inventory.parent / 'checklist.yml'}")
        return
    edit = Edit(inventory)
    edit.merge(site, {"checklist": {question: given}})
    changed = edit.write()
    typer.echo("Written: " + ", ".join(map(str, changed)) if changed else "Nothing changes.")


@app.command()
def update(
    file: Annotated[Path, typer.Argument(help="a newer vuln_rules.json, or CISA's list of exploited holes (KEV) as JSON or CSV")],
    force: Annotated[bool, typer.Option("--force", help="take it although it is older, or has fewer rules")] = False,
    preview: Annotated[bool, typer.Option("--preview", help="only show what would change")] = False,
) -> None:
    """Check a newer file of known holes, show what it changes, and put it in place of the old one."""
    text, now = _read(file), newer.read_rules(_read(FILE), FILE.name)
    feed = newer.read_feed(text, str(file)) if newer.is_feed(text) else None
    new = newer.read_rules(text, str(file)) if feed is None else newer.with_exploited(now, feed)
    if not force:
        newer.refuse_older(now, new["date"] if feed is None else feed.day, str(file))
        newer.refuse_losses(now, new, str(file))
    lines = list(newer.changes(now, new))
    typer.echo("\n".join(lines) or "No rule changes.")
    written = {FILE: json.dumps(new, ensure_ascii=False, indent=1) + "\n"} if new != now else {}
    if feed is not None:
        before = newer.read_feed(_read(KEV), KEV.name)
        ours = {row["cveID"]: row for row in (*before.rows, *newer.of_ours(new, feed))}
        _tell_uncovered(new, before, ours.values())
        written[KEV] = newer.to_csv(ours.values())
    if preview:
        return
    for target, content in written.items():
        write_whole(target, content)
    typer.echo(f"The rules are of {new['date']}.")


def _tell_uncovered(rules: newer.Document, before: newer.Exploited, ours: Iterable[Mapping[str, str]]) -> None:
    """The exploited holes of our makers that no rule covers: the new ones by name, how many others."""
    rows = newer.uncovered(rules, ours)
    fresh = [row for row in rows if row["cveID"] not in before.dates]
    for row in fresh:
        typer.echo(f"? {row['cveID']}: {row['vendor']} {row['product']}, exploited since {row['dateAdded']}: no rule covers it")
    typer.echo(f"No rule covers {len(rows)} exploited holes, {len(fresh)} of them new: {KEV.name} names them all.")


@app.command()
def document() -> None:
    """Write the tables of docs/rules.md and docs/rules.vi.md from the catalogue."""
    write_tables()


def _open(province: Province, place: str, on: date, profiles: frozenset[str]) -> tuple[Open, ...]:
    if place == PROVINCE:
        return open_questions(province, None, on, profiles or frozenset(province.policy.profiles))
    if place not in province.sites:
        raise ModelError(f"{place}: is no site of {province.name}; name one, or write '{PROVINCE}' for what is asked once")
    return open_questions(province, place, on, profiles or frozenset(province.sites[place].policy.profiles))


def _words(language: str) -> Mapping[str, str]:
    if language not in WORDS:
        raise ModelError(f"--language {language}: is not known; write vi or en")
    return WORDS[language]


def _judged(entry: Rule | Question, words: Mapping[str, str]) -> str:
    return words["question"] if isinstance(entry, Question) else ", ".join(entry.reads)


def _today() -> date:
    return datetime.now().astimezone().date()


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ModelError(f"{file}: byte {error.start} is not UTF-8; get the file again") from None
    except OSError as error:
        raise ModelError(f"{file}: can't be read ({error.strerror}); name another file") from None
