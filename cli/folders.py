"""Where a command leaves what it has made: a new folder each time, and a link to the newest."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from itertools import count
from pathlib import Path

from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError


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
