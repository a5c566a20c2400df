"""`motcua scale`: what a nation would need, simulated from assumptions that anybody may change."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.scale import read
from ansible_collections.motcua.cctv.plugins.plugin_utils.scale.document import LANGUAGES, document, tables

from .folders import write_all

DOCS = Path(__file__).resolve().parent.parent / "docs"
FILES = {"en": "scale.md", "vi": "scale.vi.md"}


def documents() -> dict[str, str]:
    """Both documents by file name, from the assumptions that are ours."""
    return {FILES[language]: document(read(), language) for language in LANGUAGES}


def scale(
    given: Annotated[Path | None, typer.Option("--with", help="your own assumptions: their tables are printed, nothing is written")] = None,
    language: Annotated[str, typer.Option(help="of what is printed: en or vi")] = "en",
) -> None:
    """Write docs/scale.md and docs/scale.vi.md, or print the tables of your own assumptions."""
    if language not in LANGUAGES:
        raise ModelError(f"--language {language}: is not known; write en or vi")
    if given is not None:
        typer.echo("\n\n".join(tables(read(given), language).values()))
        return
    write_all(DOCS, documents())
