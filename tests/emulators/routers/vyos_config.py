"""A configuration session of VyOS: the candidate, and what its verbs make of it."""

from __future__ import annotations

import re

from tests.emulators.routers.vyos_checks import failures, finished
from tests.emulators.routers.vyos_tree import Refused, difference, marked


class ConfigSession:
    """One candidate: ``base`` is what it began from. ``script`` sessions come from the template, whose ``save`` has its own rules."""

    def __init__(self, box, *, script=False):
        self.box, self.script, self.level, self.unsaved = box, script, (), False
        self.base, self.named = box.active.copy(), box.hostname
        self.candidate = box.active.copy()

    @property
    def changed(self):
        return self.candidate != self.base

    def run(self, verb, words):
        """What the verb prints, and its exit status."""
        try:
            text = getattr(self, "_" + verb.replace("-", "_"))(words)
        except Refused as refused:
            return "\n" + "".join(f"  {line}\n" for line in str(refused).splitlines()) + "\n", 1
        failed = re.search(r"failed\b|^Cannot|^No such|No space", text, re.MULTILINE) is not None
        return text, int(failed)

    def _set(self, words):
        words = (*self.level, *words)
        if not words:
            raise Refused("Configuration path: [] is not valid\nSet failed")
        path = marked(self.box.root, words)
        self.candidate.set(self.box.root, path)
        return ""

    def _delete(self, words):
        self.candidate.delete(self.box.root, (*self.level, *words))
        return ""

    def _edit(self, words):
        self.level = (*self.level, *words)
        return ""

    def _top(self, _words):
        self.level = ()
        return ""

    def _up(self, _words):
        self.level = self.level[:-1]
        return ""

    def _show(self, words):
        return self.candidate.text((*self.level, *words)) + "\n"

    def _compare(self, words):
        if words[:1] == ("saved",):
            return self._compared(self.box.stored("config/config.boot"), "saved")
        if words[:1] == ("commands",):
            gone = [f"delete {line.removeprefix('set ')}" for line in self.base.commands() if line not in self.candidate.commands()]
            came = [line for line in self.candidate.commands() if line not in self.base.commands()]
            return "\n".join([*gone, *came]) + "\n"
        return self._compared(self.box.active, "active")

    def _compared(self, other, name):
        shown = difference(other, self.candidate)
        return f"{shown}\n" if shown else f"No changes between working and {name} configurations.\n"

    def _discard(self, _words):
        if not self.changed:
            return "No changes have been discarded\n"
        self.candidate = self.base = self.box.active.copy()
        self.candidate = self.base.copy()
        return "Changes have been discarded\n"

    def _commit(self, _words):
        box = self.box
        if not self.changed:
            return "No configuration changes to commit\n"
        if "safe_mode_open" in box.quirks:
            return "Configuration system temporarily locked due to another commit in progress\nCommit failed\n"
        wished = box.active.copy()
        for line in self.base.lines:
            if line not in self.candidate.lines:
                wished.lines.pop(line, None)
        for line in self.candidate.lines:
            if line not in self.base.lines:
                wished.lines[line] = None
        said, bad = [], []
        for path, words in failures(wished, box.version, lambda file: box.place(file).exists()):
            if path not in bad:
                bad.append(path)
                said.append(f"[ {' '.join(path)} ]\n{words}\n\n[[{' '.join(path)}]] failed\n")
        if bad:
            # What isn't below a part that failed is committed all the same.
            kept = [line for line in wished.lines if not any(line[: len(path)] == path for path in bad)]
            kept += [line for line in box.active.lines if any(line[: len(path)] == path for path in bad)]
            wished.lines = dict.fromkeys(kept)
        box.active = finished(wished)
        self.base = box.active.copy()
        if bad:
            return "".join(said) + "Commit failed\n"
        self.candidate, self.unsaved = self.base.copy(), True
        return ""

    def _commit_confirm(self, words):
        box = self.box
        minutes = int(words[0]) if words and words[0].isdigit() else 10
        if not self.changed:
            return "No configuration changes to commit\n"
        if not box.active.has("system", "config-management", "commit-revisions"):
            return "commit-confirm needs system config-management commit-revisions\n"  # the wording isn't proven
        if box.confirm_due is not None:
            return "Another confirm is pending\n"
        said = self._commit(())
        box.confirm_due = box.now + minutes * 60
        return f"Initialized commit-confirm; {minutes} minutes to confirm before reboot\n{said}"

    def _confirm(self, _words):
        if self.box.confirm_due is None:
            return "No confirm pending\n"
        self.box.confirm_due = None
        return "Reboot timer stopped\n"

    def _load(self, words):
        if self.changed:
            return "Cannot load: configuration modified.\nCommit or discard the changes before loading a config file.\n"
        name = words[0] if words else "config.boot"
        path = next((one for one in (name, f"/config/{name}") if one.startswith("/") and self.box.place(one).is_file()), None)
        if path is None:
            return f"No such file '{name}'\n"
        self.candidate, self.level = self.box.stored(path), ()
        end = "Load complete. Use 'commit' to make changes effective." if self.changed else "No configuration changes to commit."
        return f"Loading configuration from '{name}'\n{end}\n"

    def _save(self, words):
        path = words[0] if words else "/config/config.boot"
        warning = "Warning: you have uncommitted changes that will not be saved.\n\n" if self.changed else ""
        if "full_flash" in self.box.quirks:
            return warning + f"OSError: [Errno 28] No space left on device: '{path}'\n"
        if not self.box.place(path).parent.is_dir():
            return warning + f"FileNotFoundError: [Errno 2] No such file or directory: '{path}'\n"
        self.box.store(path, self.box.active)
        self.unsaved = self.unsaved and bool(words)
        # 1.4's own script (vyos-save-config.py) prints nothing; 1.3's did.
        return warning if self.box.version == "14" else f"{warning}Saving configuration to '{path}'...\nDone\n"
