"""The operational mode of the emulated VyOS: what its commands print."""

from __future__ import annotations

import re

RELEASES = {"14": ("1.4.0", "sagitta"), "13": ("1.3.8", "equuleus")}
VERSION = """Version:          VyOS {version}
Release train:    {train}

Built by:         maintainers@vyos.net
Built on:         Tue 04 Jun 2024 21:16 UTC
Build UUID:       7b1d5d0a-2f64-4a6b-a3a9-9f0f4b6a51c2
Build commit ID:  4dba82c5e1f4bb

Architecture:     x86_64
Boot via:         installed image
System type:      bare metal

Hardware vendor:  Protectli
Hardware model:   VP2420
Hardware S/N:     VP2420-0117
Hardware UUID:    03000200-0400-0500-0006-000700080009

Copyright:        VyOS maintainers and contributors
"""


def operate(box, words):
    """A command of the operational mode: what it prints, and its exit status."""
    text = " ".join(words)
    version, train = RELEASES[box.version]
    if "no_privilege" in box.quirks and text.startswith("show conf"):
        return f"\n  Invalid command: [{words[0]}]\n\n", 1
    if text == "show version":
        return VERSION.format(version=version, train=train), 0
    if words[:1] == ["show"] and len(words) > 1 and "configuration".startswith(words[1]):
        shown = "\n".join(_with_unknown(box)) + "\n" if words[2:3] == ["commands"] else box.active.text() + "\n"
        return (shown[: len(shown) * 2 // 3] if "interrupted" in box.quirks else shown), 0
    if text == "show date":
        return f"{box.clock():%a %d %b %Y %I:%M:%S %p} UTC\n", 0
    if text == "show interfaces":
        return _interfaces(box), 0
    if text in ("show ip bgp summary", "show bgp summary"):
        return "% BGP instance not found\n", 0
    if text.startswith("show system uptime"):
        return f"Uptime: {int(box.now) // 60}m\n", 0
    if text == "show system commit":
        return "0   2026-11-26 01:00:00 by root via init\n", 0
    return f"\n  Invalid command: [{words[0] if words else ''}]\n\n", 1


def _with_unknown(box):
    """A minor version that has a leaf more, in what we write."""
    lines = box.active.commands()
    if "wrong_minor" in box.quirks:
        lines += [f"set interfaces wireguard {name} per-client-thread" for name in box.active.names("interfaces", "wireguard")]
    return lines


def _interfaces(box):
    rows = [
        "Codes: S - State, L - Link, u - Up, D - Down, A - Admin Down",
        "Interface        IP Address                        S/L  Description",
        "---------        ----------                        ---  -----------",
    ]
    for kind in box.active.names("interfaces"):
        for name in box.active.names("interfaces", kind):
            addresses = [one for one in box.active.values("interfaces", kind, name, "address") if one != "dhcp"] or ["-"]
            description = (box.active.values("interfaces", kind, name, "description") or [""])[0]
            rows.append(f"{name:<16} {addresses[0]:<33} u/u  {description}")
    return "\n".join(rows) + "\n"


def parted(line):
    """A command and the pipes behind it; a bar within quotes is none."""
    parts, quote, word = [], "", ""
    for sign in line:
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign == "|":
            parts.append(word.strip())
            word = ""
            continue
        word += sign
    parts.append(word.strip())
    return parts[0], parts[1:]


def piped(text, pipe):
    """VyOS' own filters; None for a program of the shell."""
    verb, _, pattern = pipe.partition(" ")
    pattern = pattern.strip("'\"")
    lines = text.splitlines()
    if verb in ("no-more", "cat"):
        return text
    if verb in ("match", "grep"):
        return "".join(f"{line}\n" for line in lines if re.search(pattern.removeprefix("-E ").strip("'\""), line))
    if verb == "no-match":
        return "".join(f"{line}\n" for line in lines if not re.search(pattern, line))
    if verb == "count":
        return f"{len(lines)}\n"
    return None
