"""`motcua firmware`: the catalogue as a table, files, the plan of every device, waves, the queue; and its playbook on emulated devices."""

import contextlib
import hashlib
import json
import shutil
import threading
from dataclasses import asdict

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding
from ansible_collections.motcua.cctv.plugins.plugin_utils.firmware.notes import Note, Notes
from ansible_collections.motcua.cctv.plugins.plugin_utils.snapshots import Snapshot
from typer.testing import CliRunner

from cli import firmware as commanding
from cli import player as playing
from cli import waves as going
from cli.firmware import app
from cli.player import play
from tests.unit.playedprovince import World, played
from tests.unit.provinces import raw_site
from tests.unit.test_backup_command import CAM, Bench, variables
from tests.unit.test_firmware import image
from tests.unit.wire import emulated

NEW = ("V5.7.23", {"from": ["V5.7.0 .. V5.7.22"]})
MODEL = "DS-2CD2143G2-I"


def supplied(inventory, **images):
    """A catalogue beside the inventory with the files that it names."""
    folder = inventory.parent / "firmware"
    folder.mkdir(exist_ok=True)
    rows = {}
    for name, (version, changes) in (images or {"new": NEW}).items():
        content, rows[name] = image("hikvision", version, **changes)
        (folder / rows[name]["file"]).write_bytes(content)
    (folder / "firmware.yml").write_text(yaml.safe_dump({"images": rows}))
    return folder


def called(value, *words):
    return CliRunner().invoke(app, [words[0], "-i", str(value.inventory), *words[1:]], env={"COLUMNS": "220"})


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Five sites with two cameras each, of which a backup's reading says what the test wants."""
    value = World(tmp_path, 5)
    sites = {f"s{number}": raw_site(number, nvrs={}) for number in range(1, 6)}
    for site in sites.values():
        del site["cameras"]["cam3"]
    (value.inventory.parent / "sites" / "all.yml").write_text(yaml.safe_dump({"sites": sites}), encoding="utf-8")
    cameras = [f"{site}-cam{n}" for site in sites for n in (1, 2)]
    value.write("all", *value.all, *cameras)
    value.said = dict.fromkeys(cameras, (MODEL, "V5.7.18"))
    value.silent = {}

    def read(_, names):
        said = {name: value.said[name] for name in names if name not in value.silent}
        return {
            name: Snapshot(name, {"identity.model": model, "identity.firmware": now}) for name, (model, now) in said.items()
        }, value.silent

    played(value, monkeypatch.setattr)
    monkeypatch.setattr(commanding, "_read", read)
    monkeypatch.setattr(commanding, "hosts_within", lambda _, limit: limit.split(","))
    supplied(value.inventory)
    return value


def upgraded(value, *words):
    return called(value, "run", "--output", str(value.output), "--yes", "--yes-dangerous", *words)


def notes_of(value):
    return Notes(value.inventory.parent / "state" / "firmware")


def test_one_device_of_a_site_at_a_time_in_waves(world):
    done = upgraded(world)
    assert done.exit_code == 0, done.output
    steps = world.log
    assert steps[:2] == [["s1-cam1"], ["s1-cam2"]], "the canary first"
    assert all(len({name.split("-")[0] for name in step}) == len(step) for step in steps)
    assert sorted(name for step in steps for name in step) == sorted(world.said)
    told = json.loads((world.folder / "told").read_text().splitlines()[0])
    catalogue = world.inventory.parent / "firmware" / "firmware.yml"
    assert told["firmware_catalogue"] == hashlib.sha256(catalogue.read_bytes()).hexdigest()
    assert told["motcua_due"]["s3-cam2"]["path"] == ["new"]


def test_the_first_failure_stops_the_campaign(world):
    world.write("broken", "s2-cam1")
    done = upgraded(world)
    assert done.exit_code == 2 and "the limit of this upgrade is 1" in done.output, done.output
    touched = {name for step in world.log for name in step}
    assert touched <= {"s1-cam1", "s1-cam2", "s2-cam1", "s3-cam1", "s4-cam1", "s5-cam1"} and "s2-cam2" not in touched


def test_after_a_surprise_nothing_runs_until_it_is_cleared(world):
    notes_of(world).write("s1-cam1", Note("surprised", "2026-11-27T00:00:00+00:00", "another configuration", "new"))
    notes_of(world).stop("s1-cam1", "another configuration", "2026-11-27T00:00:00+00:00")
    refused = upgraded(world)
    assert "firmware stopped at s1-cam1" in str(refused.exception) and world.log == []
    shown = called(world, "queue")
    assert shown.exit_code == 1 and "Stopped by s1-cam1" in shown.output
    assert called(world, "clear", "--yes").exit_code == 0
    assert (called(world, "queue").exit_code, upgraded(world).exit_code) == (0, 0)


def test_who_does_not_answer_waits_in_the_queue_and_the_others_go(world):
    world.silent = {"s3-cam1": "doesn't answer; check power"}
    done = upgraded(world)
    assert done.exit_code == 0 and "s3-cam1 waits in the queue" in done.output, done.output
    assert "s3-cam1" not in {name for step in world.log for name in step}
    shown = called(world, "queue")
    assert shown.exit_code == 1 and "s3-cam1" in shown.output and "doesn't answer" in shown.output


def test_who_is_about_to_lose_its_power_waits_and_the_others_go(world):
    file = world.inventory.parent / "sites" / "all.yml"
    sites = yaml.safe_load(file.read_text(encoding="utf-8"))
    sites["sites"]["s2"]["power"] = {"outages": [{"from": "2020-01-01T00:00", "until": "2099-01-01T00:00", "why": "EVN"}]}
    file.write_text(yaml.safe_dump(sites), encoding="utf-8")
    done = upgraded(world)
    assert done.exit_code == 0 and "s2-cam1 waits in the queue: the power is announced to be cut" in done.output, done.output
    assert {name for step in world.log for name in step} == set(world.said) - {"s2-cam1", "s2-cam2"}
    assert list(notes_of(world).all()) == ["s2-cam1", "s2-cam2"]


def test_who_was_begun_goes_on_also_when_it_does_not_answer(world):
    """It may be writing its flash: its own run waits for it, and sends nothing."""
    world.said = dict.fromkeys(world.said, (MODEL, "V5.7.23"))
    world.silent = {"s4-cam2": "doesn't answer"}
    notes_of(world).write("s4-cam2", Note("restarting", "2026-11-27T00:00:00+00:00", "", "new", "V5.7.18", "", {}))
    done = upgraded(world)
    assert (done.exit_code, world.log) == (0, [["s4-cam2"]]), done.output


def test_a_catalogue_that_changed_is_another_campaign(world):
    world.write("broken", "s1-cam1")
    upgraded(world)
    supplied(world.inventory, new=("V5.7.24", NEW[1]))
    resumed = upgraded(world, "--resume")
    assert "go on with the same options, or begin a new one" in str(resumed.exception)


def test_nothing_to_do_is_said(world):
    world.said = dict.fromkeys(world.said, (MODEL, "V5.7.23"))
    done = upgraded(world)
    assert done.exit_code == 0 and "this upgrade has nothing to do" in done.output


def test_the_plan_says_of_every_device_what_and_why_not(world):
    world.said |= {"s1-cam2": ("DS-76", "V4.1"), "s2-cam1": (MODEL, "V5.8.0"), "s2-cam2": (MODEL, "V5.7.23"), "s3-cam1": (MODEL, "V5.2.0")}
    world.silent = {"s3-cam2": "doesn't answer"}
    done = called(world, "plan")
    assert done.exit_code == 1, done.output
    lines = {line.split()[0]: line for line in done.output.splitlines() if line.startswith(" s")}
    assert "new (V5.7.23)" in lines["s1-cam1"] and "00:00-00:00" in lines["s1-cam1"] and "goes" in lines["s1-cam1"]
    for device, words in (
        ("s1-cam2", "no image of the catalogue"),
        ("s2-cam1", "later than new"),
        ("s2-cam2", "is there"),
        ("s3-cam1", "no way leads"),
        ("s3-cam2", "waits: doesn't answer"),
    ):
        assert words in lines[device], device
    assert "5 of 10 devices would be upgraded" in done.output
    assert world.log == [] and not notes_of(world).folder.exists()


def test_files_are_checked_and_a_wrong_one_is_named(world):
    good = called(world, "check")
    assert good.exit_code == 0 and "only the sha256 proves" in good.output
    assert "V5.7.23" in called(world, "list").output
    file = world.inventory.parent / "firmware" / "V5.7.23.bin"
    file.write_bytes(file.read_bytes()[:-1])
    wrong = called(world, "check")
    assert wrong.exit_code == 2 and "V5.7.23.bin: is cut off" in wrong.output
    shutil.rmtree(world.inventory.parent / "firmware")
    missing = called(world, "check")
    assert "firmware.yml: does not exist; write the catalogue there" in str(missing.exception)


# --- the playbook itself, on emulated devices ---

AROUND = {"timezone": "Asia/Ho_Chi_Minh", "window": "00:00-00:00", "down_mbps": 1000.0, "outages": []}


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A copy of the lab's inventory whose window never closes; its playbooks are played by a real ansible-playbook."""
    bench = Bench(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ANSIBLE_INVENTORY_ENABLED", "yaml")
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(bench.vault))
    monkeypatch.setattr(playing, "at_the_controller", bench.there)
    for rim in (commanding, going):
        monkeypatch.setattr(rim, "hosts_within", lambda _, limit: limit.split(","))
    text = bench.inventory.read_text(encoding="utf-8")
    bench.inventory.write_text(text.replace("policy:\n", "policy:\n  maintenance: 00:00-00:00\n", 1), encoding="utf-8")
    bench.output = tmp_path / "reports"
    return bench


def test_two_runs_at_once_send_one_file_and_who_is_off_waits(bench, tmp_path):
    supplied(bench.inventory)
    shutil.copytree(bench.inventory.parent / "firmware", tmp_path / "firmware")  # beside the inventory that is played
    more = {"motcua_state": str(tmp_path / "state"), "motcua_firmware": AROUND}
    with emulated("hikvision-camera", tmp_path) as device:
        off = variables(device, **more) | {"motcua_port": 9}
        bench.devices(**{CAM: variables(device, **more), "lang-giang-cam2": off})
        shown = called(bench, "plan", "-l", CAM)
        assert "new (V5.7.23)" in shown.output and "1 of 1 devices would be upgraded" in shown.output, shown.output
        ends = {}

        def run(name):
            ends[name] = play("firmware", bench.inventory, tmp_path / name / "heard.json", tmp_path / f"{name}.log", None)

        threads = [threading.Thread(target=run, args=(name,)) for name in ("one", "two")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        logs = [(tmp_path / f"{name}.log").read_text() for name in ("one", "two")]
        assert device.hand("status")["images"] == 1, logs
        assert called(bench, "plan", "-l", CAM).exit_code == 0
    assert sum("ok=1    changed=1" in log for log in logs) == 1 and sum("ok=1    changed=0" in log for log in logs) == 1, logs
    notes = Notes(tmp_path / "state" / "firmware")
    assert list(notes.all()) == ["lang-giang-cam2"] and notes.read("lang-giang-cam2").phase == "waiting"


def test_a_campaign_over_devices_stops_at_the_one_that_comes_back_with_another_configuration(bench, tmp_path, monkeypatch):
    names = (CAM, "lang-giang-cam2", "tan-dinh-cam1")
    verified = [asdict(Finding(name, name.rpartition("-")[0], "device", "answers", "pass")) for name in names]

    def cases(_nodes, _province, _inventory, _limit, folder, _log):
        folder.mkdir(exist_ok=True)
        (folder / "findings.json").write_text(json.dumps({"version": 1, "when": "now", "findings": verified}))
        return 0, folder / "findings.json"

    monkeypatch.setattr(going, "run_cases_at", cases)
    supplied(bench.inventory, new=(NEW[0], NEW[1] | {"models": ["DS-2CD*"], "reboot_seconds": 10}))
    shutil.copytree(bench.inventory.parent / "firmware", tmp_path / "firmware")
    state = bench.inventory.parent / "state"
    with contextlib.ExitStack() as held:
        devices = []
        for number, fault in enumerate((None, "another", None)):
            (tmp_path / f"device{number}").mkdir()
            quirks = {"upgrade": fault} if fault else {}
            devices.append(held.enter_context(emulated("hikvision-camera", tmp_path / f"device{number}", quirks=quirks)))
        more = {"motcua_state": str(state), "motcua_firmware": AROUND}
        rows = zip(names, devices, strict=True)
        bench.devices(**{name: variables(device, **more) | {"motcua_site": name.rpartition("-")[0]} for name, device in rows})
        done = upgraded(bench, "-l", ",".join(names), "--without-backup")
        assert done.exit_code == 2, done.output
        assert "lang-giang-cam2: has V5.7.23 and another configuration than before: services.upnp" in " ".join(done.output.split()), (
            done.output
        )
        assert [device.hand("status")["images"] for device in devices] == [1, 1, 0]
    assert Notes(state / "firmware").stopped()[0] == "lang-giang-cam2"
