"""Logins on the emulated VyOS: operational mode, configuration sessions, and the shell behind both."""

from __future__ import annotations

from tests.emulators.routers.box import Closed
from tests.emulators.routers.vyos_config import ConfigSession
from tests.emulators.routers.vyos_show import operate, parted, piped
from tests.emulators.routers.vyos_tree import Refused, unquoted

BANNERS = {
    "14": "Welcome to VyOS!\n\n   ┌── ┐\n   . VyOS 1.4.0\n   └ ──┘  sagitta\n\n * Documentation:  https://docs.vyos.io/en/sagitta\n\n",
    "13": "Welcome to VyOS!\n\nCheck out project news at https://blog.vyos.io\nand feel free to report bugs at https://vyos.dev\n\n",
}
CONFIG_VERBS = (
    "commit", "commit-confirm", "compare", "confirm", "delete", "discard", "edit", "exit", "load", "merge", "rollback", "run", "save", "set", "show", "top", "up",
)  # fmt: skip
OP_VERBS = ("show", "configure", "set", "reboot", "generate", "reset", "monitor", "ping", "clear", "restart")


class VyosSession:
    """An interactive login. ``config`` is None in operational mode; ``question`` is (prompt, what takes the answer, whether one key is enough)."""

    pager, rows = ":", 0

    def __init__(self, box, user):
        self.box, self.user, self.config, self.question = box, user, None, None
        self.paging, self.width, self.folder, self.status = True, 80, f"/home/{user}", 0
        self.named = box.hostname  # bash asks for the host's name when it starts, and never again

    def greeting(self):
        return BANNERS[self.box.version]

    @property
    def keys(self):
        return "".join(chr(code) for code in range(33, 127)) if self.question and self.question[2] else ""

    def prompt(self):
        if self.question:
            return self.question[0]
        if self.config is not None:
            level = "".join(f" {word}" for word in self.config.level)
            return f"[edit{level}]\n{self.user}@{self.config.named}# "
        folder = "~" if self.folder == f"/home/{self.user}" else self.folder
        return f"{self.user}@{self.named}:{folder}$ "

    def execute(self, line):
        if self.question:
            _prompt, answer, _key = self.question
            self.question = None
            return answer(line)
        line = line.strip()
        if not line or line.startswith("#"):
            return ""
        command, pipes = parted(line)
        try:
            words = unquoted(command)
        except Refused:
            words = []
        with self.box.lock:
            answer = self._config(words) if self.config is not None else self._operate(words)
        if answer is None:
            return self._shell(line)
        for pipe in pipes:
            answer = piped(answer, pipe)
            if answer is None:
                return self._shell(line)
        return answer

    def _operate(self, words):
        if not words:
            return None
        if words[0] in ("exit", "logout"):
            raise Closed("logout\n")
        if words[0] == "configure":
            if "no_privilege" in self.box.quirks:
                return "\n  Invalid command: [configure]\n\n"
            self.config = ConfigSession(self.box)
            return ""
        if words[:2] == ["set", "terminal"]:
            if words[2:3] == ["length"] or words[2:3] == ["pager"]:
                self.paging = words[3:] not in (["0"], ["cat"])
                self.rows = int(words[3]) if words[3:] and words[3].isdigit() else 0
            elif words[2:3] == ["width"] and words[3:]:
                self.width = int(words[3])
            return ""
        if words[0] == "reboot":
            return self._reboot(words)
        if words[0] in OP_VERBS:
            return operate(self.box, words)[0]
        return None

    def _reboot(self, words):
        def reboot(answer):
            if answer.strip().lower()[:1] == "y":
                self.box.power_cut()
                raise Closed
            return ""

        if "now" in words:
            return reboot("y")
        self.question = ("Are you sure you want to reboot this system? [y/N] ", reboot, False)
        return ""

    def _config(self, words):
        if not words:
            return None
        verb, rest = words[0], tuple(words[1:])
        if verb == "exit":
            return self._exit(rest)
        if verb == "run":
            return operate(self.box, list(rest))[0] if rest else "\n  Incomplete command: run\n\n"
        if verb == "commit" and rest[:1] == ("confirm",):
            return "Use commit-confirm command\n"
        if verb == "commit-confirm" and "no-prompt" not in rest and self.config.changed and self.box.confirm_due is None:
            return self._ask_confirm(rest)
        if verb in CONFIG_VERBS:
            return self.config.run(verb, tuple(word for word in rest if word != "no-prompt"))[0]
        return None

    def _ask_confirm(self, rest):
        minutes = next((word for word in rest if word.isdigit()), "10")

        def proceed(answer):
            if answer.strip().lower() not in ("", "y", "yes"):
                return "commit-confirm canceled\n"
            return "\n" + self.config.run("commit-confirm", (minutes,))[0]

        if self.box.version == "13":
            self.question = ("Proceed? [confirm]", proceed, True)
            return f"commit confirm will be automatically reboot in {minutes} minutes unless confirmed\n"
        self.question = ("Proceed ? [Y/n] ", proceed, False)
        return f"\ncommit-confirm will automatically reboot in {minutes} minutes unless changes\nare confirmed.\n\n"

    def _exit(self, rest):
        if self.config.level:
            self.config.level = ()
            return ""
        if self.config.changed and rest != ("discard",):
            return "Cannot exit: configuration modified.\nUse 'exit discard' to discard the changes and exit.\n"
        unsaved = self.config.unsaved
        self.config = None
        return ("Warning: configuration changes have not been saved.\n" if unsaved else "") + "exit\n"

    def _shell(self, line):
        place = self.box.sandbox.root / "run/folder"
        script = f"cd {self.folder}\n{line}\nstatus=$?\npwd > /run/folder\nexit $status\n"
        answer, self.status = self.box.sandbox.run(
            "bash", "-c", script, environment=(f"USER={self.user}", f"HOME=/home/{self.user}", "VYOS_GROUP=users")
        )
        if place.exists():
            self.folder = place.read_text().strip() or "/"
            place.unlink()
        return answer.replace("bash: line 2: ", "vbash: ")


class ProgramSession:
    """An exec channel: a shell that isn't interactive and knows nothing of ``show`` or ``configure``."""

    paging, width = False, 0

    def __init__(self, box, user):
        self.box, self.user, self.status = box, user, 0

    def argv(self, command):
        home = f"/home/{self.user}"
        return self.box.sandbox.argv(
            "vbash", "-c", command, cwd=home, environment=(f"USER={self.user}", f"HOME={home}", "VYOS_GROUP=users")
        )

    def greeting(self):
        return ""

    def prompt(self):
        return ""

    def execute(self, line):
        answer, self.status = self.box.sandbox.run("vbash", "-c", line, environment=("VYOS_GROUP=users",))
        return answer
