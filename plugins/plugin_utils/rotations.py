"""What is to be rotated and what was: an open order for each subject until it is proved, and its last five changes, without any secret.

A subject is a device's host name, ``<site>.<tunnel>``, ``<hub>.hub`` or ``<account>.viewer``: a host name has no dot.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from .errors import ModelError
from .files import replace_file

KEPT = 5


@dataclass(frozen=True)
class Order:
    """A rotation that somebody wants: ``to`` is the epoch that the subject is to have afterwards."""

    who: str
    when: str
    why: str
    to: int


@dataclass(frozen=True)
class Done:
    """A rotation that is over; ``proved`` says how."""

    who: str
    when: str
    why: str
    before: int
    to: int
    ended: str
    proved: str


@dataclass(frozen=True)
class Record:
    """All that is kept of one subject; ``trouble`` is why the last try didn't end the order, and ``kind`` what kind of failure it was."""

    order: Order | None = None
    done: tuple[Done, ...] = ()
    trouble: str = ""
    kind: str = ""

    def due(self, days: int, now: datetime) -> bool:
        """Whether the last rotation is older than so many days; one that nobody noted is."""
        return not self.done or now - datetime.fromisoformat(self.done[-1].ended) >= timedelta(days=days)


class Ledger:
    """One small file a subject, replaced atomically."""

    def __init__(self, directory: str | Path) -> None:
        """Keep it in ``directory``, which is made when first written."""
        self.directory = Path(directory)

    def read(self, subject: str) -> Record:
        """What is kept of a subject; nothing of one that was never rotated.

        :raises ModelError: when the file can't be read.
        """
        path = self._path(subject)
        try:
            return _record(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return Record()
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(f"{path}: is no record of rotations ({error}); restore it from the backup of the inventory") from None

    def open(self) -> Iterator[tuple[str, Record]]:
        """Every subject with an open order."""
        for path in sorted(self.directory.glob("[!.]*.json")):
            record = self.read(path.stem)
            if record.order is not None:
                yield path.stem, record

    def order(self, subject: str, order: Order) -> None:
        """Note that a subject is to be rotated; an open order stays, because it may be half done, and what is done isn't done again."""
        record = self.read(subject)
        if record.order is None and not (record.done and record.done[-1].to >= order.to):
            self._write(subject, Record(order, record.done))

    def taken(self, subject: str, due: Iterable[Mapping[str, Any]]) -> Order | None:
        """The open order of a subject, with what a campaign has due for it; each of ``due`` is an order and its ``subject``."""
        for row in due:
            if row["subject"] == subject:
                self.order(subject, Order(**{key: value for key, value in row.items() if key != "subject"}))
        return self.read(subject).order

    def ended(self, subject: str, when: str, proved: str) -> None:
        """Note that the open order is done, and how that was proved."""
        record = self.read(subject)
        if record.order is not None:
            order = record.order
            done = Done(order.who, order.when, order.why, order.to - 1, order.to, when, proved)
            self._write(subject, Record(None, (*record.done, done)[-KEPT:]))

    def failed(self, subject: str, trouble: str, kind: str) -> None:
        """Note why the open order isn't done yet; it stays open."""
        record = self.read(subject)
        if record.order is not None:
            self._write(subject, Record(record.order, record.done, trouble, kind))

    def _path(self, subject: str) -> Path:
        return self.directory / f"{subject}.json"

    def _write(self, subject: str, record: Record) -> None:
        text = json.dumps(asdict(record), ensure_ascii=False, indent=1)
        replace_file(str(self._path(subject)), f"{text}\n".encode(), write=True)


def _record(content: Mapping[str, Any]) -> Record:
    order, done = content["order"], tuple(Done(**one) for one in content["done"])
    return Record(None if order is None else Order(**order), done, str(content["trouble"]), str(content["kind"]))
