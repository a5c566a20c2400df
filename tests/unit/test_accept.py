"""`motcua accept`: which running values become declared ones, where they are written, and which are refused, with the sentence that says why."""

import shutil
from pathlib import Path

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.chosen import choose
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding, to_json
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from typer import Typer
from typer.testing import CliRunner

from cli import accept as module

CAM, CAM3, NVR, ROUTER = "lang-giang-cam1", "lang-giang-cam3", "lang-giang-nvr1", "lang-giang-router"


def row(check, actual, device=CAM, status="fail", expected=None, feature=None):
    return Finding(device, "lang-giang", feature or check.partition(".")[0], check, status, expected, actual)


@pytest.fixture
def lab(tmp_path):
    shutil.copytree("inventory/lab", tmp_path / "lab", ignore=shutil.ignore_patterns("state", "secrets", "keys"))
    return tmp_path / "lab" / "province.yml"


@pytest.fixture
def accept(lab, tmp_path):
    """Run the command on a copy of the lab's inventory with these findings in the report."""

    def run(findings, *names, answer=None):
        report = tmp_path / "findings.json"
        report.write_text(to_json(findings, "now"), encoding="utf-8")
        app = Typer()
        app.command()(module.accept)
        options = ["-i", str(lab), "--from", str(report)] + ([] if answer else ["--yes"])
        chosen = names or [f"{one.device}:{one.check}" for one in findings]
        return CliRunner().invoke(app, [*chosen, *options], input=answer)

    return run


def sites(lab):
    return (lab.parent / "sites" / "lang-giang.yml").read_text(encoding="utf-8")


def declared(lab, device):
    province = load(lab)
    return next(host.desired for host in desired(province, plan(province)) if host.name == device)


@pytest.mark.parametrize(
    ("check", "actual", "device", "section"),
    [
        ("motion.sensitivity", 35, CAM, "motion"),
        ("motion.enabled", True, CAM3, "motion"),
        ("overlay.clock", False, CAM, "overlay"),
        ("overlay.text", "Phường Bắc Giang", CAM, "overlay"),
        ("services.onvif", True, NVR, "services"),
        ("access.tls_min", "1.2", NVR, "access"),
    ],
)
def test_a_running_value_becomes_a_setting_of_its_own(accept, lab, check, actual, device, section):
    before = sites(lab)
    done = accept([row(check, actual, device)])
    assert done.exit_code == 0, done.output
    assert declared(lab, device)[section][check.partition(".")[2]] == actual
    assert f"Declared anew: {device}" in done.output
    kept = [line for line in before.splitlines() if line.strip().startswith("#") or "cam2" in line]
    assert [line for line in kept if line in sites(lab).splitlines()] == kept
    assert "policy: {codec: h264} # leaders watch" in sites(lab)


def test_a_stream_that_stays_at_the_site_may_be_another(accept, lab):
    """cam1's main stream goes up, and its sub stream is for the office; which of the two goes up is the plan's."""
    streams = declared(lab, CAM)["streams"]
    local = next(name for name, stream in streams.items() if "smart_codec" not in stream)
    sent = next(name for name, stream in streams.items() if "smart_codec" in stream)
    assert accept([row(f"streams.{local}.fps", 7)]).exit_code == 0
    assert declared(lab, CAM)["streams"][local]["fps"] == 7
    refused = accept([row(f"streams.{sent}.fps", 7)])
    assert f"cameras.cam1.settings.streams.{sent}.fps: this stream goes up, and the plan decides it" in str(refused.exception)


def test_a_camera_s_name_is_its_name(accept, lab):
    done = accept([row("overlay.name", "Quầy tiếp nhận số 2")])
    assert done.exit_code == 0, done.output
    assert load(lab).sites["lang-giang"].cameras["cam1"].name == "Quầy tiếp nhận số 2"
    assert "Declared anew: lang-giang-nvr1" in done.output  # its channel is called so too


def test_the_usual_value_takes_the_setting_away_again(accept, lab):
    assert accept([row("overlay.clock", False)]).exit_code == 0
    assert accept([row("overlay.clock", True)]).exit_code == 0
    assert load(lab).sites["lang-giang"].cameras["cam1"].settings == {}
    assert "settings" not in sites(lab)


REFUSED = [
    (row("services.telnet", True), "True lets in what the baseline keeps out; remove it, and waive the finding in waivers.yml"),
    (row("access.rtsp_auth", "basic"), "'basic' lets in what the baseline keeps out"),
    (row("access.tls_min", "1.1"), "'1.1' lets in what the baseline keeps out"),
    (row("services.https", False), "False lets in what the baseline keeps out"),
    (row("time.zone", "UTC+08:00"), "is decided by 'timezone' of the province and 'router.address' of the site"),
    (row("name", "Camera 01"), "is decided by the ids of the site and of the device"),
    (row("users.old", {"role": "admin"}), "is decided by motcua, whose accounts are the same on all devices"),
    (row("channels.1", {"user": "admin"}, NVR), "is decided by 'recorder', 'name' and 'address' of the cameras that it records"),
    (row("motion.enabled", None), "has no value that could be declared"),
    (row("the device is managed over HTTP without TLS", None, feature="device"), "has no value that could be declared"),
    (row("motion.sensitivity", "high"), "'high' can't be set"),
    (row("motion.enabled", "perhaps"), "'perhaps' can't be set"),
    (row("recording.mode", "motion"), "can only be read at this vendor's devices"),
    (row("motion.sensitivty", 3), "this vendor's devices have no such setting; did you mean 'motion.sensitivity'?"),
    (row("configuration", "x", ROUTER, feature="router"), "is made from sites.lang-giang.router, .lines and the policy by role 'router'"),
    (row("Write the rules", "x", "centre-server", feature="firewall"), "is made from the whole plan by role 'firewall'"),
    (row("motion.enabled", True, "gone-cam1"), "there is no such device in the inventory any more; audit again"),
]


@pytest.mark.parametrize(("finding", "sentence"), REFUSED, ids=lambda one: one.check if isinstance(one, Finding) else "")
def test_what_something_else_decides_is_refused_with_the_sentence(accept, lab, finding, sentence):
    before = sites(lab)
    good = row("motion.enabled", True, "lang-giang-cam2")
    done = accept([finding, good])
    assert done.exit_code == 1
    assert isinstance(done.exception, ModelError)
    assert f"{finding.device}:{finding.check}: {sentence}" in str(done.exception)
    assert sites(lab) == before  # the good one isn't written either


def test_what_people_write_is_checked_at_load_with_file_and_key(lab):
    path = lab.parent / "sites" / "lang-giang.yml"
    text = path.read_text(encoding="utf-8")
    for written, sentence in [
        ("{services.telnet: true}", "True lets in what the baseline keeps out"),
        ("{motion.sensitivity: [a]}", "can't be set"),
        ("{overlay.name: x}", "is decided by the camera's 'name'; remove it here"),
        ("{overlay.text: '{{ lookup(1) }}'}", "wrong form"),
        ("{Motion.On: true}", "wrong form"),
    ]:
        path.write_text(text.replace("recorder: nvr1/1}", f"recorder: nvr1/1, settings: {written}}}"), encoding="utf-8")
        with pytest.raises(ModelError) as caught:
            load(lab)
        assert f"{path}: sites.lang-giang.cameras.cam1.settings." in str(caught.value)
        assert sentence in str(caught.value)


def test_nothing_is_written_before_somebody_said_yes(accept, lab):
    before = sites(lab)
    done = accept([row("motion.enabled", True)], answer="n\n")
    assert done.exit_code == 1
    assert "+      cam1:" in done.output or "settings" in done.output
    assert sites(lab) == before
    assert accept([row("motion.enabled", True)], answer="y\n").exit_code == 0
    assert sites(lab) != before


def test_a_report_that_is_not_there_is_one_sentence(lab, tmp_path):
    with pytest.raises(ModelError, match="is not there; run 'motcua audit' first"):
        module.read_report(Path(tmp_path / "none.json"))


def test_a_finding_is_named_by_id_or_by_device_and_check():
    one, other = row("services.upnp", True), row("services.telnet", True)
    passed, unknown = row("declared", None, "b", "pass", feature="device"), row("reachable", "no answer", "c", "error", feature="device")
    waived = row("services.ssh", True, status="waived")
    known = [one, other, passed, unknown, waived]
    assert choose(known, [one.id, f"{CAM}:services.telnet", one.id]) == tuple(sorted((one, other), key=lambda row: row.check))
    assert choose(known, [waived.id]) == (waived,)
    for name, sentence in [
        ("ffffff", "is no finding of this report"),
        (f"{CAM}:services.upmp", f"did you mean {CAM}:services.upnp?"),
        ("b:declared", "doesn't differ from what is declared"),
        (unknown.id, r"could not be told \(no answer\); audit again"),
    ]:
        with pytest.raises(MotcuaError, match=sentence):
            choose(known, [name])


def test_an_id_is_the_finding_s_whatever_its_value_and_its_state():
    assert row("services.upnp", True).id == row("services.upnp", None, status="pass").id
    assert row("services.upnp", True).id != row("services.upnp", True, CAM3).id
    assert len(row("services.upnp", True).id) == 6
