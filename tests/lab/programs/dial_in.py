"""A person's own device somewhere in the Internet: `dial_in.py PORTAL PLACE…`, each ADDRESS:PORT; its WireGuard profile on standard input.

It sends everything for these places into its tunnel, whatever the profile allows. Prints as JSON which of them answer; then asks the portal
again and again until it is silent, and prints when it last answered, in seconds since 1970.
"""

import configparser
import json
import socket
import subprocess
import sys
import tempfile
import time

NAME = "leader0"
CONNECT_S, ASK_S, SILENT_S = 3, 1, 4


def ip(*words, check=True):
    return subprocess.run(["ip", *words], check=check, capture_output=True, text=True)


def up(profile, addresses):
    """The tunnel, by the kernel where that can."""
    said = configparser.ConfigParser(interpolation=None)
    said.optionxform = str
    said.read_string(profile)
    own, peer = said["Interface"], said["Peer"]
    if ip("link", "add", NAME, "type", "wireguard", check=False).returncode:
        subprocess.run(["wireguard-go", NAME], check=True, capture_output=True)
    with tempfile.NamedTemporaryFile("w") as file:
        allowed = ", ".join(f"{address}/32" for address in addresses)
        file.write(f"[Interface]\nPrivateKey = {own['PrivateKey']}\n[Peer]\nPublicKey = {peer['PublicKey']}\n")
        file.write(f"Endpoint = {peer['Endpoint']}\nAllowedIPs = {allowed}\nPersistentKeepalive = {peer['PersistentKeepalive']}\n")
        file.flush()
        subprocess.run(["wg", "setconf", NAME, file.name], check=True)
    ip("address", "add", own["Address"], "dev", NAME)
    ip("link", "set", NAME, "mtu", own["MTU"], "up")
    for address in addresses:
        ip("route", "add", f"{address}/32", "dev", NAME)


def answers(place, timeout_s=CONNECT_S):
    host, port = place.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), timeout_s).close()
    except OSError:
        return False
    return True


def main(portal, *places):
    try:
        up(sys.stdin.read(), sorted({place.rsplit(":", 1)[0] for place in (portal, *places)}))
        print(json.dumps({place: answers(place) for place in (portal, *places)}), flush=True)
        last_s = time.time()
        while time.time() - last_s < SILENT_S:
            if answers(portal, ASK_S):
                last_s = time.time()
        print(last_s, flush=True)
    finally:
        ip("link", "del", NAME, check=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
