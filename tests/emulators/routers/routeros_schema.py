"""Which menus and fields a RouterOS has: from the schema that the community.routeros collection publishes (``scripts/dev_collections``), plus
what that one leaves out or mixes up between versions 6 and 7. Without the collection every menu and field is taken."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path

from tests.emulators.routers.routeros_tokens import listed

PUBLISHED = Path(__file__).parents[3] / ".venv/dev_collections/ansible_collections/community/routeros/plugins/module_utils/_api_data.py"
IMPORT = "from ansible_collections.community.routeros.plugins.module_utils.version import LooseVersion"

# Menus that the published schema hasn't got: fields, and a * before what only the router writes. «=» marks a menu with one entry.
BESIDES = {
    "interface": "name type mtu disabled comment *running *default-name",
    "port": "name baud-rate data-bits parity stop-bits flow-control",
    "disk settings": "= auto-media-interface auto-media-sharing auto-smb-sharing",
    "file": "name contents *type *size *creation-time *last-modified",
    "certificate": "name common-name comment",
    "log": "*time *topics *message",
    "user ssh-keys": "user *key-owner *info *bits *key-type *fingerprint",
    "user active": "*when *name *address *via",
    "system backup": "=",
    "system history": "*action *by *policy *time",
    "system license": "= *software-id *nlevel",
    "system resource": "= *uptime *version *build-time *factory-software *free-memory *total-memory *cpu *cpu-count *cpu-frequency *cpu-load *free-hdd-space *total-hdd-space *architecture-name *board-name *platform",
    "system routerboard": "= *routerboard *model *serial-number *firmware-type *current-firmware *upgrade-firmware",
    "system package": "name version *build-time",
    "system script job": "*script *owner *started",
    "system script environment": "*name *user *value",
    "system device-mode": "= mode scheduler",
    "ip ipsec active-peers": "*id *state *remote-address",
    "ip ipsec installed-sa": "*spi *src-address *dst-address *state",
    "routing bgp session": "*name *remote.address *remote.as *state",
}  # fmt: skip
MORE = {  # fields that a published menu lacks
    "interface ethernet": "disable-running-check",
    "ip dns static": "type regexp match-subdomain forward-to ttl",
    "ip ipsec policy": "sa-src-address sa-dst-address",
    "system scheduler": "*owner *run-count *next-run",
    "system script": "*run-count *last-started",
    "interface wireguard": "*public-key *running",
    "interface wireguard peers": "*current-endpoint-address *current-endpoint-port *last-handshake *rx *tx",
    "ip address": "*actual-interface",
    "ip route": "*active *dynamic *static *gateway-status *immediate-gw",
    "ip dhcp-client": "*status *gateway",
    "user group": "",
}
# What belongs to one version alone, though the published schema (whose menus are often without versions) has it in both.
ONLY_6 = {
    "menus": ("routing bgp peer", "routing bgp network", "routing bgp aggregate", "routing filter", "ip route rule", "routing mme"),
    "system ntp client": "primary-ntp secondary-ntp server-dns-names",
    "ip route": "routing-mark type",
}
ONLY_7 = {
    "menus": ("interface wireguard", "interface wireguard peers", "routing bgp connection", "routing bgp template", "routing bgp session",
              "routing bfd configuration", "routing table", "routing id", "system ntp client servers", "system ntp server", "disk settings", "system device-mode"),
    "system ntp client": "servers vrf",
    "ip route": "routing-table suppress-hw-offload blackhole",
    "ip ipsec profile": "prf-algorithm",
    "routing bgp connection": "input.accept-nlri",
}  # fmt: skip
FILTER_6 = (  # /routing filter of version 6, https://help.mikrotik.com/docs/display/ROS/Routing+filters of those years
    "chain action comment disabled prefix prefix-length protocol distance scope target-scope match-chain invert-match jump-target set-distance "
    "set-scope set-bgp-local-pref set-bgp-med set-bgp-weight set-bgp-prepend set-bgp-communities set-in-nexthop set-out-nexthop set-type "
    "set-pref-src set-check-gateway bgp-as-path bgp-as-path-length bgp-local-pref bgp-med bgp-communities"
)
ORDERED = (
    "ip firewall filter", "ip firewall nat", "ip firewall mangle", "ip firewall raw", "ipv6 firewall filter", "ipv6 firewall nat",
    "ipv6 firewall mangle", "ipv6 firewall raw", "queue simple", "ip ipsec policy", "ip ipsec identity", "routing filter", "routing filter rule",
    "routing bfd configuration", "routing rule", "ip route rule", "interface bridge filter", "interface bridge nat", "ip dhcp-server lease",
)  # fmt: skip
LIST_VERBS = listed("add set remove print find get export enable disable comment unset edit")
SINGLE_VERBS = ["set", "print", "get", "export", "edit"]
SPECIAL_VERBS = {
    "": "export import quit undo redo ping beep",
    "system": "reboot shutdown reset-configuration",
    "system script": "run",
    "system backup": "save load",
    "user ssh-keys": "import add remove print find get",
    "system history": "print find get",
    "system device-mode": "print update get",
    "log": "print info warning error debug find get",
    "safe-mode": "take release unroll get",
}
PRINT_WORDS = (
    "brief detail terse value-list count-only without-paging as-value stats show-ids from file follow interval proplist append where once"
)
SPECIAL_NAMES = {
    "run": "number use-script-permissions",
    "save": "name password dont-encrypt encryption",
    "load": "name password file-name force-v6-to-v7-configuration-upgrade",
    "import": "file-name verbose dry-run from-line public-key-file user key-owner",
    "move": "numbers destination",
    "remove": "numbers",
    "enable": "numbers",
    "disable": "numbers",
    "comment": "numbers comment",
    "unset": "numbers value-name",
    "get": "number value-name",
    "reboot": "",
    "reset-configuration": "no-defaults keep-users skip-backup run-after-reset",
    "update": "mode activation-timeout scheduler",
}


@dataclass(frozen=True)
class Field:
    """``default`` is what a field that nobody set counts as, in the console's spelling; None where that isn't known."""

    default: str | None = None
    required: bool = False
    read_only: bool = False


@dataclass(frozen=True)
class Menu:
    """One menu. ``fields`` is None where any field is taken."""

    fields: dict[str, Field] | None
    single: bool = False
    fixed: bool = False
    keys: tuple[str, ...] = ()
    ordered: bool = False


@dataclass(frozen=True)
class Schema:
    """All menus of one version, by path."""

    version: str
    menus: dict[tuple[str, ...], Menu]
    folders: frozenset[tuple[str, ...]]
    complete: bool
    slashes: bool = True  # /ip/address/print
    learned: dict[tuple[str, ...], set[str]] = field(default_factory=dict)

    @property
    def major(self):
        return int(self.version.split(".")[0])

    def menu(self, path):
        return self.menus.get(path) or Menu(None)

    def folder(self, path, *, lenient=False):
        """Whether ``path`` is a menu, or a folder of menus."""
        if path in self.folders or path in self.learned:
            return True
        open_to_all = lenient or not self.complete
        return open_to_all and path[-1] not in {
            *LIST_VERBS,
            "move",
            *SPECIAL_VERBS[""].split(),
            *SPECIAL_VERBS.get(" ".join(path[:-1]), "").split(),
        }

    def verbs(self, path, *, lenient=False):
        special = SPECIAL_VERBS.get(" ".join(path), "").split()
        if path and (path in self.menus or path in self.learned or lenient or not self.complete):
            menu = self.menu(path)
            usual = SINGLE_VERBS if menu.single else LIST_VERBS if path not in (("user", "ssh-keys"), ("system", "history")) else []
            return {*special, *usual, *(["move"] if menu.ordered or menu.fields is None else [])}
        return {*special, "export"}

    def names(self, path, verb):
        """The arguments that a command takes; None for any."""
        menu = self.menu(path)
        if path == ("user", "ssh-keys") and verb == "add":
            return {"user", "key"}
        if verb == "export":
            return {"terse", "verbose", "compact", "file", "show-sensitive" if self.major >= 7 else "hide-sensitive"}
        if verb == "print":
            return {*PRINT_WORDS.split()}
        if verb in SPECIAL_NAMES and " ".join(path) != "interface ethernet":
            return {*SPECIAL_NAMES[verb].split()}
        if menu.fields is None and path not in self.learned:
            return None
        fields = {name for name, one in (menu.fields or {}).items() if verb == "find" or not one.read_only} | self.learned.get(path, set())
        extra = {
            "add": {"copy-from", *(["place-before"] if menu.ordered else [])},
            "set": {"numbers"},
            "find": {".id", "dynamic", "invalid", "running", "active", "default"},
        }
        return fields | extra.get(verb, set())

    def selects(self, path, verb, value):
        """Whether a value without a name may stand after a command: which entries are meant, or of which field."""
        if verb in ("print", "export"):
            return not isinstance(value, str) or value[:1].isdigit() or value[:1] == "*"
        return not (verb == "add" or (verb == "set" and self.menu(path).single))

    def field(self, path, name):
        return (self.menu(path).fields or {}).get(name, Field())


@functools.cache
def schema_of(version):
    """The schema of one version of RouterOS, as "7.16"."""
    major = int(version.split(".")[0])
    menus = dict(_published(version))
    menus[("user",)] = menus.get(("user",), Menu(None, keys=("name",)))
    for text, names in BESIDES.items():
        single = names.startswith("=")
        menus[tuple(text.split())] = Menu(_fields(names.lstrip("= ")), single=single, keys=() if single else tuple(names.split()[:1]))
    if major < 7:
        menus[("routing", "filter")] = Menu(_fields(FILTER_6), ordered=True)
    for text, names in MORE.items():
        path = tuple(text.split())
        if path in menus and menus[path].fields is not None:
            menus[path].fields.update(_fields(names))
    if ("system", "identity") in menus:
        menus[("system", "identity")].fields["name"] = Field("MikroTik")
    only = ONLY_6 if major >= 7 else ONLY_7
    for text, names in only.items():
        if text == "menus":
            for path in names:
                menus.pop(tuple(path.split()), None)
        else:
            for name in names.split():
                (menus[tuple(text.split())].fields if tuple(text.split()) in menus and menus[tuple(text.split())].fields else {}).pop(
                    name, None
                )
    if major >= 7 and tuple(map(int, version.split(".")[:2])) < (7, 20):
        menus.pop(("routing", "bgp", "instance"), None)
    if tuple(map(int, version.split(".")[:2])) >= (7, 18):
        menus[("safe-mode",)] = Menu({}, single=True)
    folders = {path[:length] for path in menus for length in range(1, len(path) + 1)}
    return Schema(version, menus, frozenset(folders), PUBLISHED.exists(), slashes=major >= 7)


def _fields(names):
    return {name.lstrip("*"): Field(read_only=name.startswith("*")) for name in names.split()}


def _published(version):
    """Menus as community.routeros has them. Its file is read as data: its package belongs to Ansible's own loader."""
    if not PUBLISHED.exists():
        return
    from ansible.module_utils.compat.version import LooseVersion

    known = {"LooseVersion": LooseVersion}
    exec(compile(PUBLISHED.read_text(encoding="utf-8").replace(IMPORT, ""), str(PUBLISHED), "exec"), known)
    for path, data in known["PATHS"].items():
        data.provide_version(version)
        current = data._current
        if current is None:
            continue
        fields = {name: _field(one) for name, one in current.fields.items()}
        yield path, Menu(fields, current.single_value, current.fixed_entries, current.primary_keys or (), " ".join(path) in ORDERED)


def _field(key):
    default = key.default if key.default is not None else key.absent_value
    if default is None and key.can_disable:
        default = ""
    return Field(said(default), key.required, key.read_only)


def said(value):
    """A value of Python as the console spells it."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else None if value is None else str(value)
