"""state.json and the metrics, whole or not at all: somebody may read them at any moment."""

import json
from datetime import UTC, datetime
from pathlib import Path

from state import metrics


def write(settings, document, measured):
    """Both files, into the folder of the run."""
    folder = Path(settings["run"])
    _replace(folder / "motcua.prom", metrics.text(settings, document, measured))
    _replace(folder / "state.json", json.dumps(_dated(document), ensure_ascii=False) + "\n")


def _dated(value):
    """The same with every ``…_s`` as an ISO date, for people and browsers: ``since_s`` becomes ``since``."""
    if isinstance(value, dict):
        return {key.removesuffix("_s"): stamp(one) if key.endswith("_s") else _dated(one) for key, one in value.items()}
    return [_dated(one) for one in value] if isinstance(value, list) else value


def stamp(seconds):
    """Seconds since 1970 as an ISO date; None stays None."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _replace(path, text):
    draft = path.with_suffix(".draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
