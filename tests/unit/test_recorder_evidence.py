"""What motcua-footage answers, and what leaves as evidence: whole, signed, written down."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from tests.unit.footage import FILES, ffmpeg, save, sha256, written  # isort: skip  it says where the package is

from footage.enter import enter
from footage.index import open_index
from footage.settings import load

BEGIN = datetime(2026, 11, 26, 1, 0, tzinfo=UTC).timestamp()  # 08:00 in Việt Nam


class Centre:
    """Two shards, a camera that was moved from one to the other, and a gap."""

    def __init__(self, folder):
        self.folder, self.shards = folder, [folder / "one", folder / "two"]
        for shard in self.shards:
            shard.mkdir()
            (shard / ".motcua-shard").touch()
        cameras = {"a-cam1": {"shard": str(self.shards[1]), "retention_days": 30, "hours": None}}
        cameras["b-cam1"] = {"shard": str(self.shards[1]), "retention_days": 30, "hours": [[3, "07:00", "08:01"]]}
        self.settings = load(
            save(folder / "recorder.json", written(self.shards[0], shards=[str(one) for one in self.shards], cameras=cameras))
        )
        (folder / "clip").mkdir()
        source = [
            "-f",
            "lavfi",
            "-i",
            "testsrc=size=64x64:rate=5",
            "-t",
            60,
            "-g",
            "10",
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-f",
            "mpegts",
        ]
        ffmpeg(*source, folder / "clip/minute.ts")
        self.minute = (folder / "clip/minute.ts").read_bytes()
        for number, minute in ((0, 0), (0, 1), (1, 2), (1, 5)):
            self.piece(self.shards[number], minute)
        self.piece(self.shards[0], 1, "backfill/.incoming")  # what is there live isn't taken twice
        self.piece(self.shards[1], 3, "backfill/.incoming")
        for shard in self.shards:
            with open_index(shard) as index:
                enter(index, self.settings, BEGIN + 86400)
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", folder / "evidence.key"], check=True, capture_output=True)
        subprocess.run(["openssl", "pkey", "-in", folder / "evidence.key", "-pubout", "-out", folder / "public.pem"], check=True)

    def piece(self, shard, minute, base=".incoming"):
        path = shard / base / "a-cam1" / f"{datetime.fromtimestamp(BEGIN + minute * 60, UTC):%Y%m%dT%H%M%SZ}.ts"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.minute)
        os.utime(path, (BEGIN + minute * 60 + 60,) * 2)

    def ask(self, *words):
        environment = os.environ | {
            name: str(self.folder / at) for name, at in (("MOTCUA_ETC", ""), ("MOTCUA_STATE", "state"), ("MOTCUA_LOG", "log"))
        }
        return subprocess.run(
            [sys.executable, FILES / "motcua-footage", *words], env=environment, capture_output=True, text=True, check=False
        )

    def said(self, *words):
        done = self.ask(*words)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def log(self):
        return [json.loads(line) for line in (self.folder / "log/evidence.log").read_text().splitlines()]


@pytest.fixture(scope="module")
def centre(tmp_path_factory):
    return Centre(tmp_path_factory.mktemp("centre"))


HOUR = ("a-cam1", "2026-11-26 08:00", "2026-11-26 08:06")


@pytest.mark.parametrize("times", [("2026-11-26 08:00", "2026-11-26 08:06"), ("2026-11-26T01:00:00Z", "2026-11-26T08:06:00+07:00")])
def test_footage_of_all_shards_is_listed_and_what_is_missing(centre, times):
    assert centre.said("list", "a-cam1", *times)["spans"] == [
        {"from": "2026-11-26T01:00:00Z", "until": "2026-11-26T01:03:00Z", "source": "live"},
        {"from": "2026-11-26T01:01:00Z", "until": "2026-11-26T01:02:00Z", "source": "backfill"},
        {"from": "2026-11-26T01:03:00Z", "until": "2026-11-26T01:04:00Z", "source": "backfill"},
        {"from": "2026-11-26T01:05:00Z", "until": "2026-11-26T01:06:00Z", "source": "live"},
    ]
    assert centre.said("gaps", "a-cam1", *times)["gaps"] == [{"from": "2026-11-26T01:04:00Z", "until": "2026-11-26T01:05:00Z"}]


def test_outside_the_hours_nothing_is_missing(centre):
    assert centre.said("gaps", "b-cam1", *HOUR[1:])["gaps"] == [{"from": "2026-11-26T01:00:00Z", "until": "2026-11-26T01:01:00Z"}]


def test_an_export_is_one_video_with_a_manifest_that_is_signed_and_a_line_in_the_log(centre):
    made = centre.said("export", *HOUR, "--who", "Công an tỉnh", "--reason", "CV 12/2026")
    folder = centre.folder / "state/exports" / made["folder"].rsplit("/", 1)[-1]
    manifest = json.loads((folder / "manifest.json").read_text())
    video = folder / manifest["video"]
    assert sorted(made["files"]) == sorted([video.name, "manifest.json", "manifest.sig"])
    assert manifest["video_sha256"] == made["video_sha256"] == sha256(video.read_bytes())
    assert [(row["source"], row["sha256"], row["as_entered"]) for row in manifest["segments"]] == [
        (source, sha256(centre.minute), True) for source in ("live", "live", "live", "backfill", "live")
    ]
    assert manifest["gaps"] == [{"from": "2026-11-26T01:04:00Z", "until": "2026-11-26T01:05:00Z"}]
    proof = [
        "openssl",
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        centre.folder / "public.pem",
        "-rawin",
        "-sigfile",
        folder / "manifest.sig",
        "-in",
    ]
    assert subprocess.run([*proof, folder / "manifest.json"], capture_output=True, check=False).returncode == 0
    (folder / "forged.json").write_text((folder / "manifest.json").read_text().replace("Công an tỉnh", "Công an xã"))
    assert subprocess.run([*proof, folder / "forged.json"], capture_output=True, check=False).returncode != 0
    shown = ["ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=codec_type,nb_read_packets", "-of", "csv=p=0", video]
    assert subprocess.run(shown, capture_output=True, text=True, check=True).stdout.split() == ["video,1500"]
    last = centre.log()[-1]
    assert (last["verb"], last["who"], last["reason"], last["video_sha256"]) == (
        "export",
        "Công an tỉnh",
        "CV 12/2026",
        made["video_sha256"],
    )
    assert last["login"]


def test_a_piece_that_was_changed_since_is_said_in_the_manifest(tmp_path):
    centre = Centre(tmp_path)
    piece = centre.shards[0] / "a-cam1/20261126T010000Z.ts"
    piece.write_bytes(piece.read_bytes()[: -188 * 20])
    made = centre.said("export", *HOUR, "--who", "x", "--reason", "y")
    manifest = json.loads((centre.folder / "state/exports" / made["folder"].rsplit("/", 1)[-1] / "manifest.json").read_text())
    assert [row["as_entered"] for row in manifest["segments"]] == [False, True, True, True, True]


def test_holds_stand_on_every_shard_until_they_are_released_and_all_of_it_is_written_down(centre):
    centre.said("hold", *HOUR, "--who", "Tòa án", "--reason", "vụ 7")
    for shard in centre.shards:
        with open_index(shard, readonly=True) as index:
            assert index.held("a-cam1", BEGIN + 60, BEGIN + 61)
    assert centre.said("list", *HOUR)["held"] == [
        {"from": "2026-11-26T01:00:00Z", "until": "2026-11-26T01:06:00Z", "reason": "vụ 7", "who": "Tòa án"}
    ]
    centre.said("release", *HOUR, "--who", "Tòa án", "--reason", "xong")
    assert centre.said("list", *HOUR)["held"] == []
    assert [row["verb"] for row in centre.log()][-2:] == ["hold", "release"]
    lines = (centre.folder / "log/evidence.log").read_bytes().splitlines(keepends=True)
    before = [b"", *lines][: len(lines)]
    assert [json.loads(line)["before"] for line in lines] == [sha256(line) for line in before], "no line can be taken out unseen"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("list", "a-cam1", "yesterday", "2026-11-26 08:00"), "'yesterday' is no time; write '2026-11-26 08:00'"),
        (("list", "a-cam1", "2026-11-26 09:00", "2026-11-26 08:00"), "ends before it begins"),
        (("gaps", "c-cam9", *HOUR[1:]), "c-cam9: no such camera is or was recorded here"),
        (("export", "a-cam1", "2025-01-01 08:00", "2025-01-01 09:00", "--reason", "x"), "there is no footage from 2025-01-01T01:00:00Z"),
        (("release", "a-cam1", "2025-01-01 08:00", "2025-01-01 09:00", "--reason", "x"), "no hold lies wholly within that time"),
    ],
)
def test_what_cant_be_done_is_one_sentence(centre, words, said):
    done = centre.ask(*words)
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr == f"motcua-footage: {json.loads(done.stdout)['error']}\n", "for a person as for the controller"
    assert len(done.stderr.splitlines()) == 1


def test_a_shard_that_isnt_there_is_said_and_nothing_is_held(tmp_path):
    centre = Centre(tmp_path)
    (centre.shards[1] / ".motcua-shard").unlink()
    assert list(centre.said("list", *HOUR)["shards_not_read"]) == [str(centre.shards[1])]
    done = centre.ask("hold", *HOUR, "--reason", "x")
    assert done.returncode == 1
    assert "isn't mounted, and footage on it can't be held or released" in done.stderr
