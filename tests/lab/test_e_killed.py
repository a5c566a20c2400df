"""kill -9 of a recorder and of nginx at the centre: pictures are there again in seconds, and nothing that was listed is lost."""

import time

from tests.lab.conftest import eventually, motcua, whole

ROUNDS, RESUME_SECONDS = 5, 15
CAMERA = "tan-dinh-cam1"
PLAYLIST = f"/run/motcua-live/{CAMERA}/index.m3u8"


def centre(*command):
    return motcua("lab", "ssh", "centre", *command)


def written():
    """When the live playlist was last written, 0 where there is none."""
    said = centre("stat", "-c", "%.Y", PLAYLIST)
    return float(said.text) if said.code == 0 else 0.0


def serves():
    return centre("curl", "-sfk", "-m", "3", "-o", "/dev/null", "https://10.10.10.1/alive").code == 0


def test_a_recorder_that_is_killed_goes_on_and_loses_nothing_that_was_listed():
    begun_s = time.time() - 240
    before = whole(CAMERA, begun_s, time.time())
    assert before["listed"]
    for _ in range(ROUNDS):
        killed_s = float(centre(f"systemctl kill --signal=KILL motcua-record@{CAMERA}.service && date +%s.%N").text)
        assert eventually(lambda at_s=killed_s: written() > at_s, RESUME_SECONDS), "recording should go on"
    found = whole(CAMERA, begun_s, time.time())
    # A piece that was cut short ends in half a picture; what was listed before is as it was.
    assert set(before["listed"]) <= set(found["listed"])
    assert {path for path, _ in found["broken"]} & set(before["listed"]) == {path for path, _ in before["broken"]}


def test_nginx_that_is_killed_serves_again():
    for _ in range(ROUNDS):
        assert serves()
        assert centre("systemctl kill --signal=KILL nginx.service").code == 0
        assert eventually(serves, RESUME_SECONDS), "the portal should serve again"
