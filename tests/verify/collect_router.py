"""Runs on a site's Linux router: its tunnels, its lines and its clock, as one JSON document. Standard library only.

Argument: ``{tunnels: [{name, kind, interface, hub_address}], lines: {name: interface}, seconds}`` as JSON.
"""

import json
import re
import subprocess
import sys
import time
from pathlib import Path


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout


def sent(interface):
    return int(Path(f"/sys/class/net/{interface}/statistics/tx_bytes").read_text())


def wireguard(tunnel):
    """Its key, and seconds since its last handshake; None when there never was one."""
    stamps = [int(line.split()[1]) for line in run("wg", "show", tunnel["interface"], "latest-handshakes").splitlines()]
    age = time.time() - stamps[0] if stamps and stamps[0] else None
    return {"public_key": run("wg", "show", tunnel["interface"], "public-key").strip(), "age_s": age}


def ipsec(tunnel):
    """Its algorithms, and seconds since it was set up; None when it isn't."""
    shown = run("swanctl", "--list-sas", "--child", tunnel["interface"])
    found = re.search(rf"{tunnel['interface']}: #\d+, reqid \d+, INSTALLED, \S+, (\S+)\s+installed (\d+)s ago", shown)
    return {"algorithms": found.group(1) if found else None, "age_s": int(found.group(2)) if found else None}


def heartbeats():
    """The state of each BFD session by the hub's address."""
    try:
        return {peer["peer"]: peer["status"] for peer in json.loads(run("vtysh", "-c", "show bfd peers json"))}
    except ValueError:
        return {}


def main():
    wish = json.loads(sys.argv[1])
    before, since = {name: sent(interface) for name, interface in wish["lines"].items()}, time.monotonic()
    time.sleep(wish["seconds"])
    seconds = time.monotonic() - since
    alive = heartbeats()
    tunnels = {
        tunnel["name"]: (wireguard if tunnel["kind"] == "wireguard" else ipsec)(tunnel) | {"heartbeat": alive.get(tunnel["hub_address"])}
        for tunnel in wish["tunnels"]
    }
    tracking = run("chronyc", "-c", "tracking").strip().split(",")
    print(
        json.dumps(
            {
                "tunnels": tunnels,
                "line_up_kbps": {name: (sent(wish["lines"][name]) - at) * 8 / 1000 / seconds for name, at in before.items()},
                "clock_source": tracking[1] if len(tracking) > 1 else None,
                "clock_stratum": int(tracking[2]) if len(tracking) > 2 else 0,
                "clock_offset_s": float(tracking[4]) if len(tracking) > 4 else None,
            }
        )
    )


main()
