"""`motcua retire`: a device leaves, what is ours is wiped, its footage stays until its retention ends, and what couldn't be wiped is listed."""

import json
from datetime import timedelta

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import Journal
from typer import Typer
from typer.testing import CliRunner

from cli import retire as module
from tests.unit.authority import certified
from tests.unit.test_replace_command import HOST, PLACE, bench  # noqa: F401  a fixture
from tests.unit.wire import FACTORY, emulated, free_port


def run(bench, *words):  # noqa: F811  the fixture's value
    app = Typer()
    app.command()(module.retire)
    return CliRunner().invoke(app, [*words, "-i", str(bench.inventory), "--output", str(bench.folder / "reports")])


def site(bench, name="tan-dinh"):  # noqa: F811  as above
    return yaml.safe_load(bench.sites.read_text(encoding="utf-8"))["sites"][name]


def recorder(bench):  # noqa: F811  as above
    province = load(bench.inventory)
    return next(host for host in desired(province, plan(province)) if "recorder" in host.desired).desired["recorder"]["settings"]


@pytest.fixture
def camera(bench):  # noqa: F811  as above
    """The old camera, with what its installer left on it."""
    (bench.folder / "device").mkdir()
    for kind in ("epochs", "pins"):
        (bench.state / kind / f"{HOST}.json").unlink()
    bench.know(HOST, FACTORY[1])
    ports = {"http": free_port(), "https": bench.port, "rtsp": free_port()}
    with emulated("hikvision-camera", bench.folder / "device", address=PLACE, ports=ports, pause_s=0.2) as device:
        yield device


def test_a_camera_leaves_wiped_and_its_footage_stays(bench, camera):  # noqa: F811  as above
    store = certified(bench.inventory, HOST, "lang-giang-cam1")
    (bench.state / "epochs" / f"{HOST}.json").write_text(json.dumps({"confirmed": None, "pending": 7}))
    done = run(bench, HOST, "--yes", "--without-wiping", "--preview")
    assert done.exit_code == 0 and "cam1" in site(bench)["cameras"]
    Journal(bench.state / "epochs").abandon(HOST)
    done = run(bench, HOST, "--yes")
    assert done.exit_code == 0, done.output
    assert "cam1" not in site(bench)["cameras"]
    (row,) = site(bench)["former"]
    assert (row["device"], row["because"], row["kept_days"], row["wiped"]) == ("cam1", "retired", 30, row["left"])
    assert recorder(bench)["former"] == {HOST: 30}
    assert HOST not in recorder(bench)["cameras"]
    assert not (bench.state / "pins" / f"{HOST}.json").exists()
    assert camera.hand("status")["most_failed_logins"] == 0
    assert bench.followed == ["_rolled_out", "_verified", "_audited", "_documented"]
    assert run(bench, "--list").output.strip() == "Nothing has left that isn't wiped."
    assert [(one.host, one.why) for one in store.revoked()] == [(HOST, "retired")]


def test_one_that_is_off_leaves_and_is_listed_until_somebody_wiped_it(bench):  # noqa: F811  as above
    done = run(bench, HOST, "--yes")
    assert done.exit_code == 1, done.output
    assert "nothing answers at" in done.output and "not wiped" in done.output
    assert "wiped" not in site(bench)["former"][0]
    assert Journal(bench.state / "epochs").read(HOST).newest == 5, "what it had is never used again"
    assert f"{HOST}@{site(bench)['former'][0]['left']}: hikvision DS-2CD2043G2-I, retired: not wiped" in run(bench, "--list").output
    assert len(bench.followed) == 4
    again = run(bench, HOST, "--yes")
    assert again.exit_code == 1, again.output
    by_hand = run(bench, HOST, "--yes", "--wiped-by", "Nguyễn Văn A, reset at the desk")
    assert by_hand.exit_code == 0, by_hand.output
    assert len(bench.followed) == 4, "nothing is rolled out for a remark"
    assert site(bench)["former"][0]["wiped_by"] == "Nguyễn Văn A, reset at the desk"
    assert run(bench, "--list").output.strip() == "Nothing has left that isn't wiped."


def test_the_replaced_one_is_named_by_its_day_and_the_one_in_its_place_stays(bench):  # noqa: F811  as above
    text = bench.sites.read_text(encoding="utf-8")
    row = "{device: cam1, kind: camera, vendor: dahua, left: 2026-10-01, because: replaced}"
    bench.sites.write_text(
        text.replace("    isolation: segment\n    lan: 127", f"    former: [{row}]\n    isolation: segment\n    lan: 127")
    )
    assert f"{HOST}@2026-10-01: dahua, replaced: not wiped" in run(bench, "--list").output
    done = run(bench, f"{HOST}@2026-10-01", "--yes", "--wiped-by", "Nguyễn Văn A, reset at the desk")
    assert done.exit_code == 0, done.output
    assert "cam1" in site(bench)["cameras"] and bench.followed == []
    assert (bench.state / "pins" / f"{HOST}.json").exists()


def test_a_run_that_died_after_it_was_declared_is_finished(bench, monkeypatch):  # noqa: F811  as above
    with monkeypatch.context() as patched:
        patched.setattr(module.Job, "_forget", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        run(bench, HOST, "--yes", "--wiped-by", "Nguyễn Văn A")
    assert "cam1" not in site(bench)["cameras"] and (bench.state / "pins" / f"{HOST}.json").exists()
    done = run(bench, HOST, "--yes")
    assert done.exit_code == 0, done.output
    assert not (bench.state / "pins" / f"{HOST}.json").exists()
    assert Journal(bench.state / "epochs").read(HOST).newest == 5
    assert bench.followed == ["_rolled_out", "_verified", "_audited", "_documented"]
    assert len(site(bench)["former"]) == 1


def test_a_recorder_that_cameras_need_stays(bench):  # noqa: F811  as above
    refused = run(bench, "lang-giang-nvr1", "--yes")
    assert "cam3 of lang-giang give their pictures through it" in str(refused.exception)


def test_a_site_leaves_with_everything_and_its_footage_stays(bench):  # noqa: F811  as above
    refused = run(bench, "lang-giang", "--yes", "--without-wiping")
    assert "tan-dinh, xuong-lam stand below it" in str(refused.exception)
    done = run(bench, "tan-dinh", "--yes", "--without-wiping")
    assert done.exit_code == 1, done.output
    province = load(bench.inventory)
    assert "tan-dinh" not in province.sites
    assert {row["device"] for row in site(bench)["former"]} == {"cam1", "cam2", "router"}
    assert {name: days for name, days in recorder(bench)["former"].items() if name.startswith("tan-dinh")} == {
        "tan-dinh-cam1": 30,
        "tan-dinh-cam2": 30,
    }
    assert not any("tan-dinh" in host.name for host in desired(province, plan(province)))
    listed = run(bench, "--list").output
    assert "tan-dinh-router" in listed and "tan-dinh-cam2" in listed


def test_a_closed_sites_footage_is_kept_by_its_own_policy(bench):  # noqa: F811  as above
    text = bench.sites.read_text(encoding="utf-8").replace("policy: {codec: h264}", "policy: {codec: h264, recording_days: 75}")
    bench.sites.write_text(text, encoding="utf-8")
    assert load(bench.inventory).sites["tan-dinh"].cameras["cam1"].retention_days == 75
    run(bench, "tan-dinh", "--yes", "--without-wiping")
    assert recorder(bench)["former"]["tan-dinh-cam1"] == 75


def test_the_shown_day_is_the_last_one(bench):  # noqa: F811  as above
    shown = run(bench, HOST, "--preview")
    today = load(bench.inventory).on
    assert str(today + timedelta(days=30)) in shown.output
