"""Which findings somebody means, who names them by id or as device:check."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from .errors import MotcuaError
from .findings import Finding, in_order

CHOOSABLE = ("fail", "waived")


def choose(findings: Iterable[Finding], names: Iterable[str]) -> tuple[Finding, ...]:
    """The findings that fail, or are waived, and are named; each once.

    :raises MotcuaError: a line for each name that is nobody's, two findings' at once, or that of something else than a difference.
    """
    found, mistakes = [], []
    known = list(findings)
    for name in names:
        meant = [finding for finding in known if name in (finding.id, f"{finding.device}:{finding.check}")]
        wrong = _mistake(name, meant, known)
        if wrong:
            mistakes.append(f"{name}: {wrong}")
        found += [finding for finding in meant if finding.status in CHOOSABLE]
    if mistakes:
        raise MotcuaError("\n".join(mistakes))
    return in_order(found)


def _mistake(name: str, meant: list[Finding], known: list[Finding]) -> str | None:
    if not meant:
        near = difflib.get_close_matches(name, [f"{one.device}:{one.check}" for one in known if one.status in CHOOSABLE], n=1)
        return f"is no finding of this report; {f'did you mean {near[0]}?' if near else 'the audit prints the ids of all that differ'}"
    if len({(finding.device, finding.check) for finding in meant}) > 1:
        return f"is {' and '.join(f'{one.device}:{one.check}' for one in meant)}; name it in this way"
    if any(finding.status in CHOOSABLE for finding in meant):
        return None
    if meant[0].status == "error":
        return f"could not be told ({meant[0].actual}); audit again when the device answers"
    return "doesn't differ from what is declared; there is nothing to do"
