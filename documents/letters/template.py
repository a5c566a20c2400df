"""A Word template that an office edits: ``{{ }}`` and loops in the syntax of docxtpl, compiled once and filled in many times.

docxtpl opens, patches and parses the template anew for each document, which for a dossier costs more than everything else together.
What it does to a template's text (a placeholder that Word has torn into pieces, a row or a paragraph that is a loop) is used as it is.
"""

from __future__ import annotations

import difflib
import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.parser import parse_xml
from docxtpl import DocxTemplate  # type: ignore[import-untyped]  # it has no type information
from jinja2 import StrictUndefined, Template, TemplateError, UndefinedError
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import SandboxedEnvironment

WITH_PLACEHOLDERS = re.compile(r"word/(document|header\d*|footer\d*|footnotes)\.xml")
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip file knows: equal contents are equal bytes
PLACEHOLDERS = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined)


class LetterTemplate:
    """One template, ready to be filled in.

    :raises ModelError: when the file is no Word document, or its placeholders can't be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with zipfile.ZipFile(path) as archive:
                self._parts = {name: archive.read(name) for name in archive.namelist()}
            patch = DocxTemplate(path).patch_xml
            texts = {name: part.decode("utf-8") for name, part in self._parts.items() if WITH_PLACEHOLDERS.fullmatch(name)}
        except (OSError, zipfile.BadZipFile, PackageNotFoundError, UnicodeDecodeError) as error:
            what = error.strerror if isinstance(error, OSError) and error.strerror else "it is no Word document (.docx)"
            raise ModelError(f"{path}: {what}; save it from Word as .docx, or remove it to use motcua's own") from None
        if "word/document.xml" not in texts:
            raise ModelError(f"{path}: it is no Word document (.docx); save it from Word as .docx, or remove it to use motcua's own")
        patched = {name: patch(text) for name, text in texts.items() if "{" in text}
        self._names: set[str] = set()
        self._compiled = {name: self._compile(text) for name, text in patched.items()}

    def _compile(self, text: str) -> Template:
        try:
            self._names |= find_undeclared_variables(PLACEHOLDERS.parse(text))
            return PLACEHOLDERS.from_string(text)
        except TemplateError as error:
            raise self._wrong(error.message or str(error)) from None

    def fill(self, context: Mapping[str, Any]) -> bytes:
        """The document: placeholders replaced, everything else as the office made it.

        :raises ModelError: when the template names something that there isn't, or ends as no valid XML.
        """
        unknown = sorted(self._names - set(context))
        if unknown:
            near = difflib.get_close_matches(unknown[0], context, n=1)
            names = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(context))}"
            raise self._wrong(f"{unknown[0]} is unknown, {names}")
        filled = dict(self._parts)
        for name, template in self._compiled.items():
            try:
                text = template.render(context)
                parse_xml(text.encode("utf-8"))
            except UndefinedError as error:
                raise self._wrong(error.message or str(error)) from None
            except (TemplateError, TypeError, SyntaxError) as error:
                raise self._wrong(str(error)) from None
            filled[name] = text.encode("utf-8")
        return packed(filled)

    def _wrong(self, what: str) -> ModelError:
        said = " ".join(what.split()).rstrip(".")
        return ModelError(f"{self.path}: a placeholder is wrong ({said}); correct it in Word, or remove the file to use motcua's own")


def packed(parts: Mapping[str, bytes]) -> bytes:
    """A zip archive whose bytes depend on its parts alone."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return memory.getvalue()
