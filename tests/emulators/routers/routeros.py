"""An emulated RouterOS 7 or 6. Everything is stored at once, so that a power cut keeps it; only schedulers with ``start-time=startup`` then run.

Written from MikroTik's manual, wire facts, recorded exports and the schema that community.routeros publishes; never from our own code. What
no source proves says so where it stands.
"""

from __future__ import annotations

import re
from dataclasses import replace

from tests.emulators.routers import routeros_clock as clocks
from tests.emulators.routers import routeros_facts as facts
from tests.emulators.routers.box import Closed
from tests.emulators.routers.routeros_commands import NOUNS
from tests.emulators.routers.routeros_export import export
from tests.emulators.routers.routeros_logic import Return
from tests.emulators.routers.routeros_office import OFFICES
from tests.emulators.routers.routeros_schema import schema_of
from tests.emulators.routers.routeros_script import Hand
from tests.emulators.routers.routeros_session import HISTORY, Safe, Session
from tests.emulators.routers.routeros_system import command, run_source, statements
from tests.emulators.routers.routeros_tables import Item, Tables
from tests.emulators.routers.routeros_tokens import Misread
from tests.emulators.routers.routeros_values import SCRIPT_POLICIES, Failure
from tests.emulators.routers.routeros_words import Reader

VERSIONS = {"routeros7": "7.16.2", "routeros6": "6.49.17"}
UNKNOWN_MINOR = {"routeros7": "7.99.1", "routeros6": "6.99.1"}
FIELD_OF_TOMORROW = ("hw-class", "standard")
OF_TOMORROW = [tuple(path.split()) for path in ("ip firewall filter", "interface wireguard", "ip ipsec peer", "ip address", "queue tree")]
SCRIPTS = (("system", "script"), ("system", "scheduler"))


def build(kind, *, config=None, user="motcua", password="", quirks=frozenset()):
    """One box of ``kind`` (routeros7, routeros6) that starts with the export ``config``, or with a small office's."""
    return RouterOs(kind, OFFICES[kind] if config is None else config, user, password, frozenset(quirks))


class RouterOs(Tables):
    """The box. ``boots`` grows with each start: sessions from before are over."""

    ssh_version = "ROSSSH"

    def __init__(self, kind, config, user, password, quirks):
        found = re.search(r"by RouterOS (\d[\w.]*)", config)
        fits = found is not None and found[1].startswith(kind[-1])
        self.version = UNKNOWN_MINOR[kind] if "wrong_minor" in quirks else found[1] if fits else VERSIONS[kind]
        super().__init__(replace(schema_of(self.version), learned={}), facts.ports(config))
        self.kind, self.quirks, self.boots, self.depth = kind, quirks, 0, 0
        self.files, self.globals, self.history, self.script_runs = {}, {}, [], {}
        self.safe, self._exports, self.programs = None, {}, {}
        self.clock_now = clocks.Clock(self, clocks.NO_BATTERY if "clock_1970" in quirks else clocks.MORNING)
        self.said_of_itself = dict(re.findall(r"^# (software id|model|serial number) = ?(.*)$", config, re.MULTILINE))
        self.seed = self.said_of_itself.get("serial number", kind)
        self._load(config)
        self._account(user, password)
        if "safe_mode_open" in quirks:
            self._colleague()

    # ---- what it starts with ----
    def _load(self, config):
        """An export as the configuration; menus and fields that the schema lacks are learned from it."""
        self.loading = True
        ports = re.search(r"^/port\n((?:set \d+.*\n)+)", config, re.MULTILINE)
        self.tables[("port",)] = [self._item({}, factory={}) for _ in (ports[1].splitlines() if ports else ())]
        hand = Hand(self, "admin", {*SCRIPT_POLICIES, "policy"})
        for statement in statements(Reader(config.replace("\r\n", "\n"), self.schema, lenient=True)):
            path = statement.path
            if path is None:
                raise ValueError(f"no export: {statement.text}")
            known = self.schema.names(path, statement.verb) if statement.verb else ()
            extra = {one.name for one in statement.arguments if one.name} - set(known if known is not None else ())
            if path not in self.schema.menus or extra:
                self.schema.learned.setdefault(path, set()).update(extra)
            hand.step(statement)
        self.loading, self.history = False, []
        for item in self.rows(clocks.SCHEDULER):
            self.clock_now.plan(item)

    def _account(self, user, password):
        row = next((item for item in self.rows(("user",)) if item.fields["name"] == user), None) or self.add(
            ("user",), {"name": user, "group": "full"}
        )
        row.fields["password"] = password
        if "no_privilege" in self.quirks:
            row.fields["group"] = "read"

    def _colleague(self):
        self.safe = Safe(None, "quan.tri", self.copy())
        self.history.append(["F", "filter rule changed", "quan.tri", "write", self.clock])

    # ---- Box ----
    def login(self, user, *, exec_channel=False):
        return Session(self, user, exec_channel=exec_channel)

    def tick(self, seconds):
        self.clock_now.tick(seconds)

    def power_cut(self):
        """What is stored stays. Whether safe mode's changes stay as well is unproven; here they do."""
        self.restart()

    def export(self):
        return self.export_text(secrets=True)

    def restart(self):
        self.boots += 1
        self.globals, self.history, self.script_runs, self.safe = {}, [], {}, None
        self.tables[("log",)] = []
        self.clock_now.boot(clocks.NO_BATTERY if "clock_1970" in self.quirks else self.clock)

    def admits(self, user, password=None, key=None):
        """Own accounts and keys; with a key installed, passwords are refused (``/ip ssh always-allow-password-login``). None: as the test says."""
        row = next((item for item in self.rows(("user",)) if item.fields["name"] == user), None)
        if row is None or row.fields.get("disabled") == "yes" or "ssh" not in self.policies_of(user):
            return False
        if self.pick(("ip", "service"), "ssh")[0].fields.get("disabled") == "yes":
            return False
        keys = {item.fields.get("key") for item in self.rows(("user", "ssh-keys")) if item.fields.get("user") == user}
        if key is not None:
            return True if key.export_public_key().decode().split()[1] in keys else None
        always = self.one(("ip", "ssh")).fields.get("always-allow-password-login") == "yes"
        if keys and not always:
            return False
        return bool(row.fields.get("password")) and row.fields["password"] == password

    def log_line(self):
        return "\necho: system,error,critical login failure for user admin from 203.0.113.77 via ssh\n"

    # ---- time ----
    @property
    def clock(self):
        return self.clock_now.now

    def set_clock(self, moment):
        self.clock_now.set(moment)

    def passed(self, seconds):
        self.clock_now.passed(seconds)

    def scheduled(self, entry):
        """An entry of the scheduler is due: a script by its name, or commands. It runs with the entry's policies."""
        text, policies = entry.fields.get("on-event", ""), entry.fields.get("policy", "").split(",")
        script = next((item for item in self.rows(("system", "script")) if item.fields["name"] == text), None)
        self.job(entry.fields.get("owner", "admin"), policies, script or text, f"scheduler:{entry.fields['name']}")

    def job(self, user, policies, source, name):
        """Something that nobody watches: its mistakes go to the log."""
        hand = Hand(self, user, frozenset(policies))
        try:
            if isinstance(source, Item):
                if source.fields.get("dont-require-permissions") != "yes":
                    hand.may(*(set(source.fields.get("policy", "").split(",")) - {""}))
                run_source(self, hand, source, policies)
            else:
                hand.do(source)
        except (Misread, Failure) as wrong:
            self.log("script,error", f"executing script {name} failed")
            self.log("script,error,debug", f"({name}) {wrong}")
        except (Return, Closed):
            pass

    # ---- what commands ask of it ----
    def command(self, hand, statement):
        return command(self, hand, statement)

    @property
    def identity(self):
        return self.one(("system", "identity")).fields.get("name", "MikroTik")

    def policies_of(self, user):
        row = next((item for item in self.rows(("user",)) if item.fields["name"] == user), None)
        group = next((item for item in self.rows(("user", "group")) if row and item.fields["name"] == row.fields.get("group")), None)
        return frozenset(one for one in (group.fields.get("policy", "") if group else "").split(",") if not one.startswith("!"))

    def allowed(self, path, fields, hand):
        """What forbids an entry, whatever its fields are."""
        if path in SCRIPTS:
            mine = [one for one in SCRIPT_POLICIES if one in hand.policies]
            if not {one for one in fields.get("policy", "").split(",") if one} <= set(mine):
                raise Failure("not enough permissions (9)")
            fields.setdefault("policy", ",".join(mine))
        if path == clocks.SCHEDULER and "device_mode_home" in self.quirks:
            raise Failure("failure: not allowed by device-mode")
        if "full_flash" in self.quirks and sum(map(len, fields.values())) > facts.FULL_KIB * 1024:
            raise Failure("failure: not enough disk space")  # the sentence is unproven
        if "wrong_minor" in self.quirks and path in OF_TOMORROW:
            self.schema.learned.setdefault(path, set()).add(FIELD_OF_TOMORROW[0])
            fields.setdefault(*FIELD_OF_TOMORROW)

    def added(self, path, item, hand):
        """An entry is new, or other than it was."""
        if path in SCRIPTS:
            item.fields.setdefault("owner", hand.user)
        if path == clocks.SCHEDULER and not self.loading:
            self.clock_now.added(item)

    def set(self, path, item, given):
        if path == ("system", "clock"):
            self._put_right(given)
        super().set(
            path,
            item,
            {
                name: text
                for name, text in given.items()
                if (path, name) not in ((("system", "clock"), "date"), (("system", "clock"), "time"))
            },
        )

    def _put_right(self, given):
        day = clocks.read_date(given.get("date", "")) or self.clock
        hour = given.get("time", f"{self.clock:%H:%M:%S}")
        if "date" in given or "time" in given:
            self.set_clock(day.replace(**dict(zip(("hour", "minute", "second"), map(int, hour.split(":")), strict=True))))

    def note(self, path, action, hand):
        """A line of the history. Safe mode ends with the hundredth, and nothing says so."""
        noun = NOUNS.get(" ".join(path)) or ("device" if path[0] == "interface" and len(path) == 2 else " ".join(path[1:] or path))
        self.history = [*self.history, ["F" if self.safe else "U", f"{noun} {action}", hand.user, "write", self.clock]][-HISTORY:]
        if self.safe is not None:
            self.safe.actions += 1
            if self.safe.actions > HISTORY:
                self.keep_all()

    def keep_all(self):
        """Safe mode is over, and what was done stays."""
        self.safe = None
        for row in self.history:
            row[0] = "U"

    def unroll(self):
        """Safe mode is over, and everything is as before it, whoever changed it."""
        kept, self.safe = self.safe.kept, None
        self.restore(kept)
        self.history = [row for row in self.history if row[0] != "F"]

    def restore(self, kept):
        super().restore(kept)
        self._list_files()
        for item in self.rows(clocks.SCHEDULER):
            self.clock_now.plan(item)

    def log(self, topics, message):
        self.tables[("log",)] = [
            *self.rows(("log",)),
            self._item({"time": f"{self.clock:%H:%M:%S}", "topics": topics, "message": message}),
        ][-1000:]

    def keep_file(self, name, content):
        """A file in the flash."""
        size = len(content.encode()) if isinstance(content, str) else 20_000
        if "full_flash" in self.quirks and size > facts.FULL_KIB * 1024 * 0.5:
            raise Failure("failure: not enough disk space")  # the sentence is unproven
        self.files[name] = {"content": content, "size": size, "at": self.clock}
        self._list_files()

    def upload(self, name, data):
        """A file comes by sftp or scp."""
        self.keep_file(name, data.decode("utf-8", "surrogateescape"))

    def _list_files(self):
        kinds = {"backup": "backup", "rsc": "script", "pub": "ssh key"}
        known = {item.fields["name"]: item for item in self.rows(("file",))}
        self.tables[("file",)] = [known.get(name) or self._item({"name": name}) for name in self.files]
        for item, file in zip(self.rows(("file",)), self.files.values(), strict=True):
            kind = kinds.get(item.fields["name"].rpartition(".")[2], ".txt file")
            item.fields |= {
                "type": kind,
                "size": str(file["size"]),
                "creation-time": f"{clocks.date_of(file['at'], self.schema.major)} {file['at']:%H:%M:%S}",
            }
            if isinstance(file["content"], str):
                item.fields["contents"] = file["content"]

    # ---- what it shows ----
    def header(self):
        return facts.header(self)

    def export_text(self, **options):
        """``export`` with its answer kept while nothing changes; only its first line tells the time."""
        if options.get("chosen") is not None:
            return export(self, **options)
        key = (self.changes, *sorted(options.items()))
        if self._exports.get("changes") != self.changes:
            self._exports = {"changes": self.changes}
        if key not in self._exports:
            self._exports[key] = export(self, **options)
        text = self.header()[0] + self._exports[key][self._exports[key].index("\n") :]
        return text[: len(text) * 2 // 3] + "\n#interrupted\n" if "interrupted" in self.quirks else text

    def worked_out(self, path, item):
        return facts.worked_out(self, path, item)

    def page(self, path):
        return facts.page(self, path)
