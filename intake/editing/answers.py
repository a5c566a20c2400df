"""Answers to what is asked once for the province: written into checklist.yml, in which everything else stays as people wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.contradictions import contradictions
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Answer, Province
from pydantic import ValidationError
from ruamel.yaml.comments import CommentedMap

from .edit import replace_all
from .merge import merge_mapping
from .roundtrip import LOADER, keep_layout, parse, render

KEY = "checklist"


def answer_of_province(inventory: Path, province: Province, question: str, given: Mapping[str, Any]) -> None:
    """Write an answer; ``province`` is what ``inventory`` says now.

    :raises ModelError: when nobody asks that, the answer is no answer, or the file can't be written; it stays as it was then.
    """
    path = inventory.parent / f"{KEY}.yml"
    _refuse(path, province, question, given)
    text = path.read_text(encoding="utf-8") if path.exists() else f"{KEY}:\n"
    document = parse(text)
    before = render(document)
    if document[KEY] is None:
        document[KEY] = CommentedMap()
    merge_mapping(document[KEY], {question: given}, depth=1)
    document[KEY].fa.set_block_style()
    after = render(document)
    kept = keep_layout(text, before, after)
    try:
        replace_all({path: kept if _values(kept) == _values(after) else after})
    except OSError as error:
        raise ModelError(f"{path}: can't be written ({error.strerror}), so it stays as it was; make room or give the right") from None


def _refuse(path: Path, province: Province, question: str, given: Mapping[str, Any]) -> None:
    try:
        answers = {**province.checklist, question: Answer.model_validate(dict(given))}
    except ValidationError as error:
        detail = error.errors()[0]
        where = ".".join([KEY, question, *(str(part) for part in detail["loc"])])
        raise ModelError(f"{path}: {where}: {detail['input']!r} is wrong: {detail['msg']}; correct the value") from None
    for _, where, what in contradictions(province.model_copy(update={KEY: answers})):
        raise ModelError(f"{path}: {where}: {what}")


def _values(text: str) -> Any:
    return yaml.load(text, Loader=LOADER)  # noqa: S506  a SafeLoader
