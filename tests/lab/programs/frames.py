"""Do something, and say how long nothing came from an address since: `frames.py ADDRESS SECONDS COMMAND...`, in a centre's network.

Prints the longest silence in seconds, as the kernel's counters of the open RTSP connections show it.
"""

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
    address, seconds, *command = sys.argv[1:]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL):
        last, since, longest, end = received(address), time.monotonic(), 0.0, None
        while end is None or time.monotonic() < end:
            time.sleep(INTERVAL_S)  # counters are read; nothing announces a silence
            now = received(address)
            if any(size > last.get(port, 0) for port, size in now.items()):
                longest, since = max(longest, time.monotonic() - since), time.monotonic()
            last = now
            end = end or time.monotonic() + float(seconds)
    print(f"{max(longest, time.monotonic() - since):.2f}")


main()
