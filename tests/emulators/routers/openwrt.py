"""OpenWrt 23.05: a real shell and real scripts in a root of their own (openwrt_sandbox.py), with stand-ins for OpenWrt's own programs.

What is stored lies in its ``/etc``; what runs is what was loaded last (``/run/active``), and that is what ``export`` shows. A power cut
kills every process, empties /tmp and /run, and runs ``/etc/rc.d/S*`` in its order.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
from pathlib import Path

from tests.emulators.routers import openwrt_tools as tools
from tests.emulators.routers.box import Closed
from tests.emulators.routers.openwrt_sandbox import Sandbox

BANNER = """

BusyBox v1.36.1 (2024-09-23 12:34:46 UTC) built-in shell (ash)

  _______                     ________        __
 |       |.-----.-----.-----.|  |  |  |.----.|  |_
 |   -   ||  _  |  -__|     ||  |  |  ||   _||   _|
 |_______||   __|_____|__|__||________||__|  |____|
          |__| W I R E L E S S   F R E E D O M
 -----------------------------------------------------
 OpenWrt 23.05.5, r24106-10cc5fcd00
 -----------------------------------------------------
"""
RELEASE = """DISTRIB_ID='OpenWrt'
DISTRIB_RELEASE='23.05.5'
DISTRIB_REVISION='r24106-10cc5fcd00'
DISTRIB_TARGET='ramips/mt7621'
DISTRIB_ARCH='mipsel_24kc'
DISTRIB_DESCRIPTION='OpenWrt 23.05.5 r24106-10cc5fcd00'
DISTRIB_TAINTS=''
"""
OFFICE = Path(__file__).with_name("openwrt_office.uci")
VOLATILE = ("tmp", "run/active", "run/services")


class OpenWrt:
    """The box. ``files`` are written into it before it boots, by path."""

    ssh_version = "dropbear"
    blocking = True

    def __init__(self, config, *, user, password, quirks, packages=("wireguard", "tc", "frr", "strongswan", "snmpd")):
        self.quirks, self.user, self.boots = quirks, user, 0
        shells = {"sh": "dash", "ash": "dash"}
        self.sandbox = Sandbox(tools.APPLETS, shells)
        self._furnish(config or OFFICE.read_text(encoding="utf-8"), password, packages)
        self.folder = self.sandbox.root
        self._boot()

    def _furnish(self, config, password, packages):
        write, program = self.sandbox.write, self.sandbox.program
        for path, text in tools.PROGRAMS.items():
            program(path, text)
        sources = [Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("openwrt_uci_tree.py", "openwrt_uci.py")]
        whole = "\n".join(line for source in sources for line in source.splitlines() if not line.startswith("from tests."))
        program("sbin/uci", f"#!python\n{whole}\n")
        for name, (start, more) in tools.SERVICES.items():
            self._service(name, start, more)
        write("etc/openwrt_release", RELEASE)
        write("etc/openwrt_version", "23.05.5\n")
        write("etc/banner", BANNER)
        accounts = "".join(f"{name}:x:0:0:{name}:/root:/bin/ash\n" for name in dict.fromkeys(("root", self.user)))
        write("etc/passwd", accounts)
        write(
            "etc/shadow",
            "".join(f"{name}:$5$emulated${_hashed(password)}:19000:0:99999:7:::\n" for name in dict.fromkeys(("root", self.user))),
            0o600,
        )
        write("etc/group", "root:x:0:\n")
        for folder in (
            "etc/nftables.d",
            "etc/dropbear",
            "etc/rc.d",
            "etc/hotplug.d/iface",
            "lib/upgrade/keep.d",
            "run/active/config",
            "run/services",
        ):
            (self.sandbox.root / folder).mkdir(parents=True, exist_ok=True)
        write("lib/netifd/proto/wireguard.sh" if "wireguard" in packages else "lib/netifd/proto/ppp.sh", "")
        self._package(packages)
        for name, text in _packages(config):
            write(f"etc/config/{name}", text)
        for name, (start, _more) in tools.SERVICES.items():
            (self.sandbox.root / f"etc/rc.d/S{start}{name}").symlink_to(f"../init.d/{name}")

    def _package(self, packages):
        """Packages that an administrator has installed."""
        chosen = {"frr": ("bgpd", "vtysh"), "strongswan": ("swanctl",), "snmpd": ("snmpd",)}
        for package, programs in chosen.items():
            if package not in packages:
                continue
            for path, text in tools.OPTIONAL_PROGRAMS.items():
                if path.rsplit("/", 1)[1] in programs:
                    self.sandbox.program(path, text)
            service = "swanctl" if package == "strongswan" else package
            self._service(service, *tools.OPTIONAL[service])
        if "strongswan" in packages:
            self.sandbox.write("lib/netifd/proto/xfrm.sh", "")
            (self.sandbox.root / "etc/swanctl/conf.d").mkdir(parents=True)
            (self.sandbox.root / "etc/strongswan.d").mkdir()
        if "frr" in packages:
            self.sandbox.write("etc/frr/daemons", "zebra=yes\nbgpd=no\nbfdd=no\n")
            self.sandbox.write("etc/frr/frr.conf", "")
        if "snmpd" in packages:
            self.sandbox.write("etc/snmp/snmpd.conf", "")
        if "tc" not in packages:
            (self.sandbox.root / "sbin/tc").unlink()

    def _service(self, name, start, more):
        self.sandbox.program(f"etc/init.d/{name}", tools.SERVICE.format(name=name, start=start, stop=99 - start, more=more))

    def _boot(self):
        for folder in VOLATILE:
            shutil.rmtree(self.sandbox.root / folder, ignore_errors=True)
            (self.sandbox.root / folder).mkdir(parents=True, exist_ok=True)
        self.sandbox.start(self.hostname("etc/config/system"))
        self.run('for script in /etc/rc.d/S*; do [ -x "$script" ] && "$script" boot; done')

    def hostname(self, path="run/active/config/system"):
        place = self.sandbox.root / path
        found = re.search(r"option hostname '([^']*)'", place.read_text(encoding="utf-8") if place.exists() else "")
        return found[1] if found else "OpenWrt"

    def run(self, command, given=""):
        """A command as root: what it prints, and its exit status."""
        return self.sandbox.run("sh", "-c", command, given=given)

    def login(self, user, *, exec_channel=False):
        return ProgramSession(self, user) if exec_channel else ShellSession(self, user)

    def tick(self, seconds):
        self.sandbox.advance(seconds)
        if (self.sandbox.root / "run/reboot").exists():
            self.power_cut()

    def power_cut(self):
        self.sandbox.stop()
        self.sandbox.close_run()
        self.boots += 1
        self._boot()

    def export(self):
        """What runs: the loaded configuration in UCI's words, the loaded fragments of the firewall, and who may come in."""
        shown = []
        for place in sorted((self.sandbox.root / "run/active/config").iterdir()):
            with contextlib.suppress(OSError):
                shown.append(f"package {place.name}\n\n{place.read_text(encoding='utf-8').strip()}\n")
        fragments = sorted((self.sandbox.root / "run/active").glob("nftables.d/*"))
        shown += [f"== /etc/nftables.d/{place.name}\n{place.read_text(encoding='utf-8')}" for place in fragments]
        keys = self.sandbox.root / "etc/dropbear/authorized_keys"
        if keys.exists():
            shown.append(f"== /etc/dropbear/authorized_keys\n{keys.read_text(encoding='utf-8')}")
        return "\n".join(shown)

    def admits(self, user, password=None, key=None):
        """Dropbear asks /etc/shadow, and the keys of root for everybody whose home is root's."""
        shadow = dict(
            line.split(":")[:2] for line in (self.sandbox.root / "etc/shadow").read_text(encoding="utf-8").splitlines() if ":" in line
        )
        if user not in shadow:
            return False
        if key is None:
            return shadow[user] == f"$5$emulated${_hashed(password)}"
        keys = self.sandbox.root / "etc/dropbear/authorized_keys"
        body = key.export_public_key().decode().split()[1]
        return True if keys.exists() and body in keys.read_text(encoding="utf-8").split() else None

    def close(self):
        self.sandbox.close()


class ProgramSession:
    """An exec channel: dropbear gives the command to the account's shell."""

    paging, width = False, 0

    def __init__(self, box, user):
        self._box, self._user, self.status = box, user, 0

    def argv(self, command):
        return self._box.sandbox.argv("sh", "-c", command, environment=(f"USER={self._user}",))

    def greeting(self):
        return ""

    def prompt(self):
        return ""

    def execute(self, line):
        answer, self.status = self._box.run(line)
        return answer


class ShellSession:
    """An interactive login. Each line is a shell of its own; only the folder is kept from one to the next."""

    paging, width = False, 0

    def __init__(self, box, user):
        self._box, self._user, self._folder, self.status = box, user, "/root", 0

    def greeting(self):
        return BANNER

    def prompt(self):
        folder = self._folder.replace("/root", "~", 1) if self._folder.startswith("/root") else self._folder
        return f"root@{self._box.hostname()}:{folder}# "

    def execute(self, line):
        if line.strip() in ("exit", "logout"):
            raise Closed
        given = f'cd {self._folder}\n{line}\nstatus=$?\nprintf "\\n%s" "$PWD" > /run/folder\nexit $status\n'
        answer, self.status = self._box.sandbox.run("sh", "-c", given)
        place = self._box.sandbox.root / "run/folder"
        if place.exists():
            self._folder = place.read_text().strip() or "/"
            place.unlink()
        return answer


def _hashed(password):
    return hashlib.sha256(password.encode()).hexdigest()[:43]


def _packages(text):
    """An export as files: (name, text) of each package."""
    parts = re.split(r"^package (\S+)\n", text, flags=re.MULTILINE)[1:]
    return [(name, body.strip() + "\n") for name, body in zip(parts[::2], parts[1::2], strict=True)]


def build(_kind, *, config=None, user, password, quirks=frozenset()):
    return OpenWrt(config, user=user, password=password, quirks=quirks)
