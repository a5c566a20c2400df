"""The fleet to measure with: every number has its place, and who calls a place meets a device of that kind, or what ails it."""

import asyncio
import contextlib
import ssl
import subprocess
import sys
import time
from collections import Counter

import aiohttp
import asyncssh
import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from hypothesis import given
from hypothesis import strategies as some

from tests.fleet.console import USER, host_key
from tests.fleet.inventory import write
from tests.fleet.layout import KINDS, Layout
from tests.fleet.models import FACTS, PASSWORD
from tests.fleet.running import Running, alive, ask, fleet
from tests.unit.wire import free_port

INFO = {
    "hikvision": "/ISAPI/System/deviceInfo",
    "dahua": "/cgi-bin/magicBox.cgi?action=getSerialNo",
    "axis": "/axis-cgi/param.cgi?action=list&group=root.Properties.System.SerialNumber",
    "uniview": "/LAPI/V1.0/System/DeviceInfo",
}
SHOWN = {
    "routeros7": ("/export", "RouterOS 7"),
    "ios": ("show version", "Cisco IOS"),
    "vyos14": ("/opt/vyatta/bin/vyatta-op-cmd-wrapper show version", "VyOS"),
}


def test_a_province_is_1540_devices_of_every_kind():
    layout = Layout()
    devices = [layout.device(number) for number in range(layout.devices)]
    assert Counter(device.role for device in devices) == {"camera": 1100, "nvr": 220, "router": 220}
    assert {(device.role, device.kind) for device in devices} == {(role, kind) for role, row in KINDS.items() for kind in row.split()}
    assert layout.sites == 220


@given(some.integers(0, 109_999), some.sampled_from([(1540, 5), (110_000, 8), (10, 5)]))
def test_a_number_its_address_and_its_site_name_the_same_device(number, size):
    layout = Layout(devices=size[0], cameras=size[1])
    if number < layout.devices:
        device = layout.device(number)
        assert layout.at(layout.address(device)) == device
        assert device in layout.of_site(device.site)
        assert layout.failure(device) is None


@pytest.mark.parametrize("octet", [0, 2, 4, 6, 10, 16, 255])
def test_nobody_is_where_no_device_is(octet):
    assert Layout().at(f"127.64.1.{octet}") is None


def test_so_many_percent_fail_and_the_others_do_not():
    layout = Layout(devices=20_000, failures={"off": 5.0, "key": 1.0})
    found = Counter(layout.failure(layout.device(number)) for number in range(layout.devices))
    assert found["off"] / layout.devices == pytest.approx(0.05, rel=0.2)
    assert found["key"] / layout.devices == pytest.approx(0.01, rel=0.3)
    assert set(found) == {None, "off", "key"}


def test_its_inventory_is_a_province_and_names_everybody_at_the_address_where_they_answer(tmp_path):
    layout = Layout(devices=75)
    write(layout, tmp_path)
    province = load(tmp_path / "province.yml")
    found = {host.name: (str(host.address), host.port) for host in desired(province, plan(province)) if host.site}
    assert found == {device.host: (layout.address(device), layout.port(device)) for device in map(layout.device, range(layout.devices))}


# --- on the wire ---


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """Two sites and a half: every vendor, and three platforms."""
    ports = [free_port() for _ in range(2)]
    kinds = {"camera": KINDS["camera"].split(), "nvr": ["dahua", "uniview", "hikvision"], "router": list(SHOWN)}
    with fleet(tmp_path_factory.mktemp("fleet"), Layout(devices=20, https=ports[0], ssh=ports[1], processes=1, kinds=kinds)) as one:
        yield one


def settled(running, **changes):
    """The same fleet with other lines or failures."""
    Layout(**{**vars(running.layout), **changes}).write(running.folder)
    ask(running.folder, "settings")
    return Running(running.folder, Layout.read(running.folder))


async def told(running, device, path, password=PASSWORD):
    """Status and text of what a camera or recorder answers."""
    login = aiohttp.DigestAuthMiddleware(FACTS[device.kind].get("factory_user", "admin"), password)
    base = f"https://{running.layout.address(device)}:{running.layout.port(device)}"
    async with (
        aiohttp.ClientSession(base, connector=aiohttp.TCPConnector(ssl=False), middlewares=(login,)) as session,
        session.get(path) as answer,
    ):
        return answer.status, await answer.text(errors="replace")


async def typed(running, device, line, key=None):
    """What a router answers to a line."""
    address, port = running.layout.address(device), running.layout.port(device)
    known = asyncssh.import_known_hosts(f"[{address}]:{port} {key or host_key(device.host).export_public_key().decode()}\n")
    private = asyncssh.read_private_key(running.folder / "id_ed25519")
    async with asyncssh.connect(
        address, port, username=USER, client_keys=[private], known_hosts=known, agent_path=None, config=None
    ) as session:
        return (await session.run(line)).stdout


def test_each_camera_and_recorder_is_of_its_vendor_and_has_a_number_of_its_own(running):
    async def everybody():
        return await asyncio.gather(*(told(running, device, INFO[device.kind]) for device in asked))

    asked = [device for device in running.of("camera", "nvr") if device.kind in INFO]
    answers = asyncio.run(everybody())
    assert {device.kind for device in asked} == set(INFO)
    assert [status for status, _ in answers] == [200] * len(asked)
    assert len({text for _, text in answers}) == len(asked)


def test_each_router_is_of_its_platform_and_shows_its_own_key(running):
    for device in running.of("router"):
        line, words = SHOWN[device.kind]
        assert words in asyncio.run(typed(running, device, line))
        assert line in running.asked(device.number)


def test_what_was_set_on_a_device_stays_and_no_other_has_it(running):
    one, other = [device for device in running.of("camera") if device.kind == "hikvision"][:2]
    path = "/ISAPI/System/Network/UPnP"

    async def switched():
        login = aiohttp.DigestAuthMiddleware("admin", PASSWORD)
        base = f"https://{running.layout.address(one)}:{running.layout.port(one)}"
        async with aiohttp.ClientSession(base, connector=aiohttp.TCPConnector(ssl=False), middlewares=(login,)) as session:
            async with session.get(path) as answer:
                was = await answer.text()
            new = was.replace("<enabled>true<", "<enabled>false<")
            assert new != was
            async with session.put(path, data=new) as answer:
                assert answer.status == 200
        return new

    new = asyncio.run(switched())
    after = [asyncio.run(told(running, device, path))[1] for device in (one, other)]
    assert "<enabled>false<" in after[0] and "<enabled>false<" in new and "<enabled>true<" in after[1]


def test_a_long_line_takes_its_round_trips(running):
    """Connection, TLS 1.3, the challenge, the answer: four of them before the first document."""
    device = next(device for device in running.of("camera") if device.kind == "hikvision")
    far = settled(running, rtt_ms=150)
    since = time.monotonic()
    assert asyncio.run(told(far, device, INFO["hikvision"]))[0] == 200
    took = time.monotonic() - since
    settled(running, rtt_ms=0)
    assert took >= 4 * 0.15


@pytest.mark.parametrize("kind", ["off", "silent", "password", "broken", "slow", "key"])
def test_a_camera_fails_as_it_was_told_to(kind, running):
    device = next(device for device in running.of("camera") if device.kind == "hikvision")
    ill = settled(running, failures={kind: 100})

    async def within():
        return await asyncio.wait_for(told(ill, device, INFO["hikvision"]), 2)

    def shown():
        return ssl.get_server_certificate((ill.layout.address(device), ill.layout.port(device)))

    try:
        match kind:
            case "off":
                with pytest.raises(aiohttp.ClientConnectionError):
                    asyncio.run(within())
            case "silent" | "slow":
                with pytest.raises(TimeoutError):
                    asyncio.run(within())
            case "password":
                assert asyncio.run(within())[0] == 401
            case "broken":
                assert "deviceName" not in asyncio.run(within())[1]
            case "key":
                foreign = shown()
                settled(running, failures={})
                assert shown() != foreign
    finally:
        settled(running, failures={})


@pytest.mark.parametrize("kind", ["off", "password", "broken", "key"])
def test_a_router_fails_as_it_was_told_to(kind, running):
    device, answer = running.of("router")[0], ""
    ill = settled(running, failures={kind: 100})
    with contextlib.suppress(asyncssh.Error, OSError):
        answer = asyncio.run(typed(ill, device, "/export"))
    settled(running, failures={})
    assert "RouterOS" not in answer
    assert "RouterOS" in asyncio.run(typed(running, device, "/export"))


# --- the command ---


def motcua(*arguments):
    done = subprocess.run(
        [sys.executable, "scripts/motcua", "fleet", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120
    )
    return done.returncode, done.stdout + done.stderr


def test_up_status_down(tmp_path):
    measures = ("--devices", "3", "--processes", "1", "--https", free_port(), "--ssh", free_port())
    assert motcua("status", tmp_path / "a")[0] == 1
    code, said = motcua("up", tmp_path / "a", *measures)
    assert code == 0 and "3 devices of 1 sites answer" in said, said
    assert "its fleet is up" in motcua("up", tmp_path / "a", *measures)[1]
    assert "1 processes" in motcua("status", tmp_path / "a")[1]
    pid = int((tmp_path / "a/run/1.pid").read_text())
    assert motcua("down", tmp_path / "a") == (0, "The fleet is down.\n")
    assert not alive(pid)
    assert motcua("down", tmp_path / "a") == (0, "The fleet wasn't up.\n")


@pytest.mark.parametrize("failures", ["of=1", "off", "off=many", "off=60,key=60"])
def test_failures_that_are_none_are_refused_before_anything_starts(failures, tmp_path):
    code, said = motcua("up", tmp_path / "a", "--failures", failures)
    assert code == 1 and said.startswith(f"motcua: --failures {failures}: ") and "Traceback" not in said
    assert not (tmp_path / "a").exists()
