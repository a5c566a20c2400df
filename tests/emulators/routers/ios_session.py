"""A login on the emulated IOS: user and privileged mode, the configuration modes, questions, and what ``show`` prints."""

from __future__ import annotations

from tests.emulators.routers import ios_show
from tests.emulators.routers.box import Closed
from tests.emulators.routers.ios_config import Refused, hashed
from tests.emulators.routers.ios_exec import INVALID, Commands
from tests.emulators.routers.ios_grammar import PROMPTS
from tests.emulators.routers.ios_rules import split
from tests.emulators.routers.ios_tree import Node

ANY_KEY = "".join(chr(code) for code in range(33, 127))
# The first words of each command of the privileged mode: a word may be shortened as long as it means one of them.
COMMANDS = (
    "archive config", "clear line", "clock set", "configure confirm", "configure replace", "configure revert now", "configure revert timer",
    "configure terminal", "configure", "copy running-config startup-config", "copy running-config", "delete", "dir", "disable", "do", "enable", "end",
    "exit", "logout", "ping", "quit", "reload at", "reload cancel", "reload in", "reload", "show", "terminal length", "terminal monitor", "terminal no",
    "terminal width", "write erase", "write memory", "write terminal", "write",
)  # fmt: skip
FOR_USERS = ("disable", "enable", "exit", "logout", "quit", "ping", "show", "terminal length", "terminal width", "terminal monitor")
NAT_IN_USE = {
    ("no", "ip", "nat", "inside", "source", "list"): "Dynamic mapping",
    ("no", "ip", "nat", "inside", "source", "route-map"): "Dynamic mapping",
    ("no", "ip", "nat", "inside", "source", "static"): "Static entry",
}


class IosSession(Commands):
    """``path`` is empty outside of configuration; ``question`` is what the device waits for: (prompt, what takes the answer, is one key enough)."""

    pager, rows = " --More-- ", 0
    newline = "\r\n"

    def __init__(self, box, user, *, exec_channel):
        self.box, self.user = box, user
        self.privileged = box.privilege(user) == 15
        self.paging, self.width = not exec_channel, 80
        self.path, self.question, self.secret_tries = [], None, 0
        self.key_text = None

    def greeting(self):
        banner = next((one for one in self.box.running.root.children if one.text.startswith("banner ")), None)
        text = "\n".join(one.text for one in banner.children[:-1]) + "\n" if banner else ""
        return "\n" + text

    @property
    def echo(self):
        return not (self.question and self.question[0] == "Password: ")

    @property
    def keys(self):
        return ("\x1a" if self.path else "") + (ANY_KEY if self.question and self.question[2] else "")

    def prompt(self):
        if self.question:
            return self.question[0]
        name = self.box.hostname
        if not self.path:
            return name + ("#" if self.privileged else ">")
        mode = "key-string" if self.key_text is not None else self.path[-1].mode
        # IOS shortens the host's name in configuration prompts so that they stay short.
        return f"{name[:20]}({PROMPTS.get(mode, 'config')})#"

    def execute(self, line):
        if self.question:
            _prompt, answer, _key = self.question
            self.question = None
            return answer(line)
        if line == "\x1a":
            self._leave()
            return "^Z\n"
        notices, self.box.notices[:] = "".join(one for one in self.box.notices if one), []
        said = self._configure(line) if self.path else self._run(line.strip())
        return notices + said

    # Privileged and user mode.

    def _run(self, line):
        if not line or line.startswith("!"):
            return ""
        words, columns = split(line)
        try:
            command, rest = self._command(words, columns)
        except Refused as refused:
            return self._complain(refused)
        if command == "show":
            return self._show(line, columns)
        if command.startswith("terminal"):
            return self._terminal(command, rest)
        if command in ("exit", "logout", "quit"):
            raise Closed
        if command in ("enable", "disable"):
            return self._enable(command)
        handler = getattr(self, "_" + command.replace(" ", "_").replace("-", "_"), None)
        return handler(rest) if handler else self._complain(Refused(INVALID, 0))

    def _command(self, words, columns):
        known = COMMANDS if self.privileged else FOR_USERS
        best = None
        for command in known:
            parts = command.split()
            if len(words) >= len(parts) and all(part.startswith(word) for part, word in zip(parts, words, strict=False)):
                exact = sum(part == word for part, word in zip(parts, words, strict=False))
                if best is None or (len(parts), exact) > best[0]:
                    best = ((len(parts), exact), command, words[len(parts) :])
        if best is None:
            bad = 1 if len(words) > 1 and any(one.split()[0].startswith(words[0]) for one in known) else 0
            if bad == 0 and len(words) == 1 and words[0].isalnum():
                raise Refused(
                    f'Translating "{words[0]}"...domain server (255.255.255.255)\n% Unknown command or computer name, or unable to find computer address'
                )
            raise Refused(INVALID, columns[bad])
        return best[1], best[2]

    def _complain(self, refused):
        if refused.at is None:
            return f"{refused}\n\n"
        return " " * (len(self.prompt()) + refused.at) + f"^\n{refused}\n\n"

    def _show(self, line, columns):
        command, _, pipe = line.partition("|")
        try:
            shown = ios_show.show(self.box, self, split(command.strip())[0][1:], columns)
        except Refused as refused:
            return self._complain(refused)
        return ios_show.piped(shown, pipe.strip()) if pipe else shown

    def _terminal(self, command, rest):
        if command in ("terminal monitor", "terminal no"):
            return ""
        if len(rest) != 1 or not rest[0].isdigit():
            return "% Incomplete command.\n\n"
        if command == "terminal length":
            self.paging, self.rows = rest[0] != "0", int(rest[0])
        else:
            self.width = int(rest[0])
        return ""

    def _enable(self, command):
        if command == "disable":
            self.privileged = False
            return ""
        if self.privileged:
            return ""
        secret = self.box.running.root.child("enable", "secret")
        if secret is None:
            return "% Error in authentication.\n\n"
        self.secret_tries = 0
        self._ask("Password: ", self._password)
        return ""

    def _password(self, typed):
        if self.box.running.root.child("enable", "secret").text == f"enable secret {hashed(typed)}":
            self.privileged = True
            return ""
        self.secret_tries += 1
        if self.secret_tries >= 3:
            return "% Bad secrets\n\n"
        self._ask("Password: ", self._password)
        return ""

    def _ask(self, prompt, answer, *, key=False):
        self.question = (prompt, answer, key)

    # Configuration.

    def _configure(self, line):
        if self.key_text is not None:
            return self._key_line(line.strip())
        if not line.strip() or line.strip().startswith("!"):
            return ""
        words, _columns = split(line)
        if words[0] == "end":
            self._leave()
            return ""
        if words[0] in ("exit", "exit-address-family", "quit"):
            self.path = self.path[:-1]
            if not self.path:
                self._leave()
            return ""
        if words[0] == "do":
            path, self.path = self.path, []
            try:
                return self._run(line.strip()[2:].strip())
            finally:
                self.path = path
        self._relink()
        question = self._doubt(words)
        if question:
            self._ask(*question[:1], lambda answer: self._typed(line) if answer.strip().lower() in question[1] else "\n", key=question[2])
            return ""
        return self._typed(line)

    def _doubt(self, words):
        """The device's question before it takes something away: (prompt, what means yes, whether one key is enough)."""
        root = self.box.running.root
        if words[:2] == ("no", "username") and len(words) == 3 and root.child("username", words[2]):
            asked = "This operation will remove all username related configurations with same name.Do you want to continue? [confirm]"
            return asked, ("", "y"), True
        for kind, asked in NAT_IN_USE.items():
            if words[: len(kind)] == kind and any(one.text == " ".join(words[1:]) for one in root.children):
                return f"{asked} in use, do you want to delete all entries? [no]: ", ("y", "yes"), False
        return None

    def _typed(self, line):
        """A line is tried in its mode, then in the global one, as IOS does it."""
        try:
            self.path, said = self.box.running.type(self.path, line)
        except Refused as refused:
            if len(self.path) == 1 or refused.at is None:
                return self._complain(refused)
            try:
                for depth in range(len(self.path) - 1, 0, -1):
                    try:
                        self.path, said = self.box.running.type(self.path[:depth], line)
                        break
                    except Refused as upper:
                        if depth == 1 or upper.at is None:
                            raise
            except Refused as outer:
                return self._complain(max(refused, outer, key=lambda one: one.at if one.at is not None else 10**6))
        if self.path[-1].mode == "key-string":
            self.path[-2].children.remove(self.path[-1])
            self.path, self.key_text = self.path[:-1], ""
        self.box.changed_at, self.box.changed_by = self.box.now, self.user
        return said + "\n" if said else ""

    def _relink(self):
        """The timer or another session may have put another configuration under our feet: the mode stays, by its name."""
        where = [self.box.running.root]
        for node in self.path[1:]:
            found = next((one for one in where[-1].children if one.key == node.key), None)
            if found is None:
                found = Node(node.text, node.key, node.rank, node.mode)
                where[-1].children.append(found)
            where.append(found)
        self.path = where

    def _key_line(self, line):
        if line.lower() != "exit":
            self.key_text += line if not self.key_text or not line.startswith(("ssh-", "ecdsa-")) else " " + line
            return ""
        data, self.key_text = self.key_text, None
        self._relink()
        try:
            self.box.running.add_key(self.path[-1], data)
        except Refused as refused:
            return f"{refused}\n"
        return ""

    def _leave(self):
        self.path, self.key_text = [], None
