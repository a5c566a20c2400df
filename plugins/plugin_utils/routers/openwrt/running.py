"""What an OpenWrt box says of itself: which commands ask, and what their answers mean. No answer holds a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ...errors import Garbled
from ..platform import Standing, hide
from .uci import Package, parse

PACKAGES = ("network", "firewall", "system", "dropbear", "ipsec", "snmpd", "sqm", "uhttpd")
NFT = "/etc/nftables.d/motcua.nft"
SHAPING, WATCH, SERVICE, HOTPLUG = "/etc/motcua/shaping", "/etc/motcua/watch", "/etc/init.d/motcua", "/etc/hotplug.d/iface/96-motcua"
SWANCTL, CHARON, FRR = "/etc/swanctl/conf.d/motcua.conf", "/etc/strongswan.d/motcua.conf", "/etc/frr/frr.conf"
SNMPD, SNMP_USER, KEEP = "/etc/snmp/snmpd.local.conf", "/etc/motcua/snmp-user", "/lib/upgrade/keep.d/motcua"
KEYS, DAEMONS, PASSWD, SHADOW = "/etc/dropbear/authorized_keys", "/etc/frr/daemons", "/etc/passwd", "/etc/shadow"
FILES = (NFT, SHAPING, WATCH, SERVICE, HOTPLUG, SWANCTL, CHARON, FRR, SNMPD, SNMP_USER, KEEP)
PROGRAMS = {
    "fw4": "/sbin/fw4",
    "wireguard": "/lib/netifd/proto/wireguard.sh",
    "xfrm": "/lib/netifd/proto/xfrm.sh",
    "strongswan": "/usr/sbin/swanctl",
    "tc": "/sbin/tc",
    "bgp": "/usr/sbin/bgpd",
    "snmpd": "/usr/sbin/snmpd",
}
# A key, a password and a community never leave the box.
MASK = r"s/^([[:space:]]*(option|list)[[:space:]]+[a-z0-9_]*(key|passw[a-z]*|psk|secret|community|_pass)[[:space:]]).*/\1'(secret)'/"
END = "== end"

RELEASE_READ = "cat /etc/openwrt_release"
UCI_READ = (
    f"for p in {' '.join(PACKAGES)}; do [ ! -f /etc/config/$p ] || uci export $p; done"
    f" | sed -E -e '/^[[:space:]]*option[[:space:]]+public_key[[:space:]]/b' -e \"{MASK}\"; echo '# {END}'"
)
FILES_READ = f"for f in {' '.join((*FILES, KEYS))}; do [ ! -f $f ] || {{ echo \"== $f\"; sed 's/^/ /' $f; }}; done; echo '{END}'"
FACTS_READ = (
    f"for f in {' '.join(PROGRAMS.values())} /etc/swanctl/conf.d/motcua-*.conf; do [ ! -e $f ] || echo there $f; done; "
    "for f in /etc/rc.d/S*; do [ ! -e $f ] || echo starts ${f#/etc/rc.d/S??}; done; "
    "for s in $(uci -q show network | sed -n 's/^network\\.\\(motcua_[a-z0-9_]*\\)\\.private_key=.*/\\1/p'); do "
    "echo public $s $(uci -q get network.$s.private_key | wg pubkey 2>/dev/null); done; "
    f"sed -n 's/^\\([^:]*\\):.*/account \\1/p' {PASSWD}; "
    f"[ ! -f {DAEMONS} ] || sed -n 's/^bgpd=\\(.*\\)/bgpd \\1/p' {DAEMONS}; "
    "uci changes | sed -n 's/^-\\{0,1\\}\\([A-Za-z0-9_.]*\\).*/change \\1/p'; "
    f"echo '{END}'"
)
READS = (RELEASE_READ, UCI_READ, FILES_READ, FACTS_READ)


@dataclass(frozen=True)
class Running:
    """The box as it is.

    ``files`` are ours and the keys' by path; ``programs`` those of PROGRAMS that are there; ``starts`` what starts at boot; ``publics`` the
    public halves of our WireGuard keys by section; ``secrets`` paths of files whose content nobody reads; ``changes`` what somebody has
    typed into UCI and not committed.
    """

    release: str
    packages: Mapping[str, Package]
    files: Mapping[str, str] = field(default_factory=dict)
    programs: frozenset[str] = frozenset()
    starts: frozenset[str] = frozenset()
    publics: Mapping[str, str] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    bgpd: str | None = None
    changes: tuple[str, ...] = ()

    @property
    def routes_for_others(self) -> bool:
        """Whether FRR's configuration is somebody's who routes with it; the one that comes with the package routes nothing."""
        text = self.files.get(FRR, "")
        return "motcua" not in text.split("\n", 1)[0] and any(line.startswith("router ") for line in text.splitlines())

    def package(self, name: str) -> Package:
        """A package, empty where the box has none of that name."""
        return self.packages.get(name, Package(name))


def understand(answers: Mapping[str, str]) -> Running:
    """The four answers as one value.

    :raises Garbled: when one of them isn't whole.
    """
    answers = {read: answer.replace("\r\n", "\n") for read, answer in answers.items()}
    release = re.search(r"^DISTRIB_RELEASE=['\"]?([^'\"\n]+)", answers[RELEASE_READ], re.MULTILINE)
    if release is None:
        raise Garbled(f"{RELEASE_READ}: says no release; is this an OpenWrt box?")
    exported = _whole(answers[UCI_READ], f"# {END}", "uci export")
    packages = {package.name: package for package in parse(exported)}
    if not {"network", "firewall", "system"} <= packages.keys():
        raise Garbled("uci export: network, firewall or system is missing, so the answer isn't whole; read it again")
    facts = _facts(_whole(answers[FACTS_READ], END, "the read of programs and services"))
    paths = set(facts["there"])
    return Running(
        release=release[1],
        packages=MappingProxyType(packages),
        files=MappingProxyType(_files(_whole(answers[FILES_READ], END, "the read of motcua's files"))),
        programs=frozenset(name for name, path in PROGRAMS.items() if path in paths),
        starts=frozenset(facts["starts"]),
        publics=MappingProxyType({line.split()[0]: "".join(line.split()[1:2]) for line in facts["public"]}),
        secrets=frozenset(paths - set(PROGRAMS.values())),
        accounts=frozenset(facts["account"]),
        bgpd=next(iter(facts["bgpd"]), None),
        changes=tuple(facts["change"]),
    )


def _whole(answer: str, end: str, what: str) -> str:
    lines = answer.rstrip("\n").split("\n")
    if lines[-1] != end:
        raise Garbled(f"{what}: the answer ends early ({lines[-1][:60]!r}); read it again")
    return "\n".join(lines[:-1]) + "\n"


def whole(answers: Mapping[str, str], _standing: Standing = hide) -> str:
    """UCI as it is exported, without secrets, and whose keys and accounts there are; motcua's own files are the comparison's matter."""
    running = understand(answers)
    beside = [f"# starts {name}" for name in sorted(running.starts)] + [f"# account {name}" for name in sorted(running.accounts)]
    keys = [f"# {KEYS}: {line}" for line in running.files.get(KEYS, "").splitlines()]
    return "\n".join([answers[RELEASE_READ].strip(), answers[UCI_READ].replace(f"# {END}", "").strip(), *beside, *keys]) + "\n"


def _facts(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {key: [] for key in ("there", "starts", "public", "account", "bgpd", "change")}
    for line in text.splitlines():
        key, _, value = line.partition(" ")
        if key not in found:
            raise Garbled(f"the read of programs and services: {line[:60]!r} isn't understood; look at the router's shell")
        found[key].append(value)
    return found


def _files(text: str) -> dict[str, str]:
    """Each file's text; every line of it stands behind a space."""
    found: dict[str, list[str]] = {}
    at = ""
    for line in text.splitlines():
        if line.startswith("== "):
            at = line.removeprefix("== ")
            found[at] = []
        elif at and line.startswith(" "):
            found[at].append(line[1:] + "\n")
        elif line:
            raise Garbled(f"the read of motcua's files: {line[:60]!r} isn't understood; look at the router's shell")
    return {path: "".join(lines) for path, lines in found.items()}
