"""What a cell may hold: how each kind of value is written for people, and read back from whatever they and their spreadsheet made of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Protocol

Written = str | int | float
NO_TEXT = {bool: "TRUE or FALSE", datetime: "a date", date: "a date", time: "a time"}
ERASERS = ("-", "–", "—")  # what people write for "there is none"
MOST_DIGITS = 15  # a spreadsheet keeps no more of a number
INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff]")


class Wrong(ValueError):
    """What is wrong with a cell's content and what to write, to stand behind the cell's name."""


class Kind(Protocol):
    """A kind of value, with the labels of its drop-down list; a text cell is kept from being made a number or a date."""

    @property
    def offers(self) -> tuple[str, ...]:
        """What the drop-down list shows; empty for none."""

    @property
    def is_text(self) -> bool:
        """Whether the cell is formatted as text."""

    def read(self, cell: object) -> Any:
        """The value that the model takes.

        :raises Wrong: when the cell says nothing of this kind.
        """

    def write(self, value: Any) -> Written:
        """What the cell shows."""


def tidy(text: str) -> str:
    """The text with composed diacritics and without what nobody sees: outer blanks, hard blanks, line ends, zero-width signs."""
    return (
        re.sub(r"\s*[\r\n\v\f]\s*", " ", INVISIBLE.sub("", unicodedata.normalize("NFC", text)).replace("\xa0", " "))
        .replace("\t", " ")
        .strip()
    )


def folded(text: str) -> str:
    """The text for comparing what people write by hand: case and number of blanks don't count."""
    return " ".join(tidy(text).casefold().split())


def shown(cell: object) -> str:
    """A cell's content as people see it there."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and not (cell.hour or cell.minute or cell.second):
        return f"{cell:%d/%m/%Y}"
    if isinstance(cell, time):
        return f"{cell:%H:%M:%S}".removesuffix(":00")
    return tidy(str(cell))


def text_of(cell: object) -> str:
    """The cell as text.

    :raises Wrong: when the spreadsheet made something of it that can't be undone.
    """
    if isinstance(cell, bool | date):
        raise Wrong(f"was made {NO_TEXT[type(cell)]} ({shown(cell)}) by the spreadsheet; format the cell as text and write it again")
    if isinstance(cell, int | float) and abs(cell) >= 10**MOST_DIGITS:
        raise Wrong(f"was made a number ({shown(cell)}) and has lost digits; format the cell as text and write it again")
    return shown(cell)


@dataclass(frozen=True)
class Words:
    """Text as people write it."""

    offers: tuple[str, ...] = ()
    is_text: bool = True

    def read(self, cell: object) -> str:
        """The text, tidied."""
        return text_of(cell)

    def write(self, value: Any) -> str:
        """The text."""
        return str(value)


@dataclass(frozen=True)
class Parsed:
    """Text of a form of its own."""

    parse: Callable[[str], Any]
    like: str
    show: Callable[[Any], str] = str
    offers: tuple[str, ...] = ()
    is_text: bool = True

    def read(self, cell: object) -> Any:
        """What the text means."""
        text = text_of(cell)
        try:
            return self.parse(text)
        except ValueError as error:
            reason = f": {error}" if isinstance(error, Wrong) else ""
            raise Wrong(f"'{text}' can't be understood{reason}; write it like {self.like}") from None

    def write(self, value: Any) -> str:
        """The value as text."""
        return self.show(value)


DAYS = (r"(?P<d>\d{1,2})[/.-](?P<m>\d{1,2})[/.-](?P<y>\d{4})", r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})(?:[T ]00:00(?::00)?)?")


@dataclass(frozen=True)
class Day:
    """A date; the cell is text, so that no spreadsheet takes the month for the day."""

    offers: tuple[str, ...] = ()
    is_text: bool = True

    def read(self, cell: object) -> date:
        """The date."""
        if isinstance(cell, datetime):
            return cell.date()
        if isinstance(cell, date):
            return cell
        found = next((match for form in DAYS if (match := re.fullmatch(form, shown(cell)))), None)
        try:
            if found:
                return date(int(found["y"]), int(found["m"]), int(found["d"]))
        except ValueError:
            pass
        raise Wrong(f"'{shown(cell)}' is not a date; write it like 26/11/2026")

    def write(self, value: Any) -> str:
        """Day, month, year."""
        return f"{value:%d/%m/}{value.year:04}"


@dataclass(frozen=True)
class Choice:
    """One of a list; ``labels`` are what people see, ``others`` is what else they write, by what it means."""

    labels: Mapping[Any, str]
    others: Mapping[str, Any] = field(default_factory=dict)
    complaint: Callable[[str], str] | None = None
    is_text: bool = True

    @property
    def offers(self) -> tuple[str, ...]:
        """The labels."""
        return tuple(self.labels.values())

    def read(self, cell: object) -> Any:
        """The value behind the label."""
        if isinstance(cell, bool) and cell in self.labels:
            return cell
        meant: dict[Hashable, Any] = {folded(name): value for name, value in self.others.items()}
        meant |= {folded(str(value)): value for value in self.labels} | {folded(label): value for value, label in self.labels.items()}
        text = shown(cell)
        if folded(text) in meant:
            return meant[folded(text)]
        if self.complaint is not None:
            raise Wrong(self.complaint(text))
        raise Wrong(f"'{text}' is not in the list; choose one of {', '.join(self.offers)}")

    def write(self, value: Any) -> str:
        """The label."""
        return self.labels[value]


@dataclass(frozen=True)
class Several:
    """Some of a list, with semicolons between them."""

    of: Choice
    offers: tuple[str, ...] = ()
    is_text: bool = True

    def read(self, cell: object) -> list[Any]:
        """The values behind the labels."""
        return [self.of.read(part) for part in re.split(r"[;,]", text_of(cell)) if part.strip()]

    def write(self, value: Any) -> str:
        """The labels."""
        return "; ".join(self.of.write(one) for one in value)
