"""Runs on a centre: the longest silences of what comes from an address, as JSON {camera stream: seconds}. Arguments: address, seconds."""

import json
import re
import subprocess
import sys
import time

INTERVAL_S = 0.1


def received(address):
    """Bytes that each open RTSP connection to the address has received, by its local port."""
    text = subprocess.run(["ss", "-tinH", "dst", f"{address}:554"], capture_output=True, text=True, check=True).stdout
    rows = re.findall(r"^\S+\s+\d+\s+\d+\s+\S+:(\d+)\s[^\n]*\n\s+(.*)$", text, re.MULTILINE)
    return {port: int(found.group(1)) if (found := re.search(r"bytes_received:(\d+)", info)) else 0 for port, info in rows}


def main():
    address, seconds = sys.argv[1], float(sys.argv[2])
    end = time.monotonic() + seconds
    last, since, worst, moments = received(address), time.monotonic(), 0.0, []
    while time.monotonic() < end:
        time.sleep(INTERVAL_S)  # the counters of the kernel are read; nothing announces a silence
        now = received(address)
        if any(now.get(port, 0) > last.get(port, 0) for port in now):
            gap = time.monotonic() - since
            if gap > 1:
                moments.append(round(gap, 1))
            worst, since = max(worst, gap), time.monotonic()
        last = now
    worst = max(worst, time.monotonic() - since)
    print(json.dumps({"longest_silence_s": round(worst, 2), "silences_s": moments, "connections": sorted(last)}))


main()
