"""Files that are whole and on the disk before anybody goes on, or not there at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from ..errors import ModelError


def write(path: Path, content: bytes) -> None:
    """Write a file of ours, or leave it as it was; it is on the disk when this returns.

    :raises ModelError: when it can't be written.
    """
    _put(path, content, lambda draft: draft.replace(path))


def take(path: Path, content: bytes) -> None:
    """The same for a file that mustn't be there yet.

    :raises FileExistsError: when it is.
    """
    _put(path, content, lambda draft: os.link(draft, path))


def _put(path: Path, content: bytes, place: Callable[[Path], object]) -> None:
    draft = None
    try:
        path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        draft = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        place(draft)
        _settle(path.parent)
    except FileExistsError:
        raise
    except OSError as error:
        raise ModelError(f"{path}: can't be written ({error.strerror}); make room, or give the right to write there") from None
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)


def _settle(folder: Path) -> None:
    """Let the new name outlive a power cut too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
