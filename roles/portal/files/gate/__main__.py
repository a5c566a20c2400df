"""`python3 -m gate [PLACES]`: answer until SIGTERM. PLACES is a JSON file with other paths than the machine's own, as tests have."""

import asyncio
import json
import logging
import signal
import sqlite3
import sys
from pathlib import Path

from .server import serve

PLACES = {
    "settings": "/etc/motcua/portal.json",
    "database": "/var/lib/motcua-gate/gate.db",
    "state": "/run/motcua-state/state.json",
    "demand": "/run/motcua-demand.sock",
    "peers": "/var/lib/motcua-gate/peers.json",
}


async def main(places):
    """Until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await serve(places, stopped)


if __name__ == "__main__":
    logging.basicConfig(format="%(name)s: %(message)s", level=logging.WARNING)
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)  # what it says of a garbled request has the request's cookie in it
    places = {**PLACES, **json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))} if sys.argv[1:] else PLACES
    try:
        asyncio.run(main(places))
    except (OSError, ValueError, KeyError, TypeError, sqlite3.Error) as error:
        sys.exit(f"motcua-gate: it can't begin ({error!r}); roll out the centre again")
