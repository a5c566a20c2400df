"""People of every kind watch from their offices, through the tunnels, with a real browser; what isn't theirs is refused, each cell of it."""

import base64
import hashlib
import json
import re
import secrets
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.lab.conftest import INVENTORY, MOTCUA, ROOT, eventually, motcua

BASE = "https://10.10.10.1"
TAN_DINH = {"tan-dinh-cam1", "tan-dinh-cam2"}
XUONG_LAM = {"xuong-lam-cam1", "xuong-lam-cam2"}
EVERY = {"lang-giang-cam1", "lang-giang-cam2", "lang-giang-cam3", *TAN_DINH, *XUONG_LAM}
# What the province's approver would read: who sees what live, and what of the recordings.
RIGHTS = {
    "": (set(), set()),
    "tan-dinh": (TAN_DINH, set()),
    "lang-giang": (EVERY, set()),
    "hanh-chinh-cong": (EVERY, set()),
    "ioc": (EVERY, set()),
    "truc-ban": (EVERY, EVERY),
    "cong-an": (XUONG_LAM, XUONG_LAM),
}
WATCHES_AT = {"tan-dinh": "tan-dinh-pc", "lang-giang": "lang-giang-pc", "ioc": "ioc"}
DISABLED_SECONDS = 5


@pytest.fixture(scope="module")
def certificate():
    return ROOT / "inventory/lab/keys/centre.crt"


@pytest.fixture(scope="module")
def pieces():
    """A recorded piece of each camera, by its name."""
    listed = motcua(
        "lab", "ssh", "centre", "cd /var/lib/motcua/recordings && for c in *-cam*; do echo $c $(ls $c | tail -n 3 | head -n 1); done"
    ).text
    return dict(line.split() for line in listed.splitlines())


def people(certificate, links, asked, password="", node="tan-dinh-pc"):
    given = json.dumps({"links": links, "password": password, "asked": asked})
    ran = motcua("lab", "probe", node, sys.executable, "tests/lab/programs/people.py", BASE, str(certificate), stdin=given)
    assert ran.code == 0, ran.text[-2000:]
    return json.loads(ran.text.splitlines()[-1])


@pytest.fixture(scope="module")
def entered(certificate, pieces):
    """Somebody of each kind, enrolled, and what each cell answered; the password is theirs all."""
    assert set(pieces) == EVERY
    links = {}
    for viewer in [name for name in RIGHTS if name]:
        made = motcua("viewer", "add", viewer, "--name", f"Người xem {viewer}", "-i", INVENTORY)
        assert made.code == 0, made.text
        links[viewer] = re.search(r"\((\S+)\) sees", made.text)[1], made.text.split()[-1]
    now, asked = int(time.time()), {}
    for camera in sorted(EVERY):
        asked[f"live {camera}"] = f"/live/{camera}/index.m3u8"
        asked[f"playback {camera}"] = f"/playback/{camera}/{pieces[camera]}"
        asked[f"list {camera}"] = f"/playback/{camera}/index.m3u8?from={now - 600}&until={now}"
        asked[f"timeline {camera}"] = f"/api/timeline/{camera}?from={now - 600}&until={now}"
    password = secrets.token_urlsafe(16)
    accounts = {viewer: account for viewer, (account, _) in links.items()}
    return {"cells": people(certificate, links, asked, password), "accounts": accounts, "password": password}


def test_every_cell_of_the_matrix_is_as_it_was_approved(entered):
    wrong = []
    for name, (live, playback) in RIGHTS.items():
        refused = 401 if name == "" else 403
        for cell, status in entered["cells"][name].items():
            kind, camera = cell.split()
            expected = 200 if camera in (live if kind == "live" else playback) else refused
            if status != expected:
                wrong.append(f"{name or 'nobody'}: {cell}: expected {expected}, actual {status}")
    assert not wrong, "\n".join(wrong)
    assert sum(map(len, entered["cells"].values())) == len(RIGHTS) * len(EVERY) * 4


@pytest.mark.parametrize(("viewer", "node"), WATCHES_AT.items())
def test_a_leader_watches_with_a_browser(entered, certificate, viewer, node):
    public = x509.load_pem_x509_certificate(Path(certificate).read_bytes()).public_key()
    key = base64.b64encode(hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()).decode()
    account = entered["accounts"][viewer]
    command = [sys.executable, "tests/lab/programs/watch.py", BASE, key, account, "tan-dinh-cam1"]
    ran = motcua("lab", "probe", node, *command, stdin=entered["password"] + "\n")
    assert ran.code == 0, ran.text[-3000:]
    seen = json.loads(ran.text.splitlines()[-1])
    print(f"\n{viewer}: the first picture after {seen['first_s']:.1f} s")
    assert set(seen["cameras"]) == RIGHTS[viewer][0]
    assert seen["seconds"] > 2, seen
    assert seen["pictures"] > 2, "the pixels stand still"
    assert seen["trouble"] == []


def test_who_watched_what_is_written_down(entered):
    account = entered["accounts"]["tan-dinh"]

    def shown():
        return motcua("viewer", "log", "--account", account, "-i", INVENTORY).text

    assert eventually(lambda: "tan-dinh-cam1" in shown(), 60), shown()


NOT_FOR_LEADERS = ("10.10.10.1:22", "10.10.10.1:9090", "10.64.1.1:22", "10.64.1.5:554", "10.64.1.5:80")


def test_a_leaders_own_device_reaches_the_portal_and_nothing_else_until_it_is_disabled(entered):
    account = entered["accounts"]["hanh-chinh-cong"]
    profile = motcua("viewer", "device", account, "-i", INVENTORY).text
    profile = profile[profile.index("[Interface]") : profile.index("PersistentKeepalive")] + "PersistentKeepalive = 25\n"
    portal = BASE.removeprefix("https://") + ":443"
    command = [MOTCUA, "lab", "probe", "internet", sys.executable, "tests/lab/programs/dial_in.py", portal, *NOT_FOR_LEADERS]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as device:
        device.stdin.write(profile)
        device.stdin.close()
        assert json.loads(device.stdout.readline()) == {portal: True, **dict.fromkeys(NOT_FOR_LEADERS, False)}
        disabled = motcua("viewer", "disable", account, "-i", INVENTORY)
        done = time.time()
        assert disabled.code == 0, disabled.text
        last_s = float(device.stdout.readline())
    print(f"\ndisabled: its tunnel was closed after {max(0.0, last_s - done):.1f} s")
    assert last_s - done < DISABLED_SECONDS


def test_who_is_disabled_sees_nothing_more_within_seconds(entered, certificate):
    account = entered["accounts"]["lang-giang"]
    command = [
        MOTCUA,
        "lab",
        "probe",
        "lang-giang-pc",
        sys.executable,
        "tests/lab/programs/until_refused.py",
        BASE,
        str(certificate),
        account,
    ]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as watching:
        watching.stdin.write(entered["password"] + "\n")
        watching.stdin.flush()
        assert watching.stdout.readline() == "200\n"
        disabled = motcua("viewer", "disable", account, "-i", INVENTORY)
        done = time.time()
        assert disabled.code == 0, disabled.text
        status, at = watching.stdout.readline().split()
    print(f"\ndisabled: refused after {float(at) - done:.1f} s")
    assert status == "401"
    assert float(at) - done < DISABLED_SECONDS
