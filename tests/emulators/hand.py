"""A hand at a device: `python3 -m tests.emulators.hand SOCKET get KEY | set KEY VALUE | faults all JSON | off | on | lock | unlock | reset | status`."""

import json
import socket
import sys


def ask(path, do, key=None, value=None):
    """One request; what the device says."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(30)
        sock.connect(path)
        sock.sendall(json.dumps({"do": do, "key": key, "value": value}).encode() + b"\n")
        return json.loads(sock.makefile().readline())


def main():
    said = ask(*sys.argv[1:5])
    if not said["ok"]:
        sys.exit(said["error"])
    if said["value"] is not None:
        print(json.dumps(said["value"], ensure_ascii=False) if not isinstance(said["value"], str) else said["value"])


if __name__ == "__main__":
    main()
