"""A line, a hub, a whole centre dies: what is recorded or watched goes on, and how long it was silent is measured where it is received."""

import json
import re
import sys
import time

import pytest

from lab.network import PREFIX
from tests.lab.conftest import INVENTORY, MOTCUA, eventually, motcua, run

RECORDER = "10.64.1.5"  # the recorder of lang-giang, which has both lines
LINE_SECONDS, HUB_SECONDS, CENTRE_SECONDS = 10, 15, 60
SETTLE_SECONDS = 90


def silence_s(seconds, *command, machine="centre", address=RECORDER):
    """How long a machine received nothing from an address, in the seconds after a command was begun."""
    ran = motcua("lab", "probe", machine, sys.executable, "tests/lab/programs/frames.py", address, str(seconds), *command)
    assert ran.code == 0, ran.text
    return float(ran.text.split()[-1])


def way_to(machine, address=RECORDER):
    """The interface by which a machine sends to an address."""
    return re.search(r"dev (\S+)", motcua("lab", "ssh", machine, "ip", "route", "get", address).text).group(1)


@pytest.fixture
def settled():
    assert eventually(lambda: way_to("centre") == "x1s0", SETTLE_SECONDS), "before anything dies, TSLCD should carry the pictures"


def line(state):
    return "ip", "-n", f"{PREFIX}lang-giang-tslcd", "link", "set", "line", state


def test_a_line_that_is_cut_moves_the_pictures_to_the_other(settled):
    try:
        silent = silence_s(15, *line("down"))
        assert way_to("centre") == "wg0", "the pictures should come over FTTH"
    finally:
        run(*line("up"))
    print(f"\nTSLCD cut: silent for {silent:.1f} s")
    assert 1 < silent < LINE_SECONDS
    assert eventually(lambda: way_to("centre") == "x1s0", SETTLE_SECONDS), "a line that is back should be taken again"


DIE = "systemctl kill -s KILL strongswan wg-quick@wg0 wg-quick@wg1; pkill -KILL wireguard-go; systemctl stop strongswan wg-quick@wg0 wg-quick@wg1; true"
LIVE = "systemctl start wg-quick@wg0 wg-quick@wg1 strongswan"


def test_a_hub_that_dies_leaves_its_recorder_the_other_hub(settled):
    try:
        silent = silence_s(20, MOTCUA, "lab", "ssh", "centre", DIE)
        assert way_to("centre") == "ioc", "the pictures should come through the hub at ioc"
    finally:
        motcua("lab", "ssh", "centre", LIVE)
    print(f"\nhub dead: silent for {silent:.1f} s")
    assert silent < HUB_SECONDS
    assert eventually(lambda: way_to("centre") == "x1s0", SETTLE_SECONDS), "a hub that is back should be taken again"


def shown_at_ioc():
    """The cameras whose live pictures the operations centre makes itself."""
    asked = motcua("lab", "ssh", "ioc", "cat", "/run/motcua-standby/index.json")
    assert asked.code == 0, asked.text
    return {row["camera"] for row in json.loads(asked.text)["live"]}


def test_when_the_whole_centre_is_dead_the_operations_centre_shows_live_pictures(settled):
    everything = {
        "lang-giang-cam1",
        "lang-giang-cam2",
        "lang-giang-cam3",
        "tan-dinh-cam1",
        "tan-dinh-cam2",
        "xuong-lam-cam1",
        "xuong-lam-cam2",
    }
    assert shown_at_ioc() == set(), "while the centre lives it shows the pictures"
    since = time.monotonic()
    assert motcua("lab", "power", "centre", "off").code == 0
    try:
        assert eventually(lambda: shown_at_ioc() == everything, CENTRE_SECONDS), f"only {shown_at_ioc()} are live"
        seconds = time.monotonic() - since
    finally:
        assert motcua("lab", "power", "centre", "on").code == 0
    print(f"\ncentre dead: live at ioc after {seconds:.0f} s")
    assert seconds < CENTRE_SECONDS
    assert eventually(lambda: shown_at_ioc() == set(), 180), "when the centre is back, it shows them again"
    verified = motcua("verify", "-i", INVENTORY, "-l", "site_lang_giang")
    assert verified.code == 0, verified.text[-3000:]
