"""What discovery understands of answers, lets pass of options, and writes as lines: no network is needed for that."""

import asyncio
import contextlib
import json
import re
from ipaddress import IPv4Network

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.discovery import BadOptions, Ended, Heard, Options, Remark, from_line, to_line
from ansible_collections.motcua.cctv.plugins.plugin_utils.discovery.connects import Pace
from ansible_collections.motcua.cctv.plugins.plugin_utils.discovery.ears import ADDRESS_LIMIT, Ears, clean
from ansible_collections.motcua.cctv.plugins.plugin_utils.discovery.wire import PROBES, mac_of, read_banner, read_description
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.garbage import GARBAGE


def heard(found, address=None):
    return [one for one in found if isinstance(one, Heard) and address in (None, one.address)]


@pytest.mark.parametrize(("count", "said"), [(8, 0), (9, 1), (200, 1)])
def test_a_router_that_answers_for_everybody_is_said_once(count, said):
    ears = Ears(IPv4Network("192.168.77.0/24"))
    for number in range(count):
        ears.hear(f"192.168.77.{number + 1}", "neighbour", says={"mac": "02:00:00:00:00:01"})
    kept = [ears.said.get_nowait() for _ in range(ears.said.qsize())]
    assert len([one for one in kept if isinstance(one, Remark) and "proxy ARP" in one.remark]) == said


def test_firmware_that_closes_an_element_wrongly_is_read_all_the_same():
    answer = b"<ProbeMatch><DeviceSN>X1</DeviceSN>\r\n<PasswordResetAbility>true<PasswordResetAbility>\r\n<MAC>44-19-b6-00-00-09</MAC>\r\n</ProbeMatch>"
    assert PROBES["sadp"].read(answer) == [{"serial": "X1", "mac": "44-19-b6-00-00-09"}]


def test_the_pace_has_no_burst_however_many_wait():
    async def takes():
        pace, times, loop = Pace(200), [], asyncio.get_running_loop()

        async def take():
            await pace.take("packets")
            times.append(loop.time())

        await asyncio.gather(*(take() for _ in range(40)))
        return pace, times

    pace, times = asyncio.run(takes())
    assert pace.sent == {"packets": 40, "connects": 0}
    assert all(
        later - earlier >= (count - 1) / 200 - 0.001 for count in (5, 20) for earlier, later in zip(times, times[count:], strict=False)
    )


@given(st.sampled_from(sorted(PROBES)), st.binary(max_size=300) | st.sampled_from(GARBAGE))
def test_whatever_is_answered_is_text_or_can_t_be_read(how, data):
    try:
        found = PROBES[how].read(data)
    except ValueError:
        return
    assert all(isinstance(key, str) and isinstance(value, str) for one in found for key, value in one.items())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["method", "params", "deviceInfo", "IPv4Address", "mac", "DeviceType"]), inner)
    ),
    max_leaves=12,
)


@given(JSON, JSON)
def test_whatever_json_is_answered_is_read_or_refused(params, info):
    for value in (
        params,
        {"method": "client.notifyDevInfo", "params": params},
        {"method": "client.notifyDevInfo", "params": {"deviceInfo": info}},
    ):
        with contextlib.suppress(ValueError):
            assert all(isinstance(text, str) for one in PROBES["dhip"].read(json.dumps(value).encode()) for text in one.values())


@given(st.binary(max_size=400))
def test_whatever_page_comes_is_read(data):
    for page in (data, b"HTTP/1.1 200 OK\r\n" + data):
        assert all(isinstance(text, str) for text in read_banner(page).values())
        with contextlib.suppress(ValueError):
            read_description(page)


def test_a_stranger_fills_neither_the_memory_nor_the_list():
    ears = Ears(IPv4Network("192.168.77.0/24"))
    for number in range(3 * ADDRESS_LIMIT):
        ears.hear("192.168.77.9", "ssdp", says={"usn": f"{number}", "server": "x" * 10_000, "type": "\x1b[2J"})
        ears.hear_datagram("sadp", b"<%d" % number, f"192.168.77.{number % 200 + 10}")
    assert ears.hear("192.168.77.10", "ssdp", says={"usn": "1"}), "others are still heard"
    kept = [ears.said.get_nowait() for _ in range(ears.said.qsize())]
    assert len(heard(kept, "192.168.77.9")) == ADDRESS_LIMIT
    assert len([one for one in kept if isinstance(one, Remark)]) <= 200
    assert {one.says["type"] for one in heard(kept, "192.168.77.9")} == {"[2J"}
    assert max(len(text) for one in heard(kept) for text in one.says.values()) == 300


@given(st.text())
def test_clean_text_is_one_printable_line(text):
    assert clean(text).isprintable() and len(clean(text)) <= 300 and clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    ("text", "mac"),
    [
        ("44-19-B6-00-00-01", "44:19:b6:00:00:01"),
        ("88263f8d6525", "88:26:3f:8d:65:25"),
        ("4419.b600.0001", "44:19:b6:00:00:01"),
        ("00:00:00:00:00:00", None),
        ("44:19:b6:00:00", None),
        ("", None),
        ("not a mac at", None),
    ],
)
def test_hardware_addresses_have_one_spelling(text, mac):
    assert mac_of(text) == mac


# --- options and lines ---

WRONG = [
    (None, "an object"),
    ([], "an object"),
    ({}, "IPv4"),
    ({"prefix": "10.0.0.0/21"}, "larger than /22"),
    ({"prefix": "0.0.0.0/0"}, "larger than /22"),
    ({"prefix": "192.168.1.7/24"}, "host bits"),
    ({"prefix": "fd00::/120"}, "IPv4"),
    ({"prefix": "192.168.1.0/24", "addresses": ["192.168.2.1"]}, "192.168.2.1 isn't inside 192.168.1.0/24"),
    ({"prefix": "192.168.1.0/24", "addresses": "192.168.1.1"}, "a list"),
    ({"prefix": "192.168.1.0/24", "rate_per_s": 0}, "1 to 1000"),
    ({"prefix": "192.168.1.0/24", "rate_per_s": True}, "1 to 1000"),
    ({"prefix": "192.168.1.0/24", "rate_per_s": float("nan")}, "1 to 1000"),
    ({"prefix": "192.168.1.0/24", "rate_per_s": "50"}, "1 to 1000"),
    ({"prefix": "192.168.1.0/24", "ports": [0]}, "1 to 65535"),
    ({"prefix": "192.168.1.0/24", "ports": list(range(1, 100))}, "64"),
    ({"prefix": "192.168.1.0/24", "password": "x"}, "no option password"),
]


@pytest.mark.parametrize(("given_options", "words"), WRONG)
def test_wrong_options_are_refused_in_a_sentence(given_options, words):
    with pytest.raises(BadOptions, match=re.escape(words)):
        Options.parse(given_options)


@given(st.integers(0, 2**32 - 1), st.integers(0, 32), st.integers(0, 2**32 - 1))
def test_whoever_is_asked_is_inside_a_small_prefix(network, length, address):
    prefix = IPv4Network((network, length), strict=False)
    try:
        options = Options.parse({"prefix": str(prefix), "addresses": [str(IPv4Network((address, 32)).network_address)]})
    except BadOptions:
        assert length < 22 or address not in {int(one) for one in (prefix if length > 21 else ())}
    else:
        assert options.prefix.num_addresses <= 1024 and all(one in prefix for one in options.addresses)


def test_options_have_the_stated_defaults():
    options = Options.parse({"prefix": "192.168.1.0/24"})
    assert (options.rate_per_s, options.addresses) == (50, ())
    assert set(options.ports) == {80, 443, 554, 8000, 8080, 8443, 34567, 37777, 8554, 22, 23, 8291}


@pytest.mark.parametrize("said", [Heard("192.168.1.9", None, "port", 80, {"title": "Quầy 1 \u2028"}, True), Remark("x"), Ended(1, 2, 3.5)])
def test_a_line_is_read_back_as_it_was_said(said):
    line = to_line(said)
    assert line.isascii() and "\n" not in line and from_line(line) == said


@pytest.mark.parametrize("line", ["", "x", "[]", "3", "{}", '{"remark": "a", "b": 1}', '{"ended": {}}', '{"ended": 3}', '{"address": "1"}'])
def test_another_program_s_line_is_no_line(line):
    with pytest.raises(ValueError, match="not a line of a survey"):
        from_line(line)
