"""What systemd runs of the recorder: how much each unit may do, what starts main streams, what restarts recorders, and who is recorded where."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import jinja2
import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model.hours import spans_of
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.shards import shard_of

from tests.unit.footage import FILES, save

ROLE = FILES.parent
SHARDS = ["/srv/one", "/srv/two"]
CONFIG = {"shards": SHARDS, "live_root": "/run/motcua-live", "on_demand_seconds": 300}


def unit(name):
    if (FILES / name).exists():
        return (FILES / name).read_text()
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(ROLE / "templates"), trim_blocks=True, undefined=jinja2.StrictUndefined)
    return environment.get_template(f"{name}.j2").render(ansible_managed="ours", recorder_config=CONFIG)


UNITS = {  # the exposure that systemd-analyze counts, 0 to 10, at most
    "motcua-record@.service": 2.5,
    "motcua-main@.service": 2.5,
    "motcua-index.service": 2.0,
    "motcua-clean.service": 2.0,
    "motcua-fresh.service": 6.0,
    "motcua-demand@.service": 5.5,
}


@pytest.mark.parametrize(("name", "most"), UNITS.items())
def test_a_unit_may_do_little_besides_its_work(tmp_path, name, most):
    file = tmp_path / name.replace("@", "@a-cam1")
    text = unit(name).replace("/usr/local/lib/motcua", str(FILES))
    file.write_text(text)
    analyzed = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--no-pager", str(file)], capture_output=True, text=True, check=False
    )
    found = re.search(r"Overall exposure level.*: ([0-9.]+)", analyzed.stdout)
    assert found, analyzed.stderr
    assert float(found[1]) <= most, analyzed.stdout[-3000:]


@pytest.mark.parametrize("name", ["motcua-record@.service", "motcua-main@.service", "motcua-index.service", "motcua-clean.service"])
def test_a_recorder_writes_into_its_own_folders_only(name):
    text = unit(name)
    assert re.findall(r"^User=(.*)$", text, re.MULTILINE) == ["motcua-recorder"]
    assert "ProtectSystem=strict" in text and "MemoryMax=" in text
    own = {path for line in re.findall(r"^ReadWritePaths=(.*)$", text, re.MULTILINE) for path in line.split()}
    wanted = {"-/run/motcua-live/%i"} if "@" in name else set()
    wanted |= {f"-{shard}/.incoming/%i" for shard in SHARDS} if name.startswith("motcua-record") else set()
    wanted |= {f"-{shard}" for shard in SHARDS} if "@" not in name else set()
    assert own == wanted


# --- main streams on demand ------------------------------------------------------------------------------------------------


class Machine:
    """motcua-demand and motcua-fresh with systemctl's place taken: it writes down what it is told, and shows what a test says."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "bin").mkdir()
        script = f'#!/bin/sh\ncase $1 in show) cat {folder}/shown ;; *) echo "$@" >>{folder}/told ;; esac\n'
        (folder / "bin/systemctl").write_text(script)
        (folder / "bin/systemctl").chmod(0o755)
        self.shard = folder / "shard"
        self.shows({})
        self.rooms(6000)

    def rooms(self, kbps):
        rows = {name: {"shard": str(self.shard), "retention_days": 30, "hours": None, "site": name[0], "main_kbps": main} for name, main in
                (("a-cam1", 4000), ("a-cam2", 4000), ("a-cam3", 2000), ("a-cam4", 0), ("b-cam1", 4000))}  # fmt: skip
        settings = {"shards": [str(self.shard)], "segment_seconds": 60, "live_root": "/run/x", "timezone": "UTC", "cameras": rows}
        save(self.folder / "recorder.json", settings | {"on_demand_kbps": {"a": kbps, "b": 4000}, "on_demand_seconds": 300})

    def shows(self, running, unit="motcua-main@{}.service", state="active"):
        now_us = time.clock_gettime(time.CLOCK_MONOTONIC) * 1_000_000
        blocks = [
            f"Id={unit.format(name)}\nActiveState={state}\nActiveEnterTimestampMonotonic={int(now_us - since_s * 1e6)}\n"
            for name, since_s in running.items()
        ]
        (self.folder / "shown").write_text("\n".join(blocks))

    def told(self):
        return (self.folder / "told").read_text().splitlines() if (self.folder / "told").exists() else []

    def run(self, program, *arguments, words=""):
        environment = os.environ | {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "MOTCUA_ETC": str(self.folder)}
        command = [sys.executable, FILES / program, *arguments]
        return subprocess.run(command, input=words, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.mark.parametrize(
    ("running", "camera", "answer", "started"),
    [
        ({}, "a-cam1", "ok 300", True),
        ({"a-cam1": 100}, "a-cam1", "ok 200", False),  # whoever asks again doesn't start it again
        ({"a-cam1": 10}, "a-cam2", "no_room", False),
        ({"a-cam1": 10}, "a-cam3", "ok 300", True),
        ({"a-cam1": 10}, "b-cam1", "ok 300", True),  # another line
        ({}, "a-cam4", "no_room", False),
        ({}, "c-cam9", "unknown", False),
        ({}, "../../etc", "unknown", False),
        ({}, "a-cam1 --now", "unknown", False),
    ],
)
def test_a_main_stream_starts_where_its_line_keeps_room(machine, running, camera, answer, started):
    machine.shows(running)
    done = machine.run("motcua-demand", words=f"start {camera}\n")
    assert (done.stdout.strip().replace("ok 199", "ok 200"), done.returncode) == (answer, 0), done.stderr
    assert machine.told() == ([f"start motcua-main@{camera}.service"] if started else [])


def test_no_other_word_is_understood(machine):
    assert machine.run("motcua-demand", words="stop a-cam1\n").returncode == 1
    assert machine.told() == []


# --- recorders that write nothing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age_s", "since_s", "state", "mounted", "restarted"),
    [
        (200, 200, "active", True, True),
        (5, 200, "active", True, False),
        (200, 20, "active", True, False),
        (200, 200, "inactive", True, False),
        (200, 200, "active", False, False),  # a restart would only cut the live picture
        (None, 200, "active", True, True),
    ],
)
def test_a_recorder_that_writes_nothing_is_restarted(machine, age_s, since_s, state, mounted, restarted):
    folder = machine.shard / ".incoming/a-cam1"
    folder.mkdir(parents=True)
    if mounted:
        (machine.shard / ".motcua-shard").touch()
    if age_s is not None:
        (folder / "20261125T120000Z.ts").touch()
        os.utime(folder / "20261125T120000Z.ts", (time.time() - age_s,) * 2)
    machine.shows({"a-cam1": since_s}, unit="motcua-record@{}.service", state=state)
    done = machine.run("motcua-fresh", str(machine.folder))
    assert done.returncode == 0, done.stderr
    assert machine.told() == (["restart --no-block motcua-record@a-cam1.service"] if restarted else [])


# --- which shard, which hours, which main streams ----------------------------------------------------------------------------


def test_another_shard_takes_only_those_that_move_to_it_and_one_that_goes_gives_only_its_own():
    cameras = [f"site{number}-cam1" for number in range(600)]
    two, three = ["/srv/a", "/srv/b"], ["/srv/a", "/srv/b", "/srv/c"]
    before, after = {name: shard_of(name, two) for name in cameras}, {name: shard_of(name, three) for name in cameras}
    moved = [name for name in cameras if before[name] != after[name]]
    assert {after[name] for name in moved} == {"/srv/c"}
    assert 150 < len(moved) < 250
    assert {name: shard_of(name, two[::-1]) for name in cameras} == before, "the order in which they are written says nothing"


@pytest.mark.parametrize(
    ("written", "spans"),
    [
        ("Mon-Fri 07:00-17:30", tuple((day, "07:00", "17:30") for day in range(5))),
        ("Sat 07:00-11:30, Mon 08:00-09:00", ((0, "08:00", "09:00"), (5, "07:00", "11:30"))),
        ("Sun 22:00-05:00", ((0, "00:00", "05:00"), (6, "22:00", "24:00"))),
        ("Sat-Mon 00:00-24:00", ((0, "00:00", "24:00"), (5, "00:00", "24:00"), (6, "00:00", "24:00"))),
        ("Fri 22:00-00:00", ((4, "22:00", "24:00"),)),
    ],
)
def test_hours_are_spans_of_weekdays(written, spans):
    assert spans_of(written) == spans


@pytest.mark.parametrize("written", ["always", "Mon 7-17", "Mon 07:00-07:00", "Mon-Fri 07:00-24:30", ""])
def test_what_are_no_hours_is_said(written):
    with pytest.raises(ValueError, match=r"write"):
        spans_of(written)


def test_the_plan_says_hours_shards_and_main_streams(tmp_path):
    copy = tmp_path / "lab"
    shutil.copytree("inventory/lab", copy, ignore=shutil.ignore_patterns("state", "secrets"))
    province = (copy / "province.yml").read_text()
    province = province.replace("    footage_gb: 20\n", "    footage_gb: 20\n    shards: [/srv/one, /srv/two]\n")
    province += "  recording_hours: {standard: Mon-Fri 07:00-17:30}\n  minimum_days: 10\n  reserve: {on_demand_kbps: 500}\n"
    (copy / "province.yml").write_text(province)
    sites = (copy / "sites/lang-giang.yml").read_text()
    main = "streams: {main: {codecs: [h264], width: 1280, height: 720, fps: 25, bitrate_kbps: 500}, sub: {codecs: [h264, h265], width: 1920, height: 1080, fps: 25}}"
    (copy / "sites/lang-giang.yml").write_text(
        sites.replace("name: Quầy một cửa, zone: counter", f"name: Quầy một cửa, zone: counter, {main}")
    )
    loaded = load(copy / "province.yml")
    recorder = next(host for host in desired(loaded, plan(loaded)) if host.role == "hub").desired["recorder"]
    json.dumps(recorder)
    settings = recorder["settings"]
    assert (settings["shards"], settings["minimum_days"], settings["timezone"]) == (SHARDS, 10, "Asia/Ho_Chi_Minh")
    assert {row["shard"] for row in settings["cameras"].values()} == set(SHARDS)
    assert settings["cameras"]["tan-dinh-cam1"]["hours"][0] == [0, "07:00", "17:30"]
    assert "secret" not in json.dumps(settings)
    assert not any(one["main_path"] for one in recorder["cameras"] if settings["cameras"][one["camera"]]["main_kbps"] == 0)
    assert (
        [row["camera"] for row in recorder["on_demand"]]
        == ["xuong-lam-cam1"]
        == [name for name, row in settings["cameras"].items() if row["main_kbps"]]
    )


def test_the_role_installs_all_of_the_package():
    tasks = Path(ROLE / "tasks/programs.yml").read_text()
    for file in sorted((FILES / "footage").glob("*.py")):
        assert f"src: footage/{file.name}, dest: /usr/local/lib/motcua/footage/{file.name}" in tasks
    for file in FILES.glob("motcua-*"):
        assert f"src: {file.name}," in tasks, file.name
