"""`motcua viewer` and `motcua recordings`: what is asked of the centre and how, what is printed, and what the program with the right to change the tunnel believes."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

DEVICE = {
    "account": "nguyen-van-a", "address": "10.98.0.2", "hub_public_key": "aHVi", "url": "https://10.10.10.1", "portal": "10.10.10.1",
    "endpoint": "203.0.113.10:51822", "mtu": 1380, "keepalive_seconds": 25,
}  # fmt: skip
# Writes down how it was called, says what it is told to.
SSH = """#!/usr/bin/python3
import json, pathlib, sys
folder = pathlib.Path({folder!r})
(folder / "called.json").write_text(json.dumps(sys.argv[1:]))
said = json.loads((folder / "says.json").read_text())
sys.stdout.write(said["out"]); sys.stderr.write(said["err"]); sys.exit(said["rc"])
"""


@pytest.fixture
def centre(tmp_path):
    """A province whose key is there, and an ssh of our own: gives a function that runs a command and one that sets the centre's answer."""
    shutil.copytree("inventory/lab", tmp_path / "inventory/lab", ignore=shutil.ignore_patterns("state", "secrets", "keys"))
    (tmp_path / "inventory/lab/state/ssh").mkdir(parents=True)
    (tmp_path / "inventory/lab/state/ssh/id_ed25519").touch()
    (tmp_path / "inventory/lab/state/ssh/id_ed25519.pub").write_text("ssh-ed25519 AAAA test\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/ssh").write_text(SSH.format(folder=str(tmp_path)))
    (tmp_path / "bin/ssh").chmod(0o755)

    def says(answer, rc=0, err=""):
        out = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
        (tmp_path / "says.json").write_text(json.dumps({"out": out, "err": err, "rc": rc}))

    def run(*words, group="viewer"):
        environment = os.environ | {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
        command = [sys.executable, "scripts/motcua", group, *words, "-i", str(tmp_path / "inventory/lab/province.yml")]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        called = tmp_path / "called.json"
        return done, json.loads(called.read_text()) if called.exists() else None

    return says, run


def test_a_link_is_shown_and_the_name_arrives_whole(centre):
    says, run = centre
    link = f"https://10.10.10.1/enrol.html#{'x' * 43}"
    says({"account": "a", "viewer": "tan-dinh", "name": "Nguyễn Văn 'A'", "link": link, "expires": "2026-03-04T00:00:00Z"})
    done, called = run("add", "tan-dinh", "--name", "Nguyễn Văn 'A'; reboot")
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == link, done.stderr
    assert called[-2:] == ["root@10.10.10.1", """/usr/local/lib/motcua/motcua-viewer add tan-dinh 'Nguyễn Văn '"'"'A'"'"'; reboot'"""]
    assert "StrictHostKeyChecking=accept-new" in called and "HostKeyAlias=centre" in called and "BatchMode=yes" in called


def test_a_profile_has_a_key_of_its_own_that_never_leaves_this_machine(centre):
    says, run = centre
    says(DEVICE)
    done, called = run("device", "nguyen-van-a")
    assert done.returncode == 0, done.stderr
    private = re.search("PrivateKey = (.*)", done.stdout)[1]
    public = base64.b64encode(X25519PrivateKey.from_private_bytes(base64.b64decode(private)).public_key().public_bytes_raw()).decode()
    assert called[-1].split()[1:] == ["device", "nguyen-van-a", public] and private not in str(called)
    assert "AllowedIPs = 10.10.10.1/32\n" in done.stdout and "Endpoint = 203.0.113.10:51822\n" in done.stdout
    assert "█" in done.stdout, "the same as a QR code"


def test_the_log_is_shown_in_the_provinces_time(centre):
    says, run = centre
    row = {
        "id": 1,
        "account": "a",
        "viewer": "v",
        "address": "10.64.1.7",
        "camera": "tan-dinh-cam1",
        "kind": "live",
        "from_s": 0,
        "until_s": 60,
    }
    says({"viewings": [row | {"footage_from_s": None, "footage_until_s": None}], "events": []})
    done, called = run("log", "--from", "2026-03-01", "--camera", "tan-dinh-cam1")
    assert "1970-01-01 08:00:00" in done.stdout and "1970-01-01 08:01:00" in done.stdout, "Việt Nam was eight hours ahead then"
    assert called[-1].split()[1:3] == ["log", "1772298000.0"] and called[-1].split()[4:] == ["tan-dinh-cam1", "-"]


WRONG = {
    "refused": (({"error": "x: there is no such account"}, 1), "motcua: x: there is no such account"),
    "unreachable": (("", 255, "ssh: connect to host: No route"), "motcua: motcua-viewer: the centre can't be reached (ssh: connect to host: No route)"),
    "old": (("", 127, "sh: motcua-viewer: not found"), "motcua: motcua-viewer: the centre doesn't answer as it should (sh: motcua-viewer: not found)"),
    "silent": (("", 0, ""), "motcua: motcua-viewer: the centre doesn't answer as it should (it said nothing)"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_goes_wrong_is_one_sentence(centre, case):
    says, run = centre
    answer, sentence = WRONG[case]
    says(*answer)
    done, _ = run("disable", "x")
    assert done.returncode == 1 and done.stderr.startswith(sentence) and done.stderr.count("\n") == 1


def test_a_moment_that_is_none(centre):
    _, run = centre
    done, called = run("log", "--from", "yesterday")
    assert (done.returncode, called) == (1, None) and "--from yesterday: is no moment" in done.stderr


# --- footage --------------------------------------------------------------------------------------------------------------------------

HOUR = ("tan-dinh-cam1", "2026-11-26 08:00", "2026-11-26 09:00")


def test_gaps_are_asked_of_the_centre_and_a_shard_that_is_away_is_no_answer(centre):
    says, run = centre
    gap = {"from": "2026-11-26T01:10:00Z", "until": "2026-11-26T01:20:00Z"}
    says({"camera": HOUR[0], "gaps": [gap], "shards_not_read": {}})
    done, called = run("gaps", *HOUR, group="recordings")
    assert (done.returncode, done.stdout.split()) == (0, [gap["from"], gap["until"]])
    assert called[-1] == "/usr/local/lib/motcua/motcua-footage gaps tan-dinh-cam1 '2026-11-26 08:00' '2026-11-26 09:00'"
    says({"camera": HOUR[0], "gaps": [], "shards_not_read": {"/srv/two": "it isn't mounted"}})
    done, _ = run("gaps", *HOUR, group="recordings")
    assert done.returncode == 1 and "/srv/two: couldn't be read (it isn't mounted)" in done.stderr


def test_a_refusal_of_the_centres_is_its_own_sentence(centre):
    says, run = centre
    says({"error": "c-cam9: no such camera is or was recorded here"}, 1)
    done, _ = run("list", "c-cam9", *HOUR[1:], group="recordings")
    assert (done.returncode, done.stderr) == (1, "motcua: c-cam9: no such camera is or was recorded here\n")


def test_an_export_comes_whole(centre, tmp_path):
    says, run = centre
    says({"folder": "/var/lib/motcua/exports/x", "files": ["manifest.json"], "video_sha256": "ab", "gaps": []})
    done, called = run("export", *HOUR, "--reason", "vụ 7", "--output", str(tmp_path / "out"), group="recordings")
    assert done.returncode == 0, done.stderr
    assert called[-1] == "cat /var/lib/motcua/exports/x/manifest.json"
    assert json.loads((tmp_path / "out/x/manifest.json").read_text())["video_sha256"] == "ab", "what the centre's own cat said"
    assert [file.name for file in (tmp_path / "out/x").iterdir()] == ["manifest.json"]


# --- the peers of the tunnel ---------------------------------------------------------------------------------------------------------


def program(name):
    loader = SourceFileLoader(name.replace("-", "_"), str(Path("roles/portal/files") / name))
    module = module_from_spec(spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


DEVICES = program("motcua-devices")
NETWORK = IPv4Network("10.98.0.0/20")
KEYS = [base64.b64encode(bytes([number]) * 32).decode() for number in range(3)]


def test_the_peers_are_those_that_the_gate_entered(tmp_path):
    peers = tmp_path / "peers.json"
    assert DEVICES.wanted(peers, NETWORK) == []
    peers.write_text(json.dumps([{"public_key": key, "address": f"10.98.0.{number}"} for number, key in enumerate(KEYS, 2)]))
    text = DEVICES.configuration(51822, "own", DEVICES.wanted(peers, NETWORK))
    assert text.splitlines()[:3] == ["[Interface]", "PrivateKey = own", "ListenPort = 51822"]
    assert re.findall("AllowedIPs = (.*)", text) == ["10.98.0.2/32", "10.98.0.3/32", "10.98.0.4/32"]


BELIEVED = {
    "an address elsewhere": [{"public_key": KEYS[0], "address": "10.10.10.50"}],
    "the centre's own address": [{"public_key": KEYS[0], "address": "10.98.0.1"}],
    "a network": [{"public_key": KEYS[0], "address": "10.98.0.2/20"}],
    "two of one address": [{"public_key": key, "address": "10.98.0.2"} for key in KEYS[:2]],
    "one key twice": [{"public_key": KEYS[0], "address": f"10.98.0.{number}"} for number in (2, 3)],
    "a second line": [{"public_key": f"{KEYS[0]}\nAllowedIPs = 0.0.0.0/0", "address": "10.98.0.2"}],
    "a short key": [{"public_key": "AAAA", "address": "10.98.0.2"}],
    "no list": {"public_key": KEYS[0]},
}


@pytest.mark.parametrize("case", BELIEVED)
def test_nothing_else_is_believed(tmp_path, case):
    (tmp_path / "peers.json").write_text(json.dumps(BELIEVED[case]))
    with pytest.raises((ValueError, TypeError, KeyError)):
        DEVICES.wanted(tmp_path / "peers.json", NETWORK)


def test_a_link_to_another_file_is_not_followed(tmp_path):
    (tmp_path / "secret").write_text("[]")
    (tmp_path / "peers.json").symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match="symbolic links"):
        DEVICES.wanted(tmp_path / "peers.json", NETWORK)
