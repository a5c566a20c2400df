"""One writer at a time: some devices take a list only whole, and two who write it at once write over each other's rows."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
from collections.abc import AsyncIterator
from pathlib import Path

from .errors import ModelError

POLL_SECONDS = 0.05


@contextlib.asynccontextmanager
async def turn(file: Path | None) -> AsyncIterator[None]:
    """Wait until nobody else holds ``file``, in this process or another, and hold it; None is a device that nobody else can know of.

    :raises ModelError: when it can't be locked.
    """
    if file is None:
        yield
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        held = file.open("a")
    except OSError as error:
        raise ModelError(f"{file}: can't be locked ({error.strerror}); give the right to write there") from None
    with held:
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(POLL_SECONDS)  # a thread that waits in flock couldn't be ended by the device's time bound
        yield
