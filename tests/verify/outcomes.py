"""What came of the cases, as findings that reports and the history take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding, Status

from tests.verify.cases import Case

# A weakness that the inventory itself declares is known, and counts as accepted; it isn't a pass.
STATUSES: Mapping[str, Status] = {"failed": "fail", "error": "error", "xfailed": "waived", "skipped": "skipped", "passed": "pass"}


def findings(stats: Mapping[str, Iterable[Any]], cases: Iterable[Case], when: str) -> Iterator[Finding]:
    """A finding for each case of pytest's reports; ``when`` is the ISO 8601 time of the run. A case without a report is an error of its own."""
    known = {(case.test, case.ident): case for case in cases}
    for outcome, status in STATUSES.items():
        for report in stats.get(outcome, ()):
            case = known.pop(_key(report), None)
            if case is not None:
                yield _finding(case, status, "" if status == "pass" else reason(report), when)
    for case in known.values():
        yield _finding(case, "error", "the run ended before this case", when)


def reason(report: Any) -> str:
    """Why a case isn't fine, in one line."""
    if getattr(report, "wasxfail", ""):
        return str(report.wasxfail)
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message if crash else report.longrepr).strip().splitlines()[0 if crash else -1].removeprefix("AssertionError: ")


def _key(report: Any) -> tuple[str, str]:
    test, _, ident = str(report.nodeid).split("::")[-1].partition("[")
    return test, ident.removesuffix("]")


def _finding(case: Case, status: Status, said: str, when: str) -> Finding:
    """The tests say "expected …, actual …"; where one doesn't, its sentence is what was found."""
    _, marked, actual = said.rpartition(", actual ")
    evidence = f"{case.sentence('en')} {f'{said} ' if marked else ''}Verified {when}"
    return Finding(
        case.device,
        case.site,
        case.feature,
        case.check,
        status,
        case.expects["en"],
        (actual if marked else said) or None,
        evidence=evidence,
    )
