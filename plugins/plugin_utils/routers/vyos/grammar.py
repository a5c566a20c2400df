"""The text of ``show configuration commands`` and the paths in it, both ways."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...errors import Garbled
from ...secrets import wireguard_public_key
from ..platform import Standing, hide

Path = tuple[str, ...]

HIDDEN = "(secret)"
_PLAIN = re.compile(r"[A-Za-z0-9_./:,*@%+=~^!-]+")
_WIREGUARD_KEY = re.compile(r"[A-Za-z0-9+/]{43}=")
_SECRET_LEAVES = frozenset(
    {
        "encrypted-password", "plaintext-password", "password", "private-key", "preshared-key", "pre-shared-secret", "pre-shared-key",
        "secret", "auth-key", "passphrase", "encrypted-key", "plaintext-key", "key", "cak", "wep",
    }
)  # fmt: skip


def parse(text: str) -> tuple[Path, ...]:
    """Every ``set`` line as its words, in the device's order.

    :raises Garbled: when a line isn't one, or there is none: nothing in the answer says where it ends, but no router is without a line.
    """
    found = []
    for words in _lines(text):
        if not words:
            continue
        if words[0] != "set" or len(words) < 2:
            raise Garbled(f"show configuration commands: {' '.join(words)[:60]!r} is no line of a configuration; run again")
        found.append(tuple(words[1:]))
    if not found:
        raise Garbled("show configuration commands: the answer is empty; look whether the account may see the configuration")
    return tuple(found)


def render(paths: Iterable[Path]) -> str:
    """The paths as the device prints them; a word is quoted where it needs it."""
    return "".join(f"set {spelled(path)}\n" for path in paths)


def spelled(path: Path) -> str:
    """A path as it is typed."""
    return " ".join(word if _PLAIN.fullmatch(word) else "'" + word.replace("'", r"'\''") + "'" for word in path)


def hidden(path: Path, standing: Standing = hide) -> Path:
    """The same without its secret: a WireGuard key becomes the public one that belongs to it, everything else what stands for it."""
    if path[:3] == ("service", "snmp", "community"):
        return (*path[:3], standing(path[3]), *path[4:])
    if len(path) < 2 or path[-2] not in _SECRET_LEAVES or "public-keys" in path:
        return path
    if path[-2] == "private-key" and path[:2] == ("interfaces", "wireguard"):
        # VyOS 1.3 has the name of a key file here, which is no secret.
        return (*path[:-1], public(path[-1])) if _WIREGUARD_KEY.fullmatch(path[-1]) else path
    return (*path[:-1], standing(path[-1]))


def public(private_key: str) -> str:
    """What stands for a WireGuard private key where anybody may read."""
    return f"(public key {wireguard_public_key(private_key)})"


def _lines(text: str) -> Iterable[list[str]]:
    """Words line by line; a quoted value may run over several lines."""
    words: list[str] = []
    word: str | None = None
    at, quote = 0, ""
    while at < len(text):
        sign = text[at]
        at += 1
        if quote:
            if sign == quote:
                quote = ""
            else:
                word = (word or "") + sign
        elif sign in "'\"":
            quote, word = sign, word or ""
        elif sign == "\\" and at < len(text):
            word, at = (word or "") + text[at], at + 1
        elif sign in " \t\r\n":
            if word is not None:
                words.append(word)
            word = None
            if sign == "\n":
                yield words
                words = []
        else:
            word = (word or "") + sign
    if quote:
        raise Garbled("show configuration commands: the answer breaks off inside a value; run again")
    yield [*words, word] if word is not None else words
