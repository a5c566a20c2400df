"""Files that are whole or not there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from .errors import ModelError


def replace_file(name: str, content: bytes, *, write: bool) -> bool:
    """Put content into a file that only its owner can read, whole or not at all. Whether the file holds something else so far.

    :raises ModelError: when it can't be written.
    """
    path = Path(name).expanduser()
    try:
        if path.exists() and path.read_bytes() == content:
            return False
        if write:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, making = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())  # a machine that loses its power would else keep the new name and no content
            Path(making).replace(path)
    except OSError as error:
        raise ModelError(f"dest: {path}: can't be written ({error.strerror}); choose another place") from None
    return True
