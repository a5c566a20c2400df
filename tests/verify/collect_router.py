"""Runs on a site's router: its tunnel, its line and its clock, as one JSON document. Standard library only.

Argument: ``{interface, line, seconds}`` as JSON.
"""

import json
import subprocess
import sys
import time
from pathlib import Path


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout


def sent(interface):
    return int(Path(f"/sys/class/net/{interface}/statistics/tx_bytes").read_text())


def main():
    wish = json.loads(sys.argv[1])
    before, since = sent(wish["line"]), time.monotonic()
    time.sleep(wish["seconds"])
    rate_kbps = (sent(wish["line"]) - before) * 8 / 1000 / (time.monotonic() - since)
    handshakes = [line.split() for line in run("wg", "show", wish["interface"], "latest-handshakes").splitlines()]
    tracking = run("chronyc", "-c", "tracking").strip().split(",")
    print(
        json.dumps(
            {
                "public_key": run("wg", "show", wish["interface"], "public-key").strip(),
                "handshake_age_s": [time.time() - int(at) if int(at) else None for _, at in handshakes],
                "line_up_kbps": rate_kbps,
                "clock_source": tracking[1] if len(tracking) > 1 else None,
                "clock_stratum": int(tracking[2]) if len(tracking) > 2 else 0,
                "clock_offset_s": float(tracking[4]) if len(tracking) > 4 else None,
            }
        )
    )


main()
