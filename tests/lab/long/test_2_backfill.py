"""A site's tunnels are cut while it is recorded: afterwards the gap is listed, filled from the site's own recorder, and the day is whole."""

import json
import time
from datetime import datetime

import pytest

from lab.network import PREFIX
from tests.lab.conftest import eventually, motcua, run, whole

CAMERAS = ("lang-giang-cam1", "lang-giang-cam2", "lang-giang-cam3")
BACK_SECONDS, ENTER_SECONDS = 120, 240
PROGRAM = "/usr/local/lib/motcua/motcua-backfill"
LINES = ("tslcd", "ftth")  # lang-giang has both


def centre(*command, **options):
    return motcua("lab", "ssh", "centre", *command, **options)


def lines(state):
    for name in LINES:
        run("ip", "-n", f"{PREFIX}lang-giang-{name}", "link", "set", "line", state)


def reachable():
    return centre("timeout 2 bash -c '</dev/tcp/10.64.1.5/554'").code == 0


def listed(begun_s, seconds):
    """Camera -> seconds of a cut that are missing, as the program says it; other tests leave gaps of their own."""
    found = dict.fromkeys(CAMERAS, 0.0)
    for line in centre("sudo", "-u", "motcua-backfill", "-g", "motcua-footage", PROGRAM, "--list").text.splitlines():
        camera, *ends, _ = line.split()
        from_s, until_s = (datetime.strptime(end, "%Y%m%dT%H%M%S%z").timestamp() for end in ends)
        found[camera] += max(0.0, min(until_s, begun_s + seconds) - max(from_s, begun_s))
    return found


def gap_and_back(seconds):
    """Cut for so long; when it began and when pictures came again, in seconds since 1970."""
    begun_s = time.time()
    lines("down")
    try:
        assert eventually(lambda: not reachable(), 60), "the site should be cut off"
        # The time itself is what is tested: footage of so long is missing.
        time.sleep(max(0.0, begun_s + seconds - time.time()))
    finally:
        lines("up")
    assert eventually(reachable, BACK_SECONDS), "the site should come back"
    return begun_s, time.time()


def recorded():
    """Whether every camera has been recorded for two minutes: what is younger may not be entered yet."""
    return all(whole(camera, time.time() - 180, time.time() - 120)["gaps"] == [] for camera in CAMERAS)


def filled(seconds):
    assert eventually(recorded, ENTER_SECONDS + 120), "the cameras should be recorded before they are cut off"
    begun_s, back_s = gap_and_back(seconds)
    # What is younger than three pieces isn't asked for yet, and the gap's end must be old enough too.

    def whole_gap():
        return time.time() > back_s + ENTER_SECONDS and min(listed(begun_s, seconds).values()) > seconds - 10

    assert eventually(whole_gap, ENTER_SECONDS + 3 * 60), "the gap should be listed once footage follows it"
    ran = centre("systemctl", "start", "motcua-backfill@now.service", timeout=1800 + 4 * seconds)
    assert ran.code == 0, ran.text + centre("journalctl", "-u", "motcua-backfill@now.service", "-n", "30", "--no-pager").text
    said = json.loads(centre("cat", "/var/lib/motcua/backfill/state.json").text)["cameras"]
    until_s = begun_s + seconds + 30
    for camera in CAMERAS:
        assert said[camera]["filled_s"] > seconds - 10, said[camera]
        assert eventually(lambda at=camera: whole(at, begun_s - 60, until_s)["gaps"] == [], ENTER_SECONDS), whole(
            camera, begun_s - 60, until_s
        )
        found = whole(camera, begun_s - 60, until_s)
        assert (found["broken"], found["sources"].get("backfill", 0) >= 1) == ([], True), found
    assert not any(listed(begun_s, seconds).values()), "nothing of it is asked for again"


@pytest.fixture(autouse=True)
def by_hand():
    """At night the timer's own run may be at work, and one run waits for no other."""
    centre("systemctl", "stop", "motcua-backfill.timer", "motcua-backfill@night.service")
    yield
    lines("up")
    centre("systemctl", "start", "motcua-backfill.timer")


@pytest.mark.parametrize("seconds", [75, 600])
def test_what_was_missed_while_a_site_was_cut_off_is_brought_in_and_the_day_is_whole(seconds):
    filled(seconds)
