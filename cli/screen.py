"""Where the commands' tables are printed."""

from __future__ import annotations

import sys

from rich.console import Console

LOG_COLUMNS = 140  # where nobody's window says how wide a line may be


def screen(columns: int = LOG_COLUMNS) -> Console:
    """The window as wide as it is; ``columns`` wide where there is none."""
    return Console(width=None if sys.stdout.isatty() else columns)
