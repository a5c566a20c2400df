"""What of a box is motcua's: named sections, named keys of sections that were there before, whole files, and whether services start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from ..state import Secret
from .places import OWN
from .running import FILES, KEYS, Running
from .uci import Section, Values, render_section

SECRET_OPTIONS = ("private_key", "preshared_key")
OUR_PACKAGES = ("network", "firewall")

# What we may have set in a section of ours; other options are a newer version's or somebody's, and are left alone.
KNOWN = {
    "interface": {"proto", "addresses", "mtu", "tunlink", "ifid", "multicast", "device", "ipaddr"},
    "wireguard": {"public_key", "endpoint_host", "endpoint_port", "persistent_keepalive", "allowed_ips", "route_allowed_ips"},
    "route": {"interface", "target", "gateway"},
    "zone": {"name", "network", "input", "output", "forward"},
    "rule": {"name", "family", "src", "dest", "src_ip", "dest_ip", "proto", "icmp_type", "dest_port", "target"},
}


@dataclass(frozen=True, order=True)
class Key:
    """One option of a section that isn't ours: ``system.@system[0].hostname``."""

    package: str
    section: str
    option: str

    def __str__(self) -> str:
        return f"{self.package}.{self.section}.{self.option}"


@dataclass(frozen=True)
class Owned:
    """Ours, as it is or as it should be.

    ``sections`` by package and name, ``keys`` None where unset, ``logins`` lines of authorized_keys, ``accounts`` names in /etc/passwd.
    ``secrets`` are by place: ``<package>.<section>.<option>``, a file's path, or ``password:<account>``; of what runs only those that are
    already there as wished.
    """

    sections: Mapping[tuple[str, str], Section] = field(default_factory=dict)
    keys: Mapping[Key, Values | None] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    starts: Mapping[str, bool] = field(default_factory=dict)
    logins: tuple[str, ...] = ()
    accounts: frozenset[str] = frozenset()
    bgpd: str | None = None
    secrets: Mapping[str, Secret] = field(default_factory=dict)


def known_options(kind: str) -> set[str]:
    """The options of a section's type that we set."""
    return KNOWN["wireguard" if kind.startswith("wireguard_") else kind]


def ours_of(running: Running, wanted: Owned, kept: Mapping[str, Secret]) -> Owned:
    """What of the running box is ours, and what it has of the keys and services that are wished; ``kept`` are the secrets it has."""
    sections = {
        (package, section.name): _without_secrets(section)
        for package in OUR_PACKAGES
        for section in running.package(package).sections
        if section.name and section.name.startswith(OWN)
    }
    keys: dict[Key, Values | None] = {}
    for key in wanted.keys:
        section = running.package(key.package).at(key.section)
        keys[key] = None if section is None else section.options.get(key.option)
    return Owned(
        sections=MappingProxyType(sections),
        keys=MappingProxyType(keys),
        files=MappingProxyType({path: text for path, text in running.files.items() if path in FILES and _is_ours(text, path, wanted)}),
        starts=MappingProxyType({name: name in running.starts for name in wanted.starts}),
        logins=tuple(line for line in running.files.get(KEYS, "").splitlines() if is_our_login(line)),
        accounts=running.accounts & wanted.accounts,
        bgpd=running.bgpd if wanted.bgpd else None,
        secrets=kept,
    )


def _is_ours(text: str, path: str, wanted: Owned) -> bool:
    """A file that we would never write, and that has no mark of ours, is somebody's."""
    return path in wanted.files or "motcua" in text.split("\n", 1)[0]


def is_our_login(line: str) -> bool:
    """A key whose comment begins with our name."""
    return line.split()[2:3] != [] and line.split()[2].startswith("motcua")


def our_login(key: str) -> str:
    """A public key as the line that `is_our_login` knows again, whatever its owner's comment is."""
    line = " ".join(key.split())
    return line if is_our_login(line) else " ".join([*line.split()[:2], "motcua"])


def _without_secrets(section: Section) -> Section:
    options = {option: value for option, value in section.options.items() if option not in SECRET_OPTIONS}
    return Section(section.type, section.name, options)


def unknown_options(owned: Owned, wanted: Owned) -> tuple[str, ...]:
    """Options of our own sections that we don't know, by their place; they stay as they are."""
    return tuple(
        f"{package}.{name}.{option}"
        for (package, name), section in owned.sections.items()
        if (package, name) in wanted.sections and section.type == wanted.sections[package, name].type
        for option in section.options
        if option not in known_options(section.type)
    )


def with_unknown(wanted: Owned, present: Owned) -> Owned:
    """What will be, with the options that stay because we don't know them."""
    sections = dict(wanted.sections)
    for place in unknown_options(present, wanted):
        package, name, option = place.split(".", 2)
        section = sections[package, name]
        kept = {option: present.sections[package, name].options[option]}
        sections[package, name] = Section(section.type, section.name, {**section.options, **kept})
    return replace(wanted, sections=MappingProxyType(sections))


def text_of(owned: Owned) -> str:
    """Ours as text in the box's own words, without secrets; where one is, its name. Order means nothing in it."""
    parts = []
    for (package, name), section in sorted(owned.sections.items()):
        secret = [(place.rsplit(".", 1)[1], str(one)) for place, one in owned.secrets.items() if place.startswith(f"{package}.{name}.")]
        options = dict(sorted({**section.options, **dict(secret)}.items()))
        parts.append(f"# {package}\n" + render_section(Section(section.type, section.name, options)))
    parts += [f"{key} {value if isinstance(value, str) else ' '.join(value)}\n" for key, value in sorted(owned.keys.items()) if value]
    parts += [f"== {path}\n{text}" for path, text in sorted(owned.files.items())]
    others = {place: secret for place, secret in owned.secrets.items() if place.startswith(("/", "password:"))}
    parts += [f"{place} {secret}\n" for place, secret in sorted(others.items())]
    parts += [f"{name} {'starts' if starts else 'does not start'}\n" for name, starts in sorted(owned.starts.items())]
    parts += [f"account {name}\n" for name in sorted(owned.accounts)] + [f"{line}\n" for line in sorted(owned.logins)]
    return "".join([*parts, *([f"bgpd={owned.bgpd}\n"] if owned.bgpd else [])])
