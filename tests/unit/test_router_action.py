"""The actions motcua.cctv.router and router_info, as people call them and as a province's play does, against an emulated router."""

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible_collections.motcua.cctv.plugins.plugin_utils import findings
from ansible_collections.motcua.cctv.plugins.plugin_utils.console import Console, within
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Task

from tests.emulators.routers import server
from tests.unit.platformruns import wish
from tests.unit.routers import KEY, WISH
from tests.unit.wire import Managed, ad_hoc

HOST = "lang-giang-router"
ROOT = Path(__file__).resolve().parent.parent.parent


class Province:
    """One router of a made-up province: the variables that its inventory gives it."""

    def __init__(self, folder, emulated, desired, **changes):
        self.folder, self.state = folder, folder / "state"
        for kind in ("devices", "tunnels"):
            (folder / f"{kind}.yml").write_text(yaml.safe_dump({"master": Managed.MASTER}))
        self.variables = {
            "ansible_host": "127.0.0.1",
            "ansible_connection": "motcua.cctv.device",
            "motcua_site": "lang-giang",
            "motcua_platform": "routeros",
            "motcua_user": "motcua",
            "motcua_password": server.PASSWORD,
            "motcua_port": emulated.port,
            "motcua_known_hosts": str(self.state / "known_hosts"),
            "motcua_masters": {kind: str(folder / f"{kind}.yml") for kind in ("devices", "tunnels")},
            "motcua_state": str(self.state),
            "motcua_desired": {"router": desired},
        } | changes

    def play(self, *arguments, module="router", **options):
        """The role's task in a play: every host's result, the recap's exit code, and all that was printed."""
        inventory, playbook = self.folder / "hosts.yml", self.folder / "play.yml"
        inventory.write_text(yaml.safe_dump({"all": {"hosts": {HOST: self.variables}}}))
        task = {"name": "Router", f"motcua.cctv.{module}": options or None}
        playbook.write_text(yaml.safe_dump([{"name": "Play", "hosts": "all", "gather_facts": False, "tasks": [task]}]))
        environment = os.environ | {
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
            "ANSIBLE_NOCOLOR": "1",
            "MOTCUA_FINDINGS": str(self.folder / "findings.json"),
        }
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-vv", "-i", str(inventory), str(playbook), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=ROOT, timeout=300)
        return done.returncode, done.stdout + done.stderr

    def findings(self):
        return findings.from_json((self.folder / "findings.json").read_text())


@pytest.fixture(scope="module")
def router():
    with server.emulated("routeros7") as emulated:
        yield emulated


@pytest.fixture
def province(tmp_path, router):
    management = {**WISH["firewall"]["input"][0], "ports": [router.port]}  # where its ssh is
    return Province(tmp_path, router, {**WISH, **wish("routeros7", KEY), "firewall": {**WISH["firewall"], "input": [management]}})


def secrets_of(province):
    """Every secret that the wish names, as the action derives it."""
    console = Console(HOST, {}, province.variables, DataLoader())
    console.state()
    console.router()
    return {*console._secrets, server.PASSWORD}


def test_an_audit_sees_drift_sends_nothing_and_shows_no_secret(province, router):
    router.sent.clear()
    code, said = province.play("--check", "--diff")
    assert code == 0, said
    assert "lang-giang-router (routeros7)" in said and "comment=motcua:" in said
    secrets = secrets_of(province)
    assert len(secrets) >= 8
    text = said + (province.folder / "findings.json").read_text()
    assert not [secret for secret in secrets if secret in text]
    assert {line.split(" print")[0].split()[0] for line in router.sent} == {"/system", "/export", "/user", "/interface"}
    assert not [line for line in router.sent if not line.startswith("/export") and " print" not in line]
    failed = [one for one in province.findings() if one.status == "fail"]
    assert "configuration" in [one.check for one in failed if one.feature == "router"]
    assert findings.exit_code(province.findings()) == findings.DRIFT


def test_a_router_that_refuses_the_password_is_an_error_and_never_drift(province, router):
    refused = router.refused_logins
    province.variables["motcua_password"] = {"secret": "motcua"}  # derived, and not what this router has
    code, said = province.play("--check")
    assert code != 0 and "refuses motcua with the password" in said
    assert router.refused_logins == refused + 1
    assert findings.exit_code(province.findings()) == findings.COULD_NOT_TELL


def test_a_router_that_does_not_answer_is_unreachable_for_ansible(province):
    province.variables["ansible_host"] = "127.0.0.9"
    code, said = province.play("--check")
    assert code == 4 and "doesn't answer over SSH" in said and '"unreachable": true' in said
    assert [one.check for one in province.findings() if one.status == "error"] == ["reachable"]


def test_a_wish_that_cuts_the_site_off_is_refused_before_anything_is_sent(province, router):
    sessions = router.sessions
    province.variables["motcua_desired"]["router"]["services"] = {"ssh": False}
    code, said = province.play()
    assert code == 2 and "this wish would cut the site off: ssh would be off" in said
    assert router.sessions == sessions


def test_a_rollout_changes_the_router_once_and_keeps_every_secret(tmp_path):
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "motcua", "-f", str(key)], check=True)
    with server.emulated("routeros7") as emulated:
        management = {**WISH["firewall"]["input"][0], "ports": [emulated.port]}
        desired = {**WISH, **wish("routeros7", key.with_suffix(".pub").read_text().strip())}
        desired["firewall"] = {**WISH["firewall"], "input": [management]}
        province = Province(tmp_path, emulated, desired, motcua_private_key=str(key))
        code, said = province.play("--diff")
        assert code == 0 and "changed=1" in said, said
        again, repeated = province.play()
        assert again == 0 and "changed=0" in repeated, repeated
        assert emulated.sessions == 3
        export = emulated.export()
        secrets = secrets_of(province)
        assert [secret for secret in secrets if secret in export]  # they did arrive
        assert not [secret for secret in secrets if secret in said + repeated]


def test_router_info_reads_and_is_no_judgement(province):
    code, said = province.play(module="router_info")
    assert code == 0 and '"platform": "routeros7"' in said
    assert findings.exit_code(province.findings()) == findings.COULD_NOT_TELL


def test_ad_hoc_without_any_province(router, tmp_path):
    known = tmp_path / "known_hosts"
    options = {"host": "127.0.0.1", "port": router.port, "platform": "routeros", "user": "motcua", "password": server.PASSWORD}
    result = ad_hoc("router_info", **options, known_hosts=str(known))
    assert result["identity"] == {"platform": "routeros7"} and not result["changed"]
    assert known.read_text().startswith(f"[127.0.0.1]:{router.port} ssh-ed25519 ")
    assert server.PASSWORD not in json.dumps(result)


MISTAKES = {
    "an unknown option": ({"host": "192.0.2.1", "hosts": "x"}, "hosts: is not an option"),
    "no platform": ({"host": "192.0.2.1", "password": "x"}, "platform: is missing"),
    "a platform without a command line": ({"host": "192.0.2.1", "platform": "draytek"}, "'draytek' is none of"),
    "no way to log in": ({"host": "192.0.2.1", "platform": "ios"}, "password: is missing"),
    "a secret without masters": ({"platform": "ios", "password": {"secret": "motcua"}}, "motcua_masters: is missing"),
}


@pytest.mark.parametrize(("options", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_sentence(options, sentence):
    result = ad_hoc("router_info", **options)
    assert result["kind"] == "model" and sentence in result["msg"]


def console(**variables):
    return Console(HOST, {}, variables, DataLoader())


@pytest.mark.parametrize("desired", [{"host": "x"}, {"router": {**WISH, "lan": None}}, {"router": {**WISH, "zone": None, "lines": [{}]}}])
def test_what_is_no_router_state_is_said_to_be_none(province, desired):
    with pytest.raises(ModelError, match="desired: is no router's state"):
        console(**province.variables | {"motcua_desired": desired}).state()


@pytest.mark.parametrize(
    ("window", "clock", "inside"),
    [
        ("22:00-05:00", "23:59", True),
        ("22:00-05:00", "04:59", True),
        ("22:00-05:00", "05:00", False),
        ("22:00-05:00", "12:00", False),
        ("01:00-03:00", "02:00", True),
        ("01:00-03:00", "03:00", False),
        ("01:00-03:00", "00:59", False),
    ],
)
def test_windows_may_go_over_midnight(window, clock, inside):
    assert within(window, datetime.fromisoformat(f"2026-11-26T{clock}")) is inside


def test_a_window_that_is_none():
    with pytest.raises(ModelError, match="window: 'tonight'"):
        within("tonight", datetime(2026, 11, 26))  # noqa: DTZ001  a local time


def test_secrets_stay_within_whatever_the_result_is(province):
    rim = Console(HOST, {}, province.variables, DataLoader())
    state = rim.state()
    keys = [tunnel.secret.value for tunnel in state.tunnels]
    shown = rim.scrubbed({"a": [f"key={keys[0]}"], keys[1]: keys[2], "n": 1, "none": None, "yes": True})
    assert shown["a"] == ["key=(secret)"] and shown["n"] == 1 and shown["none"] is None and shown["yes"] is True
    assert keys[2] not in json.dumps(shown)


# --- what an audit makes of a result, as a table ---

TASK = Task(HOST, "lang-giang", "router", "Make the router match the plan")
RESULTS = {
    "drift": (
        {"commands": ["set a"], "diff": {"before_header": "x", "before": "a 1\nb 2\n", "after": "a 1\nb 3\n"}},
        [("configuration", "fail", "b 3", "b 2")],
    ),
    "drift that no text shows": ({"commands": ["set key (secret t)"]}, [("configuration", "fail", "set key (secret t)", None)]),
    "a work sheet": ({"worksheet": ["set a"]}, [("configuration", "fail", "set a", None)]),
    "a contradiction": ({"contradictions": [{"key": "k", "message": "m"}]}, [("k", "fail", None, "m")]),
    "an unknown field": ({"unknown": ["f"]}, [("f", "skipped", None, "its version has this and motcua doesn't know it; it is left alone")]),
    "a finding": ({"findings": ["left armed"]}, [("left armed", "fail", None, None)]),
    "nothing": ({"commands": [], "worksheet": [], "contradictions": [], "unknown": [], "findings": []}, []),
}


@pytest.mark.parametrize(("result", "expected"), RESULTS.values(), ids=RESULTS)
def test_results_as_findings(result, expected):
    assert [(one.check, one.status, one.expected, one.actual) for one in findings.of_router(TASK, result)] == expected
