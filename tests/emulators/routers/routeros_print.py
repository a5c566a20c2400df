"""``print`` in its forms: columns, ``detail``, ``terse``, ``value-list``, and the page of a menu with one entry."""

from __future__ import annotations

from tests.emulators.routers.routeros_export import SECRETS
from tests.emulators.routers.routeros_tokens import listed

FIRST = (
    "name",
    "user",
    "address",
    "network",
    "interface",
    "chain",
    "action",
    "topics",
    "dst-address",
    "gateway",
    "mtu",
    "listen-port",
    "private-key",
    "public-key",
)
COLUMNS = {
    "ip address": "address network interface",
    "ip route": "dst-address gateway distance",
    "interface": "name type mtu",
    "interface ethernet": "name mtu mac-address arp",
    "interface wireguard peers": "interface public-key endpoint-address endpoint-port allowed-address persistent-keepalive",
    "user": "name group address last-logged-in",
    "user active": "when name address via",
    "user ssh-keys": "user bits key-owner",
    "user group": "name policy",
    "system scheduler": "name start-date start-time interval on-event run-count",
    "file": "name type size creation-time",
    "ip service": "name port address certificate",
    "system history": "action by policy time",
    "system package": "name version",
    "log": "time topics message",
    "snmp community": "name addresses security",
    "interface list": "name",
    "interface list member": "list interface",
}
DETAILED = {"interface wireguard", "system script", "ip ipsec peer", "ip ipsec identity", "ip ipsec policy", "ip firewall filter", "ip firewall nat",
            "ip firewall mangle", "routing bgp connection", "routing filter rule", "queue tree", "ip ipsec profile"}  # fmt: skip
QUOTED = set(listed("name comment source on-event owner private-key public-key preshared-key policy user contact location"))
FLAGS = (("X", "disabled"), ("D", "dynamic"), ("I", "invalid"), ("R", "running"), ("A", "active"), ("*", "default"))
WIDTH = 80


def ordered(names):
    return sorted(names, key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name))


def flags(fields):
    return "".join(letter for letter, name in FLAGS if fields.get(name) == "yes")


def quoted(name, text):
    return f'"{text}"' if name in QUOTED or " " in text or text == "" else text


def single(fields):
    """``name: value``, the names right-aligned as the console does."""
    width = max((len(name) for name in fields), default=0) + 2
    return [f"{name:>{width}}: {text}" for name, text in fields.items()]


def page(where, rows, words, major, width=WIDTH):
    """Lines of a menu's entries; ``rows`` are (number, fields)."""
    if "count-only" in words:
        return [str(len(rows))]
    if "value-list" in words:
        return [line for _, fields in rows for line in [*single(fields), ""]]
    if "terse" in words:
        return [_terse(number, fields) for number, fields in rows]
    if "detail" in words or (where in DETAILED and "brief" not in words):
        return [*_legend(rows, major), *(line for number, fields in rows for line in [*_detail(number, fields, width), ""])]
    return _columns(where, rows, major)


def _legend(rows, major):
    seen = [f"{letter} - {name}" for letter, name in FLAGS if any(fields.get(name) == "yes" for _, fields in rows)]
    return [f"Flags: {', '.join(seen)} "] if seen else []


def _hidden(name):
    return name in ("disabled", "dynamic", "running", "invalid", "default", ".id")


def _terse(number, fields):
    texts = [f"{name}={text}" for name, text in ((name, fields[name]) for name in ordered(fields)) if not _hidden(name) and text != ""]
    return f"{number:>2} {flags(fields):<2} " + " ".join(texts)


def _detail(number, fields, width):
    head = f"{number:>2} {flags(fields):>2} "
    lines, line = [], head
    if fields.get("comment"):
        lines.append(f"{head};;; {fields['comment']}")
        line = "      "
    for name in ordered(fields):
        if _hidden(name) or name == "comment" or fields[name] == "":
            continue
        word = f"{name}={quoted(name, fields[name])} "
        if len(line) + len(word) > width and line.strip() and line != head:
            lines.append(line)
            line = "      "
        line += word
    return [*lines, line]


def _columns(where, rows, major):
    names = (
        COLUMNS.get(where, "").split()
        or [
            name
            for name in ordered({name for _, fields in rows for name, text in fields.items() if text})
            if not _hidden(name) and name not in SECRETS and name != "comment"
        ][:6]
    )
    if not rows:
        return []
    cells = [[str(number), flags(fields), *(fields.get(name, "") for name in names)] for number, fields in rows]
    head = ["#", "", *(name.upper() for name in names)]
    widths = [max(len(row[at]) for row in [head, *cells]) for at in range(len(head))]
    lines = _legend(rows, major)
    if major >= 7:
        lines = [line.replace("disabled", "DISABLED").replace("running", "RUNNING").rstrip() for line in lines]
        lines.append("Columns: " + ", ".join(head[2:]))
    lines.append(_row(head, widths))
    for (_, fields), row in zip(rows, cells, strict=True):
        if fields.get("comment"):
            lines.append(f";;; {fields['comment']}" if major >= 7 else f"     ;;; {fields['comment']}")
        lines.append(_row(row, widths))
    return lines


def _row(cells, widths):
    return "  ".join(
        [
            " ".join(filter(None, (cells[0].rjust(widths[0]), cells[1].ljust(widths[1])))),
            *(cell.ljust(width) for cell, width in zip(cells[2:], widths[2:], strict=True)),
        ]
    ).rstrip()
