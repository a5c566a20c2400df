"""What is only ever added to: who did something that is asked about later, when and why."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError

from cli.locks import operator


def note(path: Path, row: Mapping[str, object]) -> None:
    """Add a line to what is only ever added to; it is on the disk before anything is done.

    :raises MotcuaError: when it can't be written: then nothing may be done.
    """
    line = json.dumps({"when": datetime.now(UTC).isoformat(timespec="seconds"), "who": operator(), **row}, ensure_ascii=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            os.write(file, f"{line}\n".encode())
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as error:
        raise MotcuaError(f"{path}: can't be written ({error.strerror}), so nothing is done; make room, or give the right") from None
