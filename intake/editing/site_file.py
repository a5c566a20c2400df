"""One file of sites: its text on the disk, its document in memory, and the text that comes of a change."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from .roundtrip import LOADER, indent_of, is_gap, keep_layout, parse, render

HEAD = "sites:\n"
SITE_INDENT = 2


class SiteFile:
    """``sites/<name>.yml``; it needn't be there yet. ``disk`` is what it was when this was made, empty when it wasn't."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.disk = self.read()
        self._newline = "\r\n" if "\r\n" in self.disk else "\n"
        self._start(self.disk.replace("\r\n", "\n") or HEAD)

    def _start(self, text: str) -> None:
        try:
            self.document: Any = parse(text)
        except YAMLError as error:
            raise ModelError(f"{self.path}: {str(error).splitlines()[0]}; correct the YAML there") from None
        if self.document["sites"] is None:
            self.document["sites"] = CommentedMap()
        self._base, self._before = text, render(self.document)
        self._texts = {self._before: text}

    @property
    def sites(self) -> CommentedMap:
        """The sites that the document holds now."""
        found: CommentedMap = self.document["sites"]
        return found

    def read(self) -> str:
        """What is on the disk at this moment; empty when there is no such file."""
        return self.path.read_bytes().decode() if self.path.exists() else ""

    def text(self) -> str:
        """The file as it should be, with the line ends that it has; empty when it holds no site any more."""
        text = self._text() if self.sites else ""
        return self.disk if text == self.disk.replace("\r\n", "\n") else text.replace("\n", self._newline)

    def _text(self) -> str:
        after = render(self.document)
        if after not in self._texts:
            kept = keep_layout(self._base, self._before, after)
            self._texts = {self._before: self._base, after: kept if _values(kept) == _values(after) else after}
        return self._texts[after]

    def append(self, name: str, text: str) -> None:
        """Write a site's own lines, which begin at two spaces, behind the last one.

        :raises ModelError: when the file isn't laid out line by line.
        """
        sites, base = self.sites, self._text()
        lead = sites.lc.key(next(iter(sites)))[1] if sites else SITE_INDENT
        block = textwrap.indent(textwrap.dedent(text), " " * lead)
        gap = "\n\n" if sites else "\n"
        whole = base.rstrip() + gap + block
        if name not in (_values(whole) or {}):
            raise ModelError(f"{self.path}: sites: is not laid out line by line; write each site on lines of its own")
        self._start(whole)

    def cut(self, name: str) -> str:
        """Take a site's lines out, with the comments directly above them."""
        self._start(self._text())
        lines, (start, lead) = self._base.splitlines(keepends=True), self.sites.lc.key(name)
        later = [self.sites.lc.key(other)[0] for other in self.sites if self.sites.lc.key(other)[0] > start]
        end = min(later, default=len(lines))
        while is_gap(lines[end - 1]) and indent_of(lines[end - 1]) <= lead:
            end -= 1
        while start > 1 and is_gap(lines[start - 1]) and lines[start - 1].strip():
            start -= 1
        block, rest = lines[start:end], lines[end:]
        while rest and not rest[0].strip():
            del rest[0]
        self._start("".join([*lines[:start], *rest]).rstrip() + "\n")
        return textwrap.indent(textwrap.dedent("".join(block)), " " * SITE_INDENT)


def _values(text: str) -> Any:
    """The sites of a text as load reads them; None where it isn't YAML."""
    try:
        return yaml.load(text, Loader=LOADER)["sites"]  # noqa: S506  a SafeLoader
    except (yaml.YAMLError, TypeError, KeyError):
        return None
