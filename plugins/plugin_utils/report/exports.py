"""Findings for other programs: CSV for spreadsheets, JUnit for CI, Prometheus' text format. Pure; same input, same bytes."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from itertools import groupby
from typing import get_args
from xml.etree import ElementTree

from ..findings import Finding, Json, Status, in_order

COLUMNS = tuple(field.name for field in fields(Finding))
# XML 1.0 has no way to write these, not even escaped.
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A spreadsheet takes a cell that begins so for a formula, and what a device says of itself stands in these cells.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_csv(findings: Iterable[Finding]) -> str:
    """A line a finding, with a byte order mark, without which Excel garbles Vietnamese."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(COLUMNS)
    lines.writerows([_cell(getattr(finding, name)) for name in COLUMNS] for finding in in_order(findings))
    return "\ufeff" + text.getvalue()


def to_junit(findings: Iterable[Finding], when: datetime) -> str:
    """A suite a device and a case a finding. What could not be told is an error, what is waived or can't be judged is skipped."""
    root = ElementTree.Element("testsuites", name="motcua")
    for device, group in groupby(in_order(findings), lambda finding: finding.device):
        rows = list(group)
        counts = Counter(finding.status for finding in rows)
        counted = {
            "tests": len(rows),
            "failures": counts["fail"],
            "errors": counts["error"],
            "skipped": counts["skipped"] + counts["waived"],
        }
        about = {"name": device, "timestamp": f"{when:%Y-%m-%dT%H:%M:%S}"} | {name: str(number) for name, number in counted.items()}
        suite = ElementTree.SubElement(root, "testsuite", about)
        for finding in rows:
            _case(suite, finding)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def to_prometheus(findings: Iterable[Finding], when: datetime) -> str:
    """How many findings of each site and status, zeros too, and when the audit was; for node exporter's textfile collector."""
    rows = in_order(findings)
    counts = Counter((finding.site or "", finding.status) for finding in rows)
    text = "# HELP motcua_audit_findings Findings of the last audit.\n# TYPE motcua_audit_findings gauge\n"
    for site in sorted({finding.site or "" for finding in rows}):
        for status in get_args(Status):
            text += f'motcua_audit_findings{{site="{site}",status="{status}"}} {counts[site, status]}\n'
    text += "# HELP motcua_audit_timestamp_seconds When the last audit was.\n# TYPE motcua_audit_timestamp_seconds gauge\n"
    return f"{text}motcua_audit_timestamp_seconds {int(when.timestamp())}\n"


def _case(suite: ElementTree.Element, finding: Finding) -> None:
    case = ElementTree.SubElement(suite, "testcase", name=_written(finding.check), classname=f"{finding.device}.{finding.feature}")
    kind = {"fail": "failure", "error": "error", "skipped": "skipped", "waived": "skipped"}.get(finding.status)
    if kind is not None:
        said = f"expected {_shown(finding.expected)}, actual {_shown(finding.actual)}"
        ElementTree.SubElement(case, kind, message=_written(said)).text = _written(finding.evidence)


def _cell(value: Json) -> str:
    text = "" if value is None else _shown(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _shown(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _written(text: str) -> str:
    return UNWRITABLE.sub("\ufffd", text)
