"""Through a site's router: OpenSSH's own client to a server on loopback, forwards, programs at the router, and nothing left afterwards."""

import asyncio
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.discovery import Heard, Pace
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import Unreachable
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.device import Wish
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.everybody import survey
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.journal import Journal
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.reach import through_router

from tests.unit.ssh import Router
from tests.unit.surveys import ACCOUNTS, HEAD, Office, heard
from tests.unit.wire import FACTORY, free_port

pytestmark = pytest.mark.skipif(shutil.which("ssh") is None, reason="needs OpenSSH's client")
PYTHON = "/usr/bin/python3"


def listening():
    """Every address that somebody on this machine listens on, by the process that does."""
    shown = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout
    return [line.split()[3] for line in shown.splitlines() if '"ssh"' in line]


def running():
    return subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout


def test_a_device_is_read_and_watched_through_the_router(tmp_path, monkeypatch, request):
    own = Path(tempfile.mkdtemp(prefix="m", dir="/tmp"))  # a socket's path has 108 bytes, and tmp_path may take all of them
    request.addfinalizer(own.rmdir)
    monkeypatch.setattr(tempfile, "tempdir", str(own))
    shown = []

    async def main(router, office):
        device = office.devices["127.0.0.2"]
        journal = Journal(office.path, HEAD)
        async with through_router(router.ssh, PYTHON) as reach:
            await survey({"127.0.0.2": heard(device)}, Wish("a", ACCOUNTS, seconds=1), reach, journal, Pace(500))
            shown.extend(await asyncio.to_thread(lambda: (listening(), running())))

    with Router(tmp_path) as router, Office(tmp_path) as office:
        device = office.add("hikvision-camera")
        asyncio.run(main(router, office))
        (found,) = office.content()["devices"]
        assert not router.connected
    assert (found["login"], found["port"]) == ("accepted", device.ports["https"])  # the device's own port, not the forward's
    assert [one["stream"] for one in found["measured"]] == ["main", "sub", "third"]
    assert found["remarks"] == []
    assert set(router.forwarded) == {("127.0.0.2", device.ports["https"]), ("127.0.0.2", device.ports["http"])}  # no stream's
    assert router.ran == [f"{PYTHON} -I -"]
    assert shown[0]
    assert all(address.startswith("127.0.0.1:") for address in shown[0])
    assert FACTORY[1] not in shown[1]
    assert list(own.iterdir()) == []


def test_a_forward_is_made_once_and_named_by_what_it_leads_to(tmp_path):
    async def main(router):
        async with through_router(router.ssh, PYTHON) as reach:
            ways = [await reach.way("192.168.1.64", 443) for _ in range(2)] + [await reach.way("192.168.1.65", 443)]
            return ways, reach.named(f"https://127.0.0.1:{ways[0][1]}: doesn't answer")

    with Router(tmp_path) as router:
        ways, sentence = asyncio.run(main(router))
    assert ways[0] == ways[1] != ways[2]
    assert sentence == "https://192.168.1.64:443: doesn't answer"


def test_a_device_behind_a_router_that_answers_nothing_is_named_by_its_own_address(tmp_path):
    dead = free_port()

    async def main(router, path):
        said = [Heard("127.0.0.2", None, "sadp", says={"model": "DS-2CD2043", "http_port": str(dead)})]
        async with through_router(router.ssh, PYTHON) as reach:
            await survey({"127.0.0.2": said}, Wish("a", ACCOUNTS), reach, Journal(path, HEAD), Pace(500))

    with Router(tmp_path) as router, Office(tmp_path) as office:
        asyncio.run(main(router, office.path))
        (found,) = office.content()["devices"]
    assert found["remarks"] == ["no web server of it answers, so it can't be asked any more"]


def test_a_router_that_lets_nobody_in_is_said_in_a_sentence():
    async def main():
        async with through_router(["ssh", "-F", "none", "-o", f"Port={free_port()}", "127.0.0.1"], PYTHON):
            raise AssertionError

    with pytest.raises(Unreachable, match=r"127\.0\.0\.1: the router lets nobody in over SSH \(.*[Rr]efused.*\); look at its line"):
        asyncio.run(main())


def test_a_router_that_hangs_up_while_streams_are_watched_is_said(tmp_path):
    async def main(router):
        async with through_router(router.ssh, PYTHON) as reach:
            router.hang_up()
            return await reach.watch([{"address": "127.0.0.2", "port": 554, "path": "/", "user": "a", "password": "b", "seconds": 1}])

    with Router(tmp_path) as router:
        assert asyncio.run(main(router)) == [{"why": "the router didn't finish watching the stream; try again"}]


def test_the_connection_ends_also_when_the_survey_breaks_off(tmp_path):
    async def main(router):
        async with through_router(router.ssh, PYTHON):
            raise KeyError

    with Router(tmp_path) as router:
        with pytest.raises(KeyError):
            asyncio.run(main(router))
        assert not router.connected
