"""Documents of Axis devices: the parameter list, stream profiles, text overlays, accounts, and the types that parameters have."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, quote, urlencode
from xml.etree.ElementTree import Element

from ..errors import Refused
from .pairs import Pairs
from .xml import XmlDocument, local

POSITIONS = ("topLeft", "topRight", "bottomLeft", "bottomRight")
GROUPS = {"admin": "admin", "operator": "operator", "viewer": "viewer"}


class Parameters(Pairs):
    """``root.A.B=value`` lines, without the root."""

    def rows(self, row: str) -> Sequence[Parameters]:
        """The groups ``row`` and a number: ``StreamProfile.S0``, ``StreamProfile.S1``; each has its own name as ``group``."""
        groups = sorted({match[0] for key in self.values if (match := re.match(re.escape(row) + r"\d+(?=\.)", key))})
        return [Parameters(self._below(f"{group}.") | {"group": group}) for group in groups]

    def _below(self, prefix: str) -> dict[str, str]:
        return {key.removeprefix(prefix): value for key, value in self.values.items() if key.startswith(prefix)}


def parameters(text: str) -> Parameters:
    """Read a list of parameters. Lines end in a line feed and nothing else: a value may hold what other alphabets end lines with."""
    pairs = (line.rstrip("\r").split("=", 1) for line in text.split("\n") if "=" in line and not line.startswith("#"))
    return Parameters({key.removeprefix("root."): value for key, value in pairs})


class Profile(Pairs):
    """The settings of a stream profile, written as the query of a stream's URL; what a profile doesn't say is empty.

    ``resolution[0]`` and ``resolution[1]`` are width and height.
    """

    def __init__(self, name: str, group: str | None, text: str) -> None:
        """``group`` is where the device keeps it, None when it isn't there yet."""
        super().__init__(dict(parse_qsl(text, keep_blank_values=True)))
        self.name, self.group = name, group

    def get(self, select: str) -> str | None:
        """A value, or a part of one."""
        key, part = _part(select)
        value = self.values.get(key, "")
        if part is None:
            return value
        parts = value.split("x")
        return parts[part] if len(parts) > part else ""

    def set(self, select: str, value: str) -> None:
        """Write a value, or a part of one."""
        key, part = _part(select)
        if part is not None:
            parts = [*self.values.get(key, "").split("x"), "", ""][:2]
            parts[part] = value
            value = "x".join(parts)
        self.values[key] = value

    def encode(self) -> str:
        """The profile as the device keeps it."""
        return urlencode(self.values, quote_via=quote)


class Overlays(Pairs):
    """Text overlays by the corner that they stand in; an empty corner is an empty text."""

    def __init__(self, overlays: Sequence[Mapping[str, object]]) -> None:
        """Of several in one corner the first counts."""
        super().__init__(dict.fromkeys(POSITIONS, ""))
        self.identities: dict[str, object] = {}
        for overlay in reversed(overlays):
            corner = str(overlay.get("position"))
            if corner in self.values:
                self.identities[corner], self.values[corner] = overlay.get("identity"), str(overlay.get("text", ""))


def accounts(text: str) -> list[Parameters]:
    """The accounts of pwdgrp.cgi's lists of groups, each with the highest of its rights."""
    groups = {key.strip(): value.strip().strip('"').split(",") for key, _, value in (line.partition("=") for line in text.splitlines())}
    roles: dict[str, str] = {}
    for group in reversed(GROUPS):
        roles |= dict.fromkeys((name for name in groups.get(group, ()) if name), group)
    return [Parameters({"name": name, "role": role}) for name, role in roles.items()]


def conform(definitions: XmlDocument, key: str, value: str, device: str) -> str:
    """A value in the spelling that the device's own definition of the parameter has.

    :raises Refused: when the definition doesn't allow it; a parameter without one is taken as it is.
    """
    parameter = _definition(definitions.root, ["root", *key.split(".")])
    kinds = [] if parameter is None else [kind for one in parameter if local(one) == "type" for kind in one]
    for kind in kinds:
        match local(kind):
            case "bool":
                return kind.get("true" if value.lower() in ("yes", "on", "true", "1") else "false") or value
            case "enum":
                spelt = {entry.get("value", "").lower(): entry.get("value", "") for entry in kind}
                if value.lower() not in spelt:
                    raise Refused(f"{device}: {key}: the device takes {', '.join(spelt.values())} and not {value!r}")
                return spelt[value.lower()]
            case "int":
                low, high, number = _whole(kind.get("min")), _whole(kind.get("max")), _whole(value)
                if number is None or (low is not None and number < low) or (high is not None and number > high):
                    raise Refused(f"{device}: {key}: the device takes {kind.get('min')} to {kind.get('max')} and not {value}")
            case "string":
                longest = _whole(kind.get("maxlen"))
                if longest is not None and len(value) > longest:
                    raise Refused(f"{device}: {key}: the device takes {longest} characters and not {len(value)}")
    return value


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"-?\d{1,18}", text, re.ASCII) else None


def _definition(element: Element, path: list[str]) -> Element | None:
    for name in path:
        child = next((child for child in element if child.get("name") == name), None)
        if child is None:
            return None
        element = child
    return element


def _part(select: str) -> tuple[str, int | None]:
    match = re.fullmatch(r"(\w+)(?:\[(\d)\])?", select)
    assert match is not None, f"a table has the malformed place {select!r}"
    return match[1], None if match[2] is None else int(match[2])
