"""Commands of IOS' privileged mode that change something: the configuration's timer, saving, replacing, restarting."""

from __future__ import annotations

import re

from tests.emulators.routers import ios_show
from tests.emulators.routers.box import Closed
from tests.emulators.routers.ios_config import Config, Refused

INVALID = "% Invalid input detected at '^' marker."
ENTERING = "Enter configuration commands, one per line.  End with CNTL/Z.\n"
NO_REVERT = "%No Rollback Confirmed Change pending\n"
LOCKED = "Configuration mode is locked by process '342' user 'dongnghiep' from terminal '3'. Please try later.\n"


class Commands:
    """The part of a session that these are methods of."""

    def _configure_terminal(self, rest):
        if "safe_mode_open" in self.box.quirks:
            return LOCKED
        said = ""
        if rest:
            if rest[0] not in ("revert", "lock") or (
                rest[0] == "revert" and (len(rest) < 3 or not rest[-1].isdigit() or not 1 <= int(rest[-1]) <= 120)
            ):
                return self._complain(Refused(INVALID, len("configure terminal ")))
            if rest[0] == "revert":
                said, armed = self._arm(int(rest[-1]))
                if not armed:
                    return said
        self.path = [self.box.running.root]
        return said + ENTERING

    def _arm(self, minutes):
        box = self.box
        if box.archive_path is None:
            return "%Turn config archive on before using Rollback Confirmed Change\n", False
        if box.revert:
            return "%Rollback Confirmed Change is already pending\n", False  # the wording isn't proven
        name = f"{box.archive_path}-{box.clock():%b-%d-%H-%M-%S}.{len(box.archived)}"
        said = f"Rollback Confirmed Change: Backing up current running config to {name}\n\n"
        if "full_flash" in box.quirks:
            return said + f"%Error opening {name} (No space left on device)\n%Error: Could not back up the running config\n", False
        box.files[name] = "\n".join(box.running.lines())
        box.archived.append(name)
        box.arm(minutes, self.user)
        return said, True

    def _configure_confirm(self, _rest):
        if not self.box.revert:
            return NO_REVERT
        self.box.disarm()
        return ""

    def _configure_revert_now(self, _rest):
        if not self.box.revert:
            return NO_REVERT
        name = self.box.archived[-1] if self.box.archived else "system:"
        self.box.roll_back()
        return f"Rollback Confirmed Change: Rolling to: {name}\n\nTotal number of passes: 1\nRollback Done\n\n"

    def _configure_revert_timer(self, rest):
        if not self.box.revert:
            return NO_REVERT
        snapshot, _due, user, _minutes = self.box.revert
        if not rest or not rest[-1].isdigit():
            return "% Incomplete command.\n\n"
        self.box.revert = (snapshot, self.box.now + int(rest[-1]) * 60, user, int(rest[-1]))
        return ""

    def _configure_replace(self, rest):
        box, name = self.box, rest[0] if rest else ""
        target = box.startup if name == "nvram:startup-config" else Config(box.files[name]) if name in box.files else None
        if target is None:
            return f"%Error opening {name} (No such file or directory)\n" if name else "% Incomplete command.\n\n"
        if "time" in rest:
            if box.archive_path is None:
                return "%Turn config archive on before using Rollback Confirmed Change\n"
            box.arm(int(rest[rest.index("time") + 1]), self.user)

        def replace(answer):
            if answer.strip().lower() not in ("y", "yes"):
                return ""
            box.running = target.copy()
            return "\nTotal number of passes: 1\nRollback Done\n\n"

        if "force" in rest:
            return replace("y")
        self._ask("Enter Y if you are sure you want to proceed. ? [no]: ", replace)
        return (
            "This will apply all necessary additions and deletions\nto replace the current running configuration with the\n"
            "contents of the specified configuration file, which is\nassumed to be a complete configuration, not a partial\nconfiguration. "
        )

    def _write(self, _rest):
        return self._write_memory(())

    def _write_memory(self, _rest):
        if "full_flash" in self.box.quirks:
            return (
                "Building configuration...\n% Not enough space on device\n%Error opening nvram:/startup-config (No space left on device)\n"
            )
        self.box.startup = self.box.running.copy()
        return "Building configuration...\n[OK]\n"

    def _write_terminal(self, _rest):
        return ios_show.running(self.box)

    def _copy_running_config_startup_config(self, _rest):
        self._ask("Destination filename [startup-config]? ", lambda _answer: self._write_memory(()))
        return ""

    def _copy_running_config(self, rest):
        if not rest:
            return "% Incomplete command.\n\n"
        default = rest[0].split(":")[-1].lstrip("/") or "running-config"

        def save(answer):
            name = rest[0].split(":")[0] + ":" + (answer.strip() or default)
            if "full_flash" in self.box.quirks:
                return f"%Error opening {name} (No space left on device)\n"
            self.box.files[name] = "\n".join(self.box.running.lines())
            return f"{len(self.box.files[name])} bytes copied in 0.201 secs ({len(self.box.files[name]) * 5} bytes/sec)\n"

        self._ask(f"Destination filename [{default}]? ", save)
        return ""

    def _archive_config(self, _rest):
        if self.box.archive_path is None:
            return "% Archive path has not been configured\n"  # the wording isn't proven
        name = f"{self.box.archive_path}-{self.box.clock():%b-%d-%H-%M-%S}.{len(self.box.archived)}"
        self.box.files[name] = "\n".join(self.box.running.lines())
        self.box.archived.append(name)
        return ""

    def _delete(self, rest):
        return "" if self.box.files.pop(rest[-1] if rest else "", None) is not None else "%Error deleting (No such file or directory)\n"

    def _dir(self, _rest):
        free = 0 if "full_flash" in self.box.quirks else 1196 * 1024 * 1024
        rows = [
            f"{index:>5}  -rw- {len(text):>16}  Nov 26 2026 08:00:00 +07:00  {name.split(':')[-1]}"
            for index, (name, text) in enumerate(self.box.files.items(), 1)
        ]
        return "\n".join(["Directory of bootflash:/", "", *rows, "", f"2968264704 bytes total ({free} bytes free)", ""])

    def _reload(self, _rest):
        return self._reload_asked(None)

    def _reload_in(self, rest):
        found = re.fullmatch(r"(?:(\d+):)?(\d+)", rest[0]) if rest else None
        if not found:
            return "% Incomplete command.\n\n" if not rest else self._complain(Refused(INVALID, len("reload in ")))
        return self._reload_asked(int(found[1] or 0) * 60 + int(found[2]))

    def _reload_asked(self, minutes):
        def confirm(key):
            if key.strip().lower() not in ("", "y"):
                return "\n"
            if minutes is None:
                self.box.power_cut()
                raise Closed
            self.box.reload_at = self.box.now + minutes * 60
            return "\n"

        def proceed():
            self._ask("Proceed with reload? [confirm]", confirm, key=True)
            return "" if minutes is None else ios_show.reload_words(self.box, self.user, minutes * 60) + "Reload reason: Reload Command\n"

        def save(answer):
            word = answer.strip().lower()
            if word not in ("yes", "no", "y", "n"):
                self._ask("System configuration has been modified. Save? [yes/no]: ", save)
                return "% Please answer 'yes' or 'no'.\n"
            return (self._write_memory(()) if word[0] == "y" else "") + proceed()

        if self.box.modified:
            self._ask("System configuration has been modified. Save? [yes/no]: ", save)
            return ""
        return proceed()

    def _reload_cancel(self, _rest):
        if self.box.reload_at is None:
            return "%No reload is scheduled.\n"
        self.box.reload_at = None
        return "\n\n***\n*** --- SHUTDOWN ABORTED ---\n***\n"
