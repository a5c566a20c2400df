"""What every emulated router is, apart from the network: a box with state, a clock of its own, and sessions that people type into."""

from __future__ import annotations

from typing import Protocol


class Closed(Exception):
    """The box ends this session: ``exit``, a restart, or a hand that cut it."""


class Session(Protocol):
    """One login. ``paging`` says whether long answers are to be paged; ``width`` where they wrap (0: nowhere)."""

    paging: bool
    width: int

    def greeting(self) -> str:
        """What stands there before the first prompt: banner, licence, warnings."""

    def prompt(self) -> str:
        """The prompt as it is now; a question (``Proceed? [confirm]``) is a prompt too."""

    def execute(self, line: str) -> str:
        """Take one line, and answer without the prompt. Raises Closed when the session is over."""


class Box(Protocol):
    """One router. Nothing in it waits: time passes by ``tick`` alone."""

    def login(self, user: str, *, exec_channel: bool = False) -> Session:
        """A new session; ``exec_channel`` is one that runs a single command and has neither greeting nor prompt."""

    def tick(self, seconds: float) -> None:
        """So many seconds pass: timers, schedulers and guards that are due fire."""

    def power_cut(self) -> None:
        """The power goes and comes back: the box starts from what it has stored; all sessions end."""

    def export(self) -> str:
        """The whole running configuration as the box itself prints it, secrets included."""
