"""Who is there: what is asked, what is understood of it, and that nobody else is asked and no more often than was said."""

import asyncio
import contextlib
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from ipaddress import IPv4Network

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.discovery import (
    BadOptions,
    Ended,
    Heard,
    Remark,
    from_line,
    program,
)

from tests.emulators.hand import ask
from tests.unit.frames import Capture, busiest
from tests.unit.garbage import GARBAGE, SADP_ANSWER
from tests.unit.segment import Segment, possible, ready, says
from tests.unit.wire import SYSTEM_PYTHON

FAST = {"prefix": "192.168.77.0/28", "rate_per_s": 400}
needs_namespaces = pytest.mark.skipif(not possible(), reason="network namespaces are root's")

HIK = {"model": "DS-2CD2143G2-I", "serial": "DS-2CD2143G2-I20230101AAWRJ00000001", "firmware": "V5.7.18", "firmware_date": "build 240826"}
DAHUA = {"model": "KX-C4012S5-A", "serial": "KX-C4012S5-A000001", "firmware": "2.840.0000000.28.R", "firmware_date": "2022-08-26"}
AXIS = {"model": "P3265-LV", "serial": "ACCC8E000001", "firmware": "9.80.2.2", "firmware_date": "2022-01-01", "factory_user": "root"}
ONVIF = {"model": "IPC-1200", "serial": "1200-1", "firmware": "1.0.9", "firmware_date": ""}
UNIVIEW = {
    "model": "IPC2124LE-ADF28KM-H",
    "serial": "210235UEC3Q263000129",
    "firmware": "DIPC-B1232.9.3.C00010.251208",
    "firmware_date": "",
}
STREET = [
    ("hikvision-camera", "192.168.77.2/28", {"name": "hik", "mac": "44:19:b6:00:00:02", **HIK}),
    ("hikvision-camera", "192.168.77.3/28", {"name": "old-hik", "mac": "44:19:b6:00:00:03", **HIK, "generation": "5.2"}),
    ("dahua-camera", "192.168.77.4/28", {"name": "dahua", "mac": "3c:ef:8c:00:00:04", **DAHUA}),
    ("axis-camera", "192.168.77.5/28", {"name": "axis", "mac": "ac:cc:8e:00:00:01", **AXIS}),
    ("onvif-camera", "192.168.77.6/28", {"name": "onvif", "mac": "02:00:00:00:00:06", **ONVIF}),
    ("uniview-camera", "192.168.77.7/28", {"name": "uniview", "mac": "88:26:3f:00:00:07", **UNIVIEW}),
    # As from the box, where nobody gave it an address of the office.
    ("hikvision-camera", "192.168.1.64/24", {"name": "factory", "mac": "44:19:b6:00:00:64", **HIK, "quirks": {"factory": True}}),
]


def look(segment, python=(SYSTEM_PYTHON,), environment=(), **options):
    """What the program prints when it runs alone in the namespace of who looks."""
    command = ["ip", "netns", "exec", segment.look, "env", *environment, *python, "-I", "-", json.dumps(FAST | options)]
    done = subprocess.run(command, input=program(), text=True, capture_output=True, timeout=90, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    found = [from_line(line) for line in done.stdout.splitlines()]
    assert isinstance(found[-1], Ended)
    return found


def heard(found, address=None, how=None):
    return [one for one in found if isinstance(one, Heard) and address in (None, one.address) and how in (None, one.how)]


def remarks(found):
    return [one.remark for one in found if isinstance(one, Remark)]


def who(found):
    """(address, how, port) of everything in the prefix."""
    return {(one.address, one.how, one.port) for one in heard(found) if not one.outside}


# --- the emulated vendors ---


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    """One of each vendor on one switch."""
    if subprocess.run([SYSTEM_PYTHON, "-c", "import gi"], capture_output=True, check=False).returncode:
        pytest.skip("the emulated devices need GStreamer's Python bindings; run scripts/setup")
    folder = tmp_path_factory.mktemp("street")
    with Segment("192.168.77.0/28") as segment, contextlib.ExitStack() as stack:
        running = [stack.enter_context(segment.emulated(folder, kind, address, **more)) for kind, address, more in STREET]
        for process, config in running:
            ready(process, config)
        segment.hands = {config["name"]: config["control"] for _, config in running}
        yield segment


@pytest.fixture(scope="module")
def survey(street):
    with Capture(street.look, "lan") as capture:
        return look(street), capture.frames()


SAID = {
    "192.168.77.2": [
        ("sadp", {"model": HIK["model"], "serial": HIK["serial"], "firmware": "V5.7.18", "build": "build 240826", "activated": "true"}),
        ("http", {"status": "401", "realm": "IP hik"}),
    ],
    "192.168.77.3": [
        ("sadp", {"model": HIK["model"], "firmware": "V5.7.18", "http_port": "80", "command_port": "8000", "channels": "1"}),
        ("wsd", {"model": HIK["model"], "name": f"HIKVISION {HIK['model']}", "place": "city/hangzhou", "profiles": "Streaming G T"}),
    ],
    "192.168.77.4": [
        ("dhip", {"model": DAHUA["model"], "serial": DAHUA["serial"], "firmware": DAHUA["firmware"], "vendor": "KBVision", "class": "IPC"}),
        ("dhip", {"address": "192.168.77.4", "dhcp": "false", "command_port": "37777", "name": "KBVISION"}),
        ("wsd", {"model": DAHUA["model"], "name": "KBVISION", "place": "country/china"}),
    ],
    "192.168.77.5": [
        ("wsd", {"model": AXIS["model"], "name": f"AXIS {AXIS['model']}"}),
        ("ssdp", {"serial": AXIS["serial"], "url": "http://192.168.77.5:49152/rootdesc1.xml"}),
        ("ssdp", {"maker": "AXIS", "model": f"AXIS {AXIS['model']}", "serial": AXIS["serial"], "number": AXIS["model"]}),
    ],
    "192.168.77.6": [("wsd", {"model": ONVIF["model"], "name": ONVIF["model"], "profiles": "T"}), ("rtsp", {"status": "200"})],
    "192.168.77.7": [
        ("wsd", {"model": UNIVIEW["model"], "serial": UNIVIEW["serial"], "firmware": UNIVIEW["firmware"], "maker": "UNIVIEW"}),
    ],
}


@needs_namespaces
@pytest.mark.parametrize(("address", "how", "expected"), [(at, how, rows) for at, pairs in SAID.items() for how, rows in pairs])
def test_each_vendors_device_is_found_with_what_it_says(survey, address, how, expected):
    found, _ = survey
    said = [one.says for one in heard(found, address, how)]
    assert [one for one in said if expected.items() <= one.items()], said


@needs_namespaces
@pytest.mark.parametrize(("address", "config"), [(address.partition("/")[0], config) for _, address, config in STREET])
def test_each_is_found_with_its_hardware_address_and_its_ports(survey, address, config):
    found, _ = survey
    macs = {one.mac for one in heard(found, address)} - {None}
    assert macs == {config["mac"]}
    if address != "192.168.1.64":
        assert {(address, "neighbour", None), *((address, "port", port) for port in (80, 443, 554))} <= who(found)
        assert {one.port for one in heard(found, address, "http")} == {80, 443}
        assert {one.port for one in heard(found, address, "rtsp")} == {554}


@needs_namespaces
def test_nothing_is_found_that_isn_t_there(survey):
    found, _ = survey
    assert {one.address for one in heard(found)} == {address.partition("/")[0] for _, address, _ in STREET}
    assert remarks(found) == []


@needs_namespaces
def test_a_device_with_its_factory_address_is_heard_and_let_alone(survey):
    found, frames = survey
    assert [(one.how, one.outside, one.says["activated"]) for one in heard(found, "192.168.1.64")] == [("sadp", True, "false")]
    assert not [one for one in heard(found) if one.outside != (one.address == "192.168.1.64")]
    assert "192.168.1.64" not in {frame.to for frame in frames}


@needs_namespaces
def test_what_is_switched_off_is_silent_and_found_all_the_same(street):
    def turn(on):
        assert ask(street.hands["hik"], "announce", "sadp", on)["ok"]
        assert ask(street.hands["onvif"], "set", "services.discovery", "Discoverable" if on else "NonDiscoverable")["ok"]
        assert ask(street.hands["axis"], "set", "services.upnp", "yes" if on else "no")["ok"]

    turn(on=False)
    try:
        found = look(street)
    finally:
        turn(on=True)
    silent = {("192.168.77.2", "sadp", None), ("192.168.77.6", "wsd", None), ("192.168.77.5", "ssdp", None)}
    assert not silent & who(found)
    assert {(address, "port", 80) for address, _, _ in silent} <= who(found)


@needs_namespaces
def test_in_process_it_hears_the_same(street, survey):
    code = (
        "import asyncio, json, sys\n"
        "from ansible_collections.motcua.cctv.plugins.plugin_utils.discovery import Options, discover, to_line\n"
        "async def main():\n"
        "    async for said in discover(Options.parse(json.loads(sys.argv[1]))):\n"
        "        print(to_line(said))\n"
        "asyncio.run(main())\n"
    )
    command = ["ip", "netns", "exec", street.look, sys.executable, "-c", code, json.dumps(FAST)]
    done = subprocess.run(command, text=True, capture_output=True, timeout=90, check=True)
    assert who([from_line(line) for line in done.stdout.splitlines()]) == who(survey[0])


# --- what is asked ---


def silent(*ports):
    return dict.fromkeys(ports, lambda _: [])


@pytest.fixture
def segment():
    with Segment("192.168.77.0/28") as made:
        yield made


UUID = rb"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
QUESTIONS = {
    37020: [b'<?xml version="1.0" encoding="utf-8"?><Probe><Uuid>UUID</Uuid><Types>inquiry</Types></Probe>'],
    37810: [
        bytes.fromhex("2000000044484950000000000000000049000000000000004900000000000000")
        + b'{ "method" : "DHDiscover.search", "params" : { "mac" : "", "uni" : 1 } }\n'
    ],
    1900: [b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: upnp:rootdevice\r\n\r\n'],
    3702: [
        b'<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" '
        b'xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" '
        b'xmlns:dn="http://www.onvif.org/ver10/network/wsdl" xmlns:tds="http://www.onvif.org/ver10/device/wsdl"><e:Header>'
        b"<w:MessageID>uuid:UUID</w:MessageID><w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>"
        b"<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>"
        b"<e:Body><d:Probe><d:Types>" + kind + b"</d:Types></d:Probe></e:Body></e:Envelope>"
        for kind in (b"dn:NetworkVideoTransmitter", b"tds:Device")
    ],
}


@needs_namespaces
def test_the_questions_are_those_of_the_wire_facts_to_the_byte(segment):
    fake = segment.fake(
        "a", "192.168.77.9/28", udp=silent(*QUESTIONS), tcp={80: says(b"HTTP/1.0 200 OK\r\n\r\n"), 554: says(b"RTSP/1.0 200 OK\r\n\r\n")}
    )
    look(segment)
    for port, expected in QUESTIONS.items():
        asked = fake.on(port)
        assert {re.sub(UUID, b"UUID", question) for question in asked} == set(expected)
        numbers = [found[0] for question in asked for found in [re.search(UUID, question)] if found]
        assert len(set(numbers)) == len(numbers), "each question has a number of its own"
        # Twice to the group, and once by its own address whoever was silent.
        assert len(asked) == 2 * len(expected) + (port != 1900)
    assert fake.on(80) == [b"GET / HTTP/1.1\r\nHost: 192.168.77.9\r\nUser-Agent: motcua\r\nAccept: */*\r\nConnection: close\r\n\r\n"]
    assert fake.on(554) == [b"OPTIONS rtsp://192.168.77.9:554/ RTSP/1.0\r\nCSeq: 1\r\n\r\n"]


@needs_namespaces
def test_nothing_leaves_the_prefix_and_the_rate_is_kept(segment):
    """As the kernel of who looks sees it, with a second interface and a default route out."""
    segment.fake("a", "192.168.77.9/28", udp=silent(*QUESTIONS), tcp={80: says(b"HTTP/1.0 200 OK\r\n\r\n")})
    segment.fake("b", "192.168.77.10/28", tcp={22: says()})
    uplink = segment.host("uplink", "10.99.0.2/24")
    segment.plug(segment.look, "wan", "10.99.0.1/24")
    subprocess.run(["ip", "-n", segment.look, "route", "add", "default", "via", "10.99.0.2"], check=True)
    with Capture(segment.look, "lan") as lan, Capture(segment.look, "wan") as wan, Capture(uplink, "lan"):
        found = look(segment, rate_per_s=50)
        frames, out = lan.frames(), wan.frames()
    groups = {"239.255.255.250", "239.255.255.251", "224.0.0.22"}
    assert {frame.to for frame in frames} - groups <= {str(one) for one in IPv4Network("192.168.77.0/28").hosts()}
    assert out == []
    asked = [frame for frame in frames if frame.kind in ("udp", "syn") or (frame.kind == "arp" and not frame.unicast)]
    assert busiest(asked) <= 50 + 2
    kinds = Counter(frame.kind for frame in asked)
    assert kinds["syn"] == found[-1].connects
    # The kernel may know a neighbour already when it was reckoned that it would have to ask.
    assert 0 <= found[-1].packets - kinds["udp"] - kinds["arp"] <= 2
    assert len(asked) / 50 <= found[-1].seconds


# --- where something is missing ---


@needs_namespaces
def test_beyond_a_router_every_address_is_asked_by_its_own_address(segment):
    matches = probe_match("192.168.88.5")
    router = segment.host("router", "192.168.77.2/28")
    for command in (
        ["ip", "-n", segment.look, "route", "add", "192.168.88.0/29", "via", "192.168.77.2"],
        ["ip", "netns", "exec", router, "sysctl", "-qw", "net.ipv4.ip_forward=1"],
    ):
        subprocess.run(command, check=True)
    segment.plug(router, "far", "192.168.88.1/29")
    fake = segment.fake(
        "a",
        "192.168.88.5/29",
        udp={3702: lambda _: [matches]},
        tcp={80: says(b"HTTP/1.0 200 OK\r\nServer: far\r\n\r\n")},
        gateway="192.168.88.1",
    )
    found = look(segment, prefix="192.168.88.0/29")
    assert {("192.168.88.5", "port", 80), ("192.168.88.5", "http", 80), ("192.168.88.5", "wsd", None)} == who(found)
    assert len(fake.on(3702)) == 1
    assert "no address in 192.168.88.0/29" in remarks(found)[0]


def probe_match(address, port=80, scopes="onvif://www.onvif.org/hardware/X1"):
    return (
        '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><e:Body>'
        f"<d:ProbeMatches><d:ProbeMatch><d:Scopes>{scopes}</d:Scopes><d:XAddrs>http://{address}:{port}/onvif/device_service</d:XAddrs>"
        "</d:ProbeMatch></d:ProbeMatches></e:Body></e:Envelope>"
    ).encode()


@needs_namespaces
def test_a_firewall_that_lets_only_answers_in_hides_nobody(segment):
    """Our own router's: it takes an answer to a group for a question."""
    segment.filter(segment.look, "input", "ct state established accept", policy="drop")
    segment.fake("a", "192.168.77.9/28", udp={3702: lambda _: [probe_match("192.168.77.9")]})
    assert {("192.168.77.9", "neighbour", None), ("192.168.77.9", "wsd", None)} == who(look(segment))


@needs_namespaces
@pytest.mark.parametrize("environment", [(), ("PATH=/nowhere",)], ids=["ip -j neigh", "/proc/net/arp"])
def test_without_root_the_kernel_is_made_to_ask(segment, environment):
    segment.fake("a", "192.168.77.9/28", mac="44:19:b6:00:00:09", tcp={80: says(b"HTTP/1.0 200 OK\r\nServer: x\r\n\r\n")})
    subprocess.run(
        ["ip", "-n", segment.look, "neigh", "add", "192.168.77.12", "lladdr", "44:19:b6:00:00:12", "nud", "stale", "dev", "lan"], check=True
    )
    nobody = ("/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", SYSTEM_PYTHON)
    found = look(segment, python=nobody, environment=environment)
    assert {("192.168.77.9", "neighbour", None), ("192.168.77.9", "port", 80), ("192.168.77.9", "http", 80)} <= who(found)
    assert [one.mac for one in heard(found, "192.168.77.9", "neighbour")] == ["44:19:b6:00:00:09"]
    # Who was here once and doesn't answer: the kernel's word for it comes along, where it has one.
    assert all(one.says == {} or one.says["state"] in ("stale", "delay", "probe") for one in heard(found, "192.168.77.12"))
    assert [remark for remark in remarks(found) if "only root" in remark]


@needs_namespaces
def test_with_root_who_is_gone_isn_t_found_in_the_kernel_s_memory(segment):
    subprocess.run(
        ["ip", "-n", segment.look, "neigh", "add", "192.168.77.12", "lladdr", "44:19:b6:00:00:12", "nud", "stale", "dev", "lan"], check=True
    )
    assert who(look(segment)) == set()


@needs_namespaces
def test_two_devices_at_one_address_are_both_heard(segment):
    """As two that keep the same factory address."""
    for number in (1, 2):
        segment.host(str(number), "192.168.77.9/28", mac=f"44:19:b6:00:00:0{number}")
    assert {one.mac for one in heard(look(segment), "192.168.77.9", "neighbour")} == {"44:19:b6:00:00:01", "44:19:b6:00:00:02"}


@needs_namespaces
def test_an_interface_without_multicast_says_so_or_does_without(segment):
    subprocess.run(["ip", "-n", segment.look, "link", "set", "lan", "multicast", "off"], check=True)
    segment.filter(segment.look, "output", "ip daddr 224.0.0.0/4 reject")
    segment.fake("a", "192.168.77.9/28", udp={37020: lambda _: [SADP_ANSWER]})
    found = look(segment)
    assert ("192.168.77.9", "sadp", None) in who(found)
    assert [remark for remark in remarks(found) if "239.255.255.250 couldn't be asked" in remark]


@needs_namespaces
def test_refusals_by_icmp_and_silence_end_nothing(segment):
    segment.filter(segment.look, "output", "tcp dport 8000 reject")
    segment.host("closed", "192.168.77.9/28")
    quiet = segment.host("quiet", "192.168.77.10/28")
    segment.filter(quiet, "input", policy="drop")
    assert who(look(segment)) == {("192.168.77.9", "neighbour", None), ("192.168.77.10", "neighbour", None)}


@needs_namespaces
def test_named_addresses_are_asked_and_nobody_else(segment):
    for number in (9, 10):
        segment.fake(str(number), f"192.168.77.{number}/28", udp=silent(*QUESTIONS))
    with Capture(segment.look, "lan") as capture:
        found = look(segment, addresses=["192.168.77.10"])
        assert {frame.to for frame in capture.frames()} <= {"192.168.77.10", "224.0.0.22"}
    assert who(found) == {("192.168.77.10", "neighbour", None)}


@needs_namespaces
def test_a_web_server_elsewhere_is_looked_at_where_the_device_says(segment):
    answer = {"method": "client.notifyDevInfo", "mac": "3c:ef:8c:00:00:09", "params": {"deviceInfo": {"HttpPort": 8123, "DeviceType": "X"}}}
    segment.fake(
        "a",
        "192.168.77.9/28",
        udp={37810: lambda _: [bytes(32) + json.dumps(answer).encode()]},
        tcp={8123: says(b"HTTP/1.0 200 OK\r\n\r\n<title>Xin ch\xc3\xa0o</title>")},
    )
    segment.fake(
        "b", "192.168.77.10/28", udp={3702: lambda _: [probe_match("192.168.77.10", 2020)]}, tcp={2020: says(b"HTTP/1.0 404 No\r\n\r\n")}
    )
    found = look(segment)
    assert [one.says["title"] for one in heard(found, "192.168.77.9", "http")] == ["Xin chào"]
    assert ("192.168.77.10", "http", 2020) in who(found)


# --- strangers ---


async def drip(_, writer):
    """Never ends by itself."""
    while True:
        writer.write(b"HTTP/1.1 200 OK\r\nX: y\r\n")
        await writer.drain()
        await asyncio.sleep(0.2)


async def flood(_, writer):
    while True:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n<title>" + b"x" * 100_000)
        await writer.drain()


@needs_namespaces
def test_a_device_that_answers_garbage_changes_nothing_about_the_others(segment):
    garbled = {port: lambda _: GARBAGE for port in QUESTIONS}
    segment.fake(
        "bad",
        "192.168.77.8/28",
        udp=garbled,
        tcp={80: drip, 443: says(b"no TLS\r\n"), 554: says(b"\0" * 50_000), 8080: flood, 8554: says()},
    )
    segment.fake(
        "good", "192.168.77.9/28", udp={37020: lambda _: [SADP_ANSWER]}, tcp={80: says(b"HTTP/1.0 200 OK\r\nServer: good\r\n\r\n")}
    )
    found = look(segment)
    good = {("192.168.77.9", how, port) for how, port in (("neighbour", None), ("sadp", None), ("port", 80), ("http", 80))}
    bad = {("192.168.77.8", "port", port) for port in (80, 443, 554, 8080, 8554)} | {("192.168.77.8", "neighbour", None)}
    assert who(found) == good | bad | {("192.168.77.8", "ssdp", None), ("192.168.77.8", "http", 80), ("192.168.77.8", "http", 8080)}
    unread = {remark.split()[2] for remark in remarks(found) if remark.startswith("192.168.77.8 answered")}
    assert unread == {"wsd", "sadp", "dhip"}
    assert all(len(text) <= 300 for one in heard(found) for text in one.says.values())


@needs_namespaces
def test_a_device_that_answers_as_two_vendors_is_heard_as_both(segment):
    dhip = {
        "method": "client.notifyDevInfo",
        "mac": "3c:ef:8c:00:00:09",
        "params": {"deviceInfo": {"DeviceType": "IPC-1", "Vendor": "Dahua"}},
    }
    segment.fake("a", "192.168.77.9/28", udp={37020: lambda _: [SADP_ANSWER], 37810: lambda _: [bytes(40) + json.dumps(dhip).encode()]})
    found = look(segment)
    assert [(one.mac, one.says["model"]) for how in ("sadp", "dhip") for one in heard(found, "192.168.77.9", how)] == [
        ("44:19:b6:00:00:09", "DS-1"),
        ("3c:ef:8c:00:00:09", "IPC-1"),
    ]


@needs_namespaces
def test_a_device_sends_nobody_to_another(segment):
    """A description is fetched from who answered, and nowhere else."""
    others = [
        f"http://{host}/x.xml".encode()
        for host in ("192.168.77.10:9999", "10.1.2.3:80", "192.168.77.9@10.1.2.3:80", "[::1]:80", "192.168.77.9:x")
    ]
    udp = {1900: lambda _: [b"HTTP/1.1 200 OK\r\nUSN: uuid:%d\r\nLOCATION: %s\r\n\r\n" % pair for pair in enumerate(others)]}
    segment.fake("a", "192.168.77.9/28", udp=udp)
    victim = segment.fake("b", "192.168.77.10/28", tcp={9999: says(b"HTTP/1.0 200 OK\r\n\r\n")})
    with Capture(segment.look, "lan") as capture:
        found = look(segment)
        assert "10.1.2.3" not in {frame.to for frame in capture.frames()}
    assert victim.questions == [] and len(heard(found, "192.168.77.9", "ssdp")) == len(others)
    assert found[-1].connects == 2 * 12, "nothing but the ports of both"


# --- alone ---


def alone(*arguments, python=SYSTEM_PYTHON):
    done = subprocess.run([python, "-I", "-", *arguments], input=program(), text=True, capture_output=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("arguments", [(), ("{",), ('{"prefix": "10.0.0.0/8"}',)])
def test_alone_it_says_what_is_wrong_with_its_options(arguments):
    code, out, err = alone(*arguments)
    assert (code, err) == (2, "")
    with pytest.raises(BadOptions):
        from_line(out)


@needs_namespaces
@pytest.mark.parametrize("python", ["python3.9", SYSTEM_PYTHON])
def test_alone_it_runs_on_the_python_of_a_router(segment, python):
    """Nothing but the standard library (-I), and an old one where this machine has it."""
    if shutil.which(python) is None or subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode:
        pytest.skip(f"no {python} here")
    segment.fake(
        "a",
        "192.168.77.9/28",
        udp={37020: lambda _: [SADP_ANSWER]},
        tcp={80: says(b"HTTP/1.0 200 OK\r\nServer: x\r\n\r\n"), 443: says(b"x")},
    )
    found = look(segment, python=(python,))
    assert {("192.168.77.9", how, port) for how, port in (("sadp", None), ("port", 443), ("http", 80))} <= who(found)
