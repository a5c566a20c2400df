"""VyOS 1.4 (sagitta) and 1.3 (equuleus): configuration sessions, commit, save, timers, and a shell in which scripts really run.

The running configuration is kept here; ``/config`` is a folder of the sandbox, and ``/config/config.boot`` is what a restart begins from.
"""

from __future__ import annotations

import datetime
import json
import re
import socketserver
import threading

from tests.emulators.routers.openwrt_sandbox import Sandbox
from tests.emulators.routers.openwrt_tools import WG
from tests.emulators.routers.vyos_checks import hashed
from tests.emulators.routers.vyos_config import ConfigSession
from tests.emulators.routers.vyos_schema import schema
from tests.emulators.routers.vyos_session import ProgramSession, VyosSession
from tests.emulators.routers.vyos_show import RELEASES, operate
from tests.emulators.routers.vyos_tools import PROGRAMS, TOOLS
from tests.emulators.routers.vyos_tree import Tree, read_braces, read_commands

OFFICE = """
set interfaces ethernet eth0 address 'dhcp'
set interfaces ethernet eth0 description 'FTTH'
set interfaces ethernet eth0 hw-id '52:54:00:a1:00:01'
set interfaces ethernet eth1 address '10.190.1.2/24'
set interfaces ethernet eth1 description 'TSLCD'
set interfaces ethernet eth2 address '192.168.5.1/24'
set interfaces ethernet eth2 description 'LAN'
set interfaces loopback lo address '127.0.0.1/8'
set nat destination rule 10 description 'dau ghi tu ngoai'
set nat destination rule 10 destination port '8000'
set nat destination rule 10 inbound-interface{name} 'eth0'
set nat destination rule 10 protocol 'tcp'
set nat destination rule 10 translation address '192.168.5.5'
set nat source rule 100 outbound-interface{name} 'eth0'
set nat source rule 100 source address '192.168.5.0/24'
set nat source rule 100 translation address 'masquerade'
set protocols static route 10.190.0.0/16 next-hop 10.190.1.1
set service ssh port '22'
set system config-management commit-revisions '100'
set system host-name 'vyos'
set system login user {user} authentication encrypted-password '{hash}'
{ntp} server 0.pool.ntp.org
set system syslog global facility {all} level 'info'
set system time-zone 'UTC'
"""


class Vyos:
    """The box. ``active`` runs, ``config.boot`` is stored; ``sessions`` are configuration sessions of scripts, by the shell's number."""

    blocking = True

    def __init__(self, version, config, *, user, password, quirks):
        self.version, self.quirks, self.user = version, quirks, user
        self.root = schema(version)
        text = config or OFFICE.format(
            name=" name" if version == "14" else "", user=user, hash=hashed(password),
            ntp="set service ntp" if version == "14" else "set system ntp", all="all",
        )  # fmt: skip
        reader = read_commands if re.search(r"^\s*set ", text, re.MULTILINE) else read_braces
        self.active = Tree(reader(text, self.root))
        self.accounts = set(self.active.names("system", "login", "user"))
        self.now, self.boots, self.sessions, self.confirm_due = 0.0, 0, {}, None
        self.lock = threading.RLock()
        self.sandbox = Sandbox(TOOLS, {"vbash": "bash", "sh": "bash"})
        for path, program in PROGRAMS.items():
            self.sandbox.program(path, program)
        self.sandbox.program("usr/bin/wg", WG)
        for folder in ("config/scripts", "config/auth", "config/user-data", "run/units", f"home/{user}", "var/tmp"):
            (self.sandbox.root / folder).mkdir(parents=True, exist_ok=True)
        self.store("config/config.boot", self.active)
        self.folder = self.sandbox.root
        self._serve()
        self.sandbox.start(self.hostname)

    @property
    def hostname(self):
        return (self.active.values("system", "host-name") or ["vyos"])[0]

    def clock(self):
        start = datetime.datetime(1970, 1, 1) if "clock_1970" in self.quirks else datetime.datetime(2026, 11, 26, 1, 0)  # noqa: DTZ001  a router's clock knows no zone
        return start + datetime.timedelta(seconds=self.now)

    def place(self, path):
        """A file of the box, as this machine sees it."""
        return self.sandbox.root / path.lstrip("/")

    def store(self, path, tree):
        release = RELEASES[self.version][0]
        foot = f'\n\n// Warning: Do not remove the following line.\n// vyos-config-version: "emulated"\n// Release version: {release}\n'
        self.place(path).write_text(tree.text() + foot, encoding="utf-8")

    def stored(self, path):
        return Tree(read_braces(self.place(path).read_text(encoding="utf-8"), self.root))

    def tick(self, seconds):
        self.now += seconds
        self.sandbox.advance(seconds)
        for timer in sorted((self.sandbox.root / "run/units").glob("*.timer")):
            due, command = timer.read_text(encoding="utf-8").split("\n", 1)
            if int(due) <= self.sandbox.clock * 1000:
                timer.unlink(missing_ok=True)
                self.sandbox.run("bash", "-c", command, environment=("VYOS_UID=0", "VYOS_GROUP=root"))
        if (self.confirm_due is not None and self.now >= self.confirm_due) or (self.sandbox.root / "run/reboot").exists():
            self.power_cut()

    def power_cut(self):
        with self.lock:
            self.sandbox.stop()
            self.sandbox.close_run()
            self.active, self.confirm_due = self.stored("config/config.boot"), None
            self.sessions.clear()
            self.boots += 1
            self.sandbox.start(self.hostname)
        for hook in ("config/scripts/vyos-preconfig-bootup.script", "config/scripts/vyos-postconfig-bootup.script"):
            if self.place(hook).exists():
                self.sandbox.run("bash", f"/{hook}", environment=("VYOS_UID=0", "VYOS_GROUP=root"))

    def export(self):
        return "\n".join(self.active.commands()) + "\n"

    def admits(self, user, password=None, key=None):
        path = ("system", "login", "user", user, "authentication")
        if user not in self.active.names("system", "login", "user"):
            return False if user in self.accounts else None
        self.accounts.add(user)
        if key is not None:
            body = key.export_public_key().decode().split()[1]
            names = self.active.names(*path, "public-keys")
            return True if any(body in self.active.values(*path, "public-keys", name, "key") for name in names) else None
        if self.active.has("service", "ssh", "disable-password-authentication"):
            return False
        stored = self.active.values(*path, "encrypted-password")
        return stored == [hashed(password)] if stored and stored[0].startswith("$6$emulated$") else None

    def login(self, user, *, exec_channel=False):
        return ProgramSession(self, user) if exec_channel else VyosSession(self, user)

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self.sandbox.close()

    # What scripts ask.

    def _serve(self):
        place = self.sandbox.root / "run/vyos.sock"
        self._server = socketserver.ThreadingUnixStreamServer(str(place), _Ask)
        self._server.daemon_threads = True
        self._server.box = self
        threading.Thread(target=self._server.serve_forever, daemon=True, kwargs={"poll_interval": 0.05}).start()

    def asked(self, session, words):
        """A word from a script: what it prints, and its exit status."""
        with self.lock:
            if words[0] == "op":
                return operate(self, words[1:])
            if words[0] == "enter":
                self.sessions[session] = ConfigSession(self, script=True)
                return "", 0
            if words[0] == "leave":
                self.sessions.pop(session, None)
                return "", 0
            if session not in self.sessions:
                return "Unable to access the configuration session; run configure first\n", 1
            return self.sessions[session].run(words[1], tuple(words[2:]))


class _Ask(socketserver.StreamRequestHandler):
    def handle(self):
        asked = json.loads(self.rfile.readline())
        text, status = self.server.box.asked(asked["session"], asked["words"])
        self.wfile.write(json.dumps({"text": text, "status": status}).encode() + b"\n")


def build(kind, *, config=None, user, password, quirks=frozenset()):
    return Vyos(kind.removeprefix("vyos"), config, user=user, password=password, quirks=quirks)
