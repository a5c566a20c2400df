"""What ``print detail`` says: the only place where users, SSH keys and WireGuard's public keys stand."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .words import QUOTED, read_value

FIRST = re.compile(r"\s*(\d+)\s+(?P<flags>[A-Z*]*)\s*(?=$|;;;|[a-z0-9.-]+=)")
HEADING = re.compile(r"\s*(Flags|Columns):")
PROPERTY = re.compile(rf"(?<!\S)([a-z][a-z0-9.-]*)=((?:{QUOTED}|[^\s\"])*)", re.DOTALL)


def read_listing(answer: str) -> tuple[Mapping[str, str], ...]:
    """The entries of a ``print detail``, in order: properties, ``comment`` where there is one, and ``flags`` (``X``: disabled)."""
    found: list[tuple[str, list[str]]] = []
    for line in answer.replace("\r", "").split("\n"):
        if HEADING.match(line):
            continue
        first = FIRST.match(line)
        if first:
            found.append((first["flags"], [line[first.end() :]]))
        elif found:
            found[-1][1].append(line)
    return tuple(_row(flags, lines) for flags, lines in found)


def _row(flags: str, lines: list[str]) -> Mapping[str, str]:
    comment = next((line.partition(";;;")[2].strip() for line in lines if line.lstrip().startswith(";;;")), None)
    text = " ".join(line.strip() for line in lines if not line.lstrip().startswith(";;;"))
    row = {name: read_value(raw) for name, raw in PROPERTY.findall(text)}
    return {**row, "flags": flags} | ({} if comment is None else {"comment": comment})


def read_resource(answer: str) -> Mapping[str, str]:
    """``/system resource print``: its names and values, as ``free-hdd-space``: ``71.2MiB``."""
    pairs = (line.partition(":") for line in answer.splitlines())
    return {name.strip(): value.strip() for name, sign, value in pairs if sign and re.fullmatch(r"[a-z-]+", name.strip())}


def size_bytes(text: str) -> int | None:
    """``71.2MiB`` as bytes; None where it isn't a size."""
    match = re.fullmatch(r"([\d.]+)\s*([KMG]?)i?B?", text)
    if match is None:
        return None
    return int(float(match[1]) * {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}[match[2]])
