"""A tunnel's new key at both ends: it takes the old one's place only after a handshake, and nobody has to be there for going back.

Both programs run as they are, with a `wg` beside them that keeps its state in a file; with the real one they run in tests/lab/long.
"""

import base64
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import wireguard_public_key

WG = (
    f"#!{sys.executable}\n"
    """
import json, os, sys, time
from pathlib import Path
path = Path(os.environ["WG_STATE"])
state = json.loads(path.read_text())
match sys.argv[1:]:
    case ["show", _, "latest-handshakes"]:
        shaken = state["shakes"] if state.get("private") in (None, state["shakes_with"]) else []
        for peer in state["peers"]:
            at = int(time.time()) if peer in shaken else state["before"].get(peer, 0)
            print(peer, at, sep="\\t")
    case ["show", _, "peers"]:
        print(*state["peers"], sep="\\n")
    case ["show", _, "public-key"]:
        print(state["public"])
    case ["pubkey"]:
        print(state["publics"][sys.stdin.read().strip()])
    case ["set", _, "private-key", file]:
        state["private"] = Path(file).read_text().strip()
        state["public"] = state["publics"][state["private"]]
        state["said"].append("key")
    case ["set", _, "peer", key, "remove"]:
        state["peers"].pop(key, None)
        state["said"].append("remove")
    case ["set", _, "peer", key, "allowed-ips", networks]:
        state["peers"] = {other: [] for other in state["peers"]} | {key: networks.split(",")}
        state["said"].append("move")
    case ["set", _, "peer", key]:
        state["peers"].setdefault(key, [])
        state["said"].append("add")
path.write_text(json.dumps(state))
"""
)
OLD, NEW = (base64.b64encode(bytes([number] * 32)).decode() for number in (8, 16))
OLD_PUBLIC, NEW_PUBLIC, HUB = wireguard_public_key(OLD), wireguard_public_key(NEW), "hub-key="
NETWORKS = ["10.96.0.4/32", "10.64.1.0/24"]
PEER = f"# lang-giang, line 0\n[Peer]\nPublicKey = {{}}\nAllowedIPs = {', '.join(NETWORKS)}\n"


class Machine:
    """One end: its files, its `wg`, and the program that changes the key."""

    def __init__(self, folder, program, **state):
        self.folder, self.state_file = folder, folder / "state.json"
        (folder / "peers.d").mkdir()
        (folder / "lock").mkdir()
        self.file = folder / "peers.d/lang-giang.wg0.conf"
        for name, text in {"wg": WG, "ping": "#!/bin/sh\nsleep 0.1\n"}.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        text = Path(program).read_text().replace("/etc/wireguard", str(folder)).replace("/run/lock", str(folder / "lock"))
        self.program = folder / Path(program).name
        self.program.write_text(text)
        self.set(said=[], before={}, shakes=[], shakes_with=None, publics={OLD: OLD_PUBLIC, NEW: NEW_PUBLIC}, **state)

    def set(self, **state):
        state = (json.loads(self.state_file.read_text()) if self.state_file.exists() else {}) | state
        self.state_file.write_text(json.dumps(state))

    @property
    def state(self):
        return json.loads(self.state_file.read_text())

    def run(self, *words):
        environment = os.environ | {"PATH": f"{self.folder}:{os.environ['PATH']}", "WG_STATE": str(self.state_file)}
        return subprocess.run(["sh", str(self.program), *words], capture_output=True, text=True, check=False, env=environment, timeout=60)


@pytest.fixture
def hub(tmp_path):
    machine = Machine(tmp_path, "roles/hub/files/admit", peers={OLD_PUBLIC: NETWORKS})
    machine.file.write_text(PEER.format(OLD_PUBLIC))
    return machine


def admit(hub, seconds=1):
    return hub.run("wg0", "lang-giang", OLD_PUBLIC, NEW_PUBLIC, str(seconds))


def test_a_hub_moves_the_networks_to_the_new_key_when_the_site_uses_it(hub):
    hub.set(shakes=[NEW_PUBLIC])
    assert admit(hub).returncode == 0
    assert hub.state["peers"] == {NEW_PUBLIC: NETWORKS}
    assert hub.state["said"] == ["add", "move", "remove"]
    assert hub.file.read_text() == PEER.format(NEW_PUBLIC)
    assert admit(hub).returncode == 0  # a second run finds it done
    assert hub.state["said"] == ["add", "move", "remove"]


def test_a_hub_forgets_a_new_key_that_the_site_doesn_t_use(hub):
    ran = admit(hub)
    assert ran.returncode == 1
    assert "keeps the old one" in ran.stdout
    assert hub.state["peers"] == {OLD_PUBLIC: NETWORKS}
    assert hub.file.read_text() == PEER.format(OLD_PUBLIC)


def test_a_hub_that_is_told_to_stop_waiting_forgets_the_new_key(hub):
    environment = os.environ | {"PATH": f"{hub.folder}:{os.environ['PATH']}", "WG_STATE": str(hub.state_file)}
    process = subprocess.Popen(["sh", str(hub.program), "wg0", "lang-giang", OLD_PUBLIC, NEW_PUBLIC, "60"], env=environment)
    end = time.monotonic() + 20
    while "add" not in hub.state_file.read_text() and time.monotonic() < end:
        time.sleep(0.05)
    process.terminate()
    process.wait(20)
    assert hub.state["peers"] == {OLD_PUBLIC: NETWORKS}


@pytest.fixture
def site(tmp_path):
    machine = Machine(tmp_path, "roles/router/files/rekey", peers={HUB: ["0.0.0.0/0"]}, private=OLD, public=OLD_PUBLIC)
    machine.set(before={HUB: int(time.time()) - 30})
    (tmp_path / "wg0.key").write_text(f"{OLD}\n")
    (tmp_path / "wg0.key.next").write_text(f"{NEW}\n")
    return machine


def test_a_site_keeps_the_new_key_when_the_hub_shakes_hands_with_it(site):
    site.set(shakes=[HUB], shakes_with=NEW)
    assert site.run("wg0", "10.96.0.1").returncode == 0
    assert site.state["private"] == NEW
    assert (site.folder / "wg0.key").read_text() == f"{NEW}\n"
    assert not (site.folder / "wg0.key.next").exists()


def test_a_site_goes_back_when_the_hub_doesn_t_take_the_new_key(site):
    ran = site.run("wg0", "10.96.0.1")
    assert ran.returncode == 1
    assert "so the old one is back" in ran.stdout
    assert site.state["private"] == OLD
    assert (site.folder / "wg0.key").read_text() == f"{OLD}\n"


def test_a_site_that_has_the_new_key_already_asks_for_no_handshake(site):
    site.set(private=NEW, public=NEW_PUBLIC)
    assert site.run("wg0", "10.96.0.1").returncode == 0
    assert site.state["said"] == []
    assert (site.folder / "wg0.key").read_text() == f"{NEW}\n"
