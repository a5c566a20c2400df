"""A login at an emulated RouterOS: prompts, questions, and safe mode."""

from __future__ import annotations

import re

from tests.emulators.routers.box import Closed
from tests.emulators.routers.routeros_logic import Return
from tests.emulators.routers.routeros_script import Hand
from tests.emulators.routers.routeros_tokens import Misread
from tests.emulators.routers.routeros_values import Failure

CTRL_X, CTRL_D = "\x18", "\x04"
HIJACK = "Hijacking Safe Mode from someone - unroll/release/don't take it [u/r/d]: "
HISTORY = 100  # so many actions go into the history; with one more, safe mode ends and says nothing


class Safe:
    """Safe mode: who holds it, and what there was before. ``session`` is None for somebody who isn't one of ours."""

    def __init__(self, session, user, kept):
        self.session, self.user, self.kept, self.actions = session, user, kept, 0


class Session:
    """One login; an exec channel has neither greeting nor prompt, and wraps at 80 whatever the client's terminal is."""

    paging, width, newline = False, 80, "\r\n"
    pager = "-- [Q quit|D dump|down]"

    def __init__(self, box, user, *, exec_channel):
        self.box, self.user, self.exec_channel, self.boot = box, user, exec_channel, box.boots
        self.hand = Hand(box, user, box.policies_of(user), interactive=not exec_channel)
        self.hand.session, self.question = self, None

    @property
    def keys(self):
        """Characters that are answered without Enter."""
        return "".join(self.question[1]) + "nN" if self.question else CTRL_X + CTRL_D

    def greeting(self):
        return f"\n\n  MikroTik RouterOS {self.box.version} (c) 1999-2024       https://www.mikrotik.com/\n\nPress F1 for help\n\n"

    def prompt(self):
        if self.question:
            return self.question[0]
        slash = "/" if self.box.schema.major >= 7 else " "
        where = "/" + slash.join(self.hand.menu) if self.hand.menu else ""
        held = self.box.safe is not None and self.box.safe.session is self
        return f"[{self.user}@{self.box.identity}] {where}" + ("<SAFE> " if held else "> ")

    def execute(self, line):
        if self.boot != self.box.boots:
            raise Closed
        if self.question:
            return self._answered(line)
        if line == CTRL_D:
            if self.box.safe is not None and self.box.safe.session is self:
                self.box.unroll()
            raise Closed
        if CTRL_X in line:
            return self.safe("toggle") + "\n"
        self.hand.said, self.hand.policies = [], self.box.policies_of(self.user)
        self.hand.menu_width = 80 if self.exec_channel else self.width or 80
        self.paging = not self.exec_channel and bool(re.search(r"\bprint\b", line)) and "without-paging" not in line
        try:
            self.hand.do(line.replace("\r\n", "\n"))
        except Return:
            pass
        except (Misread, Failure) as wrong:
            self.hand.said.append(str(wrong))
        except Closed as last:
            raise Closed("\n".join([*self.hand.said, str(last)])) from None
        finally:
            self.hand.scopes = [{}]
        return "".join(f"{one}\n" for one in self.hand.said)

    def _answered(self, line):
        _, answers = self.question
        self.question = None
        action = answers.get(line.strip()[:1].lower())
        try:
            return (action() or "") if action else "action cancelled\n"
        except Failure as wrong:
            return f"{wrong}\n"

    # ---- safe mode ----
    def safe(self, verb):
        """``toggle`` is Ctrl-X; ``take``, ``release`` and ``unroll`` are its forms for scripts."""
        held = self.box.safe
        if held is None:
            if verb in ("release", "unroll"):
                raise Failure("failure: safe mode is not taken")
            return self._take()
        if held.session is self:
            if verb == "take":
                raise Failure("failure: safe mode already taken")
            self.box.unroll() if verb == "unroll" else self.box.keep_all()
            return "[Safe Mode released]"
        if verb != "toggle":
            raise Failure("failure: safe mode is taken by another session")
        self.question = (HIJACK, {"u": self._unroll, "r": self._release, "d": lambda: ""})
        return ""

    def _take(self):
        self.box.safe = Safe(self, self.user, self.box.copy())
        return "[Safe Mode taken]"

    def _unroll(self):
        self.box.unroll()
        return self._take() + "\n"

    def _release(self):
        self.box.keep_all()
        return self._take() + "\n"

    def hang_up(self):
        """The connection is gone without a word: safe mode undoes (after the nine minutes that TCP takes, which pass here at once)."""
        if self.box.safe is not None and self.box.safe.session is self:
            self.box.unroll()
