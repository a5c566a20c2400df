"""So many sites' tunnels, all dialling one hub: wireguard-go processes and a heartbeat through each. Runs as root on a machine of the lab.

Arguments: how many, the hub's endpoint, its public key, its address in the tunnels. First line: the public keys as JSON. Then, each second,
the number of tunnels that had a handshake since the line before in which somebody wrote "count" to stdin. Ends with stdin.
"""

import json
import os
import select
import socket
import subprocess
import sys
import time

many, endpoint, hub_key, hub = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]


def run(*command, given=""):
    return subprocess.run(command, input=given, capture_output=True, text=True, check=True).stdout


def dial(at):
    """One site's tunnel: its interface, its public key and a socket that sends through it."""
    name, private = f"many{at}", run("wg", "genkey").strip()
    run("wireguard-go", name)
    peer = f"[Peer]\nPublicKey = {hub_key}\nEndpoint = {endpoint}\nAllowedIPs = {hub}/32\nPersistentKeepalive = 25\n"
    run("wg", "setconf", name, "/dev/stdin", given=f"[Interface]\nPrivateKey = {private}\n{peer}")
    run("ip", "address", "add", f"10.97.{at // 250}.{at % 250 + 1}/32", "dev", name)
    run("ip", "link", "set", name, "mtu", "1380", "up")
    beat = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    beat.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, name.encode())
    return run("wg", "pubkey", given=private).strip(), beat


os.environ["GOMAXPROCS"] = "1"
sites = [dial(at) for at in range(many)]
print(json.dumps([key for key, _ in sites]), flush=True)
since = time.time()
while True:
    for _, beat in sites:
        beat.sendto(b"heartbeat", (hub, 9))
    if select.select([sys.stdin], [], [], 1)[0]:
        if not sys.stdin.readline():
            break
        since = time.time()
    stamps = [line.split() for line in run("wg", "show", "all", "latest-handshakes").splitlines()]
    print(sum(name.startswith("many") and int(at) > since for name, _, at in stamps), flush=True)
for at in range(many):
    run("ip", "link", "delete", f"many{at}")
