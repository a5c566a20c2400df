"""The routers of many offices in a process of their own: `python -m tests.emulators.offices CONFIG.json`.

The configuration is a list of ``name``, ``kind``, ``address``, ``user``, ``password`` and ``key`` (the public line that may log in). It prints
`ready`; then each line of JSON that it gets is a question, answered by one line of JSON: ``exports`` of all without what tells the time,
``asked`` (logins, refused logins and lines of each), ``keep`` and ``put back`` (how all of them are now), or ``cut`` with the routers whose
line doesn't carry anybody while their export has a ``pattern``.
"""

import contextlib
import json
import re
import sys
from pathlib import Path

from tests.emulators.routers.server import _in_loop, always, emulated


def timeless(export):
    """An export without its comments, which tell the time."""
    return "\n".join(line for line in export.splitlines() if not line.startswith(("#", "!")))


class Offices:
    """All of them, and what is asked about them."""

    def __init__(self, routers):
        self.routers, self.kept = routers, {}

    def exports(self):
        return {name: timeless(router.export()) for name, router in self.routers.items()}

    def asked(self):
        return {name: [router.sessions, router.refused_logins, len(router.sent)] for name, router in self.routers.items()}

    def keep(self):
        self.kept = {name: _in_loop(router._with_box(router.box.copy)) for name, router in self.routers.items()}

    def put_back(self):
        for name, router in self.routers.items():
            router.close_sessions()
            _in_loop(router._with_box(router.box.restore, self.kept[name]))

    def cut(self, names, pattern):
        for name, router in self.routers.items():
            router.reachable = (lambda export: re.search(pattern, export) is None) if name in names else always
            if name not in names:
                router._open = True


def main(path):
    with contextlib.ExitStack() as stack:
        rows = json.loads(Path(path).read_text(encoding="utf-8"))
        offices = Offices({
            row["name"]: stack.enter_context(emulated(
                row["kind"], user=row["user"], password=row["password"], authorized_key=row["key"], address=(row["address"], 22),
            ))
            for row in rows
        })  # fmt: skip
        print("ready", flush=True)
        for line in sys.stdin:
            do, *told = json.loads(line)
            print(json.dumps(getattr(offices, do.replace(" ", "_"))(*told)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
