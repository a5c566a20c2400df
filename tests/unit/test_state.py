"""motcua-state as a whole, on loopback: what it writes for the gate, for Prometheus and into its history."""

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import time

import pytest

from .watching import camera, line, program, settings, site

from footage.index import open_index  # isort: skip
from footage.segment import Segment  # isort: skip
from state import looking, metrics, pings  # isort: skip
from state.history import History  # isort: skip
from state.judging import Seen  # isort: skip

NOBODY = "255.255.255.255"  # to which no ordinary packet may be sent
STATE = program("motcua-state")
raw = pytest.mark.skipif(os.geteuid() != 0, reason="an echo is sent over a raw socket, which only root may open")


@raw
def test_who_answers_an_echo():
    assert pings.answering(["127.0.0.2", "127.0.0.3", NOBODY], 0.5) == {"127.0.0.2", "127.0.0.3"}


def test_a_device_that_refuses_is_there():
    with socket.create_server(("127.0.0.1", 0)) as listens, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        places = [listens.getsockname(), closed.getsockname(), (NOBODY, 554)]
        assert pings.connecting(places, 1) == dict(zip(places, (True, True, False), strict=True))


def test_a_device_that_says_nothing_costs_no_more_than_its_time():
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for one in (first, second):  # the queue of those that wait is full: whoever comes now gets no answer
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        begun = time.monotonic()
        assert pings.connecting([full.getsockname()], 0.3) == {full.getsockname(): False}
        assert time.monotonic() - begun < 2


def test_bytes_of_a_tunnel_as_the_site_sees_them(tmp_path):
    folder = tmp_path / "x1s0/statistics"
    folder.mkdir(parents=True)
    (folder / "rx_bytes").write_text("700\n")
    (folder / "tx_bytes").write_text("70\n")
    lines = {"ftth": line(1), "tslcd": line(1, kind="tslcd", tunnel_kind="ipsec", interface="x1s0")}
    said = {
        "allowed-ips": "wg0\tKEY1=\t10.96.0.1/32 10.64.1.0/24\nwg0\tKEY2=\t10.96.0.9/32\n",
        "transfer": "wg0\tKEY1=\t9000\t400\nwg0\tKEY2=\t1\t2\n",
    }
    found = looking.tunnel_bytes(settings({"s1": site(1, lines)}, {}), lambda *command: said[command[-1]], tmp_path)
    assert found == {("s1", "ftth", "up"): 9000, ("s1", "ftth", "down"): 400, ("s1", "tslcd", "up"): 700, ("s1", "tslcd", "down"): 70}


def test_what_systemd_and_chrony_say():
    text = "Id=motcua-record@s1-cam1.service\nActiveState=active\nNRestarts=3\n\nId=motcua-record@s1-cam2.service\nActiveState=failed\nNRestarts=0\n"
    assert looking.recorders(text) == {"s1-cam1": {"active": True, "restarts": 3}, "s1-cam2": {"active": False, "restarts": 0}}
    tracking = "CB00717B,203.0.113.123,9,1795608000.1,{},0.0,0.0,1.0,0.0,0.0,0.0,0.0,16.0,{}\n"
    assert looking.clock_offset_s(tracking.format("-0.000250", "Normal")) == 0.00025
    assert looking.clock_offset_s(tracking.format("0.0", "Not synchronised")) is None


class Centre:
    """A storage centre in a folder: two sites of one camera each, one of which can't be reached."""

    def __init__(self, folder):
        self.folder, self.now_s = folder, time.time()
        for name in ("live", "run", "shard"):
            (folder / name).mkdir()
        sites = {"s1": site(1, {"ftth": line(1, tunnel="127.0.0.2")}, router="127.0.0.2")}
        sites |= {"s2": site(2, {"ftth": line(2, "Viettel", tunnel=NOBODY)}, router=NOBODY)}
        cameras = {name: camera(name[:2], 1) for name in ("s1-cam1", "s2-cam1")}
        self.settings = settings(sites, cameras, str(folder), centre_lines={"ftth": []})
        recorder = {
            "shards": [str(folder / "shard")],
            "segment_seconds": 60,
            "live_root": str(folder / "live"),
            "timezone": "Asia/Ho_Chi_Minh",
        }
        recorder["cameras"] = {name: {"shard": str(folder / "shard"), "retention_days": 30, "hours": None} for name in cameras}
        (folder / "recorder.json").write_text(json.dumps(recorder))
        with open_index(folder / "shard") as index:
            index.add(Segment("s1-cam1", self.now_s - 70, self.now_s - 10, 5, "00" * 32, "live"))
        self.live("s1-cam1")
        self.watch = self.again()

    def live(self, name, age_s=0):
        (self.folder / "live" / name).mkdir(exist_ok=True)
        playlist = self.folder / "live" / name / "index.m3u8"
        playlist.touch()
        os.utime(playlist, (self.now_s - age_s,) * 2)

    def again(self):
        return STATE.Watch(self.settings, looking.Looker(self.settings, self.folder / "recorder.json"))

    def rounds(self, *seconds):
        for second in seconds:
            self.watch.round(self.now_s + second)
        return json.loads((self.folder / "run/state.json").read_text())

    def metrics(self):
        return (self.folder / "run/motcua.prom").read_text()


@pytest.fixture
def centre(tmp_path, monkeypatch):
    monkeypatch.setattr(pings, "answering", None)
    monkeypatch.setattr(looking, "answering", lambda wanted, _: {one for one in wanted if one.startswith("127.")})
    said = {
        "systemctl": "Id=motcua-record@s1-cam1.service\nActiveState=active\nNRestarts=2\n",
        "wg allowed-ips": "wg0\tKEY=\t127.0.0.2/32\n",
        "wg transfer": "wg0\tKEY=\t1000\t200\n",
        "chronyc": "A,b,2,1.0,0.004,0,0,0,0,0,0,0,1,Normal\n",
    }
    monkeypatch.setattr(looking, "run", lambda *command: said[f"wg {command[-1]}" if command[0] == "wg" else command[0]])
    monkeypatch.setattr(looking.tunnel_bytes, "__defaults__", (looking.run, *looking.tunnel_bytes.__defaults__[1:]))
    return Centre(tmp_path)


def test_nothing_is_said_before_a_silence_can_be_told_from_a_lost_packet(centre):
    centre.watch.round(centre.now_s)
    assert not (centre.folder / "run/state.json").exists()


def test_the_state_as_the_gate_reads_it(centre):
    state = centre.rounds(0, 9)
    assert set(state) == {"written", "centre", "sites", "cameras", "trouble"}
    assert state["trouble"] == []
    here, gone = state["cameras"]["s1-cam1"], state["cameras"]["s2-cam1"]
    assert (here["site"], here["state"], here["cause"], here["recording"]) == ("s1", "live", None, True)
    assert (gone["state"], gone["cause"], gone["recording"], gone["last_segment"]) == ("off", "line_or_power", False, None)
    assert (state["sites"]["s2"]["state"], state["sites"]["s2"]["lines"]["ftth"]["provider"]) == ("down", "Viettel")
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(centre.now_s + 9))
    assert (state["written"], gone["since"], gone["words"]["vi"]) == (stamp, stamp, state["sites"]["s2"]["words"]["vi"])
    assert here["last_segment"] == time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(centre.now_s - 10))


def test_a_live_picture_that_gets_old_is_stale_and_then_off(centre):
    centre.watch.round(centre.now_s)
    states = [centre.rounds(second)["cameras"]["s1-cam1"]["state"] for second in (9, 15, 25)]
    assert states == ["live", "stale", "off"]


def test_the_metrics_are_prometheuss(centre):
    centre.rounds(0, 9)
    text = centre.metrics()
    for sample in (
        'motcua_camera_live{site="s1",camera="s1-cam1",camera_name="Quầy 1",zone="counter"} 1',
        'motcua_camera_live{site="s2",camera="s2-cam1",camera_name="Quầy 1",zone="counter"} 0',
        'motcua_tunnel_up{site="s2",line="ftth",provider="Viettel",kind="ftth"} 0',
        'motcua_cause{of="site",site="s2",cause="line_or_power"} 1',
        'motcua_site_info{site="s1",site_name="Xã số 1",unit="Đơn vị 1"} 1',
        'motcua_line_bytes_total{site="s1",line="ftth",provider="VNPT",kind="ftth",direction="up"} 1000',
        'motcua_line_limit_bytes_per_second{site="s1",line="ftth",provider="VNPT",kind="ftth",direction="up"} 500000.0',
        'motcua_recorder_restarts_total{site="s1",camera="s1-cam1"} 2',
        "motcua_clock_offset_seconds 0.004",
    ):
        assert sample in text.splitlines()
    assert f'motcua_shard_held_seconds{{shard="{centre.folder}/shard"}}' in text
    assert "motcua_trouble" not in text


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool judges metrics; scripts/setup --dev installs prometheus")
def test_promtool_accepts_the_metrics(centre):
    centre.settings["sites"]["s1"]["name"] = 'Xã "Mới"\\ số\n1'
    centre.rounds(0, 9)
    judged = subprocess.run(["promtool", "check", "metrics"], input=centre.metrics(), capture_output=True, text=True, check=False)
    assert (judged.returncode, judged.stdout + judged.stderr) == (0, "")


def test_every_metric_has_its_words(centre):
    centre.rounds(0, 9)
    named = {row.split("{")[0].split(" ")[0] for row in centre.metrics().splitlines() if not row.startswith("#")}
    assert named <= set(metrics.HELP)


def test_what_couldnt_be_looked_at_is_said_and_isnt_fine(centre):
    shutil.rmtree(centre.folder / "live")
    (centre.folder / "shard/index.db").unlink()
    state = centre.rounds(0, 9)
    row = state["cameras"]["s1-cam1"]
    assert (row["state"], row["cause"], row["recording"]) == ("unknown", "unknown", None)
    assert any("live" in one for one in state["trouble"]) and any("index" in one for one in state["trouble"])
    assert "motcua_camera_live" not in centre.metrics() and "motcua_trouble" in centre.metrics()


def test_since_when_and_what_changed_outlive_a_restart(centre):
    since = centre.rounds(0, 9)["cameras"]["s2-cam1"]["since"]
    centre.watch = centre.again()
    assert centre.rounds(3600, 3609)["cameras"]["s2-cam1"]["since"] == since
    history = History(centre.settings["history"], readonly=True)
    assert history.watched(centre.now_s, centre.now_s + 9000) == [
        (centre.now_s + 9, centre.now_s + 9),
        (centre.now_s + 3609, centre.now_s + 3609),
    ]
    assert history.spans("camera", "s2-cam1", ("off",), 0, centre.now_s + 100) == [(centre.now_s + 9, centre.now_s + 100)]
    with sqlite3.connect(centre.settings["history"]) as file:
        assert file.execute("SELECT count(*) FROM change WHERE id = 's2-cam1'").fetchall() == [(1,)]


def test_a_history_that_cant_be_written_hides_no_state(centre, monkeypatch):
    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(History, "write", full)
    state = centre.rounds(0, 9)
    assert state["cameras"]["s1-cam1"]["state"] == "live" and state["trouble"] == ["history: database or disk is full"]
    monkeypatch.undo()
    centre.watch._looker.look = lambda now_s: Seen(now_s, "2026-11-25", set(), {}, {}, {}, {})
    centre.rounds(14)
    assert [row[:3] for row in History(centre.settings["history"]).known() if row[1] == "s2-cam1"] == [("camera", "s2-cam1", "unknown")]
    with sqlite3.connect(centre.settings["history"]) as file:
        assert file.execute("SELECT state FROM change WHERE id = 's2-cam1' ORDER BY at_s").fetchall() == [("off",), ("unknown",)]


def test_settings_that_cant_be_used_end_in_one_sentence(tmp_path):
    (tmp_path / "state.json").write_text('{"hub": "centre"}')
    command = ["python3", "roles/state/files/motcua-state", str(tmp_path / "state.json")]
    folders = "roles/state/files:roles/recorder/files"
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": folders})
    assert ended.returncode == 1
    assert ended.stderr.startswith("motcua-state: ") and "roll out the centre again" in ended.stderr and ended.stderr.count("\n") == 1
