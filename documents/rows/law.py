"""The legal basis of a document's day, and the requirements that apply on it."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue.acts import Act
from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue.requirements import Requirement, legal_basis, requirements

from ..subject import Subject
from ..tables import Row

NETWORK = ("network",)  # the purpose of acts on the government's own network


def basis(subject: Subject, purposes: tuple[str, ...] | None = None) -> list[str]:
    """What a letter of that day names as its basis; only acts for some purposes where these are named."""
    speech = subject.speech
    acts = [act for act in legal_basis(subject.on) if purposes is None or act.what_for in purposes]
    if not acts:
        return [speech.word("law", "none", on=speech.day(subject.on))]
    return [speech.word("law", "last" if act is acts[-1] else "basis", act=_cited(subject, act)) for act in acts]


def _cited(subject: Subject, act: Act) -> str:
    doubt = subject.speech.word("law", "unconfirmed") if act.confidence == "M" else ""
    return f"{act.cited(subject.speech.language)}{doubt}"


def requirement_rows(subject: Subject) -> Iterator[Row]:
    """Every requirement with its source of that day."""
    for one in requirements(subject.on):
        yield {
            "id": one.id,
            "requirement": one.vi if subject.speech.language == "vi" else one.en,
            "source": one.source_in(subject.speech.language) or subject.speech.word("law", "advice"),
            "confidence": subject.speech.word("confidences", _confidence(one)),
        }


def _confidence(one: Requirement) -> str:
    return "M" if one.unconfirmed else one.confidence
