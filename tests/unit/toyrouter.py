"""A router that is nobody's product: a platform in a few lines, its box, and a clock that tests move. For the terminal and the engine."""

import re

from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import Garbled, Unreachable
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.family import Family, Version
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.platform import Command, Comparison, Contradiction, Guard, Platform
from ansible_collections.motcua.cctv.plugins.plugin_utils.terminal import Answer

from tests.emulators.routers.box import Closed

OWN, TUNNEL = "own.", "own.tunnel"
START = {"name": "office", "own.zone": "UTC"}


class Box:
    """``set KEY VALUE``, ``unset KEY``, ``show``; ``guard SECONDS UNDO;UNDO``, ``guard``, ``confirm``, ``fire``; ``ask`` asks.

    What isn't confirmed is gone after a power cut. ``seconds`` is how long its guard still runs.
    """

    def __init__(self, config=None, quirks=frozenset()):
        self.running = dict(START if config is None else config)
        self.stored, self.seconds, self.undo, self.quirks, self.boots = dict(self.running), None, (), set(quirks), 0

    def login(self, user, *, exec_channel=False):  # noqa: ARG002  the server's
        return Typed(self, user)

    def tick(self, seconds):
        if self.seconds is not None:
            self.seconds -= seconds
            if self.seconds <= 0:
                self.fire()

    def power_cut(self):
        self.running, self.seconds, self.boots = dict(self.stored), None, self.boots + 1

    def export(self):
        return "\n".join(f"{key} {value}" for key, value in sorted(self.running.items()))

    def fire(self):
        self.seconds = None
        for line in self.undo:
            self.execute(line)

    def execute(self, line):
        """The answer to one line."""
        word, *rest = line.split(" ")
        if "no_privilege" in self.quirks and word == "show":
            return "! not permitted"
        if "refuses_" + word in self.quirks or (word == "set" and "refuses " + rest[0] in self.quirks):
            return "! no such thing here"
        command = getattr(self, f"_{word}", None)
        return f"! what is {word}" if command is None else command(*rest)

    def _show(self):
        return self.export() + "\nend"

    def _version(self):
        return "toy 2.1"

    def _paging(self, _off):
        return ""

    def _set(self, key, *value):
        self.running[key] = "clamped" if f"clamps {key}" in self.quirks else " ".join(value)
        return ""

    def _unset(self, key):
        self.running.pop(key, None)
        return ""

    def _guard(self, seconds=None, *undo):
        if seconds is None:
            return "idle" if self.seconds is None else f"armed {self.seconds:.0f}"
        self.seconds, self.undo = float(seconds), tuple(" ".join(undo).split(";"))
        return ""

    def _confirm(self):
        self.seconds, self.stored = None, dict(self.running)
        return ""

    def _fire(self):
        self.fire()
        return ""

    def _exit(self):
        raise Closed


class Typed:
    """A session; ``ask`` puts a question, as a device does."""

    paging, width, status = False, 0, 0

    def __init__(self, box, user):
        self._box, self._user, self._asked = box, user, False
        self.paging = True

    def greeting(self):
        return "Toy router\n"

    def prompt(self):
        return "Proceed? [y/n]" if self._asked else f"{self._user}@{self._box.running['name']}:~# "

    def execute(self, line):
        if self._asked:
            self._asked = False
            return "done" if line == "y" else "! left as it was"
        if line == "ask":
            self._asked = True
            return ""
        if line == "paging off":
            self.paging = False
        return self._box.execute(line)


def understand(answers):
    """``show`` as a mapping; it ends with ``end``."""
    lines = answers["show"].splitlines()
    if not lines or lines[-1] != "end":
        raise Garbled(f"'show' ends with {lines[-1:]}; read it again")
    return dict(line.split(" ", 1) for line in lines[:-1])


def intended(state):
    """What a state is on this router."""
    return {"own.zone": state.zone, "own.mtu": str(state.tunnels[0].mtu), TUNNEL: str(state.tunnels[0].endpoint)}


def compare(running, state):
    wish = intended(state)
    own = {key: value for key, value in running.items() if key.startswith(OWN) and not key.endswith("?")}
    differing = [key for key in wish if own.get(key) != wish[key]]
    gone = [key for key in own if key not in wish]
    commands = [_plain(f"set {key} {wish[key]}") for key in differing] + [_plain(f"unset {key}") for key in gone]
    undo = [_plain(f"set {key} {own[key]}" if key in own else f"unset {key}") for key in [*differing, *gone]]
    return Comparison(
        tuple(commands),
        tuple(undo),
        *("".join(f"{key} {value}\n" for key, value in sorted(side.items())) for side in (own, wish)),
        tuple(Contradiction(key, "it forwards a port to a camera") for key in running if key.startswith("bad.")),
        tuple(key for key in running if key.endswith("?")),
    )


def _plain(text):
    return Command(text, text)


GUARD = Guard(
    arm=lambda seconds, undo: (_plain(f"guard {seconds} {';'.join(one.text for one in undo)}"),),
    confirm=(_plain("confirm"),),
    armed=("guard", re.compile(r"^armed", re.MULTILINE)),
    fire=(_plain("fire"),),
)


def platform(**changes):
    rows = {
        "name": "toy", "driver": "linux", "channel": "exec", "reads": ("show",), "understand": understand, "compare": compare, "whole": lambda answers, standing: answers["show"],
        "refusal": re.compile(r"^! ", re.MULTILINE), "guard": GUARD, "version": re.compile(r"toy (\S+)"), "prepare": (_plain("paging off"),), "noise": re.compile(r"^%LOG"),
    }  # fmt: skip
    return Platform(**rows | changes)


def family(**changes):
    return Family("toy", (Version(re.compile("toy"), platform(**changes)),))


class Clock:
    """Passes when somebody sleeps, for the box too."""

    def __init__(self, box=None):
        self.now, self._box = 1000.0, box

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds
        if self._box is not None:
            self._box.tick(seconds)


class Site:
    """A box at the end of a path, in process. ``reachable`` is asked at each connection and each line.

    ``cut_at`` breaks the session off when a line that begins so has been carried out (``lost_at``: before).
    """

    def __init__(self, box=None, reachable=lambda box: True):
        self.box = box or Box()
        self.clock = Clock(self.box)
        self.reachable, self.cut_at, self.lost_at = reachable, None, None
        self.sent, self.sessions, self.answer_seconds = [], 0, 0.1

    def connect(self):
        if not self.reachable(self.box):
            raise Unreachable("a-router (192.0.2.1:22): doesn't answer")
        self.sessions += 1
        return InProcess(self)


class InProcess:
    """A Session without a network."""

    def __init__(self, site):
        self._site, self._typed, self._broken = site, site.box.login("motcua"), False

    def read(self, command):
        return self.send(_plain(command)).text

    def send(self, command):
        site = self._site
        self._check(site.lost_at is not None and command.text.startswith(site.lost_at))
        site.sent.append(command.text)
        site.clock.sleep(site.answer_seconds)
        answer = self._typed.execute(command.text)
        if command.expect is not None:
            answer = self._typed.execute(command.answer)
        self._check(site.cut_at is not None and command.text.startswith(site.cut_at))
        return Answer(answer)

    def _check(self, cut):
        if cut:
            self._site.cut_at = self._site.lost_at = None
        if self._broken or cut or not self._site.reachable(self._site.box):
            self._broken = True
            raise Unreachable("a-router (192.0.2.1:22): the session broke off")

    def close(self):
        pass
