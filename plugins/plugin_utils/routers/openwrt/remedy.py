"""The smallest way from what of ours runs to what should, and back. Additions come before removals, what restarts a service last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..platform import Command
from ..state import RouterState, RouterTunnel
from . import daemons
from .accounts import add_account, add_login, remove_account, remove_login
from .activation import Touched, activation
from .intended import secret_path
from .owned import Owned, known_options
from .running import DAEMONS, SERVICE, SHAPING, SNMP_USER, WATCH, Running
from .shell import (
    asked,
    drop,
    leniently,
    plain,
    put_file,
    put_option,
    put_secret_file,
    put_secret_option,
    put_section,
    restore_file,
    restore_option,
    restore_secret_option,
)
from .uci import Section

PROGRAM_FILES = (SERVICE, SHAPING, WATCH)
HOLDER = "$s"


@dataclass
class Way:
    """Commands there and back, filled part by part."""

    there: list[Command] = field(default_factory=list)
    steps_back: list[list[Command]] = field(default_factory=list)
    touched: Touched = field(default_factory=Touched)

    def step(self, there: Iterable[Command], back: Iterable[Command]) -> None:
        """One change, and what takes it back however far it came."""
        self.there += there
        self.steps_back.append(list(back))

    @property
    def back(self) -> list[Command]:
        """The last step first: a service is stopped before its script is gone."""
        return [command for step in reversed(self.steps_back) for command in step]


def way(running: Running, present: Owned, wanted: Owned, state: RouterState) -> tuple[list[Command], list[Command]]:
    """Everything that differs, there and back."""
    found = Way()
    _sections(found, running, present, wanted)
    _keys(found, running, present, wanted)
    _secrets(found, present, wanted, state)
    _files(found, present, wanted)
    _logins(found, present, wanted, state)
    _removals(found, running, present, wanted)
    _starts(found, present, wanted)
    if not found.there:
        return [], []
    reverted = [plain(f"uci -q revert {package} || true", f"uci revert {package}") for package in sorted(found.touched.packages)]
    return [*found.there, *activation(found.touched)], [*reverted, *found.back, *activation(found.touched)]


def _sections(found: Way, running: Running, present: Owned, wanted: Owned) -> None:
    for (package, name), section in wanted.sections.items():
        before = present.sections.get((package, name))
        if before is not None and before.type == section.type:
            _options(found, package, before, section)
            continue
        gone = [] if before is None else [drop(f"{package}.{name}")]
        undo = [plain(f"uci -q delete {package}.{name} || true", f"uci delete {package}.{name}")]
        undo += [] if before is None else _again(running, package, before)
        found.step([*gone, *put_section(package, section)], undo)
        found.touched.packages.add(package)


def _options(found: Way, package: str, before: Section, after: Section) -> None:
    for option, value in after.options.items():
        if before.options.get(option) != value:
            place = f"{package}.{after.name}.{option}"
            found.step(put_option(place, value, before.options.get(option)), restore_option(place, before.options.get(option)))
            found.touched.packages.add(package)
    for option in before.options.keys() & known_options(after.type) - after.options.keys():
        place = f"{package}.{after.name}.{option}"
        found.step([drop(place)], restore_option(place, before.options[option]))
        found.touched.packages.add(package)


def _again(running: Running, package: str, section: Section) -> list[Command]:
    """A section that was deleted, with its secret, at its old place in the file."""
    at = [one.name for one in running.package(package).sections].index(section.name)
    made = put_section(package, section)
    if section.type == "interface" and section.text("proto") == "wireguard":
        made.append(restore_secret_option(f"{package}.{section.name}.private_key"))
    return [*made, plain(f"uci reorder {package}.{section.name}={at}")]


def _keys(found: Way, running: Running, present: Owned, wanted: Owned) -> None:
    kinds = {("system", "ntp"): "timeserver", ("ipsec", "globals"): "globals"}
    made: set[tuple[str, str]] = set()
    for key, value in wanted.keys.items():
        if value is None or present.keys[key] == value:
            continue
        at = (key.package, key.section)
        if running.package(key.package).at(key.section) is None and at not in made:
            place = ".".join(at)
            undo = [plain(f"uci -q delete {place} || true", f"uci delete {place}")]
            found.step([plain(f"uci set {place}={kinds.get(at, 'system')}")] if at in kinds else [plain(f"uci add {at[0]} system")], undo)
            made.add(at)
        undo = [] if at in made else restore_option(str(key), present.keys[key])
        found.step(put_option(str(key), value, present.keys[key]), undo)
        found.touched.packages.add(key.package)


def _secrets(found: Way, present: Owned, wanted: Owned, state: RouterState) -> None:
    tunnels = {secret_path(tunnel): tunnel for tunnel in state.tunnels}
    for place, secret in wanted.secrets.items():
        if place in present.secrets or place.startswith("password:"):
            continue
        if place in tunnels:
            found.step([_key_file(place, tunnels[place])], [restore_file(place)])
            found.touched.ipsec = True
        elif place == SNMP_USER:
            found.step(_snmp_user(state), [])
            found.touched.snmpd = True
        else:
            package, section, _ = place.split(".")
            back = [restore_secret_option(place)] if (package, section) in present.sections else []
            found.step([put_secret_option(place, secret)], back)
            found.touched.packages.add(package)


def _key_file(path: str, tunnel: RouterTunnel) -> Command:
    return put_secret_file(path, daemons.swanctl_secret(tunnel, HOLDER), HOLDER, tunnel.secret)


def _snmp_user(state: RouterState) -> list[Command]:
    assert state.snmp is not None
    snmp, persistent = state.snmp, "/usr/lib/snmp/snmpd.conf"
    made = daemons.snmp_user(snmp, "$s", "$t").replace('"', '\\"')
    line = f'IFS= read -r s && IFS= read -r t && echo && mkdir -p /usr/lib/snmp && echo "{made}" >> {persistent}'
    stop = plain("/etc/init.d/snmpd stop")  # it writes that file itself when it ends
    return [stop, asked(line, f"add SNMPv3 user {snmp.user} with {snmp.authentication}, {snmp.privacy}", snmp.authentication, snmp.privacy)]


def _files(found: Way, present: Owned, wanted: Owned) -> None:
    for path, text in wanted.files.items():
        if present.files.get(path) != text:
            found.step(put_file(path, text, mode_of(path)), _old_file(present, path))
            found.touched.files.add(path)
    if wanted.bgpd and present.bgpd != wanted.bgpd:
        found.step(_bgpd(present.bgpd, wanted.bgpd), [leniently(one) for one in _bgpd(wanted.bgpd, present.bgpd or "no")])


def _bgpd(before: str | None, after: str) -> list[Command]:
    if before is None:
        return [plain(f"echo bgpd={after} >> {DAEMONS}")]
    return [plain(f"sed -i 's/^bgpd=.*/bgpd={after}/' {DAEMONS}")]


def mode_of(path: str) -> str:
    """A file's permissions; FRR's own user reads its configuration."""
    return "755" if path in PROGRAM_FILES else "644"


def _old_file(present: Owned, path: str) -> list[Command]:
    text = present.files.get(path)
    return [plain(f"rm -f {path}")] if text is None else put_file(path, text, mode_of(path))


def _logins(found: Way, present: Owned, wanted: Owned, state: RouterState) -> None:
    for account in state.accounts:
        if account.name in wanted.accounts - present.accounts:
            found.step(add_account(account.name, account.password), [remove_account(account.name)])
    for line in wanted.logins:
        if line not in present.logins:
            found.step([add_login(line)], [leniently(remove_login(line))])
    for line in present.logins:
        if line not in wanted.logins:
            found.step([remove_login(line)], [add_login(line)])


def _removals(found: Way, running: Running, present: Owned, wanted: Owned) -> None:
    gone = [at for at in present.sections if at not in wanted.sections]
    if gone:
        # Back in the order of the file, so that each finds its old place.
        emptied = [leniently(plain(f"uci -q delete {package}.{name}", f"uci delete {package}.{name}")) for package, name in gone]
        again = [one for at in gone for one in _again(running, at[0], present.sections[at])]
        found.step([drop(f"{package}.{name}") for package, name in gone], [*emptied, *again])
        found.touched.packages |= {package for package, _ in gone}
    for path in present.files:
        if path not in wanted.files:
            found.step([plain(f"rm -f {path}")], _old_file(present, path))
            found.touched.files.add(path)
    for path in _stale_keys(running, wanted):
        found.step([plain(f"rm -f {path}")], [restore_file(path)])
        found.touched.ipsec = True


def _stale_keys(running: Running, wanted: Owned) -> Iterator[str]:
    yield from sorted(path for path in running.secrets if path not in wanted.secrets)


def _starts(found: Way, present: Owned, wanted: Owned) -> None:
    for name, starts in wanted.starts.items():
        if present.starts[name] != starts:
            on, off = (plain(f"/etc/init.d/{name} enable"), plain(f"/etc/init.d/{name} disable"))
            run, halt = (plain(f"/etc/init.d/{name} start"), plain(f"/etc/init.d/{name} stop"))
            found.step(*(([on], [leniently(off)]) if starts else ([off, leniently(halt)], [leniently(on), leniently(run)])))
            found.touched.services |= {name} if starts else set()
