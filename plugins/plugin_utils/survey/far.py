"""Programs for a site's router: a few of our files that need nothing but the standard library, run there by ``python3 -``.

Files and options go over standard input: no secret stands in a process list, and nothing stays behind at the router.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOM = Path(__file__).resolve().parent.parent
# Each file becomes a module of a package that is only in memory, so that their imports of each other hold.
BOOT = """
import json, sys, types

def load(name, source):
    package = types.ModuleType(name.rpartition(".")[0] or name)
    sys.modules.setdefault(package.__name__, package).__path__ = []
    module = sys.modules[name] = types.ModuleType(name)
    module.__package__ = package.__name__
    exec(compile(source, name, "exec"), module.__dict__)
    return module

for name, source in json.loads(sources):
    module = load(name, source)
module.run(json.loads(options))
"""


def program(files: Sequence[str], options: Mapping[str, Any]) -> bytes:
    """The program that runs the last file's ``run`` with the options.

    :param files: paths within plugin_utils, each importing only from its left.
    """
    sources = [(_module(file), (ROOM / file).read_text(encoding="utf-8")) for file in files]
    return f"sources = {json.dumps(sources)!r}\noptions = {json.dumps(dict(options))!r}\n{BOOT}".encode()


def _module(file: str) -> str:
    return "motcua." + file.removesuffix(".py").replace("/", ".")
