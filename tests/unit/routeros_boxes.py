"""An emulated RouterOS as the platform's functions see it: answers to reads, and what becomes of commands."""

import re

from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.routeros import ROUTEROS6, ROUTEROS7

from tests.emulators.routers.routeros import build
from tests.unit.routers import state, wish

PLATFORMS = {"routeros7": ROUTEROS7, "routeros6": ROUTEROS6}


def ask(box, text, user="admin"):
    """One command on an exec channel of its own."""
    return box.login(user, exec_channel=True).execute(text)


def read(box, platform):
    return platform.understand({command: ask(box, command) for command in platform.reads})


def compare(box, platform, wished):
    return platform.compare(read(box, platform), wished)


def run(box, commands):
    """Run them all; the answers of those that the router didn't simply do."""
    said = {one.shown: ask(box, one.text).strip() for one in commands}
    return {shown: answer for shown, answer in said.items() if answer}


def suits(kind, **changes):
    """The sample wish, with IPsec alone where there is no WireGuard."""
    if kind == "routeros6":
        tunnels = changes.get("tunnels", wish()["tunnels"])
        changes["tunnels"] = [{**one, "kind": "ipsec", "interface": f"ipsec{one['slot']}", "hub_public_key": None} for one in tunnels]
    return state(**changes)


def lines(box):
    """The configuration, menu by menu and chain by chain; where the order means nothing, in one of its own. The header's clock goes on."""
    menus, menu = {}, ""
    for line in box.export().replace("\\\n    ", "").splitlines():
        if line.startswith("/"):
            menu = line
        elif not line.startswith("#"):
            chain = re.search(r" chain=(\S+)", line)
            menus.setdefault((menu, chain[1] if chain else ""), []).append(line)
    users = sorted(ask(box, "/user print detail without-paging").replace("\n      ", " ").splitlines())
    ordered = {key: found if key[1] else sorted(found) for key, found in menus.items()}
    return ordered | {("users", ""): [re.sub(r"^ *\d+", "", one) for one in users]}


def rolled_out(kind, **changes):
    """A box that has the sample wish already."""
    box = build(kind, **changes)
    assert run(box, compare(box, PLATFORMS[kind], suits(kind)).commands) == {}
    return box
