"""`motcua acceptance`: a whole run with an emulated camera on loopback, what breaks on the way, and how the command ends."""

import contextlib
import json
import os
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.acceptance import judge, planned_of
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError, Unreachable
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import to_json
from typer import Typer
from typer.testing import CliRunner

from cli import acceptance as command
from cli.measuring import trial as rim
from cli.measuring.trial import Site, Wish
from documents import pdf
from tests.unit.planned import camera, line, write_inventory
from tests.unit.provinces import raw_site
from tests.unit.recorder import eventually, recorder
from tests.unit.trials import PLANNED, case, trial
from tests.unit.wire import FACTORY, emulated
from tests.verify.model import declared

LAB = Path("inventory/lab/province.yml")
PING = """#!/bin/sh
echo "64 bytes from 10.0.0.1: icmp_seq=1 ttl=64 time=4.2 ms"
echo "1 packets transmitted, 1 received, 0% packet loss"
"""
SSH = """#!/bin/sh
for told; do :; done
exec sh -c "exec $told"
"""
SUDO = """#!/bin/sh
shift
exec "$@"
"""


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A site of one camera whose centre and router are this machine: ssh runs here what it is told, and a ping is always answered."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in (("ssh", SSH), ("ping", PING), ("sudo", SUDO)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    raw = raw_site(1, name="Bộ phận Một cửa xã Thử", nvrs={}, cameras={"cam1": camera(1)}, lines={"ftth": line(up_mbps=50)})
    (tmp_path / "province").mkdir()
    path = write_inventory(tmp_path / "province", {"xa": raw | {"recording_notice": "2026-09-01"}})
    found = declared(path, ())
    found.hub.desired["recorder"]["live_root"] = str(tmp_path / "live")
    (tmp_path / "out").mkdir()
    monkeypatch.setattr(rim, "run_cases", verifies(case()))
    said = []
    one = Site(
        "xa",
        path,
        replace(found, limit=frozenset(name for name, host in found.hosts.items() if host.site == "xa")),
        tmp_path / "out",
        said.append,
    )
    return SimpleNamespace(site=one, said=said, folder=tmp_path, programs=programs)


def verifies(*found):
    """A verification that leaves these findings, or none where there is none."""

    def run_cases(_inventory, _limit, folder, _log):
        file = folder / "findings.json"
        if found:
            file.write_text(to_json(found, "now"))
        return 0, file

    return run_cases


def judged(site, wish):
    one = site.site
    return judge(rim.run(one, wish), planned_of(one.declared.province, one.declared.planned, one.name))


def test_a_site_is_tried_from_end_to_end(site):
    with emulated("hikvision-camera", site.folder) as device:
        url = f"rtsp://{FACTORY[0]}:{FACTORY[1]}@127.0.0.1:{device.ports['rtsp']}/Streaming/Channels/102"
        source = f"ffconcat version 1.0\nfile '{url}'\noption rtsp_transport tcp\noption allowed_media_types video\n"
        with recorder(site.folder, source, camera="xa-cam1") as one:
            one.start()
            eventually((one.live / "index.m3u8").exists)
            record = judged(site, Wish(0.4, None, reboot=False))
    assert [(finding.check, finding.actual) for finding in record.reasons] == []
    assert record.accepted
    assert record.trial.pictures["xa-cam1"].frames > 400
    assert record.trial.paths["centre-ftth"].p95_ms == 4.2
    assert [(name, len(found)) for name, found in record.trial.verified.items()] == [("before", 1), ("during", 1), ("after", 1)]
    assert (record.trial.office_why, record.trial.rebooted) == ("not_allowed", None)
    assert any("Measuring 1 cameras for 0.4 minutes" in sentence for sentence in site.said)


def test_a_centre_that_breaks_off_leaves_an_unfinished_run(site):
    (site.programs / "ssh").write_text(
        '#!/bin/sh\necho \'{"camera": "xa-cam1", "at_s"\'\necho \'Connection reset by peer\' >&2\nexit 255\n'
    )
    record = judged(site, Wish(0.5, None, reboot=False))
    assert not record.accepted
    assert record.trial.unfinished == "the measuring at the centre broke off: Connection reset by peer"
    assert {"finished", "seen", "loss"} <= {finding.check for finding in record.reasons}


def test_what_the_operator_stops_is_unfinished_and_ends_at_once(site, monkeypatch):
    def stopped(_inventory, _limit, folder, _log):
        if folder.name == "during":
            raise KeyboardInterrupt
        return verifies(case())(_inventory, _limit, folder, _log)

    monkeypatch.setattr(rim, "run_cases", stopped)
    begun = time.monotonic()
    record = judged(site, Wish(10, None, reboot=False))
    assert time.monotonic() - begun < 300, "the ten minutes weren't waited for"
    assert record.trial.unfinished == "stopped at the desk"
    assert set(record.trial.verified) == {"before"}
    assert not record.accepted


def test_a_verification_that_leaves_nothing_is_no_pass(site, monkeypatch):
    monkeypatch.setattr(rim, "run_cases", verifies())
    monkeypatch.setattr(rim, "_load", lambda *_: contextlib.nullcontext())
    record = judged(site, Wish(0.5, None, reboot=False))
    assert record.trial.verified == {"before": None, "during": None, "after": None}
    assert {f"verification {phase}" for phase in ("before", "during", "after")} <= {finding.check for finding in record.reasons}


@pytest.mark.parametrize(
    ("answer", "got", "why"),
    [
        ("echo '{\"kbps\": 1990.5}'", ("ftth", 2000.0, 1990.5), ""),
        ('echo \'{"error": "web:5001: Connection refused"}\'', None, "web:5001: Connection refused"),
        ("exit 255", None, "xa-router: couldn't be asked to send"),
    ],
)
def test_the_offices_traffic(site, answer, got, why):
    (site.programs / "ssh").write_text(f'#!/bin/sh\necho "$@" >{site.folder}/told\n{answer}\n')
    office, said = rim._office(site.site, Wish(20, ("web", 5001), reboot=False))
    assert (office and (office.line, office.offered_kbps, office.kbps)) == got
    assert said == why
    told = (site.folder / "told").read_text()
    assert '"host": "web", "port": 5001, "kbps": 2000.0, "seconds": 60' in told


def test_no_traffic_is_sent_from_a_router_that_runs_no_programs(site):
    hosts = {name: replace(host, platform="routeros") if host.role == "router" else host for name, host in site.site.declared.hosts.items()}
    site.site.declared = replace(site.site.declared, hosts=hosts)
    assert rim._office(site.site, Wish(20, ("web", 5001), reboot=False)) == (None, "not_here")


# --- reboots ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def ansible(site, monkeypatch):
    """An `ansible` that says what the test says, and writes down how it was called."""

    def install(script):
        player = site.folder / "ansible"
        player.write_text(f'#!/bin/sh\necho "$@" >>{site.folder}/called\n{script}\n')
        player.chmod(0o755)
        monkeypatch.setattr(
            rim, "at_the_controller", lambda command, _: [str(player), *command[1:]] if "device_reboot" in str(command) else command
        )
        monkeypatch.setattr(rim, "within", lambda *_: True)
        return site.folder / "called"

    return install


FAILS = """echo 'xa-cam1 | FAILED! => {'
echo '    "changed": false,'
echo '    "msg": "xa-cam1: did not come back within 180 s"'
exit 2"""


@pytest.mark.parametrize(("script", "wrong"), [("exit 0", ""), (FAILS, "xa-cam1: did not come back within 180 s")])
def test_a_reboot_is_ansibles_own(site, ansible, script, wrong):
    called = ansible(script)
    assert rim._reboot(site.site, "xa-cam1") == wrong
    assert called.read_text().startswith("xa-cam1 -i ") and "-m motcua.cctv.device_reboot" in called.read_text()


def test_outside_the_window_nothing_is_rebooted(site, ansible, monkeypatch):
    called = ansible("exit 0")
    monkeypatch.setattr(rim, "within", lambda *_: False)
    assert rim._reboot(site.site, "xa-cam1") == "not rebooted: the maintenance window is over"
    assert not called.exists()


def test_a_camera_of_which_no_picture_comes_afterwards_is_named(site, ansible, monkeypatch):
    ansible("exit 0")
    monkeypatch.setattr(rim, "_dark", lambda _: ["xa-cam1"])
    monkeypatch.setattr(rim, "_load", lambda *_: contextlib.nullcontext())
    record = judged(site, Wish(0.5, None, reboot=True))
    assert record.trial.rebooted == {"xa-cam1": "no picture came afterwards"}


def test_every_camera_that_is_dark_is_waited_for_in_turn(site, monkeypatch):
    looked = iter([[], [], [{"camera": "xa-cam1", "at_s": 8, "first_s": 1.0, "last_s": 2.0, "frames": 25, "bytes": 9, "gaps": []}]])

    @contextlib.contextmanager
    def load(_site, _seconds, rows):
        rows.extend(next(looked))
        yield

    monkeypatch.setattr(rim, "_load", load)
    assert rim._dark(site.site) == []
    assert next(looked, "all three were used") == "all three were used"


def test_what_a_recorder_holds_isnt_rebooted_by_itself():
    found = declared(LAB, ())
    assert set(Site("lang-giang", LAB, found, Path(), print).devices) == {"lang-giang-cam1", "lang-giang-cam2", "lang-giang-nvr1"}


# --- the command --------------------------------------------------------------------------------------------------------


@pytest.fixture
def accept(tmp_path, monkeypatch):
    """Run the command with a run that was measured so."""
    tried, sealed = [], []

    def run(*arguments, result=None, seal=lambda *words: None, stdin="", hour=23):
        monkeypatch.setattr(command, "run", lambda site, wish: tried.append((site, wish)) or result or trial())
        monkeypatch.setattr(command.sealing, "seal", lambda *words: sealed.append(words) or seal(*words))
        monkeypatch.setattr(command, "planned_of", lambda *_: PLANNED)
        monkeypatch.setattr(pdf, "office", lambda: None)
        now = datetime.fromisoformat(f"2026-11-26T{hour:02}:00:00+07:00")
        monkeypatch.setattr(command, "Site", type("At", (Site,), {"clock": property(lambda _: now)}))
        app = Typer()
        app.command()(command.acceptance)
        return CliRunner().invoke(app, [*arguments, "-i", str(LAB), "--output", str(tmp_path)], input=stdin)

    return SimpleNamespace(run=run, tried=tried, sealed=sealed, folder=tmp_path)


@pytest.mark.parametrize(
    ("changes", "code", "said", "reason"),
    [
        ({}, 0, "lang-giang: accepted", "accepted"),
        ({"notice": None}, 2, "lang-giang: NOT accepted", "not accepted"),
        ({"unfinished": "stopped at the desk"}, 1, "lang-giang: NOT accepted", "not accepted"),
    ],
)
def test_it_ends_as_the_record_says(accept, changes, code, said, reason):
    done = accept.run("lang-giang", result=trial(**changes))
    assert done.exit_code == code, done.output
    assert said in done.output
    ((_, site, folder, names, sealed_reason),) = accept.sealed
    assert (site, sealed_reason) == ("lang-giang", reason)
    assert (
        set(names)
        == {"acceptance.json", "acceptance-vi.docx", "acceptance-en.docx", "findings.json"}
        == {file.name for file in folder.iterdir()}
    )
    assert folder.parent == accept.folder / "lang-giang"


def unreachable(*_):
    raise Unreachable("motcua-footage: the centre can't be reached; try 'ssh' to it")


def test_a_record_that_isnt_signed_accepts_nothing_and_can_be_signed_later(accept):
    done = accept.run("lang-giang", seal=unreachable)
    assert done.exit_code == 1
    assert "isn't signed yet" in done.output
    (folder,) = (accept.folder / "lang-giang").iterdir()
    made = sorted(file.name for file in folder.iterdir())
    (folder / "manifest.json").write_text("half a seal")
    assert accept.run("--sign", str(folder)).exit_code == 0
    assert accept.sealed[-1][1:] == ("lang-giang", folder, made, "accepted")
    (folder / "manifest.sig").write_bytes(b"signed")
    assert isinstance(accept.run("--sign", str(folder)).exception, ModelError)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "SITE is missing"),
        (["nowhere"], "there is no such site"),
        (["lang-giang", "--office-traffic", "web"], "write HOST:PORT"),
        (["lang-giang", "--office-traffic", "web:99999"], "write HOST:PORT"),
        (["--sign", "/nonexistent"], "holds no acceptance.json"),
    ],
)
def test_what_cant_be_is_said_before_anything_is_tried(accept, arguments, said):
    done = accept.run(*arguments)
    assert isinstance(done.exception, ModelError) and said in str(done.exception)
    assert not accept.tried and not list(accept.folder.iterdir())


@pytest.mark.parametrize(
    ("hour", "typed", "said"),
    [
        (10, "lang-giang\n", "between 22:00-05:00 only"),
        (23, "tan-dinh\n", "that isn't lang-giang"),
        (23, "\n", "that isn't lang-giang"),
        (4, "lang-giang\n", None),
    ],
)
def test_a_reboot_needs_the_window_and_the_sites_id(accept, hour, typed, said):
    done = accept.run("lang-giang", "--reboot", stdin=typed, hour=hour)
    assert bool(accept.tried) is (said is None)
    if said:
        assert isinstance(done.exception, ModelError) and said in str(done.exception)
    else:
        assert accept.tried[0][1].reboot and "lang-giang-nvr1" in done.output


def test_nothing_is_rebooted_or_sent_unless_it_is_asked_for(accept):
    accept.run("lang-giang", "--minutes", "1")
    assert accept.tried[0][1] == Wish(1.0, None, reboot=False)
    accept.run("lang-giang", "--office-traffic", "192.0.2.1:5001")
    assert accept.tried[1][1] == Wish(20.0, ("192.0.2.1", 5001), reboot=False)


@pytest.mark.parametrize(
    ("wrong", "code", "said"),
    [
        ((), 0, "lang-giang: accepted; signed 2026-11-26T15:00:00Z for an"),
        (("a.pdf: was changed after it was signed",), 2, "NOT as it was signed"),
    ],
)
def test_checking_a_record_tries_nothing(accept, monkeypatch, wrong, code, said):
    manifest = {"site": "lang-giang", "reason": "accepted", "made": "2026-11-26T15:00:00Z", "who": "an", "files": {"a.pdf": "0"}}
    monkeypatch.setattr(command.sealing, "check", lambda *_: command.sealing.Checked(manifest, wrong))
    done = accept.run("--check", "somewhere")
    assert done.exit_code == code and said in done.output
    assert all(sentence in done.output for sentence in wrong)
    assert not accept.tried


def test_a_record_that_cant_be_checked_is_an_error(accept, monkeypatch):
    def check(*_):
        raise MotcuaError("somewhere: can't be read")

    monkeypatch.setattr(command.sealing, "check", check)
    assert isinstance(accept.run("--check", "somewhere").exception, MotcuaError)


def test_the_findings_of_a_run_lie_beside_the_record(accept):
    accept.run("lang-giang", result=trial(notice=None))
    (file,) = accept.folder.rglob("findings.json")
    rows = json.loads(file.read_text())["findings"]
    assert {row["feature"] for row in rows} == {"acceptance"}
    assert [row["check"] for row in rows if row["status"] == "fail"] == ["notice"]
