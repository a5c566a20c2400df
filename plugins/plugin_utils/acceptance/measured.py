"""What a run measured, out of the rows that the collecting program at the centre prints."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from ..findings import Finding

GAP_S = 2  # the recorder's own measure: a hole of 2 s between two pictures is a gap in the recording
# Pieces come every 2 s and are looked at together every 8 s; so much may pass at either end of a run without anything missing.
EDGE_S = 20


@dataclass(frozen=True)
class Pictures:
    """A camera's pictures over the whole run, as they arrived at the recorder.

    ``seen_s`` is the time that they cover, without gaps; ``kbps`` the mean over it, ``peak_kbps`` the largest of about 8 s. ``errors`` are
    what the reader of the pieces complained of.
    """

    seen_s: float = 0.0
    frames: int = 0
    kbps: float = 0.0
    peak_kbps: float = 0.0
    gaps: int = 0
    longest_gap_s: float = 0.0
    errors: tuple[str, ...] = ()

    @property
    def fps(self) -> float:
        """Frames a second while there were pictures; 0 where there were none."""
        return self.frames / self.seen_s if self.seen_s else 0.0


@dataclass(frozen=True)
class Path:
    """Round trips from the centre to the site's end of a tunnel, one a second, in ms; ``p95_ms`` is None when none came back."""

    sent: int
    received: int
    p95_ms: float | None

    @property
    def loss(self) -> float:
        """The share that was lost."""
        return 1 - self.received / self.sent if self.sent else 1.0


@dataclass(frozen=True)
class Office:
    """What a bounded sender at the site got through beside the cameras, in kbit/s, and what it offered."""

    line: str
    offered_kbps: float
    kbps: float


@dataclass(frozen=True)
class Trial:
    """A run of a site. Times are ISO 8601; ``unfinished`` says why it ended before its time, empty when it didn't.

    ``verified`` are the findings of the site's verification ``before``, ``during`` and ``after``; None where it couldn't be tried.
    ``office`` is None where no traffic could be sent: ``office_why`` is ``not_allowed``, ``not_here``, or what went wrong. ``rebooted``
    says of each device that was rebooted what went wrong, empty when it came back; it is None where no reboot was asked for.
    """

    site: str
    begun: str
    ended: str
    minutes: float
    unfinished: str
    notice: str | None
    pictures: Mapping[str, Pictures]
    paths: Mapping[str, Path]
    verified: Mapping[str, tuple[Finding, ...] | None]
    office: Office | None = None
    office_why: str = ""
    rebooted: Mapping[str, str] | None = None


@dataclass
class _Batch:
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def measured(rows: Iterable[Mapping[str, Any]], cameras: Sequence[str]) -> tuple[Mapping[str, Pictures], Mapping[str, Path], bool]:
    """Pictures by camera, round trips by tunnel, and whether the program came to its own end.

    A row is ``{camera, at_s, first_s, last_s, frames, bytes, gaps}`` (``at_s`` seconds into the run, others of the pictures' clock),
    ``{camera, at_s, error}``, ``{tunnel, sent, round_trips_ms}`` or ``{end_s}``.
    """
    batches = defaultdict[str, _Batch](_Batch)
    paths: dict[str, Path] = {}
    end_s: float | None = None
    for row in rows:
        if "end_s" in row:
            end_s = float(row["end_s"])
        elif "tunnel" in row:
            times = sorted(float(ms) for ms in row["round_trips_ms"])
            paths[str(row["tunnel"])] = Path(int(row["sent"]), len(times), _p95(times))
        elif "error" in row:
            batches[str(row["camera"])].errors.append(str(row["error"]))
        else:
            batches[str(row["camera"])].rows.append(row)
    return {name: _pictures(batches[name], end_s) for name in cameras}, paths, end_s is not None


def _p95(ordered: Sequence[float]) -> float | None:
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))] if ordered else None


def _pictures(batch: _Batch, end_s: float | None) -> Pictures:
    """Without an end nobody knows how long the run was; it is unfinished then, and the last gap isn't counted."""
    errors = tuple(dict.fromkeys(batch.errors))
    rows = sorted(batch.rows, key=lambda row: float(row["at_s"]))
    if not rows:
        return Pictures(gaps=1, longest_gap_s=end_s or 0.0, errors=errors)
    gaps = [float(gap) for row in rows for gap in row["gaps"]]
    gaps += [gap for one, other in pairwise(rows) if (gap := _between(one, other)) >= GAP_S]
    ends = [float(rows[0]["at_s"]), 0.0 if end_s is None else end_s - float(rows[-1]["at_s"])]
    gaps += [gap for gap in ends if gap > EDGE_S]
    spans = [_span(row) for row in rows]
    seen_s, size = sum(spans), sum(int(row["bytes"]) for row in rows)
    rates = [int(row["bytes"]) * 8 / 1000 / span for row, span in zip(rows, spans, strict=True) if span]
    return Pictures(
        seen_s=seen_s,
        frames=sum(int(row["frames"]) for row in rows),
        kbps=size * 8 / 1000 / seen_s if seen_s else 0.0,
        peak_kbps=max(rates, default=0.0),
        gaps=len(gaps),
        longest_gap_s=max(gaps, default=0.0),
        errors=errors,
    )


def _span(row: Mapping[str, Any]) -> float:
    """How long the pictures of a row are shown, the last one as long as the others are on average; gaps within aren't."""
    shown, frames = float(row["last_s"]) - float(row["first_s"]) - sum(float(gap) for gap in row["gaps"]), int(row["frames"])
    return shown * frames / (frames - 1) if frames > 1 else 0.0


def _between(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """What lies between two rows; where the pictures' clock began anew, as after a restart of the recorder, the centre's clock says it."""
    shown = float(other["first_s"]) - float(one["last_s"])
    return shown if shown >= 0 else max(GAP_S, float(other["at_s"]) - float(one["at_s"]) - _span(other))
