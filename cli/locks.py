"""Who is changing a site: one at a time, also when the one who was died and left a playbook that still runs."""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError

from cli.screen import screen


def operator() -> str:
    """Who sits here, as user@machine."""
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (KeyError, OSError):
        return f"{os.getuid()}@{socket.gethostname()}"


@contextmanager
def locked(inventory: Path, places: Iterable[str]) -> Iterator[tuple[int, ...]]:
    """Hold some places; what is yielded are the open files, for every playbook that changes them: they stay held while it lives.

    :raises MotcuaError: when somebody else holds one.
    """
    folder = inventory.parent / "state" / "locks"
    with ExitStack() as held:
        yield tuple(_taken(folder, place, held) for place in sorted(places))


def _taken(folder: Path, place: str, held: ExitStack) -> int:
    path = folder / place
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o664)
    except OSError as error:
        raise MotcuaError(f"{path}: can't be locked ({error.strerror}); give the right to write there") from None
    held.callback(os.close, file)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _wait(file, place)
    said = {"who": operator(), "pid": os.getpid(), "when": datetime.now(UTC).isoformat(timespec="seconds")}
    os.ftruncate(file, 0)
    os.pwrite(file, json.dumps(said).encode(), 0)
    return file


def _wait(file: int, place: str) -> None:
    """Wait for the playbook of a run that died; it is idempotent, and two at once aren't."""
    try:
        said = json.loads(os.pread(file, 4096, 0))
        who, when, alive = said["who"], said["when"], _lives(said["pid"])
    except (ValueError, KeyError, TypeError):
        who, when, alive = "somebody", "just now", True
    if alive:
        raise MotcuaError(f"{place}: {who} has been changing it since {when}; wait until that ends, or leave the site out")
    screen().print(f"{place}: a playbook of {who}, whose run died, is still at work; waiting for its end …", markup=False)
    fcntl.flock(file, fcntl.LOCK_EX)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
