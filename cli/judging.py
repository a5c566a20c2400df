"""Judging an audit by the rules of the catalogue: what was read, the profiles that are asked for, and the tally that is kept."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils import snapshots
from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue.rules import PROFILES
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding, Status
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.rules import Judged, judge

VERSION = 1


def known_profiles(names: Iterable[str] | None) -> tuple[str, ...]:
    """The profiles of a command line.

    :raises ModelError: when there is none of a name.
    """
    for name in names or ():
        if name not in PROFILES:
            near = difflib.get_close_matches(name, PROFILES, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"write one of {', '.join(PROFILES)}"
            raise ModelError(f"--profile {name}: is no profile of rules; {hint}")
    return tuple(names or ())


def by_rules(folder: Path, province: Province, found: tuple[Finding, ...], on: date, profiles: tuple[str, ...]) -> Judged:
    """What the rules say of what the audit in this folder read; nothing where it kept nothing.

    :raises MotcuaError: when what was read can't be understood.
    """
    file = folder / "snapshots.json"
    if not file.exists():
        typer.echo(f"{file}: isn't there, so that no rule was judged; run the audit again", err=True)
        return Judged((), {}, {})
    return judge(province, plan(province), snapshots.from_json(file.read_text(encoding="utf-8")), on, profiles, found)


def tally_json(tally: Mapping[str, Mapping[Status, int]], when: datetime) -> str:
    """The tally as a document: rule -> status -> how many."""
    document = {"version": VERSION, "when": when.isoformat(timespec="seconds"), "rules": tally}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
