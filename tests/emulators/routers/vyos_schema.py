"""Which paths VyOS 1.3 and 1.4 have, and what may stand there, as far as branch routers are managed by them.

From VyOS' documentation and its own interface definitions, in vyos_paths.txt. A line is a node; ``{…}`` a tag node with the pattern of its names, ``<…>`` a leaf
with the pattern of its values, ``+`` behind it a leaf that may be there several times, nothing a node or a leaf without value. ``13`` and ``14``
in front: in that version alone, with all below. ``*`` is a subtree that isn't looked at.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

TEXT = Path(__file__).with_name("vyos_paths.txt").read_text(encoding="utf-8")
SHARED = Path(__file__).with_name("vyos_shared.txt").read_text(encoding="utf-8")  # what several places have in common, by ``&name``
NAMED = {
    "&cipher": "null|aes128|aes192|aes256|aes128ctr|aes256ctr|aes128ccm128|aes128gcm64|aes128gcm96|aes128gcm128|aes192gcm128|aes256gcm64|aes256gcm96|aes256gcm128|3des|chacha20poly1305",
    "&hash": "md5|md5_128|sha1|sha1_160|sha256|sha256_96|sha384|sha512|aesxcbc|aescmac|aes128gmac|aes256gmac",
}
KINDS = {
    "text": r"[^\x00]*", "ascii": r"[ -~]{1,255}", "key": r"[A-Za-z0-9+/]{43}=", "base64": r"[A-Za-z0-9+/]+={0,2}", "zone": r"[A-Z][A-Za-z]+/[A-Za-z_/+-]+|UTC",
    "ports": r"!?(?:\d{1,5}(?:-\d{1,5})?|[a-z][a-z0-9-]*)(?:,(?:\d{1,5}(?:-\d{1,5})?|[a-z][a-z0-9-]*))*", "rate": r"\d+(?:\.\d+)?(?:bit|kbit|mbit|gbit|bps|%)?|auto",
}  # fmt: skip


@dataclass
class Kind:
    """What may stand at a place: ``names`` is a tag node's pattern, ``values`` a leaf's; ``open`` takes anything."""

    name: str = ""
    names: str | None = None
    values: str | None = None
    many: bool = False
    open: bool = False
    below: dict = field(default_factory=dict)


@cache
def schema(version):
    """The whole tree of one version, ``"13"`` or ``"14"``."""
    shared = _grown(SHARED, version)
    for kind in shared.below.values():
        _fill(kind, shared)
    whole = _grown(TEXT, version)
    _fill(whole, shared)
    return whole


def _grown(text, version):
    root, skip = Kind(), None
    stack = [(-1, root)]
    for line in filter(str.strip, text.splitlines()):
        depth = len(line) - len(line.lstrip())
        if skip is not None and depth > skip:
            continue
        skip = None
        only, _, rest = line.strip().partition(" ")
        if only in ("13", "14") and only != version:
            skip = depth
            continue
        word = rest if only in ("13", "14") else line.strip()
        while stack[-1][0] >= depth:
            stack.pop()
        if word == "*":
            stack[-1][1].open = True
            continue
        kind = _kind(word, version)
        stack[-1][1].below[kind.name] = kind
        stack.append((depth, kind))
    return root


def _fill(kind, shared):
    """Puts what several places have in common where ``&name`` stands for it."""
    for name, below in list(kind.below.items()):
        if name.startswith("&"):
            del kind.below[name]
            _fill(shared.below[name[1:]], shared)
            kind.below.update(shared.below[name[1:]].below)
        else:
            _fill(below, shared)


def _kind(word, version):
    name, _, rest = word.partition(" ")
    if rest.startswith("{"):
        pattern = rest[1:-1]
        if pattern == "&peer":
            pattern = r"[\w.-]+" if version == "14" else r"(?:\d{1,3}\.){3}\d{1,3}|@[\w.-]+|[\w.-]+"
        return Kind(name, names=pattern)
    if rest.startswith("<"):
        many = rest.endswith("+")
        pattern = rest.removesuffix("+")[1:-1]
        return Kind(name, values=NAMED.get(pattern, pattern), many=many)
    return Kind(name)


def fits(pattern, value):
    """Whether a value or a name is what the pattern asks for; alternatives are parted by bars, unless it is a regular expression."""
    if re.search(r"[\\\[(]", pattern):
        return re.fullmatch(pattern, value) is not None
    return any(_fits_one(one, value) for one in pattern.split("|"))


def _fits_one(kind, value):
    if kind in KINDS:
        return re.fullmatch(KINDS[kind], value) is not None
    if kind.startswith("number "):
        _, low, high = kind.split()
        return value.isascii() and value.isdigit() and int(low) <= int(value) <= int(high)
    try:
        match kind:
            case "ip":
                ipaddress.ip_address(value)
            case "cidr":
                ipaddress.ip_interface(value)
                return "/" in value
            case "net":
                ipaddress.ip_network(value)
                return "/" in value
            case "range":
                for part in value.lstrip("!").split("-"):
                    ipaddress.ip_network(part)
            case _:
                return value == kind
    except ValueError:
        return False
    return True
