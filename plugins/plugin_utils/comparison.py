"""Two verifications beside each other: what held before a rollout and doesn't now, what was mended, what is new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .findings import ALL_AS_DECLARED, COULD_NOT_TELL, DRIFT, Finding

HOLDS = ("pass", "waived")
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Comparison:
    """Findings of now, but for ``gone``, which are of before.

    ``broken`` held before and fails now; ``unknown`` held before and couldn't be tried now; ``gone`` held before and is no case any more;
    ``mended`` failed or couldn't be told before and holds now; ``new`` was no case before; ``still`` fails as it did before.
    """

    broken: tuple[Finding, ...] = ()
    unknown: tuple[Finding, ...] = ()
    gone: tuple[Finding, ...] = ()
    mended: tuple[Finding, ...] = ()
    new: tuple[Finding, ...] = ()
    still: tuple[Finding, ...] = ()

    @property
    def verdict(self) -> int:
        """2 when something fails now that held before or wasn't there, 1 when that can't be told, else 0: what failed may fail on."""
        if self.broken or any(one.status == "fail" for one in self.new):
            return DRIFT
        return COULD_NOT_TELL if self.unknown or self.gone or any(one.status == "error" for one in self.new) else ALL_AS_DECLARED


def compare(before: Iterable[Finding], now: Iterable[Finding]) -> Comparison:
    """Compare two runs case by case.

    A case that is tried under the same name of the same device is the same case. What was skipped both times says nothing.
    """
    old, new = _keyed(before), _keyed(now)
    held = {key for key, one in old.items() if one.status in HOLDS}
    return Comparison(
        broken=tuple(one for key, one in new.items() if key in held and one.status == "fail"),
        unknown=tuple(one for key, one in new.items() if key in held and one.status in ("error", "skipped")),
        gone=tuple(one for key, one in old.items() if key in held and key not in new),
        mended=tuple(one for key, one in new.items() if key in old and old[key].status in ("fail", "error") and one.status in HOLDS),
        new=tuple(one for key, one in new.items() if key not in old),
        still=tuple(one for key, one in new.items() if key in old and key not in held and one.status in ("fail", "error")),
    )


def _keyed(findings: Iterable[Finding]) -> Mapping[Key, Finding]:
    return {(one.device, one.feature, one.check): one for one in findings}
