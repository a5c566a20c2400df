"""Newer files of known holes: checked, compared with what there is, and CISA's list of what is exploited read into it. Pure."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ..errors import ModelError
from ..vendors import VENDORS
from .hole_rules import Action

Document = dict[str, Any]
# What a survey may find at an office besides the makers of the rules.
ROUTERS = ("mikrotik", "cisco", "fortinet", "juniper", "draytek", "vyos", "openwrt")
COLUMNS = ("cveID", "vendor", "product", "name", "dateAdded", "cwes", "shortDescription", "ransomware")
# CISA's own names of those columns.
FEED = {"vendor": "vendorProject", "name": "vulnerabilityName", "ransomware": "knownRansomwareCampaignUse"}
NUMBER = re.compile(r"CVE-\d{4}-\d{4,}")


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from None
    return text


def _day(text: str) -> str:
    date.fromisoformat(text)
    return text


Pattern = Annotated[str, AfterValidator(_pattern)]
Day = Annotated[str, AfterValidator(_day)]
Cve = Annotated[str, Field(pattern=NUMBER.pattern + "$")]
Confidence = Literal["V", "S", "M"]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Range(_Entry):
    confidence: Confidence
    models: Pattern | None = None
    family: Pattern | None = None
    track: Literal["stable", "long-term"] | None = None
    firmware_from: str | None = None
    firmware_until: str | None = None
    firmware_before: str | None = None
    build_from: Day | None = None
    build_until: Day | None = None
    build_before: Day | None = None
    always: bool = False
    unknown: bool = False
    some_models: bool = False
    needs: str | None = None


class _Hole(_Entry):
    cves: list[Cve] = Field(min_length=1)
    makers: list[Pattern]
    affected: list[_Range] = Field(min_length=1)
    kev: Day | None
    cvss: Annotated[float, Field(ge=0, le=10)] | None
    action: Literal[get_args(Action)]  # type: ignore[valid-type]  # the same words
    advice: str
    confidence: str
    source: str
    models: Pattern | None = None
    alone: Pattern | None = None
    banner: Pattern | None = None
    platforms: list[str] = []
    ports: list[int] = []
    remark: str = ""


class _File(_Entry):
    note: str
    day: Day = Field(alias="date")
    unnamed: list[str]
    rules: list[_Hole] = Field(min_length=1)


def read_rules(text: str, name: str) -> Document:
    """A file of rules in our own format.

    :raises ModelError: what is wrong in it, with the rule and the key.
    """
    raw = _json(text, name)
    try:
        _File.model_validate(raw)
    except ValidationError as error:
        detail = error.errors()[0]
        where = ".".join(str(part) for part in detail["loc"])
        raise ModelError(f"{name}: {where or 'file'}: {detail['msg'].removeprefix('Value error, ')}; correct it there") from None
    return raw


def _json(text: str, name: str) -> Document:
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise ModelError(f"{name}: is no JSON ({error}); get the file again") from None
    if not isinstance(raw, dict):
        raise ModelError(f"{name}: holds no rules and no list of exploited holes; name vuln_rules.json or CISA's KEV as JSON or CSV")
    return raw


# --- the exploited ones --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Exploited:
    """CISA's list of exploited holes (KEV): its day, and its rows by the columns of kev.csv."""

    day: str
    rows: tuple[Mapping[str, str], ...]

    @property
    def dates(self) -> Mapping[str, str]:
        """The day on which each hole was listed, by its number."""
        return {row["cveID"]: row["dateAdded"] for row in self.rows}


def is_feed(text: str) -> bool:
    """Whether a file is CISA's list rather than rules of our own."""
    return "cveID" in text and '"rules"' not in text


def read_feed(text: str, name: str) -> Exploited:
    """CISA's list, as JSON or CSV, or the part of it that motcua ships.

    :raises ModelError: when it is none, or holds a number or a day that is none.
    """
    if text.lstrip().startswith("{"):
        raw = _json(text, name)
        given, day, count = raw.get("vulnerabilities"), str(raw.get("dateReleased", ""))[:10], raw.get("count")
    else:
        given, day, count = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))), "", None
    if not isinstance(given, list) or not given:
        raise ModelError(f"{name}: holds no exploited holes; get CISA's list (KEV) again, as JSON or CSV")
    if count is not None and count != len(given):
        raise ModelError(f"{name}: says {count} holes and has {len(given)}, so it isn't whole; get it again")
    rows = tuple(_row(row, number, name) for number, row in enumerate(given, 1))
    return Exploited(day or max(row["dateAdded"] for row in rows), rows)


def _row(raw: Any, number: int, name: str) -> Mapping[str, str]:
    if not isinstance(raw, dict):
        raise ModelError(f"{name}: entry {number}: is no entry of CISA's list; get it again")
    row = {column: raw.get(FEED.get(column, column), raw.get(column)) or "" for column in COLUMNS}
    row = {column: ", ".join(value) if isinstance(value, list) else str(value) for column, value in row.items()}
    if not NUMBER.fullmatch(row["cveID"]):
        raise ModelError(f"{name}: entry {number}: cveID: {row['cveID']!r} is no number of a hole; get the list again")
    try:
        date.fromisoformat(row["dateAdded"])
    except ValueError:
        raise ModelError(f"{name}: {row['cveID']}: dateAdded: {row['dateAdded']!r} is no day; get the list again") from None
    return row


def with_exploited(rules: Document, feed: Exploited) -> Document:
    """The rules with the days on which their holes were listed; what the list doesn't name keeps its day, because it may be a part."""
    dates = feed.dates
    entries = [
        entry | {"kev": min((dates[cve] for cve in entry["cves"] if cve in dates), default=entry["kev"])} for entry in rules["rules"]
    ]
    return rules | {"date": max(rules["date"], feed.day), "rules": entries}


def of_ours(rules: Document, feed: Exploited) -> tuple[Mapping[str, str], ...]:
    """The rows of makers whose devices stand at offices: those of the rules, of the vendors' tables, and of routers."""
    makers = [maker for entry in rules["rules"] for maker in entry["makers"]]
    makers += [name.lower() for vendor in VENDORS.values() for name in (vendor.name, *vendor.brands)] + list(ROUTERS)
    ours = re.compile(rf"(?<![a-z0-9])({'|'.join(map(re.escape, dict.fromkeys(makers)))})(?![a-z0-9])")
    return tuple(row for row in feed.rows if ours.search(row["vendor"].lower()))


def uncovered(rules: Document, rows: Iterable[Mapping[str, str]]) -> tuple[Mapping[str, str], ...]:
    """The rows for which there is no rule."""
    known = {cve for entry in rules["rules"] for cve in entry["cves"]}
    return tuple(row for row in rows if row["cveID"] not in known)


def to_csv(rows: Iterable[Mapping[str, str]]) -> str:
    """Rows as kev.csv has them, in the order of makers and numbers."""
    text = io.StringIO()
    lines = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    lines.writeheader()
    lines.writerows(sorted(rows, key=lambda row: (row["vendor"].lower(), row["cveID"])))
    return text.getvalue()


# --- what changes --------------------------------------------------------------------------------------------------------


def refuse_older(now: Document, day: str, name: str) -> None:
    """:raises ModelError: when a file is older than what there is."""
    if day < now["date"]:
        raise ModelError(f"{name}: is of {day}, and the rules are of {now['date']}; get a newer one, or give --force")


def refuse_losses(now: Document, new: Document, name: str) -> None:
    """:raises ModelError: when rules are gone that there were."""
    lost = sorted(_by_holes(now).keys() - _by_holes(new).keys())
    if lost:
        raise ModelError(f"{name}: has no rule any more for {'; '.join(lost)}; get the whole file, or give --force")


def changes(now: Document, new: Document) -> Iterator[str]:
    """What a newer file changes, a line for each hole."""
    before, after = _by_holes(now), _by_holes(new)
    for holes in sorted(before.keys() | after.keys()):
        old, fresh = before.get(holes, []), after.get(holes, [])
        if not old:
            yield f"+ {holes}: {fresh[0]['action'].replace('_', ' ')}; {fresh[0]['advice']}"
        elif not fresh:
            yield f"- {holes}"
        elif old != fresh:
            yield f"~ {holes}: {'; '.join(_differences(old, fresh))}"


def _differences(old: list[Document], new: list[Document]) -> Iterator[str]:
    if len(old) != len(new):
        yield f"{len(old)} rules -> {len(new)}"
        return
    keys = dict.fromkeys(key for pair in zip(old, new, strict=True) for one in pair for key in one)
    for key in keys:
        values = {(str(one.get(key)), str(other.get(key))) for one, other in zip(old, new, strict=True) if one.get(key) != other.get(key)}
        if len(values) == 1:
            yield "{} {} -> {}".format(key, *next(iter(values)))
        elif values:
            yield f"{key} of {len(values)} rules"


def _by_holes(rules: Document) -> Mapping[str, list[Document]]:
    ordered = sorted(rules["rules"], key=lambda entry: entry["cves"])
    return {", ".join(holes): list(group) for holes, group in groupby(ordered, key=lambda entry: entry["cves"])}
