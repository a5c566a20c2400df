"""The operations centre's own programs: when it shows the cameras itself and when no longer, and how one camera is shown."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from ipaddress import IPv4Address

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils import pki
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.authority import Made, text
from tests.unit.standby import ALL, PASSWORD, PATIENCE_S, ROLE, Machine, Portal, config, eventually, rendered, row
from tests.unit.wire import FACTORY, emulated


def loaded(name):
    loader = SourceFileLoader(name.replace("-", "_"), str(ROLE / "files" / name))
    module = module_from_spec(spec_from_loader(loader.name, loader))
    sys.modules[loader.name] = module  # dataclasses look their module up
    loader.exec_module(module)
    return module


STANDBY = loaded("motcua-standby")


# --- the decision ------------------------------------------------------------------------------------------------------


@given(st.lists(st.booleans(), max_size=80), st.integers(1, 5), st.integers(1, 10))
def test_relays_are_wanted_after_so_many_failures_and_until_so_many_seconds_without_one(answers, failures, settle_s):
    watch = STANDBY.Watch()
    for second, answered in enumerate(answers):
        before, watch = watch, STANDBY.step(watch, answered, second, failures, settle_s)
        until_now = answers[: second + 1]
        if watch.relaying and not before.relaying:
            assert until_now[-failures:] == [False] * failures
        elif before.relaying and not watch.relaying:
            assert len(until_now) > settle_s and all(until_now[-settle_s - 1 :])
        elif watch.relaying:
            assert not all(until_now[-settle_s - 1 :]) or len(until_now) <= settle_s
        else:
            assert until_now[-failures:] != [False] * failures


# --- the centre dies --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def identities(tmp_path_factory):
    """The centre's certificate, as the recorder's role makes it, and a stranger's of the same name."""
    folder = tmp_path_factory.mktemp("identities")
    for name in ("centre", "stranger"):
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "825"]
        command += ["-subj", "/CN=centre", "-addext", "subjectAltName=DNS:centre,IP:127.0.0.1"]
        command += ["-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.crt")]
        subprocess.run(command, check=True, capture_output=True)
    return folder


DEATHS = {
    "switched off": (Portal.down, "connection refused"),
    "silent": (Portal.hang, "no answer within 0.1 s"),
    "not the centre": (lambda portal: portal.up("stranger"), "it showed another certificate than the centre's"),
    "another page": (lambda portal: portal.up(page=b"hello\n"), "something else than the portal answers, status 200"),
    "ill": (lambda portal: portal.up(status=502), "something else than the portal answers, status 502"),
}


@pytest.fixture
def portal(identities):
    portal = Portal(identities)
    portal.up()
    yield portal
    portal.down()


@pytest.fixture
def machine(tmp_path, portal, identities):
    machine = Machine(tmp_path, portal, identities)
    yield machine
    machine.off()


@pytest.mark.parametrize("death", DEATHS)
def test_the_centre_dies_and_comes_back(death, machine, portal):
    die, why = DEATHS[death]
    with machine.standby() as journal:
        journal.says(
            r"^The centre centre \(127\.0\.0\.1:\d+\) is asked every 0\.1 s and counts as dead after 3 failures in a row; no relay is wanted\.$"
        )
        portal.answers(5)
        assert (machine.runs(), machine.told()) == ([], [])
        die(portal)
        journal.says(rf"failed 3 times in a row \({why}\), so the relays of 3 cameras start\.$")
        state = machine.state(relaying=True, planned=3, running=3, live=0, last_failure=why)
        assert (machine.runs(), why in state["why"]) == (ALL, True)
        journal.says("^No camera sends anything either")
        portal.up()
        journal.says(r"answers again; the relays go on until it has done so for 1 s\.$")
        assert machine.runs() == ALL
        journal.says(r"has answered for 1 s without a miss, so the relays stop\.$")
        machine.state(relaying=False, planned=3, running=0, last_failure=None)
        assert machine.runs() == []
        portal.answers(3)
        journal.is_silent()
    assert machine.told() == [f"start {' '.join(ALL[:2])}", f"start {ALL[2]}", "stop motcua-relay@*.service"]


def test_a_centre_that_comes_and_goes_doesnt_make_the_relays_come_and_go(machine, portal):
    portal.down()
    with machine.standby() as journal:
        journal.comes_to("relays of 3 cameras start")
        for _ in range(3):
            portal.up()
            journal.comes_to("answers again")
            portal.answers(4)
            portal.down()
            journal.comes_to(r"fails again \(connection refused\); the relays go on\.$")
        assert machine.runs() == ALL
    assert not [told for told in machine.told() if told.startswith("stop")]


def test_fewer_failures_than_are_needed_start_nothing(machine, portal):
    machine.settings |= {"failures": 200}  # in 20 s, longer than this test
    with machine.standby() as journal:
        journal.comes_to("no relay is wanted")
        portal.down()
        machine.shown("state.json", lambda said: said["last_failure"] == "connection refused")
        portal.up()
        portal.answers(3)
        journal.is_silent()
    assert machine.told() == []


def test_a_restart_goes_on_with_the_same_verdict_and_starts_what_fell(machine, portal):
    portal.down()
    with machine.standby() as journal:
        journal.comes_to("relays of 3 cameras start")
        began = machine.state(running=3)
    assert machine.runs() == ALL, "the relays outlive the program"
    (machine.folder / "runs" / ALL[1]).unlink()
    with machine.standby() as journal:
        journal.says(f"relays have been wanted since {began['since']}")
        state = machine.state(running=3)
        assert (state["since"], state["why"]) == (began["since"], began["why"])
        portal.up()
        journal.comes_to("answers again")
        journal.comes_to("so the relays stop")
        machine.state(running=0)


def test_a_camera_that_a_rollout_brings_meanwhile_is_relayed_too_and_one_that_left_ends_with_the_others(machine, portal):
    portal.down()
    with machine.standby() as journal:
        journal.comes_to("relays of 3 cameras start")
        machine.state(running=3)
        (machine.folder / "inputs/c-cam1.ffconcat").write_text("new\n")
        machine.state(planned=4, running=4)
        (machine.folder / "inputs/c-cam1.ffconcat").unlink()
        machine.state(planned=3, running=4)
        portal.up()
        journal.comes_to("so the relays stop")
        machine.state(running=0)
    assert machine.runs() == []


def test_relays_that_run_though_nobody_wanted_them_end_when_the_centre_has_proved_itself(machine, portal):
    """As after a lost state file."""
    (machine.folder / "runs" / ALL[0]).touch()
    with machine.standby() as journal:
        journal.comes_to("relays have been wanted since")
        journal.comes_to("so the relays stop")
        machine.state(running=0)


def test_an_order_that_fails_is_said_once_and_given_again_until_it_is_done(machine, portal):
    portal.down()
    (machine.folder / "broken").touch()
    with machine.standby() as journal:
        journal.comes_to("relays of 3 cameras start")
        machine.shown("state.json", lambda said: said["trouble"] and "journalctl -u motcua-relays@*" in said["trouble"])
        (machine.folder / "broken").unlink()
        machine.state(running=3, trouble=None)
        assert not [line for line in journal.comes_to("No camera sends") if "Traceback" in line]
        (machine.folder / "broken").touch()
        portal.up()
        said = journal.comes_to("so the relays stop")
        machine.shown("state.json", lambda said: said["trouble"] and not said["relaying"])
        assert machine.runs() == ALL
        (machine.folder / "broken").unlink()
        machine.state(running=0, trouble=None)
    assert sum("can't be told to" in line for line in said) <= 1


def test_nobody_behind_the_socket_is_said_too(machine, portal):
    machine.off()
    portal.down()
    with machine.standby() as journal:
        said = journal.comes_to("relays of 3 cameras start")
        state = machine.shown("state.json", lambda said: said["relaying"])
    assert [line for line in said if "The relays can't be told to count" in line]
    assert (state["relays"]["running"], "Connection refused" in state["trouble"]) == (0, True)


@pytest.mark.parametrize(("operstate", "cut"), [("down", True), ("lowerlayerdown", True), ("up", False), ("unknown", False)])
def test_a_machine_without_a_link_says_that_it_may_be_the_one_that_is_cut_off(operstate, cut, machine, portal):
    for name, kind in (("lo", 772), ("wg0", 65534)):  # they have a link whatever happens
        (machine.folder / "net" / name).mkdir()
        (machine.folder / "net" / name / "type").write_text(f"{kind}\n")
        (machine.folder / "net" / name / "operstate").write_text("unknown\n")
    machine.cable(operstate)
    portal.down()
    with machine.standby() as journal:
        *_, said = journal.comes_to("relays of 3 cameras start")
        machine.state(running=3)
    assert ("only this machine that is cut off" in said) is cut


def test_a_wall_finds_what_is_live_and_nothing_else(machine, portal):
    for camera, age_s in (("a-cam1", 0), ("b-cam1", 60)):
        playlist = machine.folder / "live" / camera / "index.m3u8"
        playlist.parent.mkdir()
        playlist.write_text("#EXTM3U\n")
        os.utime(playlist, (time.time() + 100 - age_s * 3,) * 2)
    with machine.standby() as journal:
        journal.comes_to("no relay is wanted")
        assert machine.shown("index.json", dict)["live"] == []
        portal.down()
        journal.comes_to("relays of 3 cameras start")
        index = machine.shown("index.json", lambda said: said["live"])
        expected = {"camera": "a-cam1", "site": "a", "codec": "h264", "width": 1280, "height": 720, "playlist": "/live/a-cam1/index.m3u8"}
        assert (index["relaying"], index["live"]) == (True, [expected])
        machine.state(live=1)


def test_the_certificate_that_a_rollout_renews_is_trusted_without_a_restart(machine, portal, identities, tmp_path):
    pinned = tmp_path / "pinned.crt"
    machine.settings |= {"certificate": str(pinned)}
    with machine.standby() as journal:
        journal.comes_to(rf"failed 3 times in a row \({pinned} can't be used, roll out this machine again\)")
        pinned.write_bytes((identities / "centre.crt").read_bytes())
        journal.comes_to("so the relays stop")


def test_under_an_authority_the_centres_own_name_counts_and_a_cameras_does_not(machine, portal, identities, tmp_path):
    made = Made(tmp_path / "pki", datetime.now(UTC), pki.Named("lab", (pki.Network("127.0.0.0/8"),)))
    key = generate_private_key(65537, 2048)
    for name in ("centre", "a-cam1"):
        (identities / f"signed-{name}.key").write_text(text(key))
        signed = made.issue(key, pki.Wanted(name, "lab", (IPv4Address("127.0.0.1"),), 60), datetime.now(UTC))
        (identities / f"signed-{name}.crt").write_bytes(pki.bundle(signed, made.store.trusted().authorities))
    trusted = tmp_path / "trusted.crt"
    trusted.write_bytes(pki.pem(made.root))
    machine.settings |= {"certificate": str(trusted)}
    portal.up("signed-a-cam1")
    with machine.standby() as journal:
        journal.comes_to(r"failed 3 times in a row \(it showed another certificate than the centre's\)")
        portal.down()
        portal.up("signed-centre")
        journal.comes_to("so the relays stop")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"failures": 9, "check_seconds": 3}, "a dead centre would be noticed after 30 s; choose failures and check_seconds"),
        ({"failures": 1, "check_seconds": 0}, "choose failures and check_seconds"),
        ({"failures": None}, "can't be used"),
    ],
)
def test_settings_that_would_notice_too_late_are_refused_in_one_sentence(changes, said, tmp_path):
    settings = {"failures": 3, "check_seconds": 3} | changes
    (tmp_path / "standby.json").write_text(json.dumps({key: value for key, value in settings.items() if value is not None}))
    ran = subprocess.run(
        [sys.executable, ROLE / "files/motcua-standby", tmp_path / "standby.json"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert said in ran.stderr and ran.stderr.count("\n") == 1


# --- what the standby may do -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "code", "told"),
    [
        ("count", 0, []),
        ("start", 0, [f"start {' '.join(ALL[:2])}"]),
        ("stop", 0, ["stop motcua-relay@*.service"]),
        ("start ssh.service", 2, []),
        ("stop; touch pwned", 2, []),
        ("$(touch pwned)", 2, []),
        ("*", 2, []),
        ("", 2, []),
    ],
)
def test_three_words_are_understood_and_no_name_is_taken(word, code, told, machine):
    ran = machine.relays(f"{word}\n", cwd=machine.folder)
    assert (ran.returncode, machine.told()) == (code, told)
    assert not (machine.folder / "pwned").exists()
    if code == 0:
        assert ran.stdout == f"{len(machine.runs())} 3\n"


def test_a_machine_without_cameras_starts_nothing(machine):
    for path in (machine.folder / "inputs").iterdir():
        path.unlink()
    ran = machine.relays("start\n")
    assert (ran.returncode, ran.stdout, machine.told()) == (0, "0 0\n", [])


# --- one camera ---------------------------------------------------------------------------------------------------------------


class Relay:
    """The program of one camera as its unit starts it; ``ffmpeg`` takes ffmpeg's place."""

    def __init__(self, folder, ffmpeg=None):
        self.folder, self.live = folder, folder / "live"
        self.live.mkdir()
        (folder / "bin").mkdir()
        if ffmpeg:
            (folder / "bin/ffmpeg").write_text(f"#!/bin/sh\ncd {folder}\n{ffmpeg}\n")
            (folder / "bin/ffmpeg").chmod(0o755)
        self.environment = {"INPUTS": str(folder), "RUNTIME_DIRECTORY": str(self.live), "SOON_SECONDS": "0"}
        self.environment |= {"PATH": f"{folder}/bin:{os.environ['PATH']}"}
        self._journal = folder / "journal"

    @property
    def said(self):
        """What stands in the journal until now."""
        return self._journal.read_text()

    def until(self, happened):
        """Let it run until then, and end it as systemd does: all of its processes."""
        command = [ROLE / "files/motcua-relay", "a-cam1"]
        with (
            self._journal.open("w") as journal,
            subprocess.Popen(command, env=self.environment, stderr=journal, start_new_session=True) as process,
        ):
            try:
                return eventually(happened)
            finally:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(timeout=PATIENCE_S)


def test_the_password_stands_neither_in_the_process_list_nor_in_the_journal(tmp_path):
    (tmp_path / "a-cam1.ffconcat").write_text(rendered("camera.ffconcat.j2", relay_camera=row("a-cam1")))
    relay = Relay(tmp_path, 'cat a-cam1.ffconcat >&2; echo "$@" >arguments; exec sleep 60')
    relay.until(lambda: (tmp_path / "arguments").exists() and "rtsp://(secret)@10.64.1.11:554/main" in relay.said)
    assert PASSWORD not in relay.said + (tmp_path / "arguments").read_text()


def test_a_camera_that_falls_silent_is_asked_again_and_no_longer_shown(tmp_path):
    script = "ls live >>seen; echo asked >>seen; [ -e second ] && exec sleep 60; touch live/index.m3u8 live/0000000001.ts second; exit 1"
    relay = Relay(tmp_path, script)
    seen = tmp_path / "seen"
    relay.until(lambda: seen.exists() and seen.read_text().count("asked") == 2)
    assert seen.read_text() == "asked\nasked\n", "nothing old is there when it is asked again"


@pytest.fixture
def seconds_30(tmp_path):
    """Half a minute of small video with a key frame each second."""
    clip = tmp_path / "clip.ts"
    source = ["-f", "lavfi", "-i", "testsrc=size=64x48:rate=5", "-t", "30", "-g", "5"]
    subprocess.run(["ffmpeg", "-v", "error", *source, "-c:v", "libx264", "-preset", "ultrafast", str(clip)], check=True)
    return clip


def test_a_relay_keeps_two_second_pieces_of_the_last_moments_only(tmp_path, seconds_30):
    (tmp_path / "a-cam1.ffconcat").write_text(f"ffconcat version 1.0\nfile '{seconds_30}'\n")
    relay = Relay(tmp_path, f'{shutil.which("ffmpeg")} "$@"; echo $? >code; exec sleep 60')
    relay.until(lambda: (tmp_path / "code").exists() and (tmp_path / "code").read_text())
    assert (tmp_path / "code").read_text() == "0\n", relay.said
    playlist = (relay.live / "index.m3u8").read_text()
    listed = re.findall(r"#EXTINF:([0-9.]+),\n(\S+)", playlist)
    assert [float(seconds) for seconds, _ in listed] == [2.0] * 8
    assert "#EXT-X-ENDLIST" not in playlist
    pieces = sorted(path.name for path in relay.live.glob("*.ts"))
    assert {name for _, name in listed} <= set(pieces) and len(pieces) < 15, "what is no longer listed goes"
    assert int(pieces[0].removesuffix(".ts")) > 1_700_000_000, "numbers rise from attempt to attempt"
    shown = ["ffprobe", "-v", "error", "-show_entries", "stream=width", "-of", "csv=p=0", relay.live / pieces[0]]
    width = subprocess.run(shown, capture_output=True, text=True, check=True).stdout.split()[0].strip(",")
    assert width == "64", "each piece decodes by itself"


def test_a_relay_shows_a_camera_that_asks_for_a_password(tmp_path):
    user, password = FACTORY
    with emulated("hikvision-camera", tmp_path) as camera:
        reached = row("a-cam1", host="127.0.0.1", port=camera.ports["rtsp"], path="/Streaming/Channels/102", user=user)
        (tmp_path / "a-cam1.ffconcat").write_text(rendered("camera.ffconcat.j2", relay_camera=reached).replace(PASSWORD, password))
        relay = Relay(tmp_path)
        relay.until((relay.live / "index.m3u8").exists)
    assert password not in relay.said


# --- what is written for nginx ---------------------------------------------------------------------------------------------------


def test_only_the_listed_networks_see_the_live_pictures():
    text = rendered("nginx.conf.j2", relay_config=config(viewers=["10.10.20.0/24", "10.10.30.7"]))
    live = text[text.index("location /live/ {") :]
    assert (
        re.findall(r"(allow|deny) (\S+);", text)
        == re.findall(r"(allow|deny) (\S+);", live)
        == [("allow", "10.10.20.0/24"), ("allow", "10.10.30.7"), ("deny", "all")]
    )
    assert "location = /live/index.json" in live
