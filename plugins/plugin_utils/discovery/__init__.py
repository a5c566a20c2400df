"""Who is there: the devices of one IPv4 prefix, found without a login, read only, at no more than a stated rate.

In process it is ``discover``. At a site's Linux router it is ``program()``, one file for Python 3.9 and nothing but its standard library:
``python3 -I - '{"prefix": "192.168.1.0/24"}'`` with that on standard input prints a line of JSON for everything that is heard,
``from_line`` reads them back, and without an ``Ended`` it was cut. Besides the transport only this opens sockets, as it runs there alone.
"""

from __future__ import annotations

import ast
from pathlib import Path

from .connects import Pace
from .said import PORTS, BadOptions, Ended, Heard, Options, Remark, Said, Settled, from_line, to_line
from .survey import discover

__all__ = [
    "PORTS",
    "BadOptions",
    "Ended",
    "Heard",
    "Options",
    "Pace",
    "Remark",
    "Said",
    "Settled",
    "discover",
    "from_line",
    "program",
    "to_line",
]

PARTS = ("said", "wire", "ears", "links", "connects", "survey", "alone")  # each imports only from its left


def program() -> str:
    """All parts as one file: without the imports among themselves."""
    whole = ["from __future__ import annotations"]
    for name in PARTS:
        source = Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8")
        lines = source.splitlines()
        for node in ast.parse(source).body:
            if isinstance(node, ast.ImportFrom) and (node.level or node.module == "__future__"):
                lines[node.lineno - 1 : node.end_lineno] = [""] * ((node.end_lineno or node.lineno) - node.lineno + 1)
        whole += lines
    return "\n".join(whole) + "\n"
