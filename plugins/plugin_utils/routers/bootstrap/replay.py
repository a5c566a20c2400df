"""The bootstrap of platforms that are configured by lines: their own way from a router just unpacked, so that a rollout finds all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..ios import IOS
from ..platform import Platform
from ..routeros import ROUTEROS6, ROUTEROS7
from ..state import RouterState
from ..vyos import VYOS13, VYOS14

RESOURCE = "                   version: {version} (stable)\n            free-hdd-space: 100.0MiB\n           total-hdd-space: 128.0MiB\n"
# The box's own rules are unknown here. Ours must stand before them, as the rollout puts them; unproven on a real router.
FIRST = tuple(
    f':do {{ /ip firewall {table} move [find where comment~"^motcua:"] destination=[:pick [find where dynamic=no] 0] }} on-error={{}}'
    for table in ("filter", "nat", "mangle")
)
VYOS_HEAD = ("#!/bin/vbash", "source /opt/vyatta/etc/functions/script-template", "configure")


@dataclass(frozen=True)
class Factory:
    """A router that has only just been unpacked: what it answers to the reads (nothing where nothing is here), and how a file is loaded."""

    platform: Platform
    answers: Mapping[str, str]
    file: str  # its suffix
    comment: str
    load: str
    head: tuple[str, ...] = ()
    tail: tuple[str, ...] = ()


def _vyos(platform: Platform, version: str) -> Factory:
    answers = {"show version": f"Version: VyOS {version}\n", "show configuration commands": "set system host-name 'vyos'\n"}
    return Factory(platform, answers, f"vyos{version[:3]}.vbash", "#", "vbash <file>", VYOS_HEAD, ("commit", "save", "exit"))


def _routeros(platform: Platform, export: str, version: str, written: str) -> Factory:
    answers = {
        "/system resource print": RESOURCE.format(version=version),
        export: f"# {written} by RouterOS {version}\n# software id = \n#\n",
    }
    return Factory(platform, answers, f"routeros{version[0]}.rsc", "#", "/import file-name=<file>", tail=FIRST)


FACTORIES = {
    "ios": (
        Factory(
            IOS,
            {
                "show version": "Cisco IOS Software, Version 16.9.1, RELEASE SOFTWARE (fc2)\n",
                "show running-config": "Building configuration...\n\nversion 16.9\n!\nhostname Router\n!\nend\n",
                "show cdp": "% CDP is not enabled\n",
            },
            "ios.txt",
            "!",
            "copy usbflash0:<file> running-config, then write memory",
            tail=("end",),
        ),
    ),
    "routeros": (
        _routeros(ROUTEROS7, "/export", "7.16", "2024-10-25 12:00:00"),
        _routeros(ROUTEROS6, "/export hide-sensitive", "6.49.10", "jan/02/1970 00:00:00"),
    ),
    "vyos": (_vyos(VYOS14, "1.4.0"), _vyos(VYOS13, "1.3.8")),
}


def replayed(factory: Factory, state: RouterState) -> str:
    """The lines for a state with one tunnel, with a head that says what they are; secrets are in them."""
    answers = {read: factory.answers.get(read, "") for read in factory.platform.reads}
    comparison = factory.platform.compare(factory.platform.understand(answers), state)
    said = (
        f"motcua: brings up the tunnel {state.tunnels[0].name} of {state.host}, and ssh for the centre through it.",
        f"Load it with: {factory.load}",
        "It holds a key of this site and of no other: delete it when it has been loaded.",
    )
    program, head = factory.head[:1], factory.head[1:]
    lines = [*program, *(f"{factory.comment} {sentence}" for sentence in said), *head]
    for command in comparison.commands:
        lines += [command.text, *([] if command.answer is None else [command.answer])]
    return "".join(f"{line}\n" for line in (*lines, *factory.tail))
