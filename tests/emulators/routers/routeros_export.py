"""``/export``: sections in the router's order, only what differs from defaults, wrapped where the screen ends."""

from __future__ import annotations

import re

from tests.emulators.routers.routeros_tokens import listed
from tests.emulators.routers.routeros_words import SWITCHES

# The order of real exports; what isn't here comes at its place in the alphabet.
SECTIONS = tuple(
    tuple(path.split("/"))
    for path in listed(
        "interface/bridge interface/ethernet interface/wireguard interface/vlan interface/pppoe-client interface/list "
        "interface/wireless/security-profiles ip/dhcp-client/option ip/ipsec/policy/group ip/ipsec/profile ip/ipsec/peer "
        "ip/ipsec/proposal ip/pool ip/dhcp-server ip/smb/users port ppp/profile queue/type queue/simple queue/tree "
        "routing/bgp/instance routing/bgp/template routing/id routing/table snmp/community system/logging/action user/group "
        "disk/settings interface/bridge/port interface/bridge/settings ip/firewall/connection/tracking "
        "ip/neighbor/discovery-settings ip/settings ipv6/settings interface/l2tp-server/server interface/list/member "
        "interface/wireguard/peers ip/address ip/cloud ip/dhcp-client ip/dhcp-server/lease ip/dhcp-server/network ip/dns "
        "ip/dns/static ip/firewall/address-list ip/firewall/filter ip/firewall/mangle ip/firewall/nat ip/firewall/raw "
        "ip/firewall/service-port ip/ipsec/identity ip/ipsec/policy ip/proxy ip/route ip/service ip/socks ip/ssh ip/upnp "
        "ipv6/firewall/address-list ipv6/firewall/filter ipv6/nd routing/bfd/configuration routing/bgp/connection "
        "routing/bgp/network routing/bgp/peer routing/filter routing/filter/rule snmp system/clock system/identity "
        "system/logging system/note system/ntp/client system/ntp/client/servers system/routerboard/settings system/scheduler "
        "system/script tool/bandwidth-server tool/e-mail tool/graphing tool/mac-server tool/mac-server/mac-winbox "
        "tool/mac-server/ping tool/netwatch"
    )
)
DHCP, LATER_DHCP = (("ip", "dhcp-server"), ("ip", "dhcp-client")), ("7.18", "7.19", "7.2")  # moved between two recordings: 7.16 and 7.18
# Users, their keys, files and certificates are in no export.
NEVER = {
    ("user",),
    ("user", "ssh-keys"),
    ("user", "active"),
    ("file",),
    ("certificate",),
    ("interface",),
    ("log",),
    ("system", "package"),
    ("system", "history"),
}
SECRETS = set(
    listed(
        "password secret private-key preshared-key authentication-password encryption-password tcp-md5-key wpa-pre-shared-key "
        "wpa2-pre-shared-key passphrase pre-shared-key ipsec-secret key"
    )
)
DEFAULTS = {("ip", "ipsec", "profile"), ("ip", "ipsec", "proposal"), ("snmp", "community"), ("interface", "wireless", "security-profiles"),
            ("ip", "smb", "users"), ("ip", "smb", "shares")}  # fmt: skip
SAID = {("system", "script"), ("system", "scheduler")}
NUMBERED = {("port",), ("system", "logging"), ("system", "logging", "action"), ("ip", "ipsec", "policy")}
PLAIN = re.compile(r"[^\s\"\\$()\[\]{}=;?#<>'`\x00-\x1f\x7f-\uffff]+")
LETTERS = {
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    '"': '\\"',
    "\\": "\\\\",
    "$": "\\$",
    "?": "\\?",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\v": "\\v",
}


def spelled(text):
    """A value as an export writes it: bare, or in quotes with its bytes escaped."""
    if PLAIN.fullmatch(text):
        return text
    return '"' + "".join(_letter(letter) for letter in text) + '"'


def _letter(letter):
    if letter in LETTERS:
        return LETTERS[letter]
    if " " <= letter <= "~":
        return letter
    return "".join(f"\\{byte:02X}" for byte in letter.encode("utf-8", "surrogateescape"))


def sections(schema, tables):
    order = {path: number for number, path in enumerate(SECTIONS)}
    known = sorted((path for path in tables if path not in NEVER), key=lambda path: (path not in order, path))
    ranked = [path for path in known if path in order]
    ranked.sort(key=order.__getitem__)
    if schema.version.startswith(LATER_DHCP) and DHCP[0] in ranked and DHCP[1] in ranked:
        ranked.remove(DHCP[0])
        ranked.insert(ranked.index(DHCP[1]) + 1, DHCP[0])
    for path in known:
        if path not in order:
            at = next(
                (number for number, other in enumerate(ranked) if other > path and len(other) >= len(path) and other[0] == path[0]),
                len(ranked),
            )
            ranked.insert(at, path)
    return ranked


def export(box, *, under=(), width=80, terse=False, verbose=False, secrets=False, chosen=None):
    """The text of ``/export``. ``width`` is the terminal's; ``chosen`` says of an entry whether it is wanted."""
    lines = box.header()
    for path in sections(box.schema, box.tables):
        if path[: len(under)] != under:
            continue
        entries = [
            line
            for line in (_entry(box, path, item, verbose, secrets) for item in box.tables[path] if chosen is None or chosen(path, item))
            if line
        ]
        if not entries:
            continue
        where = "/" + " ".join(path)
        if terse:
            lines += [
                " ".join([where, verb, *(name if value is None else f"{name}={value}" for name, value in words)]) for verb, words in entries
            ]
        else:
            lines.append(where)
            lines += [line for verb, words in entries for line in wrapped(verb, words, width)]
    return "\n".join(lines) + "\n"


def _entry(box, path, item, verbose, secrets):
    """The verb with its selector, and the fields in their order; None where there is nothing to say."""
    menu = box.schema.menu(path)
    # Routing of version 7 keeps what was said, even where it is the default; scripts show everything.
    kept = path in SAID or (box.schema.major >= 7 and (path[0] == "routing" or path == ("ip", "route")))
    said = {}
    for name, text in item.fields.items():
        usual = item.factory.get(name) if item.factory is not None and name in item.factory else box.schema.field(path, name).default
        if (text != usual or kept or verbose) and not (name in SECRETS and not secrets) and not box.schema.field(path, name).read_only:
            said[name] = text
    if item.factory is not None:
        for name in item.factory:
            if name not in item.fields:
                said[name] = ""
        if not menu.single and item.factory.get("name") and (path in DEFAULTS or path == ("interface", "ethernet")):
            said = {name: text for name, text in said.items() if name != "default-name"}
        elif not menu.single and said.get("name") == item.factory.get("name"):
            said.pop("name", None)
        if not said:
            return None
    verb = "add" if item.factory is None and not menu.single else " ".join(["set", *_selector(box, path, item)])
    return verb, _relative(sorted(said.items()))


def _selector(box, path, item):
    if box.schema.menu(path).single:
        return []
    if path == ("interface", "ethernet"):
        return [f"[ find default-name={item.factory['default-name']} ]"]
    if path in NUMBERED:
        return [str(box.tables[path].index(item))]
    return ["[ find default=yes ]"] if path in DEFAULTS else [item.factory.get("name", "0")]


def _relative(fields):
    """``local.address=… .role=…``: a name that shares the one before's first part leaves it out."""
    words, last = [], ""
    for name, text in fields:
        first, dot, rest = name.rpartition(".")
        switch = name in SWITCHES and text == "yes"
        words.append((f".{rest}" if dot and first == last else name, None if switch else spelled(text)))
        last = first if dot else last
    return words


def wrapped(verb, words, width):
    """One entry as lines of at most ``width`` - 2 signs and a backslash; a value that fits no line is quoted and cut anywhere."""
    limit = width - 2
    lines, line = [], verb
    for name, value in words:
        pieces = [name] if value is None else [f"{name}=", value]
        line += " "
        for piece in pieces:
            if len(line) + len(piece) < limit:
                line += piece
                continue
            if len(piece) + 4 < limit and "\\n" not in piece:
                lines.append(line + "\\")
                line = "    " + piece
                continue
            *full, line = _cut(line, piece if piece.startswith('"') else f'"{piece}"', limit)
            lines += [one + "\\" for one in full]
    return [*lines, line]


def _cut(line, piece, limit):
    """Signs of a quoted value over lines; an escape stays whole, and a line of the text begins a line of the export."""
    signs = re.findall(r"\\[0-9A-F]{2}|\\.|.", piece, re.DOTALL)
    found = []
    for sign in signs:
        if len(line) + len(sign) > limit or (sign == "\\n" and line.strip()):
            found.append(line)
            line = "    " + ("\\_" if sign == " " else sign)
        else:
            line += sign
    return [*found, line]
