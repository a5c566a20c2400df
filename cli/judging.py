"""The rules of an audit at the command line: the profiles that are asked for, and the tally that is kept."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue.rules import PROFILES
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Status

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


def tally_json(tally: Mapping[str, Mapping[Status, int]], when: datetime) -> str:
    """The tally as a document: rule -> status -> how many."""
    document = {"version": VERSION, "when": when.isoformat(timespec="seconds"), "rules": tally}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
