"""The indicators: by unit and day, of what was watched, and nothing that nobody saw."""

import csv
import io
import json
import os
import sqlite3
import subprocess
from datetime import UTC, date, datetime

import pytest
import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from typer.testing import CliRunner

import cli.indicators

from .watching import camera, settings, site

from footage.index import open_index  # isort: skip
from footage.segment import Segment  # isort: skip
from state.history import History  # isort: skip
from state.indicators import COLUMNS, overlap  # isort: skip

HOUR = 3600
DAY_ONE = datetime(2025, 6, 29, 17, tzinfo=UTC).timestamp()  # midnight of 30 June in Viet Nam
UNITS = [
    {"code": "217", "name": "Huyện Cũ", "from": "2023-09-01", "until": "2025-06-30"},
    {"code": "07375", "name": "Xã Mới", "from": "2025-07-01", "until": None},
]


class Centre:
    """One site with a camera at its counter, watched for two days."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "shard").mkdir()
        self.settings = settings({"s1": site(1, units=UNITS)}, {"s1-cam1": camera("s1", 1)}, str(folder))
        recorder = {"shards": [str(folder / "shard")], "segment_seconds": 60, "live_root": str(folder), "timezone": "Asia/Ho_Chi_Minh"}
        recorder["cameras"] = {"s1-cam1": {"shard": str(folder / "shard"), "retention_days": 30, "hours": None}}
        (folder / "recorder.json").write_text(json.dumps(recorder))
        self.index = open_index(folder / "shard")
        self.history = History(self.settings["history"])
        self.change("site", "s1", "up", 0)
        self.change("camera", "s1-cam1", "live", 0)
        self.watch(0, 48)

    def change(self, kind, name, state, hours):
        at_s = DAY_ONE + hours * HOUR
        with sqlite3.connect(self.settings["history"]) as file:
            file.execute("INSERT INTO change VALUES (?, ?, NULL, ?, ?, NULL, ?)", (kind, name, state, at_s, at_s))

    def watch(self, from_hours, until_hours):
        with sqlite3.connect(self.settings["history"]) as file:
            file.execute("DELETE FROM watch")
            file.execute("INSERT INTO watch VALUES (?, ?)", (DAY_ONE + from_hours * HOUR, DAY_ONE + until_hours * HOUR))

    def footage(self, from_hours, until_hours, name="s1-cam1"):
        minutes = range(round(from_hours * 60), round(until_hours * 60))
        self.index.add(*(Segment(name, DAY_ONE + 60 * at, DAY_ONE + 60 * (at + 1), 1, "00" * 32, "live") for at in minutes))

    def ask(self, *arguments):
        (self.folder / "state.json").write_text(json.dumps(self.settings))
        command = ["python3", "roles/state/files/motcua-indicators", "--settings", str(self.folder / "state.json")]
        command += ["--recorder", str(self.folder / "recorder.json"), *arguments]
        return subprocess.run(
            command, capture_output=True, check=False, env={**os.environ, "PYTHONPATH": "roles/state/files:roles/recorder/files"}
        )

    def rows(self, first="2025-06-30", last="2025-07-01"):
        asked = self.ask("--from", first, "--to", last, "--json")
        assert asked.returncode == 0, asked.stderr.decode()
        return json.loads(asked.stdout)["rows"]


@pytest.fixture
def centre(tmp_path):
    return Centre(tmp_path)


def test_each_day_counts_for_the_unit_that_the_site_served_on_it(centre):
    centre.change("site", "s1", "down", 18)
    centre.change("site", "s1", "up", 24)
    old, new = centre.rows()
    assert (old["unit_code"], old["from"], old["to"], old["site_up_percent"]) == ("217", "2025-06-30", "2025-06-30", 75.0)
    assert (new["unit_code"], new["unit_name"], new["from"], new["site_up_percent"]) == ("07375", "Xã Mới", "2025-07-01", 100.0)


def test_what_nobody_watched_is_neither_up_nor_down(centre):
    centre.change("site", "s1", "down", 12)
    centre.watch(0, 16)
    old, new = centre.rows()
    assert (old["known_percent"], old["site_up_percent"]) == (66.67, 75.0)
    assert (new["known_percent"], new["site_up_percent"], new["cameras_live_percent"]) == (0.0, None, None)


def test_what_couldnt_be_told_is_neither_up_nor_down(centre):
    centre.change("camera", "s1-cam1", "unknown", 6)
    centre.change("camera", "s1-cam1", "off", 12)
    assert centre.rows()[0]["cameras_live_percent"] == 33.33


def test_a_zone_is_covered_while_any_of_its_cameras_lives(centre):
    centre.settings["cameras"]["s1-cam2"] = camera("s1", 2)
    centre.change("camera", "s1-cam2", "live", 0)
    centre.change("camera", "s1-cam1", "off", 6)
    centre.change("camera", "s1-cam1", "live", 18)
    centre.change("camera", "s1-cam2", "off", 12)
    row = centre.rows()[0]
    assert (row["counter_covered_percent"], row["cameras_live_percent"]) == (75.0, 50.0)
    assert (row["entrance_covered_percent"], row["storage_covered_percent"]) == (0.0, None), "one must be watched and isn't, one needn't be"


def test_what_is_recorded_of_what_should_be(centre):
    centre.footage(0, 6)
    recorder = json.loads((centre.folder / "recorder.json").read_text())
    assert centre.rows()[0]["recorded_percent"] == 25.0
    recorder["cameras"]["s1-cam1"]["hours"] = [[0, "00:00", "08:00"]]  # 30 June 2025 is a Monday
    (centre.folder / "recorder.json").write_text(json.dumps(recorder))
    assert centre.rows()[0]["recorded_percent"] == 75.0


def test_hours_that_were_watched_live_and_played_back(centre):
    with sqlite3.connect(centre.settings["gate"]) as log:
        log.execute("CREATE TABLE viewing (account, viewer, camera, kind, from_s, until_s)")
        for name, what, from_hours, until_hours in (
            ("s1-cam1", "live", 23, 26),
            ("s1-cam1", "live", 1, 1.5),
            ("s1-cam1", "playback", 2, 4),
            ("other-cam1", "live", 0, 9),
        ):
            log.execute(
                "INSERT INTO viewing VALUES ('an', 'x', ?, ?, ?, ?)",
                (name, what, DAY_ONE + from_hours * HOUR, DAY_ONE + until_hours * HOUR),
            )
        machine = ("", "x", "s1-cam1", "live", DAY_ONE, DAY_ONE + 9 * HOUR)
        log.execute("INSERT INTO viewing VALUES (?, ?, ?, ?, ?, ?)", machine)
    old, new = centre.rows()
    assert (old["live_watched_hours"], old["playback_watched_hours"], new["live_watched_hours"]) == (1.5, 2.0, 2.0)


def test_an_index_or_a_log_that_cant_be_read_leaves_a_blank_and_says_so(centre):
    centre.index.close()
    (centre.folder / "shard/index.db").write_bytes(b"no database, surely not one" * 100)
    asked = centre.ask("--from", "2025-06-30", "--to", "2025-07-01")
    old, _ = csv.DictReader(io.StringIO(asked.stdout.decode("utf-8-sig")))
    assert (old["recorded_percent"], old["live_watched_hours"], old["site_up_percent"]) == ("", "", "100.0")
    said = asked.stderr.decode()
    untold = json.loads(centre.ask("--from", "2025-06-30", "--to", "2025-07-01", "--json").stdout)["untold"]
    assert said == "".join(f"motcua-indicators: {sentence}\n" for sentence in untold)
    assert f"{centre.folder}/shard" in said and centre.settings["gate"] in said and said.count("\n") == 2


def test_the_table_opens_in_excel_with_its_vietnamese(centre):
    asked = centre.ask("--from", "2025-06-30", "--to", "2025-07-01", "--csv").stdout
    assert asked.startswith(b"\xef\xbb\xbfunit_code,")
    assert asked.decode("utf-8-sig").splitlines()[0] == ",".join(COLUMNS)
    assert "Huyện Cũ" in asked.decode("utf-8-sig")


def test_the_portal_gets_both_kinds_whole(centre):
    asked = centre.ask("--from", "2025-06-30", "--to", "2025-07-01", "--folder", str(centre.folder))
    assert (asked.returncode, asked.stdout) == (0, b"")
    assert json.loads((centre.folder / "indicators.json").read_text())["rows"][0]["unit_code"] == "217"
    assert (centre.folder / "indicators.csv").read_bytes().startswith(b"\xef\xbb\xbfunit_code,")


def test_days_in_the_wrong_order_are_refused(centre):
    asked = centre.ask("--from", "2025-07-01", "--to", "2025-06-30")
    assert asked.returncode == 2 and b"--to 2025-06-30 is before --from 2025-07-01" in asked.stderr


def test_days_that_are_still_to_come_have_no_row(centre):
    assert centre.rows(date(2999, 1, 1).isoformat(), date(2999, 1, 2).isoformat()) == []


@pytest.mark.parametrize(
    ("some", "others", "both"),
    [
        ([], [(0, 9)], []),
        ([(0, 2), (4, 6)], [(1, 5)], [(1, 2), (4, 5)]),
        ([(0, 9)], [(1, 2), (3, 4)], [(1, 2), (3, 4)]),
        ([(0, 1)], [(1, 2)], []),
    ],
)
def test_the_time_that_is_in_both(some, others, both):
    assert overlap(some, others) == overlap(others, some) == both


# --- at the controller -----------------------------------------------------------------------------------------------


ROW = {"unit_code": "217", "unit_name": "Huyện Cũ", "site_up_percent": None}


@pytest.fixture
def controller(monkeypatch):
    """``controller(*arguments)`` -> what `motcua indicators` ends with; ``asked`` is what the centre was asked."""

    def ask(inventory, *words):
        run.asked.append(words)
        return {"untold": ["the log: isn't there"], "rows": [ROW]}

    def run(*arguments):
        app = typer.Typer()
        app.command()(cli.indicators.indicators)
        return CliRunner().invoke(app, ["-i", "province.yml", *arguments])

    run.asked = []
    monkeypatch.setattr(cli.indicators, "ask_centre", ask)
    return run


def test_the_controller_asks_the_centre_and_says_what_couldnt_be_told(controller, tmp_path):
    ended = controller("--from", "2025-06-30", "--to", "2025-07-01", "-o", str(tmp_path / "days.csv"))
    assert ended.exit_code == 0, ended.output
    assert controller.asked == [("motcua-indicators", "--json", "--from", "2025-06-30", "--to", "2025-07-01")]
    assert (tmp_path / "days.csv").read_bytes().decode("utf-8-sig") == "unit_code,unit_name,site_up_percent\r\n217,Huyện Cũ,\r\n"
    assert "Could not be told: the log: isn't there." in ended.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--from", "2025-07-01", "--to", "2025-06-30"), "is before"),
        (("--from", "2025-06-30", "--to", "2025-07-01", "-o", "/nowhere/x.csv"), "can't be written"),
    ],
)
def test_the_controller_says_what_to_do_when_it_cant(controller, arguments, words):
    ended = controller(*arguments)
    assert isinstance(ended.exception, ModelError) and words in str(ended.exception)
