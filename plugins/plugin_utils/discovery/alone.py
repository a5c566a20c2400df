"""A survey as a program: options in its first argument, a line of JSON for everything that is heard."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Sequence

from .said import BadOptions, Options, to_line
from .survey import discover


async def _print(options: Options) -> None:
    async for said in discover(options):
        sys.stdout.write(to_line(said) + "\n")
        sys.stdout.flush()


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


def main(arguments: Sequence[str]) -> int:
    """2 when the options are wrong, with the reason as ``{"error": sentence}``."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # nobody listens any more: end
    try:
        options = Options.parse(_json(arguments[0]) if arguments else None)
    except BadOptions as error:
        sys.stdout.write(json.dumps({"error": str(error)}) + "\n")
        return 2
    asyncio.run(_print(options))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
