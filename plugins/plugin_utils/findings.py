"""What an audit found: one frozen value for drift, failed checks and what could not be told; from task results, to and from JSON."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, TypeAlias, get_args

from .errors import MotcuaError

Json: TypeAlias = Any
Status = Literal["pass", "fail", "error", "skipped", "waived"]

# Exit codes of `motcua audit` and `motcua verify`.
ALL_AS_DECLARED, COULD_NOT_TELL, DRIFT = 0, 1, 2

VERSION = 1
SECRET = "(secret)"  # noqa: S105  what stands in a secret's place
LINES_SHOWN = 40
# systemctl's verbs that a unit still needs, as (declared state, real state).
UNIT_STATES = {
    "start": ("running", "not running"),
    "enable": ("starts at boot", "doesn't start at boot"),
    "unmask": ("may start", "is masked"),
    "stop": ("not running", "running"),
    "disable": ("doesn't start at boot", "starts at boot"),
}
LETTERS_SHOWN = 600
NOTHING: tuple[Json, ...] = (None, "", [])


@dataclass(frozen=True)
class Finding:
    """One check of one device. ``error`` is "could not tell": never drift, and never a pass.

    ``site`` is None for a centre's machine; ``expected`` and ``actual`` are JSON values, lines of a file as one text;
    ``since`` is the ISO 8601 time at which a history first saw it; ``evidence`` says what was read, and when.
    """

    device: str
    site: str | None
    feature: str
    check: str
    status: Status
    expected: Json = None
    actual: Json = None
    since: str | None = None
    evidence: str = ""

    @property
    def id(self) -> str:
        """Six hexadecimal digits by which people name it: the same in every audit, because device and check alone make them."""
        return hashlib.sha256(f"{self.device}:{self.check}".encode()).hexdigest()[:6]

    @property
    def difference(self) -> Literal["missing", "different", "extra"] | None:
        """How a failed finding differs from what is declared; None where nothing failed."""
        if self.status not in ("fail", "waived"):
            return None
        if self.actual in NOTHING:
            return "missing"
        return "extra" if self.expected in NOTHING else "different"


def exit_code(findings: Iterable[Finding]) -> int:
    """2 for any drift, else 1 for anything that could not be told, or when nothing was judged, else 0."""
    statuses = {finding.status for finding in findings}
    if "fail" in statuses:
        return DRIFT
    if "error" in statuses or not statuses & {"pass", "waived"}:
        return COULD_NOT_TELL
    return ALL_AS_DECLARED


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings in the one order that depends on nothing but themselves; a finding said twice stands once."""
    keyed = {(one.device, one.feature, one.check, json.dumps(vars(one), sort_keys=True)): one for one in findings}
    return tuple(keyed[key] for key in sorted(keyed))


def to_json(findings: Iterable[Finding], when: str) -> str:
    """The findings as a document, one a line; ``when`` is the ISO 8601 time of the audit."""
    rows = ",\n".join(json.dumps(vars(finding), ensure_ascii=False) for finding in in_order(findings))
    return f'{{"version": {VERSION}, "when": {json.dumps(when)}, "findings": [\n{rows}\n]}}\n'


def from_json(text: str) -> tuple[Finding, ...]:
    """The findings of a document.

    :raises MotcuaError: when the text is no such document, or one of another version.
    """
    try:
        document = json.loads(text)
        if document["version"] != VERSION:
            raise MotcuaError(f"findings: version {document['version']!r} is not {VERSION}; read them with the motcua that wrote them")
        findings = in_order(Finding(**row) for row in document["findings"])
    except (ValueError, TypeError, KeyError) as error:
        names = ", ".join(field.name for field in fields(Finding))
        raise MotcuaError(f"findings: not a document of findings ({error}); each needs {names}; run the audit again") from None
    for finding in findings:
        if finding.status not in get_args(Status):
            raise MotcuaError(f"findings: {finding.device}: status {finding.status!r} is not one of {', '.join(get_args(Status))}")
    return findings


# --- from what Ansible's tasks say -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """Where a result comes from: the judged device and what judged it; ``file`` is the path that the task was told to keep."""

    device: str
    site: str | None
    feature: str
    name: str
    evidence: str = ""
    file: str = ""

    def finding(self, status: Status, expected: Json = None, actual: Json = None) -> Finding:
        """A finding of this task as a whole."""
        return Finding(self.device, self.site, self.feature, self.name, status, expected, actual, evidence=self.evidence)


def of_device(task: Task, result: Mapping[str, Any]) -> Iterator[Finding]:
    """What the action ``motcua.cctv.device`` says: one finding for each key that differs, isn't supported, or breaks a rule."""
    for change in result.get("changes") or ():
        yield _of_key(task, change["key"]).finding("fail", change.get("after"), _with_outcome(change))
    for row in result.get("unsupported") or ():
        yield _of_key(task, row["key"]).finding("skipped", None, row["reason"])
    for row in result.get("findings") or ():
        yield replace(task, feature="device", name=str(row)).finding("fail")


def of_audit(task: Task, said: Mapping[str, Any]) -> Iterator[Finding]:
    """What the action ``motcua.cctv.audit`` says of one device: what its own action would, or why it couldn't be told."""
    if said.get("unreachable"):
        yield from of_silence(task, said)
        return
    yield from of_router(task, said) if "commands" in said else of_device(task, said)
    if said.get("failed"):
        yield from of_failure(task, said)


def of_router(task: Task, result: Mapping[str, Any]) -> Iterator[Finding]:
    """What the action ``motcua.cctv.router`` says: what differs, what speaks against it, and what its version knows and we don't."""
    router, commands = replace(task, feature="router"), [*(result.get("commands") or ()), *(result.get("worksheet") or ())]
    if commands:
        expected, actual = (
            (_shortened(text) for text in _expected_and_actual(result)) if result.get("diff") else ("\n".join(commands), None)
        )
        yield replace(router, name="configuration").finding("fail", expected, actual)
    for row in result.get("contradictions") or ():
        yield replace(router, name=str(row["key"])).finding("fail", None, row["message"])
    for name in result.get("unknown") or ():
        yield replace(router, name=str(name)).finding("skipped", None, "its version has this and motcua doesn't know it; it is left alone")
    for row in result.get("findings") or ():
        yield replace(router, name=str(row)).finding("fail")


def of_task(task: Task, result: Mapping[str, Any]) -> Iterator[Finding]:
    """What a changed task of a role says: one finding, or one for each changed item of its loop, each unit or file that it names."""
    rows = result.get("results")
    for row in rows if isinstance(rows, list) else [result]:
        if row is result or (isinstance(row, Mapping) and row.get("changed")):
            for subject, expected, actual in _parts(row, _subject(row) or (task.file if row is result else "")):
                named = replace(task, name=f"{task.name}: {subject}") if subject else task
                yield named.finding("fail", expected, actual)


def _parts(result: Mapping[str, Any], subject: str) -> Iterator[tuple[str, Json, Json]]:
    """What differs, with its declared and its real value."""
    actions, diffs = result.get("actions"), _diffs(result)
    if _is_secret(result):
        yield subject, SECRET, SECRET
    elif isinstance(actions, Mapping) and actions:
        yield from ((unit, *UNIT_STATES.get(verb, (verb, "not done"))) for verb, units in actions.items() for unit in units)
    elif diffs and all("before_header" in diff for diff in diffs):
        for diff in diffs:
            expected, actual = _of_diff(diff)
            yield str(diff["before_header"]), _shortened(expected), _shortened(actual)
    else:
        yield subject, *_expected_and_actual(result)


def of_failure(task: Task, result: Mapping[str, Any]) -> Iterator[Finding]:
    """What a failed task says: that this could not be told."""
    rows = [row for row in result.get("results") or () if isinstance(row, Mapping) and row.get("failed")]
    yield task.finding("error", None, _message(rows[0] if rows else result))


def of_silence(task: Task, result: Mapping[str, Any]) -> Iterator[Finding]:
    """What a device that didn't answer says."""
    yield replace(task, feature="device", name="reachable").finding("error", "answers", _message(result))


def of_host(task: Task, judged: bool, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The closing word on a host: it passes when something judged it and nothing spoke against it."""
    if {"fail", "error"} & {finding.status for finding in findings}:
        return
    if judged:
        yield replace(task, feature="device", name="declared").finding("pass")
    else:
        yield replace(task, feature="device", name="judged").finding("error", "judged", "no task judged it in this run")


def _of_key(task: Task, key: str) -> Task:
    return replace(task, feature=key.partition(".")[0], name=key)


def _with_outcome(change: Mapping[str, Any]) -> Json:
    """What the device has; with its own words when it took something else than what it was told, or nothing."""
    outcome = change.get("outcome")
    if outcome not in ("clamped", "refused", "unconfirmed"):
        return change.get("before")
    return f"{change.get('before')} ({outcome}{': ' + str(change['words']) if change.get('words') else ''})"


def _message(result: Mapping[str, Any]) -> str:
    if _is_secret(result):
        return SECRET
    spoken = [result.get("msg") if result.get("msg") != "non-zero return code" else None, result.get("stderr"), result.get("stdout")]
    text = str(next((words for words in spoken if words), "the task failed without a word")).strip()
    return text if len(text) <= LETTERS_SHOWN else text[:LETTERS_SHOWN] + "…"


def _is_secret(result: Mapping[str, Any]) -> bool:
    return bool(result.get("_ansible_no_log")) or "censored" in result


def _subject(result: Mapping[str, Any]) -> str:
    """What the task worked on: the unit or the file, else the item of its loop; tasks of one name are told apart by it."""
    if _is_secret(result):
        return ""
    unit = result.get("name") if "status" in result else None
    return _short(unit or result.get("dest") or result.get("path") or result.get("_ansible_item_label", result.get("item", "")))


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return text if len(text) <= 80 else text[:80] + "…"


def _expected_and_actual(result: Mapping[str, Any]) -> tuple[Json, Json]:
    """Declared and real value of a changed result: out of its diff, a unit's state or what a comparison printed."""
    parts = [_of_diff(diff) for diff in _diffs(result)]
    expected, actual = ("\n".join(part[side] for part in parts if part[side]) for side in (0, 1))
    if not expected and not actual:
        expected, actual = _of_unit(result["status"], result) if isinstance(result.get("status"), Mapping) else _of_output(result)
    return _shortened(expected), _shortened(actual)


def _diffs(result: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    diffs = result.get("diff") or []
    return [diff for diff in (diffs if isinstance(diffs, list) else [diffs]) if isinstance(diff, Mapping)]


def _of_unit(status: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[str, str]:
    wanted = [str(result["state"])] if result.get("state") else []
    if result.get("enabled") is not None:
        wanted.append("enabled" if result["enabled"] else "disabled")
    return ", ".join(wanted), f"{status.get('ActiveState', 'unknown')}, {status.get('UnitFileState') or 'no unit file'}"


def _of_output(result: Mapping[str, Any]) -> tuple[str, str]:
    """A comparison's own words; `diff -u EXPECTED ACTUAL` is taken apart."""
    text = str(result.get("stdout") or result.get("stderr") or "differs").strip()
    if not text.startswith("--- "):
        return "as declared", text
    added, removed = _of_diff({"prepared": text})
    return removed or "as declared", added or "less than is declared"


def _of_diff(diff: Mapping[str, Any]) -> tuple[str, str]:
    if "before" not in diff or "after" not in diff:
        lines = str(diff.get("prepared", "")).splitlines()
        added = [line[1:] for line in lines if line.startswith("+") and not line.startswith("+++")]
        removed = [line[1:] for line in lines if line.startswith("-") and not line.startswith("---")]
        return "\n".join(added), "\n".join(removed)
    before, after = _lines(diff["before"]), _lines(diff["after"])
    changed = [line for line in difflib.ndiff(before, after) if line[0] in "+-"] if max(len(before), len(after)) < 500 else None
    if changed is None:
        have, want = set(before), set(after)
        return "\n".join(line for line in after if line not in have), "\n".join(line for line in before if line not in want)
    return "\n".join(line[2:] for line in changed if line[0] == "+"), "\n".join(line[2:] for line in changed if line[0] == "-")


def _lines(side: Any) -> list[str]:
    if isinstance(side, Mapping):
        return [f"{key}: {_short(value)}" for key, value in sorted(side.items())]
    return [] if side is None else str(side).splitlines()


def _shortened(text: str) -> str:
    lines = text.splitlines()
    return text if len(lines) <= LINES_SHOWN else "\n".join([*lines[:LINES_SHOWN], f"… {len(lines) - LINES_SHOWN} more lines"])
