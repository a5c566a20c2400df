"""Where a command leaves what it has made: a new folder each time, and a link to the newest."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import count
from pathlib import Path

from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError

RUN = re.compile(r"(\d{4}-\d\d-\d\dT\d{6})(?:-(\d+))?")  # how a run's folder is named


def new_folder(output: Path, when: datetime) -> Path:
    """A folder of this run's own, also when two start in one second.

    :raises MotcuaError: when it can't be made.
    """
    for number in count(1):
        folder = output / (f"{when:%Y-%m-%dT%H%M%S}" + (f"-{number}" if number > 1 else ""))
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            if not output.is_dir():
                raise MotcuaError(f"--output {output}: is not a folder; name another one") from None
            continue
        except OSError as error:
            raise MotcuaError(f"--output {output}: can't be written ({error.strerror}); name another folder") from None
        return folder
    raise AssertionError


def write_all(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files by name; those before one that can't be written stay."""
    for name, text in texts.items():
        write_whole(folder / name, text)


def write_whole(path: Path, text: str) -> None:
    """Write a file, or leave it as it was.

    :raises MotcuaError: when it can't be written.
    """
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())  # a machine that loses its power would else keep the new name and no text
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise MotcuaError(f"{path}: can't be written ({error.strerror}); make room, or give the right to write there") from None


def link_latest(folder: Path) -> None:
    """Point ``latest`` beside a folder at it; there is no moment without one."""
    draft = folder.with_name(f".latest-{os.getpid()}")
    draft.symlink_to(folder.name)
    draft.replace(folder.with_name("latest"))


def keep_newest(output: Path, most: int) -> Iterator[str]:
    """Delete the folders of earlier runs but for ``latest``'s own and the newest beside it; yields a sentence for each that can't be."""
    latest = (output / "latest").resolve()
    named = ((RUN.fullmatch(path.name), path) for path in output.iterdir() if path.is_dir() and not path.is_symlink())
    others = [(name[1], int(name[2] or 1), path) for name, path in named if name and path.resolve() != latest]
    for _, _, path in sorted(others, reverse=True)[most - 1 :]:
        try:
            shutil.rmtree(path)
        except OSError as error:
            yield f"{path}: can't be deleted ({error.strerror}); delete it by hand, or audit as the user whose it is"
