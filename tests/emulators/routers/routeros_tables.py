"""What a RouterOS keeps: entries of menus, in their order, with references that follow a renamed entry."""

from __future__ import annotations

import base64
import copy
import hashlib

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tests.emulators.routers.routeros_tokens import listed
from tests.emulators.routers.routeros_values import INTERFACES, LISTS, POLICIES, REFERENCES, SCRIPT_POLICIES, Failure, normal

INTERFACE_MENUS = tuple(
    ("interface", kind)
    for kind in listed(
        "ethernet bridge wireguard vlan bonding eoip gre ipip 6to4 vrrp veth lte wireless wifi pppoe-client l2tp-client "
        "pptp-client sstp-client ovpn-client ppp-client"
    )
)
EXISTS = {
    "ip address": "failure: already have such address",
    "ip firewall address-list": "failure: already have such entry",
    "user": "failure: user with the same name already exists",
    "user group": "failure: group with the same name already exists",
    "ip pool": "failure: pool with such name exists",
    "system script": "failure: item with this name already exists",
    "system scheduler": "failure: item with this name already exists",
}
ALL_SCRIPT_POLICIES = ",".join(SCRIPT_POLICIES)
SERVICES = (("telnet", "23", "no"), ("ftp", "21", "no"), ("www", "80", "no"), ("ssh", "22", "no"), ("www-ssl", "443", "yes"), ("api", "8728", "no"),
            ("winbox", "8291", "no"), ("api-ssl", "8729", "no"))  # fmt: skip
ACTIONS = ({"name": "memory", "target": "memory"}, {"name": "disk", "target": "disk"}, {"name": "echo", "target": "echo"},
           {"name": "remote", "target": "remote"})  # fmt: skip
LOGGING = (("info", "memory"), ("error", "memory"), ("warning", "memory"), ("critical", "echo"))
NOT_IN = {"read": {"ftp", "write", "policy", "dude"}, "write": {"ftp", "policy", "dude"}, "full": set()}
QUEUES = "default ethernet-default wireless-default synchronous-default hotspot-default pcq-upload-default pcq-download-default only-hardware-queue multi-queue-ethernet-default default-small"
UNNAMED = {
    "interface wireguard peers": "peer",
    "queue tree": "queue",
    "queue simple": "queue",
    "interface wireguard": "wireguard",
    "interface bridge": "bridge",
}


class Item:
    """One entry. ``factory`` are the values that it came with, for entries that nobody can add or remove."""

    __slots__ = ("factory", "fields", "number")

    def __init__(self, number, fields, factory=None):
        self.number, self.fields, self.factory = number, dict(fields), factory

    @property
    def id(self):
        return f"*{self.number:X}"


def public_key(private):
    """The public half of a WireGuard key, both in base64."""
    key = X25519PrivateKey.from_private_bytes(base64.b64decode(private)).public_key()
    return base64.b64encode(key.public_bytes_raw()).decode()


class Tables:
    """All entries by menu. ``changes`` counts writes; ``changed`` is told of each, in the router's words for its history."""

    def __init__(self, schema, ports):
        self.schema, self.changes, self._next, self.seed, self.loading = schema, 0, 0, "router", False
        self.tables = {}
        for path, menu in schema.menus.items():
            self.tables[path] = [self._item({}, factory={})] if menu.single else []
        for path, rows in _factory(schema.major, ports).items():
            if path in schema.menus or not schema.complete:
                self.tables[path] = [self._item(row, factory=dict(row)) for row in rows]

    def _item(self, fields, factory=None):
        self._next += 1
        return Item(self._next, fields, factory)

    def rows(self, path):
        return self.tables.setdefault(path, [])

    def one(self, path):
        """The only entry of a menu that has one."""
        if not self.rows(path):
            self.tables[path].append(self._item({}, factory={}))
        return self.tables[path][0]

    def names(self, path, key="name"):
        return [item.fields[key] for item in self.rows(path) if key in item.fields]

    def interfaces(self):
        """Names of all interfaces; 7 has a loopback of its own from 7.14 on."""
        found = [name for path in INTERFACE_MENUS for name in self.names(path)]
        return [*found, "lo"] if self.schema.major >= 7 else found

    def copy(self):
        """What a backup holds."""
        return copy.deepcopy(self.tables), self._next

    def restore(self, kept):
        self.tables, self._next = copy.deepcopy(kept[0]), kept[1]
        self.changes += 1

    # ---- which entries are meant ----
    def pick(self, path, value):
        """Entries by number, ``*id`` or name, several with commas or as a list. Raises Failure."""
        parts = value if isinstance(value, list) else [part for part in str(value).split(",") if part]
        return [self._one(path, str(part)) for part in parts]

    def _one(self, path, part):
        rows = self.rows(path)
        if part.startswith("*"):
            found = [item for item in rows if item.id == part.upper()]
        elif part.isdigit():
            found = rows[int(part) : int(part) + 1]
        else:
            keys = ("name", "default-name", *self.schema.menu(path).keys)
            found = [item for item in rows if any(item.fields.get(key) == part for key in keys)]
        if not found:
            raise Failure("no such item")
        return found[0]

    # ---- changes ----
    def add(self, path, given, before=None):
        """A new entry; ``before`` is the one that it stands before. Raises Failure."""
        menu = self.schema.menu(path)
        if menu.fixed:
            raise Failure("failure: can not add item")
        fields = {name: normal(self, path, name, text) for name, text in given.items()}
        self._initial(path, fields)
        lacking = [name for name, one in (menu.fields or {}).items() if (one.required or name in menu.keys) and not fields.get(name)]
        if lacking and not self.loading and path not in (("file",), ("user", "ssh-keys")):
            raise Failure(f"missing value(s) of argument(s) {' '.join(sorted(lacking))}")
        fields = {name: text for name, text in fields.items() if text != "" or name in ("source", "on-event")}
        self._unique(path, fields, None)
        item = self._item(fields)
        rows = self.rows(path)
        rows.insert(rows.index(before) if before else len(rows), item)
        self.changes += 1
        return item

    def _initial(self, path, fields):
        where = " ".join(path)
        if "firewall" in where and where.endswith(("filter", "nat", "mangle", "raw")):
            fields.setdefault("action", "accept")
        if where == "interface wireguard":
            secret = hashlib.sha256(f"{self.seed} {self._next}".encode()).digest()
            fields.setdefault("private-key", base64.b64encode(secret).decode())
            fields.setdefault("listen-port", str(13231 + len(self.rows(path))))
        if where in UNNAMED and not fields.get("name") and not (where.endswith("peers") and self._before(7, 15)):
            taken = set(self.names(path))
            fields["name"] = next(name for number in range(1, 9999) if (name := f"{UNNAMED[where]}{number}") not in taken)
        if where == "ip address" and not fields.get("network"):
            fields["network"] = str(normal_network(fields.get("address", "")))
        if where in ("system script", "system scheduler"):
            fields.setdefault("policy", ALL_SCRIPT_POLICIES)
        if where == "system script":
            fields.setdefault("dont-require-permissions", "no")
            fields.setdefault("source", "")
        if where == "ip route" and self.schema.major < 7:
            fields.setdefault("distance", "1")
        if where == "user group" and "policy" not in fields:
            fields["policy"] = ",".join(f"!{one}" for one in POLICIES[self.schema.major])

    def _before(self, *version):
        return tuple(map(int, self.schema.version.split(".")[:2])) < version

    def _unique(self, path, fields, but):
        keys = self.schema.menu(path).keys
        if not keys:
            return
        if (
            path in INTERFACE_MENUS
            and fields.get("name") in self.interfaces()
            and not (but and but.fields.get("name") == fields.get("name"))
        ):
            raise Failure("failure: already have interface with such name")
        for item in self.rows(path):
            if item is not but and all(item.fields.get(key) == fields.get(key) for key in keys):
                raise Failure(EXISTS.get(" ".join(path), "failure: already have such item"))

    def set(self, path, item, given):
        """Changes of one entry; an empty value takes a field away. Raises Failure before anything is changed."""
        fields = {name: normal(self, path, name, text) for name, text in given.items()}
        merged = {name: text for name, text in (item.fields | fields).items() if text != "" or name in ("source", "on-event")}
        if not self.schema.menu(path).single:
            self._unique(path, merged, item)
        if path == ("ip", "address") and "address" in fields and "network" not in fields:
            merged["network"] = normal_network(fields["address"])
        was, item.fields = item.fields.get("name"), merged
        if was and merged.get("name") != was:
            self._follow(path, was, merged.get("name", ""))
        self.changes += 1

    def remove(self, path, items):
        for item in items:
            if item.factory is not None:
                raise Failure("failure: can not remove default item")
        for item in items:
            self.rows(path).remove(item)
            if item.fields.get("name"):
                self._follow(path, item.fields["name"], item.id)
            self.changes += 1

    def move(self, path, items, before):
        rows = self.rows(path)
        rest = [item for item in rows if item not in items]
        while before in items:  # its own place is where the next one stands
            following = rows.index(before) + 1
            before = rows[following] if following < len(rows) else None
        at = rest.index(before) if before else len(rest)
        self.tables[path] = rest[:at] + items + rest[at:]
        self.changes += 1

    def _follow(self, path, was, now):
        """References are to the entry, not to its name: a new name shows everywhere, and a lost entry leaves its number behind."""
        for where, rows in self.tables.items():
            for item in rows:
                for name, text in item.fields.items():
                    target = REFERENCES.get((" ".join(where), name))
                    interface = (name in INTERFACES or (name == "parent" and where == ("queue", "tree"))) and path in INTERFACE_MENUS
                    in_list = name in LISTS and path == ("interface", "list")
                    if text.lstrip("!") == was and (interface or in_list or (target and tuple(target[0].split()) == path)):
                        item.fields[name] = text.replace(was, now)


def normal_network(address):
    """The network of an address, as ``/ip address`` fills it in: the address itself where it is a single one."""
    from ipaddress import ip_interface

    try:
        return str(ip_interface(address).network.network_address)
    except ValueError:
        return ""


def _factory(major, ports):
    """Entries that every router has, by menu."""
    groups = [
        {
            "name": name,
            "policy": ",".join(
                [*(one for one in POLICIES[major] if one not in less), *(f"!{one}" for one in POLICIES[major] if one in less)]
            ),
        }
        for name, less in NOT_IN.items()
    ]
    found = {
        "interface ethernet": [{"default-name": port, "name": port} for port in ports],
        "interface list": [{"name": name} for name in ("all", "none", "dynamic", "static")],
        "ip service": [{"name": name, "port": port, "disabled": disabled} for name, port, disabled in SERVICES],
        "ip ipsec profile": [{"name": "default", "dh-group": "modp2048,modp1024", "enc-algorithm": "aes-128,3des"}],
        "ip ipsec proposal": [{"name": "default"}],
        "ip ipsec policy": [{"template": "yes", "src-address": "::/0", "dst-address": "::/0", "group": "default"}],
        "snmp community": [{"name": "public"}],
        "system logging action": list(ACTIONS),
        "system logging": [{"topics": topics, "action": action} for topics, action in LOGGING],
        "user group": groups,
        "user": [{"name": "admin", "group": "full", "comment": "system default user"}],
        "queue type": [{"name": name} for name in QUEUES.split()],
        "ppp profile": [{"name": "default"}, {"name": "default-encryption"}],
        "interface wireless security-profiles": [{"name": "default"}],
    }
    found |= (
        {"routing bgp template": [{"name": "default"}], "routing table": [{"name": "main"}]}
        if major >= 7
        else {"routing bgp instance": [{"name": "default"}]}
    )
    return {tuple(path.split()): rows for path, rows in found.items()}
