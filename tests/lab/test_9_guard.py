"""A rollout that would cut an office off is undone by the office's own router, without anybody's help; a power cut before the confirmation too."""

import re
import subprocess

import pytest

from tests.lab.conftest import INVENTORY, MOTCUA, ROOT, desk, eventually, motcua, run

ROUTER, SECONDS = "tan-dinh-router", 45
WRONG = {
    "endpoints: {ftth: 203.0.113.10,": "endpoints: {ftth: 203.0.113.98,",
    "endpoints: {ftth: 203.0.113.20,": "endpoints: {ftth: 203.0.113.99,",
}


@pytest.fixture
def wrong(tmp_path):
    """The province with wrong endpoints of both hubs, and without the technician's cable: what isn't reached by the tunnel isn't reached."""
    copy = tmp_path / "inventory/lab"
    run("cp", "-r", str(ROOT / "inventory/lab"), str(copy.parent.mkdir(parents=True) or copy))
    file = copy / "province.yml"
    text = re.sub(r"\n  proxy_command:.*", "", file.read_text())
    for right, not_right in WRONG.items():
        assert right in text
        text = text.replace(right, not_right)
    file.write_text(text)
    return file


def rollout(inventory, seconds):
    command = [MOTCUA, "lab", "run", "ansible-playbook", "-i", str(inventory), "playbooks/rollout.yml", "-l", ROUTER]
    return [*command, "-e", f"guard_seconds={seconds}", "-e", "guard_first_seconds=900"]


def state():
    """The endpoints that run, what is in files, and how the guard stands."""
    text = "wg show all endpoints | sort; cd / && sha256sum etc/wireguard/* etc/frr/frr.conf etc/nftables.conf etc/motcua/*; nft -s list ruleset"
    # What nft lists as a set of one network it reads back as that network: the same rule, listed without braces from then on.
    return re.sub(r"\{ (\S+) \}", r"\1", motcua("lab", "ssh", ROUTER, text).text)


def guard():
    return motcua("lab", "ssh", ROUTER, "/usr/local/lib/motcua/guard", "status").text


def answering():
    asked = motcua("lab", "ssh", ROUTER, "vtysh", "-c", "'show bfd peers brief'").text
    return len(re.findall(r"\bup\b", asked))


@pytest.fixture
def before():
    assert eventually(lambda: answering() == 2, 60)
    assert eventually(lambda: desk("nc", "-z", "-w", "2", "10.64.2.1", "22").code == 0, 60), "the desk should reach the router"
    assert "not armed" in guard()
    return state()


def test_a_rollout_that_cuts_a_site_off_is_undone_by_the_site(before, wrong):
    ran = run(*rollout(wrong, SECONDS))
    assert ran.code != 0
    assert ran.recap[ROUTER]["failed"] or ran.recap[ROUTER]["unreachable"]
    assert "this machine put itself back" in ran.text, ran.text[-3000:]
    assert eventually(lambda: "not armed" in guard(), SECONDS + 30)
    assert state() == before
    assert eventually(lambda: answering() == 2, 60), "the tunnels should answer again"


def test_power_lost_before_the_confirmation_ends_in_the_old_state_too(before, wrong):
    with subprocess.Popen(rollout(wrong, 900), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert eventually(lambda: "203.0.113.98" in state() and "armed at" in guard(), 120), "the change should have been made"
        assert motcua("lab", "power", ROUTER, "off").code == 0
        process.terminate()
        process.wait()
    assert motcua("lab", "power", ROUTER, "on").code == 0
    assert eventually(lambda: "not armed" in guard(), 60)
    assert eventually(lambda: state() == before, 120), "expected what ran before the change"
    assert eventually(lambda: answering() == 2, 120), "the tunnels should answer again"
    told = run(*rollout(ROOT / INVENTORY, 180))
    assert told.code != 0, "the next run should say what happened before it does the same again"
    assert "this machine put itself back" in told.text
    again = run(*rollout(ROOT / INVENTORY, 180))
    assert again.code == 0, again.text[-3000:]
