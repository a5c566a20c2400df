"""Change the YAML files of a province and leave everything else in them as people wrote it: comments, order, quotes, layout."""

from __future__ import annotations

import difflib
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from ruamel.yaml.comments import CommentedMap

from .merge import merge_mapping
from .roundtrip import LOADER, render, written
from .site_file import HEAD, SiteFile


class Edit:
    """The site files of one province, changed in memory; nothing is on the disk before :meth:`write`."""

    def __init__(self, inventory: Path) -> None:
        """Look where every site is.

        :param inventory: the province.yml.
        :raises ModelError: when a file can't be read.
        """
        self._inventory = Path(inventory)
        self._files: dict[Path, SiteFile] = {}
        self._home: dict[str, Path] = {}
        if not self._inventory.exists():
            load(self._inventory)  # says so
        for path in sorted((self._inventory.parent / "sites").glob("*.yml")):
            self._home |= dict.fromkeys(self._names(path), path)

    def _names(self, path: Path) -> list[str]:
        """The sites of a file; what they hold is parsed when one of them is wanted, because a whole province takes seconds."""
        try:
            root: Any = yaml.compose(path.read_text(encoding="utf-8"), Loader=LOADER)
            return [name.value for key, value in root.value if key.value == "sites" for name, _ in value.value]
        except (yaml.YAMLError, UnicodeDecodeError, AttributeError, TypeError, ValueError):
            load(self._inventory)  # says what is wrong, and where
            return []

    def site(self, name: str) -> CommentedMap:
        """The site's own mapping, to read and to change; get it anew after a site was added to its file or moved.

        :raises ModelError: when there is none of that name.
        """
        if name not in self._home:
            near = difflib.get_close_matches(name, self._home, n=1)
            hint = f"did you mean '{near[0]}'?" if near else "name one that is there"
            raise ModelError(f"{self._inventory}: sites.{name}: there is no such site; {hint}")
        found: CommentedMap = self._file(self._home[name]).sites[name]
        return found

    def add_site(self, name: str, file: str, value: Mapping[str, Any]) -> CommentedMap:
        """Append a site to ``sites/<file>.yml``, which is made when it is missing.

        :raises ModelError: when the site is there already.
        """
        if name in self._home:
            raise ModelError(f"{self._home[name]}: sites.{name}: is there already; give the new site another id")
        self._place(name, file, render({"sites": {name: written(value, depth=0)}}).removeprefix(HEAD))
        return self.site(name)

    def move_site(self, name: str, file: str) -> None:
        """Move a site with the comments above it into ``sites/<file>.yml``; a file that holds none any more goes away.

        :raises ModelError: when there is none of that name.
        """
        self.site(name)
        if self._home[name] != self._path(file):
            self._place(name, file, self._file(self._home[name]).cut(name))

    def merge(self, name: str, value: Mapping[str, Any]) -> None:
        """Write values into a site: mappings key by key, lists and scalars whole, None removes a key, equal values touch nothing.

        :raises ModelError: when there is no site of that name.
        """
        merge_mapping(self.site(name), value, depth=1)

    def diff(self) -> str:
        """What :meth:`write` would change, as a unified diff of all files; empty when nothing changes."""
        return "".join(_unified(file, text) for file, text in self._changed())

    def check(self, on: date | None = None) -> Province:
        """The province as the change would make it, on a day as in ``load``.

        :raises ModelError: what the model has against it, with the names of the real files.
        """
        return self._check(self._changed(), on)

    def _check(self, changed: Sequence[tuple[SiteFile, str]], on: date | None = None) -> Province:
        folder = self._inventory.parent
        with tempfile.TemporaryDirectory() as temporary:
            copy = Path(temporary) / "changed"
            for path in (
                self._inventory,
                *(one for shape in ("viewers.yml", "prices.yml", "sites/*.yml", "keys/*.pub") for one in folder.glob(shape)),
            ):
                target = copy / path.relative_to(folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
            for file, text in changed:
                target = copy / file.path.relative_to(folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(text.encode()) if text else target.unlink()
            try:
                return load(copy / self._inventory.name, on)
            except ModelError as error:
                raise ModelError(str(error).replace(str(copy), str(folder))) from None

    def write(self) -> tuple[Path, ...]:
        """Write the changed files, each of them whole or not at all, and say which.

        :raises ModelError: when the model refuses the change, somebody else changed a file meanwhile, or the disk can't take it;
            nothing is written then.
        """
        changed = self._changed()
        if not changed:
            return ()
        self._check(changed)
        for file, _ in changed:
            if file.read() != file.disk:
                raise ModelError(f"{file.path}: was changed by somebody else meanwhile, so nothing is written; do this again")
        try:
            replace_all({file.path: text for file, text in changed})
        except OSError as error:
            raise ModelError(f"{error.filename}: can't be written ({error.strerror}), so nothing is; make room or give the right") from None
        return tuple(file.path for file, _ in changed)

    def _file(self, path: Path) -> SiteFile:
        if path not in self._files:
            self._files[path] = SiteFile(path)
        return self._files[path]

    def _path(self, file: str) -> Path:
        return self._inventory.parent / "sites" / f"{file}.yml"

    def _place(self, name: str, file: str, text: str) -> None:
        self._file(self._path(file)).append(name, text)
        self._home[name] = self._path(file)

    def _changed(self) -> list[tuple[SiteFile, str]]:
        texts = [(file, file.text()) for _, file in sorted(self._files.items())]
        return [(file, text) for file, text in texts if text != file.disk]


def _unified(file: SiteFile, text: str) -> str:
    before, after = ([f"{line}\n" for line in one.splitlines()] for one in (file.disk, text))
    source, target = (str(file.path) if one else os.devnull for one in (file.disk, text))
    return "".join(difflib.unified_diff(before, after, source, target))


def replace_all(texts: Mapping[Path, str]) -> None:
    """Every draft is on the disk before the first file is replaced; an empty text removes its file."""
    with ExitStack() as drafts:
        ready: dict[Path, Path] = {}
        for path, text in texts.items():
            if not text:
                continue
            # Behind a link is the file that people mean.
            real = path.resolve()
            real.parent.mkdir(exist_ok=True)
            draft = ready[real] = real.with_name(f".{real.name}.{os.getpid()}.draft")
            drafts.callback(draft.unlink, missing_ok=True)
            with draft.open("wb") as file:
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
            if real.exists():
                shutil.copymode(real, draft)
        for real, draft in ready.items():
            draft.replace(real)
        for path, text in texts.items():
            if not text:
                path.unlink()
