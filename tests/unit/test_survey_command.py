"""`motcua survey` as people call it, and the action behind it: on a real segment of namespaces, and every mistake in a sentence."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible_collections.motcua.cctv.plugins.action.survey import ActionModule
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.site import Site
from typer.testing import CliRunner

from cli.survey import app, show
from tests.unit.segment import Segment, possible, ready
from tests.unit.wire import FACTORY, Managed

needs_namespaces = pytest.mark.skipif(not possible(), reason="network namespaces are root's")
PREFIX = "192.168.77.0/28"
HIK = {"model": "DS-2CD2143G2-I", "serial": "DS-2CD2143G2-I0001", "firmware": "V5.7.18", "firmware_date": "build 240826"}
DAHUA = {"model": "KX-C4012S5-A", "serial": "KX-C4012S5-A000001", "firmware": "2.840.0000000.28.R", "firmware_date": "2022-08-26"}
STREET = [
    ("hikvision-camera", "192.168.77.2/28", {"name": "hik", "mac": "44:19:b6:00:00:02", **HIK}),
    ("dahua-camera", "192.168.77.4/28", {"name": "dahua", "mac": "3c:ef:8c:00:00:04", **DAHUA}),
    # As from the box, where nobody gave it an address of the office.
    ("hikvision-camera", "192.168.1.64/24", {"name": "factory", "mac": "44:19:b6:00:00:64", **HIK, "quirks": {"factory": True}}),
]
ROUTER = {
    "translate": {"inside": PREFIX, "outside": "10.64.2.0/28"},
    "tunnels": [{"interface": "wg0", "endpoint": "192.168.77.2", "hub_address": "192.168.77.2", "line": "ftth"}],
    "lines": [{"name": "ftth", "kind": "ftth", "interface": "lan"}],
}
PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - motcua.cctv.survey: {dest: "{{ out }}/a.survey.json", credentials: "{{ out }}/c.yml", rate: 400, seconds: "1", endpoints: "x y"}
      register: found
    - ansible.builtin.copy: {content: "{{ found | to_json }}", dest: "{{ out }}/result"}
"""


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    if not possible():
        pytest.skip("network namespaces are root's")
    folder = tmp_path_factory.mktemp("street")
    with Segment(PREFIX, "192.168.77.1/28") as segment, contextlib.ExitStack() as stack:
        for device in [stack.enter_context(segment.emulated(folder, kind, address, **changes)) for kind, address, changes in STREET]:
            ready(*device)
        yield segment


@pytest.fixture
def out(tmp_path):
    (tmp_path / "c.yml").write_text(f"- {{user: admin, password: {FACTORY[1]}}}\n")
    (tmp_path / "c.yml").chmod(0o600)
    return tmp_path


def within(segment, *command, **environment):
    """A command as the machine in that segment runs it."""
    whole = ["ip", "netns", "exec", segment.look, "env", *(f"{key}={value}" for key, value in environment.items()), *command]
    return subprocess.run(whole, capture_output=True, text=True, check=False, timeout=180)


def check(content, origin):
    assert (content["site"], content["prefix"], content["from"]) == ("a", PREFIX, origin)
    assert content["ended"] is not None
    found = {one["address"]: one for one in content["devices"]}
    assert {address: (one["vendor"], one["mac"], one["login"]) for address, one in found.items()} == {
        "192.168.77.2": ("hikvision", "44:19:b6:00:00:02", "accepted"),
        "192.168.77.4": ("dahua", "3c:ef:8c:00:00:04", "accepted"),
    }
    assert (found["192.168.77.2"]["scheme"], found["192.168.77.2"]["port"], found["192.168.77.2"]["ports"]) == (
        "https",
        443,
        [80, 443, 554],
    )
    assert {one["how"] for one in found["192.168.77.4"]["heard"]} >= {"dhip", "wsd", "http", "rtsp"}
    assert found["192.168.77.4"]["maker"] == "KBVision"
    assert [one["stream"] for one in found["192.168.77.4"]["measured"]] == ["main", "sub", "third"]
    assert "192.168.1.64 answers although it isn't in the prefix: DS-2CD2143G2-I" in content["remarks"]
    assert FACTORY[1] not in json.dumps(content)


@needs_namespaces
def test_a_laptop_at_the_office_finds_what_stands_there_and_says_it(street, out):
    script = "import sys; from cli.survey import app; app(sys.argv[1:])"
    command = [sys.executable, "-c", script, "--site", "a", "--prefix", PREFIX, "--rate", "400", "--seconds", "1"]
    done = within(street, *command, "--credentials", str(out / "c.yml"), "-o", str(out / "a.survey.json"), PYTHONPATH=".:collections")
    assert done.returncode == 0, done.stdout + done.stderr
    check(json.loads((out / "a.survey.json").read_text()), "office")
    rows = [line.split() for line in done.stdout.splitlines() if line.strip().startswith("192.168.77.")]
    assert [(row[0], row[1], row[2], row[-1]) for row in rows] == [
        ("192.168.77.2", "camera", "hikvision", "accepted"),
        ("192.168.77.4", "camera", "dahua", "accepted"),
    ]
    assert "192.168.1.64 answers although it isn't in the prefix" in done.stdout
    assert FACTORY[1] not in done.stdout + done.stderr


@needs_namespaces
def test_the_action_looks_from_where_ansible_stands_and_a_finished_survey_is_left_alone(street, out):
    host = {"ansible_connection": "local", "motcua_site": "a", "motcua_desired": {"router": ROUTER}, "out": str(out)}
    inventory = {"all": {"children": {"platform_linux": {"hosts": {"a-router": host}}, "site_a": {"hosts": {"a-router": None}}}}}
    (out / "hosts.yml").write_text(yaml.safe_dump(inventory))
    (out / "play.yml").write_text(PLAY)
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(out / "hosts.yml"), str(out / "play.yml")]
    settings = {"ANSIBLE_CONFIG": "ansible.cfg", "ANSIBLE_INVENTORY_ENABLED": "yaml", "ANSIBLE_NOCOLOR": "1"}
    done = within(street, *command, **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    content = json.loads((out / "a.survey.json").read_text())
    check(content, "router")
    assert (content["router"]["platform"], content["router"]["lan_interface"]) == ("linux", "lan")
    line = content["lines"]["ftth"]
    assert (line["address"], line["cgnat"], line["loss_percent"]) == ("192.168.77.1", True, 0.0)
    result = json.loads((out / "result").read_text())
    assert [one["model"] for one in result["devices"]] == ["DS-2CD2143G2-I", "KX-C4012S5-A"]
    assert result["changed"] is False
    assert FACTORY[1] not in done.stdout + json.dumps(result)
    again = within(street, *command, **settings)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "is finished since" in json.loads((out / "result").read_text())["msg"]
    assert json.loads((out / "a.survey.json").read_text()) == content


# --- the action's own parts ---


def action(transport="ssh", **options):
    made = ActionModule.__new__(ActionModule)
    made._connection = SimpleNamespace(transport=transport, get_option=options.get)
    made._play_context = SimpleNamespace(remote_addr="10.96.0.5")
    return made


def test_the_router_is_reached_as_ansible_reaches_it():
    options = {
        "ssh_args": "-o ControlMaster=auto -o ConnectTimeout=5",
        "ssh_common_args": '-o HostKeyAlias=a-router -o ProxyCommand="lab/cable a-router %h %p"',
        "private_key_file": "/k",
        "remote_user": "root",
        "port": 2222,
        "host": "10.96.0.5",
        "ssh_executable": "ssh",
    }
    command = action(**options).ssh()
    assert command[0] == "ssh"
    assert command[-1] == "10.96.0.5"
    assert "ProxyCommand=lab/cable a-router %h %p" in command
    assert {"IdentityFile=/k", "User=root", "Port=2222", "HostKeyAlias=a-router"} <= set(command)
    assert action(remote_user="root").ssh() == ["ssh", "-o", "User=root", "10.96.0.5"]
    assert action("local").ssh() is None


def site(tmp_path, variables=None, **options):
    known = {"motcua_site": "a", "motcua_desired": {"router": ROUTER}, "hostvars": {}, "groups": {}} | (variables or {})
    return Site({"dest": str(tmp_path / "x")} | options, known, DataLoader(), lambda *_: "", None)


def test_ways_in_that_the_inventory_has_are_found_by_the_address_on_the_lan(tmp_path):
    managed = Managed(tmp_path, SimpleNamespace(ports={"https": 443}), "hikvision", ansible_host="10.64.2.5")
    behind = managed.variables | {"motcua_recorder": "a-nvr1", "ansible_host": "10.64.2.6"}
    broken = managed.variables | {"motcua_masters": {"devices": "/none", "tunnels": "/none"}, "ansible_host": "10.64.2.7"}
    hostvars = {"a-cam1": managed.variables, "a-cam2": behind, "a-cam3": broken, "a-router": {"motcua_site": "a"}}
    found = site(tmp_path, {"hostvars": hostvars, "groups": {"site_a": list(hostvars)}})._known()
    assert list(found) == ["192.168.77.5"]
    assert [login.credential.user for login in found["192.168.77.5"]] == ["admin"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"dest": ""}, "dest: is missing"),
        ({"rates": 5}, "rates: is not an option of this module"),
        ({"credentials": "/none"}, "can't be read"),
    ],
)
def test_a_wrong_option_is_said(tmp_path, options, words):
    with pytest.raises(ModelError, match=words):
        site(tmp_path, **options).survey()


def test_a_router_that_says_nothing_is_said(tmp_path):
    with pytest.raises(Exception, match=r"the router doesn't say what it is; it needs Python 3\.9"):
        site(tmp_path).survey()


# --- the command's mistakes ---

FINISHED = json.dumps({"motcua_survey": 1, "ended": "2026-11-26T10:00:00+07:00", "devices": []})
LAB = ["-i", "inventory/lab/province.yml"]
MISTAKES = [
    ([], "--site: name it"),
    (["--site", "a"], "--site: name it"),
    (["--site", "a", "--prefix", PREFIX, *LAB], "--site: name it"),
    (["--site", "a", "--prefix", "10.0.0.0/8"], "--prefix 10.0.0.0/8, --rate 50: 10.0.0.0/8 is larger than /22"),
    (["--site", "a", "--prefix", "office"], "--prefix office, --rate 50: prefix and addresses are IPv4"),
    (["--site", "a", "--prefix", PREFIX, "--rate", "0"], "name 1 to 1000 packets"),
    (["--site", "a", "--prefix", PREFIX, "--throughput"], "--throughput: is measured from a site's router"),
    (["--site", "a", "--prefix", PREFIX, "--credentials", "/none"], "--credentials /none: can't be read"),
    (["--site", "nowhere", *LAB], "--site nowhere: is not in inventory/lab/province.yml; it has lang-giang"),
    (["--site", "a", "--prefix", PREFIX, "-o", "finished.json"], "is finished since 2026-11-26"),
]


@pytest.mark.parametrize(("arguments", "words"), MISTAKES)
def test_a_mistake_is_a_sentence_and_nothing_is_written(tmp_path, arguments, words):
    (tmp_path / "finished.json").write_text(FINISHED)
    arguments = [str(tmp_path / one) if one == "finished.json" else one for one in arguments]
    result = CliRunner().invoke(app, [*arguments, *([] if "-o" in arguments else ["-o", str(tmp_path / "a.json")])])
    assert isinstance(result.exception, ModelError), result.output
    assert words in str(result.exception)
    assert "\n" not in str(result.exception)
    assert not (tmp_path / "a.json").exists()
    assert (tmp_path / "finished.json").read_text() == FINISHED


def test_an_unfinished_file_can_be_shown(capsys):
    half = {"address": "192.168.1.64", "done": False, "wrong_logins": 1}
    other = {
        "address": "192.168.1.65",
        "kind": "camera",
        "vendor": None,
        "maker": "[x]",
        "why": "made for a cloud",
        "default_password": True,
    }
    show({"devices": [half, other], "remarks": ["[cut]"]})
    text = capsys.readouterr().out
    assert "192.168.1.65: made for a cloud" in text
    assert "still set" in text
    assert "[cut]" in text
    assert "[x]" in text
