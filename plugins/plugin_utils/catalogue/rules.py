"""The rules by which audits judge, and the questions that people answer, as rules.yml has them: one of the two for each requirement."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ..errors import ModelError
from .requirements import requirements

Profile = Literal["qcvn", "level2", "level3", "vendor-hardening"]
Severity = Literal["critical", "high", "medium", "low"]
Kind = Literal["camera", "channel", "nvr", "router", "site"]
Operator = Literal["equals", "in", "at_least", "at_most", "between", "absent"]
PROFILES: tuple[Profile, ...] = get_args(Profile)
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
FILE = Path(__file__).parent / "rules.yml"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's where it was built: every command reads the catalogue
WORDS = {"missing": "is missing; add it", "extra_forbidden": "is no key of a rule; correct its spelling, or remove it"}


class _Entry(BaseModel):
    """What rules and questions have in common; ``id`` is the requirement's."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    id: str
    severity: Severity
    profiles: tuple[Profile, ...] = Field(min_length=1)

    @field_validator("profiles", mode="before")
    @classmethod
    def _all(cls, value: Any) -> Any:
        return PROFILES if value == "all" else value


class Rule(_Entry):
    """A requirement that is judged.

    ``judge`` has conditions by key, or the name of a function of plugin_utils/rules/judges.py, which reads ``reads``. It is judged from
    ``since`` on; what fails until ``grace_until``, included, counts as waived.
    """

    applies: tuple[Kind, ...] = Field(min_length=1)
    judge: str | Mapping[str, Mapping[Operator, Any]]
    reads: tuple[str, ...] = ()
    since: date | None = Field(default=None, alias="from")
    grace_until: date | None = None

    @model_validator(mode="before")
    @classmethod
    def _reads_what_it_judges(cls, raw: Any) -> Any:
        if isinstance(raw, dict) and isinstance(raw.get("judge"), dict):
            return {"reads": tuple(raw["judge"])} | raw
        return raw

    @field_validator("judge")
    @classmethod
    def _each_condition_is_one(cls, value: Any) -> Any:
        for key, condition in value.items() if isinstance(value, Mapping) else ():
            if len(condition) != 1:
                raise ValueError(f"{key} has {len(condition)} conditions instead of one")
            ((operator, bound),) = condition.items()
            if operator in ("in", "between") and (not isinstance(bound, list) or (operator == "between" and len(bound) != 2)):
                raise ValueError(f"{key}: {operator} wants a list, of two values for between")
        return value

    def holds(self, on: date) -> bool:
        """Whether it is judged on a day."""
        return self.since is None or self.since <= on


class Question(_Entry):
    """A requirement that people answer, once for the province, at each site, or at each that has a line of the government network.

    ``why`` says by language why nothing can judge it. ``valid_months``: after so many an answer is too old; None: never.
    """

    ask: Literal["province", "site", "tslcd"]
    why: Mapping[str, str]
    valid_months: int | Mapping[Profile, int] | None = None

    def months(self, profiles: frozenset[str]) -> int | None:
        """How long an answer is good where these profiles are judged."""
        if not isinstance(self.valid_months, Mapping):
            return self.valid_months
        return min((months for profile, months in self.valid_months.items() if profile in profiles), default=None)


def read(path: Path) -> tuple[Mapping[str, Rule], Mapping[str, Question]]:
    """The rules and the questions of a catalogue by id, in the order of the requirements.

    :raises ModelError: what is wrong, with file and key.
    """
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506  a SafeLoader
    except yaml.YAMLError as error:
        raise ModelError(f"{path.name}: {' '.join(str(error).split())}; correct the YAML there") from None
    for part in ("reasons", "rules", "questions"):
        if not isinstance(raw, dict) or not isinstance(raw.get(part), dict):
            raise ModelError(f"{path.name}: {part}: is missing; write it with one entry a requirement")
    order = [one.id for one in requirements(date.max)]
    rules = {name: _entry(path, "rules", Rule, name, value) for name, value in raw["rules"].items()}
    questions = {name: _question(path, name, value, raw["reasons"]) for name, value in raw["questions"].items()}
    for name in (*rules, *questions):
        if name not in order:
            raise ModelError(f"{path.name}: {name}: is no requirement of requirements.csv; correct the id")
    for name in order:
        if (name in rules) == (name in questions):
            raise ModelError(f"{path.name}: {name}: is {'both' if name in rules else 'neither'} a rule and a question; make it one of them")
    return tuple({name: part[name] for name in order if name in part} for part in (rules, questions))  # type: ignore[return-value]  # two


def _question(path: Path, name: str, value: Any, reasons: Mapping[str, Any]) -> Question:
    why = value.get("why") if isinstance(value, dict) else None
    if why is not None and why not in reasons:
        raise ModelError(f"{path.name}: questions.{name}.why: {why!r} is none of reasons; write one of {', '.join(reasons)}")
    return _entry(path, "questions", Question, name, value if why is None else value | {"why": reasons[why]})


Entry = TypeVar("Entry", bound=_Entry)


def _entry(path: Path, part: str, kind: type[Entry], name: str, value: Any) -> Entry:
    try:
        return kind.model_validate({"id": name} | value if isinstance(value, dict) else value)
    except ValidationError as error:
        detail = error.errors()[0]
        where = ".".join([path.name + ": " + part, name, *(str(one) for one in detail["loc"])])
        said = WORDS.get(detail["type"]) or f"{detail['msg'].removeprefix('Value error, ')}; correct it"
        raise ModelError(f"{where}: {said}") from None


RULES, QUESTIONS = read(FILE)
