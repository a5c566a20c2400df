"""A tunnel's rotation is noted step by step, and a run that died anywhere leaves notes that the next one can go on with."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jinja2
import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible_collections.motcua.cctv.plugins.plugin_utils.console import Console
from ansible_collections.motcua.cctv.plugins.plugin_utils.rotations import Ledger
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import (
    Epochs,
    Journal,
    masters_from,
    tunnel_private_key,
    wireguard_public_key,
)

from tests.unit.wire import Managed

SUBJECT = "tan-dinh.main"
DUE = {"subject": SUBJECT, "who": "an@desk", "when": "x", "why": "an installer left", "to": 2}
MASTERS = masters_from({"master": Managed.MASTER}, {"master": Managed.MASTER}, ("d", "t"))


def public(epoch, site="tan-dinh", name="main"):
    return wireguard_public_key(tunnel_private_key(MASTERS, site, name, epoch))


@pytest.fixture
def province(tmp_path):
    for kind in ("devices", "tunnels"):
        (tmp_path / f"{kind}.yml").write_text(yaml.safe_dump({"master": Managed.MASTER}))
    return tmp_path


@pytest.fixture
def step(province):
    """One step as a playbook calls it."""

    def call(check=False, **options):
        variables = {
            "motcua_state": str(province / "state"),
            "motcua_masters": {kind: str(province / f"{kind}.yml") for kind in ("devices", "tunnels")},
            "motcua_due": {"localhost": [DUE]},
        }
        ansible = str(Path(sys.executable).with_name("ansible"))
        command = [ansible, "localhost", "-m", "motcua.cctv.rotation", "-a", json.dumps(options), "-e", json.dumps(variables)]
        environment = os.environ | {"ANSIBLE_CONFIG": "ansible.cfg", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json", "ANSIBLE_NOCOLOR": "1"}
        command += ["--check"] if check else []
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=120)
        assert "=> {" in done.stdout, done.stdout + done.stderr
        return json.loads("{" + done.stdout.split("=> {", 1)[1])

    return call


def epochs(province):
    return Journal(province / "state/epochs").read(SUBJECT)


def record(province):
    return Ledger(province / "state/rotations").read(SUBJECT)


def test_a_tunnel_s_epoch_is_begun_before_anything_is_written_and_confirmed_in_the_end(province, step):
    assert step(subject=SUBJECT, step="begin")["to"] == 2
    assert (epochs(province), record(province).order.why) == (Epochs(None, 2), "an installer left")
    step(subject=SUBJECT, step="done", said="seen")
    assert epochs(province) == Epochs(2, None)
    assert (record(province).order, record(province).done[-1].proved) == (None, "seen")
    assert step(subject=SUBJECT, step="begin")["ordered"] is False  # the same run again


def test_a_failure_is_noted_and_the_next_run_goes_on_with_the_same_epoch(province, step):
    step(subject=SUBJECT, step="begin")
    step(subject=SUBJECT, step="failed", said="the hub didn't answer")
    assert record(province).trouble == "the hub didn't answer"
    assert step(subject=SUBJECT, step="begin")["to"] == 2
    assert epochs(province) == Epochs(None, 2)


def test_check_mode_notes_nothing(province, step):
    step(check=True, subject=SUBJECT, step="begin")
    assert not (province / "state").exists()


def test_what_a_hub_already_takes_is_settled_and_nothing_else(province, step):
    journal = Journal(province / "state/epochs")
    journal.begin(SUBJECT, 2)
    journal.begin("lang-giang.main", 2)
    journal.begin("lang-giang-router")  # a device's journal is none of a tunnel's
    said = step(step="settle", keys=[public(2), public(1, "lang-giang")])
    assert said["settled"] == [SUBJECT]
    assert epochs(province) == Epochs(2, None)
    assert journal.read("lang-giang.main") == Epochs(None, 2)
    assert journal.read("lang-giang-router").pending == 1


def test_a_router_with_a_command_line_gets_the_begun_key_only_when_it_is_told_so(province):
    Journal(province / "state/epochs").begin(SUBJECT, 2)
    variables = {
        "motcua_state": str(province / "state"),
        "motcua_masters": {kind: str(province / f"{kind}.yml") for kind in ("devices", "tunnels")},
    }
    secret = "tunnel/tan-dinh/main"
    found = {told: Console("tan-dinh-router", {"renewed": list(told)}, variables, DataLoader())._secret(secret) for told in ((), (secret,))}
    assert found == {(): tunnel_private_key(MASTERS, "tan-dinh", "main", 1), (secret,): tunnel_private_key(MASTERS, "tan-dinh", "main", 2)}


ENDS = {
    "site": {"half": "private", "local_id": "*.s", "remote_id": "hub"},
    "hub": {"half": "next-private", "local_id": "hub", "remote_id": "*.s"},
}


@pytest.mark.parametrize(
    ("end", "begun", "last", "keys"),
    [
        ("hub", False, False, ["private"]),
        ("site", False, False, ["private"]),
        ("hub", True, False, ["private", "next-private"]),  # proves itself by the old one and takes either
        ("site", True, False, ["next-private", "private"]),
        ("hub", True, True, ["next-private"]),
        ("site", True, True, ["next-private"]),
    ],
)
def test_an_ipsec_end_holds_both_keys_while_one_is_changed_and_proves_itself_by_the_first(end, begun, last, keys):
    def lookup(_plugin, term):
        half = term.rsplit("/", 1)[1]
        return "" if half.startswith("next") and not begun else half

    environment = jinja2.Environment(trim_blocks=True)
    environment.globals |= {"lookup": lookup, "ipsec_only_next": last, "ansible_managed": "x"}
    row = {"name": "x1s0", "local_id": "l", "remote_id": "r", "secret": "tunnel/s/k", "spare": ENDS[end]}
    for name in ("ipsec_begun", "ipsec_spare", "ipsec_half"):
        text = yaml.safe_load(Path("roles/ipsec/vars/main.yml").read_text())[name].removeprefix("{{").removesuffix("}}")
        environment.globals[name] = environment.compile_expression(text)(ipsec_tunnel=row)
    text = environment.from_string(Path("roles/ipsec/templates/secret.conf.j2").read_text()).render(ipsec_tunnel=row)
    assert [line.split('"')[1] for line in text.splitlines() if "secret =" in line] == keys
    assert ("*.s" in text) == (len(keys) == 2)
