"""What ``show`` prints on the emulated IOS, and the filters behind a pipe."""

from __future__ import annotations

import difflib
import re

from tests.emulators.routers.ios_config import Refused

INVALID = "% Invalid input detected at '^' marker."
VERSION = """Cisco IOS XE Software, Version 17.09.04a
Cisco IOS Software [Cupertino], ISR Software (ARMV8EB_LINUX_IOSD-UNIVERSALK9_IAS-M), Version 17.9.4a, RELEASE SOFTWARE (fc3)
Technical Support: http://www.cisco.com/techsupport
Copyright (c) 1986-2023 by Cisco Systems, Inc.
Compiled Fri 20-Oct-23 10:44 by mcpre


Cisco IOS-XE software, Copyright (c) 2005-2023 by cisco Systems, Inc.
All rights reserved.  Certain components of Cisco IOS-XE software are
licensed under the GNU General Public License ("GPL") Version 2.0.


ROM: 17.6(1r)

{hostname} uptime is {uptime}
Uptime for this control processor is {uptime}
System returned to ROM by Reload Command
System image file is "bootflash:isr1100be-universalk9.17.09.04a.SPA.bin"
Last reload reason: Reload Command



Technology Package License Information:

-----------------------------------------------------------------
Technology    Technology-package           Technology-package
              Current       Type           Next reboot
------------------------------------------------------------------
appxk9           None             Smart License    None
securityk9       securityk9       Smart License    securityk9
ipbase           ipbasek9         Smart License    ipbasek9

cisco ISR1111-4P (1RU) processor with 1420131K/6147K bytes of memory.
Processor board ID FGL2349L0QZ
1 Virtual Ethernet interface
6 Gigabit Ethernet interfaces
32768K bytes of non-volatile configuration memory.
4194304K bytes of physical memory.
2968264K bytes of flash memory at bootflash:.

Configuration register is 0x2102

"""
INVENTORY = """NAME: "Chassis", DESCR: "Cisco ISR1100 Chassis with two GE WAN, four GE LAN"
PID: C1111-4P          , VID: V01  , SN: FGL2349L0QZ

"""
ARCHIVE = """The maximum archive configurations allowed is {maximum}.
There are currently {count} archive configurations saved.
The next archive file will be named {path}-<timestamp>-{count}
 Archive #  Name
{rows}"""
CDP = "Global CDP information:\n        Sending CDP packets every 60 seconds\n        Sending a holdtime value of 180 seconds\n        Sending CDPv2 advertisements is  enabled\n"
PRIVILEGED = {"running-config", "startup-config", "archive", "reload"}


def show(box, session, words, columns):
    """The answer to ``show`` and these words. Raises Refused."""
    commands = {
        ("running-config",): lambda: running(box),
        ("startup-config",): lambda: startup(box),
        ("version",): lambda: VERSION.format(hostname=box.hostname, uptime=_uptime(box)),
        ("inventory",): lambda: INVENTORY,
        ("clock",): lambda: (
            f"{'*' if 'clock_1970' in box.quirks else ''}{box.clock():%H:%M:%S}.{int(box.now * 1000) % 1000:03d} ICT {box.clock():%a %b %-d %Y}\n"
        ),
        ("privilege",): lambda: f"Current privilege level is {15 if session.privileged else 1}\n",
        ("users",): lambda: (
            "    Line       User       Host(s)              Idle       Location\n"
            f"*866 vty 0     {session.user:<10} idle                 00:00:00 10.10.10.50\n"
        ),
        ("reload",): lambda: "No reload is scheduled.\n" if box.reload_at is None else reload_words(box, box.user, box.reload_at - box.now),
        ("archive",): lambda: _archive(box),
        ("archive", "config", "rollback", "timer"): lambda: _timer(box),
        ("archive", "config", "differences"): lambda: _differences(box, words[3:]),
        ("ip", "interface", "brief"): lambda: _interfaces(box),
        ("snmp", "user"): lambda: "".join(_snmp_user(row) for row in box.running.hidden.values()),
        ("cdp",): lambda: "% CDP is not enabled\n" if box.running.root.child("cdp", "run") else CDP,
        ("ip", "ssh"): lambda: "SSH Enabled - version 2.0\nAuthentication methods:publickey,keyboard-interactive,password\n",
        ("crypto", "ikev2", "sa"): lambda: "",
        ("ip", "bgp", "summary"): lambda: "% BGP not active\n",
    }
    best = None
    for command in commands:
        head = words[: len(command)]
        if len(head) == len(command) and all(part.startswith(word) for part, word in zip(command, head, strict=True)):
            best = command if best is None or len(command) > len(best) else best
    if best is None or (best[0] in PRIVILEGED and not session.privileged):
        raise Refused(INVALID, columns[1] if len(columns) > 1 else 0)
    return commands[best]()


def running(box):
    lines = [_unknown(line) for line in box.running.lines()] if "wrong_minor" in box.quirks else [[line] for line in box.running.lines()]
    text = "\n".join(line for some in lines for line in some)
    body = f"!\n{text}\nend\n\n"
    changed = (
        ""
        if box.changed_at is None
        else f"!\n! Last configuration change at {box.clock():%H:%M:%S} ICT {box.clock():%a %b %-d %Y} by {box.changed_by}\n"
    )
    whole = f"Building configuration...\n\nCurrent configuration : {len(body)} bytes\n{changed}{body}"
    return whole[: len(whole) * 2 // 3] if "interrupted" in box.quirks else whole


def _unknown(line):
    """A minor version that has one more field, with a default of its own, in blocks that we write."""
    return [line, " tunnel liveness-budget 7"] if line.startswith("interface Tunnel") else [line]


def startup(box):
    text = "\n".join(box.startup.lines())
    return f"Using {len(text)} out of 33554432 bytes\n!\n{text}\nend\n\n"


def reload_words(box, user, seconds):
    import datetime

    due = box.clock() + datetime.timedelta(seconds=seconds)
    minutes, rest = divmod(int(seconds), 60)
    left = f"{minutes} minutes" if not rest else f"{minutes} minutes and {rest} seconds"
    return f"Reload scheduled for {due:%H:%M:%S} ICT {due:%a %b %-d %Y} (in {left}) by {user} on vty0 (10.10.10.50)\n"


def _uptime(box):
    minutes = int(box.now - box.up_since) // 60
    return f"{minutes // 60} hours, {minutes % 60} minutes"


def _archive(box):
    if box.archive_path is None:
        return "% Archive feature not enabled\n\n"
    archive = box.running.root.child("archive")
    maximum = archive.child("maximum")
    rows = "".join(f"   {index:<7}  {name}\n" for index, name in enumerate(box.archived, 1))
    return ARCHIVE.format(maximum=maximum.text.split()[1] if maximum else 10, count=len(box.archived), path=box.archive_path, rows=rows)


def _timer(box):
    if not box.revert:
        return "%No Rollback Confirmed Change pending\n\n"
    _snapshot, due, user, minutes = box.revert
    import datetime

    began = box.clock() - datetime.timedelta(seconds=minutes * 60 - (due - box.now))
    return (
        f"Time configured(or reconfigured): {began:%H:%M:%S} ICT {began:%a %b %-d %Y}\nTimer type: absolute timer\nTimer value: {minutes} min\n"
        f"User: {user}\nRemaining time: {int(due - box.now) // 60:02d}:{int(due - box.now) % 60:02d}\n\n"
    )


def _differences(box, names):
    def lines(name):
        if name in box.files:
            return box.files[name].splitlines()
        return (box.startup if "startup" in name else box.running).lines()

    first, second = (
        [*names, "system:running-config", "nvram:startup-config"][:2] if names else ("system:running-config", "nvram:startup-config")
    )
    changes = difflib.ndiff(lines(first), lines(second))
    shown = "\n".join(line[0] + line[2:] for line in changes if line[0] in "+-" and line[2:].strip() != "!")
    return "!Contextual Config Diffs:\n" + (shown or "!No changes were found") + "\n\n"


def _interfaces(box):
    rows = ["Interface              IP-Address      OK? Method Status                Protocol"]
    for node in box.running.root.children:
        if node.key[0] == "interface":
            address = node.child("ip", "address")
            words = address.text.split() if address else []
            shown = words[2] if len(words) == 4 else "unassigned"
            down = any(one.text == "shutdown" for one in node.children)
            rows.append(
                f"{node.key[1]:<22} {shown:<15} YES NVRAM  {'administratively down' if down else 'up':<21} {'down' if down else 'up'}"
            )
    return "\n".join(rows) + "\n"


def _snmp_user(words):
    auth = "SHA" if "sha" in words else "MD5" if "md5" in words else "None"
    priv = "AES128" if "aes" in words else "None"
    return (
        f"User name: {words[2]}\nEngine ID: 800000090300E02F6D3FA080\nstorage-type: nonvolatile\t active\nAuthentication Protocol: {auth}\n"
        f"Privacy Protocol: {priv}\nGroup-name: {words[3]}\n\n"
    )


def piped(text, pipe):
    """``| include``, ``exclude``, ``begin``, ``section``, ``count``."""
    verb, _, pattern = pipe.partition(" ")
    lines = text.splitlines()
    if "include".startswith(verb):
        found = [line for line in lines if re.search(pattern, line)]
    elif "exclude".startswith(verb):
        found = [line for line in lines if not re.search(pattern, line)]
    elif "begin".startswith(verb):
        start = next((index for index, line in enumerate(lines) if re.search(pattern, line)), len(lines))
        found = lines[start:]
    else:
        found, inside = [], False
        for line in lines:
            inside = bool(re.search(pattern, line)) or (inside and line.startswith(" "))
            if inside:
                found.append(line)
    return "\n".join(found) + ("\n" if found else "")
