"""From a gap in the centre's footage to a whole day: real recorders' answers, real pictures, which say themselves when they were filmed."""

import hashlib
import itertools
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.emulators.clips import Spec, frames
from tests.unit.backfilling import CAMERA, FILES, ZONE, Centre, a_while_ago, decoded, times
from tests.unit.wire import CLIPS, FACTORY, emulated

assert FILES

from backfill.errors import Undecodable  # noqa: E402  found through sys.path, which is set above
from backfill.pieces import Piece  # noqa: E402  found through sys.path, which is set above
from backfill.shelf import Shelf, decodes  # noqa: E402  found through sys.path, which is set above
from backfill.web import public_key  # noqa: E402  found through sys.path, which is set above
from footage import settings as recorders  # noqa: E402  found through sys.path, which is set above
from footage.enter import enter  # noqa: E402  found through sys.path, which is set above
from footage.index import open_index  # noqa: E402  found through sys.path, which is set above
from footage.library import Library  # noqa: E402  found through sys.path, which is set above

SMALL = {"bitrate_kbps": "256", "width": "640", "height": "360"}
TABLES = {f"Encode[0].MainFormat[0].Video.{name}": value for name, value in (("Width", "640"), ("Height", "360"), ("BitRate", "256"))}
CHANNEL = {"number": 1, "address": "127.0.0.9", "user": "admin", "password": "x", "name": "Camera 01", "private": False}
DEVICES = {
    "hikvision": ("hikvision-nvr", {}),
    "hikvision in h265": ("hikvision-nvr", {"codec": "H.265"}),
    "dahua": ("dahua-nvr", {}),
    "onvif": ("onvif-camera", {}),
}


def running(kind, folder, knobs, **changes):
    """An emulated device that keeps footage, plays it 30 times as fast as it was filmed, and calls itself by an inner address."""
    frames(Spec(knobs.get("codec", "H.264"), 640, 360, 20.0, 256, 40), CLIPS)  # encoded before anybody waits for it
    small = {} if kind == "dahua-nvr" else {**SMALL, "cap_kbps": "256"} if kind == "hikvision-nvr" else SMALL
    changes = {
        "channels": [CHANNEL],
        "oldest_footage": "2026-01-01",
        "clock_offset_s": 0,
        "playback_speed": 30.0,
        "inside": "192.168.1.64",
    } | changes
    context = emulated(kind, folder, zone="CST-7:00:00", tables={"NTP.TimeZone": "12", **TABLES}, **changes)
    return context, {**knobs, **small}


@pytest.fixture(scope="module", params=list(DEVICES))
def device(request, tmp_path_factory):
    kind, knobs = DEVICES[request.param]
    folder = tmp_path_factory.mktemp("device")
    context, knobs = running(kind, folder, knobs)
    with context as found:
        for key, value in knobs.items():
            found.hand("set", f"streams.main.{key}", value)
        found.way = request.param.split()[0]
        yield found


def centre(folder, device, **changes):
    der = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", device.ports["https"])))
    pin = {"tls": "spki-sha256:" + hashlib.sha256(public_key(der)).hexdigest()}
    row = {"way": device.way, "host": "127.0.0.1", "scheme": "https", "port": device.ports["https"], "rtsp_port": device.ports["rtsp"]}
    row |= {"line": "a/ftth", "share_kbps": 100_000, "window": "20:00-06:00"} | changes
    login = {"user": FACTORY[0], "password": FACTORY[1], "pin": pin}
    return Centre(folder, row, login, {CAMERA: {"device": "a-nvr1", "channel": 1, "oldest_days": 30, "bitrate_kbps": 256}})


def gap(centre, from_s, until_s):
    """Footage that was recorded up to now, but for a gap; the gap's begin and end."""
    begin = a_while_ago()
    centre.recorded((begin - 300, begin + from_s), (begin + until_s, time.time()))
    return begin + from_s, begin + until_s


def test_a_gap_is_filled_with_exactly_its_seconds_and_the_day_is_whole(device, tmp_path):
    device.hand("footage", value=[])
    here = centre(tmp_path, device)
    from_s, until_s = gap(here, 12.5, 81.2)
    results, said = here.night()
    assert (said, round(results[CAMERA].filled_s)) == ([], 70)
    pieces = here.pieces()
    assert 2 <= len(pieces) <= 3, "on the clock"
    filmed = []
    for path, row in zip(pieces, here.provenance(), strict=True):
        shown = times(path)
        assert decoded(path) == len(shown)
        assert abs(shown[0] - row["from_s"]) <= 0.1, "a piece begins when its pictures were filmed"
        assert row["until_s"] - row["from_s"] <= 60.1
        assert row["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        filmed += shown
    assert filmed[0] <= from_s + 2, "a device begins with a picture that needs no other"
    assert filmed[-1] >= until_s - 0.2
    assert max(b - a for a, b in itertools.pairwise(filmed)) < 0.2, "no picture is missing between"
    settings = recorders.load(tmp_path / "recorder.json")
    with open_index(here.shard) as index:
        assert enter(index, settings, time.time() + 600) == len(pieces)
    with Library(settings) as library:
        assert library.gaps(CAMERA, from_s - 60, until_s + 60) == []
    assert here.night()[0][CAMERA].missing == []


def test_provenance_says_where_it_came_from_and_no_secret(device, tmp_path):
    device.hand("footage", value=[])
    here = centre(tmp_path, device)
    gap(here, 5, 15)
    here.night()
    (row,) = here.provenance()
    assert (row["device"], row["way"], row["camera"]) == ("a-nvr1", device.way, CAMERA)
    assert row["searched"] and row["fetched"]
    everything = "".join(
        path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file() and path.parent.name != "secrets"
    )
    assert FACTORY[1] not in everything


def test_a_hole_in_the_devices_footage_is_said_and_the_rest_is_brought_in(device, tmp_path):
    here = centre(tmp_path, device)
    from_s, _until_s = gap(here, 0, 60)
    device.hand("footage", value=[[from_s + 20, from_s + 40]])
    results, said = here.night()
    device.hand("footage", value=[])
    filmed = [at_s - from_s for path in here.pieces() for at_s in times(path)]
    assert not [at_s for at_s in filmed if 20 <= at_s < 40]
    assert (min(filmed), max(filmed)) == (pytest.approx(0, abs=2), pytest.approx(60, abs=2))
    assert round(results[CAMERA].filled_s) == pytest.approx(40, abs=4)
    assert device.way == "onvif" or any("has no footage from" in one for one in said)


def test_by_day_nothing_is_asked(device, tmp_path):
    device.hand("footage", value=[])
    now = datetime.now(ZoneInfo(ZONE))
    closed = f"{(now.hour + 2) % 24:02d}:00-{(now.hour + 3) % 24:02d}:00"
    here = centre(tmp_path, device, window=closed)
    gap(here, 0, 30)
    before = device.hand("status")["requests"]
    assert here.night(now=False)[0][CAMERA].filled_s == 0
    assert device.hand("status")["requests"] == before
    here.settle(window=f"{now.hour:02d}:00-{(now.hour + 2) % 24:02d}:00")
    assert here.night(now=False)[0][CAMERA].filled_s == pytest.approx(30, abs=2)


@pytest.fixture
def recorder(tmp_path):
    """A Hikvision recorder that plays as slowly as it was filmed."""
    folder = tmp_path / "device"
    folder.mkdir()
    context, knobs = running("hikvision-nvr", folder, {}, playback_speed=4.0)
    with context as found:
        for key, value in knobs.items():
            found.hand("set", f"streams.main.{key}", value)
        found.way = "hikvision"
        yield found


def program(here, *arguments):
    command = [sys.executable, str(FILES[1] / "motcua-backfill"), *arguments]
    command += ["--settings", str(here.folder / "backfill.json"), "--recorder", str(here.folder / "recorder.json")]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ | {"PYTHONPATH": str(FILES[0])}
    )


def test_a_run_that_is_killed_goes_on_where_it_was_and_a_whole_one_is_done_once(recorder, tmp_path):
    here = centre(tmp_path, recorder)
    from_s, until_s = gap(here, 30, 150)
    listed = program(here, "--list")
    assert listed.communicate(timeout=60)[0].splitlines()[0].startswith(f"{CAMERA} ")
    assert listed.returncode == 1
    killed = program(here, "--now")
    shelf = here.shard / "backfill" / ".incoming" / CAMERA
    end = time.monotonic() + 120
    while not list(shelf.glob("*.ts")) and time.monotonic() < end:
        assert killed.poll() is None, killed.stdout.read()
        time.sleep(0.1)  # a piece is announced by its name in the folder alone
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    kept = {path: path.stat().st_mtime_ns for path in here.pieces()}
    assert kept
    again = program(here, "--now")
    text = again.communicate(timeout=180)[0]
    assert again.returncode == 0, text
    assert {path: path.stat().st_mtime_ns for path in kept} == kept, "what is there isn't fetched again"
    assert not list(shelf.glob("*.part"))
    filmed = [at_s for path in here.pieces() for at_s in times(path)]
    assert (filmed[0], filmed[-1]) == (pytest.approx(from_s, abs=1), pytest.approx(until_s, abs=1))
    assert max(b - a for a, b in itertools.pairwise(filmed)) < 2
    before = recorder.hand("status")["requests"]
    whole = program(here, "--now")
    assert whole.communicate(timeout=60)[0] == ""
    assert (whole.returncode, recorder.hand("status")["requests"]) == (0, before)
    assert json.loads((tmp_path / "state" / "state.json").read_text())["cameras"][CAMERA]["missing_s"] == 0


def test_a_refused_login_is_tried_once_a_night(recorder, tmp_path):
    here = centre(tmp_path, recorder)
    here.login["password"] = "another1234567"
    here.settle()
    gap(here, 0, 30)
    for _ in range(3):
        results, said = here.night()
        assert results[CAMERA].filled_s == 0
        assert "refuse" in said[0]
    assert recorder.hand("status")["most_failed_logins"] == 1
    here.login["password"] = FACTORY[1]
    here.settle()
    os.utime(tmp_path / "secrets" / "a-nvr1.json", (time.time() + 5, time.time() + 5))
    assert here.night()[0][CAMERA].filled_s > 28, "a new login may be tried"


def test_footage_by_a_wrong_clock_isnt_filed(recorder, tmp_path):
    here = centre(tmp_path, recorder)
    here.cameras[CAMERA]["oldest_days"] = 30
    gap(here, 0, 30)
    said = json.loads((tmp_path / "backfill.json").read_text())
    (tmp_path / "backfill.json").write_text(json.dumps(said | {"timezone": "Asia/Tokyo"}))
    results, said = here.night()
    assert results[CAMERA].filled_s == 0
    assert re.search(r"clock is -720[01] s off", said[0])


def test_a_line_without_room_at_night_carries_nothing(recorder, tmp_path):
    here = centre(tmp_path, recorder, share_kbps=0)
    gap(here, 0, 30)
    before = recorder.hand("status")["requests"]
    assert "leaves nothing of its line" in here.night()[1][0]
    assert recorder.hand("status")["requests"] == before


def test_a_device_that_is_off_is_said(recorder, tmp_path):
    here = centre(tmp_path, recorder)
    gap(here, 0, 30)
    recorder.hand("off")
    results, said = here.night()
    assert (results[CAMERA].filled_s, "doesn't answer" in said[0]) == (0, True)


def test_what_doesnt_decode_is_set_aside_and_not_fetched_again(tmp_path):
    shelf = Shelf(tmp_path, CAMERA)
    shelf.begin()
    draft = shelf.drafts / "100.000.part"
    draft.write_bytes(os.urandom(188 * 500))
    with pytest.raises(Undecodable, match=CAMERA):
        shelf.keep(Piece(draft, 100.0, 160.0), {"device": "a-nvr1"})
    assert not list((tmp_path / "backfill" / ".incoming").rglob("*.ts"))
    (aside,) = (tmp_path / "backfill" / ".refused" / CAMERA).glob("*.ts")
    assert shelf.known() == [(100.0, 160.0)]
    aside.unlink()
    assert shelf.known() == []


def test_where_a_piece_came_from_is_forgotten_once_retention_has_taken_it(tmp_path):
    shelf = Shelf(tmp_path, CAMERA)
    shelf.begin()
    names = ("20260101T000000Z", "20260102T000000Z", "20260103T000000Z")
    for name in names:
        (tmp_path / f"backfill/.provenance/{CAMERA}/{name}.json").write_text("{}")
    (tmp_path / f"backfill/.incoming/{CAMERA}/{names[1]}.ts").touch()
    shelf.forget(datetime(2026, 1, 3, tzinfo=UTC).timestamp())
    assert sorted(path.stem for path in tmp_path.glob("backfill/.provenance/*/*.json")) == [*names[1:]]


@pytest.fixture
def filmed(tmp_path):
    """Two seconds of video as a device sends them."""
    path = tmp_path / "filmed.ts"
    made = ("-f", "lavfi", "-i", "testsrc=size=320x180:rate=10:duration=2", "-c:v", "libx264", "-g", "10", "-f", "mpegts", str(path))
    subprocess.run(("ffmpeg", "-nostdin", "-v", "error", *made), check=True)
    return path


def test_what_a_library_says_beside_is_no_complaint(filmed, tmp_path, monkeypatch):
    """libgcrypt prints this where memory can't be locked, as under systemd's restrictions."""
    program = tmp_path / "ffmpeg"
    program.write_text(f'#!/bin/sh\necho "Warning: using insecure memory!" >&2\nexec {shutil.which("ffmpeg")} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert decodes(filmed) == ""


def test_pictures_that_follow_each_other_closely_are_no_complaint(tmp_path):
    """A recorder that was busy for a moment sends one 5 ms after the other, though twelve a second are usual."""
    film = tmp_path / "uneven.ts"
    source = ("-f", "lavfi", "-i", "testsrc=size=160x120:rate=12", "-t", "20", "-vf", "settb=1/90000,setpts='PTS+if(eq(N,200),-7050,0)'")
    encoded = ("-fps_mode", "passthrough", "-enc_time_base", "1:90000", "-c:v", "libx264", "-bf", "0", str(film))
    subprocess.run(("ffmpeg", "-nostdin", "-v", "error", *source, *encoded), check=True)
    assert decodes(film) == ""


def test_a_damaged_picture_is_a_complaint_though_the_decoder_comes_to_the_end(filmed):
    content = bytearray(filmed.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = os.urandom(3000)
    filmed.write_bytes(content)
    assert "[error]" in decodes(filmed)
