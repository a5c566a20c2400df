"""Emulated routers in use, as many as are wanted, in a process of their own: `python -m tests.bench.routers KIND COUNT RTT_MS FOLDER`.

It prints one line of JSON, ``[[port, host key], …]``, and for each line that it then gets: the CPU seconds that it has used, and how many
commands the first of them has had. RouterOS boxes are configured as `wish` says, with the key in FOLDER; others are as a technician left them.
"""

import base64
import contextlib
import json
import sys
import time
from pathlib import Path

import asyncssh

from tests.unit.routers import wish

SLOW = 3600.0  # seconds that a router's minute lasts: here its own schedulers would only take the CPU from those who are measured
PASSWORD, SITE = "Kh0ngAiBiet-2026", "lang-giang"
CISCO = {"ether1": "GigabitEthernet0/0/0", "ether2": "GigabitEthernet0/0/1", "bridge": "Vlan1"}
MASTER = {"master": base64.b64encode(bytes(range(32))).decode()}


def key_pair(folder):
    """The technician's key, made once; gives the public line."""
    private = Path(folder, "id_ed25519")
    if not private.exists():
        key = asyncssh.generate_private_key("ssh-ed25519", comment="bench")
        private.touch(mode=0o600)
        private.write_bytes(key.export_private_key())
        private.with_suffix(".pub").write_bytes(key.export_public_key())
    return private.with_suffix(".pub").read_text().strip()


def wished(folder, kind, port=22):
    """What a router of the bench is to be; SSH has to be open at the port where it is reached. IOS has IPsec alone, and its own interfaces."""
    found = wish()
    for row in (*found["tunnels"], *found["lines"], *found["shaping"], found["lan"]) if kind == "ios" else ():
        row["interface"] = CISCO.get(row["interface"], row["interface"])
    for tunnel in found["tunnels"] if kind == "ios" else ():
        tunnel |= {"kind": "ipsec", "hub_public_key": None}
    found["firewall"]["input"][0]["ports"] = sorted({22, port})
    found["accounts"][0]["keys"] = [key_pair(folder)]
    return found


def as_declared(kind, folder):
    """The tables of a router that is as it should be: what the platform says is sent to one, once."""
    from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.registry import FAMILIES
    from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.state import router_state
    from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import masters_from, tunnel_private_key

    from tests.emulators.routers.routeros import build

    def secret(name):
        what, site, which = name.split("/")
        return tunnel_private_key(masters, site, which) if what == "tunnel" else PASSWORD

    masters = masters_from(MASTER, MASTER, ("", ""))
    platform = next(version.platform for version in FAMILIES["routeros"].versions if version.platform.name == kind)
    box = build(kind, password=PASSWORD)
    session = box.login("motcua", exec_channel=True)
    running = platform.understand({line: session.execute(line) for line in platform.reads})
    for command in platform.compare(running, router_state(wished(folder, kind), secret)).commands:
        said = session.execute(command.text)
        assert not said.strip(), f"{command.shown}: {said}"
    return box.copy()


def main(kind, count, rtt_ms, folder):
    from tests.emulators.routers.routeros import build
    from tests.emulators.routers.server import emulated

    tables = as_declared(kind, folder) if kind.startswith("routeros") else None
    with contextlib.ExitStack() as all_of_them:
        running = []
        for _ in range(int(count)):
            box = None
            if tables:
                box = build(kind, password=PASSWORD)
                box.restore(tables)
            running.append(all_of_them.enter_context(emulated(kind, box=box, password=PASSWORD, rtt_ms=float(rtt_ms), minute_seconds=SLOW)))
            if tables:
                rule = next(one for one in box.rows(("ip", "firewall", "filter")) if one.fields.get("dst-port") == "22")
                box.set(("ip", "firewall", "filter"), rule, {"dst-port": f"22,{running[-1].port}"})
        sys.stdout.write(json.dumps([[one.port, one.host_key] for one in running]) + "\n")
        sys.stdout.flush()
        for _ in sys.stdin:
            sys.stdout.write(json.dumps([time.process_time(), len(running[0].sent)]) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
