"""RouterOS' export as a tree and back: recorded ones, made up ones, and each of the router's own ways to write."""

import contextlib
import re

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import Garbled
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.routeros.grammar import Entry, Note, parse, render
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.routeros.listing import read_listing, read_resource, size_bytes
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.routeros.values import same
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.routeros_exports import RECORDED, exports, recorded


@pytest.mark.skipif(not RECORDED, reason="no recorded exports in ../shared/fixtures/routeros")
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
@pytest.mark.parametrize("terse", [False, True])
def test_a_recorded_export_comes_back_as_it_was(path, terse):
    text = recorded(path)
    export = parse(text)
    assert len(export.entries) == len(re.findall(r"^(add|set) ", text, re.MULTILINE)) > 10
    assert export.version == {"chr-7.16": (7, 16), "rb5009-7.18.2": (7, 18)}[path.stem]
    again = parse(render(export, terse=terse))
    assert again == export
    assert render(again, terse=terse) == render(export, terse=terse)


@pytest.mark.skipif(not RECORDED, reason="no recorded exports in ../shared/fixtures/routeros")
def test_a_recorded_wrap_is_no_part_of_the_value():
    export = parse(recorded(next(path for path in RECORDED if path.stem == "rb5009-7.18.2")))
    rule = next(entry for entry in export.entries if ("comment", "defconf: drop all from WAN not DSTNATed") in entry.properties)
    assert dict(rule.properties)["connection-nat-state"] == "!dstnat"
    address = next(entry for entry in export.entries if entry.menu == "ip address")
    assert dict(address.properties)["network"] == "192.168.88.0"
    assert Note("# poe-out status: voltage_on_poe-in") in export.lines


@given(export=exports, terse=st.booleans())
def test_what_is_rendered_is_parsed_as_it_was(export, terse):
    assert parse(render(export, terse=terse)) == export


def test_a_blank_at_a_wrap_within_a_selector_is_a_blank():
    export = parse('/interface bridge\nset [ find name="a\\\n    \\_b \\\\_" ] mtu=1500\n')
    assert export.entries[0].selector == r'[ find name="a b \\_" ]'


@given(export=exports, data=st.data())
@settings(deadline=None, max_examples=50)
def test_wraps_change_nothing(export, data):
    text = render(export)
    assert parse(wrapped(text, data)) == export


def wrapped(text, data):
    """The text with wraps where the router makes them: after ``name=``, after a blank, and anywhere in quotes but within an escape."""
    lines = []
    for line in text.split("\n"):
        if line.startswith(("#", "/")) or not line:
            lines.append(line)
            continue
        places, in_quotes, at = [], False, 0
        while at < len(line):
            sign = (
                line[at : at + (3 if line[at + 1 : at + 3].isalnum() and line[at + 1 : at + 3].isupper() else 2)]
                if line[at] == "\\"
                else line[at]
            )
            sign = sign if line[at] != "\\" or is_hexadecimal(sign[1:]) else line[at : at + 2]
            if sign == '"':
                in_quotes = not in_quotes
            at += len(sign)
            if at < len(line) and (in_quotes or sign in " =") and "[" not in line[:at].rpartition("]")[2]:
                places.append((at, in_quotes))
        chosen = data.draw(st.lists(st.sampled_from(places), unique=True, max_size=3)) if places else []
        cut, end = [], len(line)
        for place, quoted in sorted(chosen, reverse=True):
            rest = line[place:end]
            cut.append("\\_" + rest[1:] if quoted and rest.startswith(" ") else rest)
            end = place
        lines.append("\\\n    ".join([line[:end], *cut[::-1]]))
    return "\n".join(lines)


def is_hexadecimal(text):
    return len(text) == 2 and set(text) <= set("0123456789ABCDEF")


ONE = [
    ("/ip address\nadd address=10.0.0.1/24 interface=ether1 network=\\\n    10.0.0.0", Entry("ip address", "add", "", (("address", "10.0.0.1/24"), ("interface", "ether1"), ("network", "10.0.0.0")))),
    ("/ip firewall filter add action=drop chain=input", Entry("ip firewall filter", "add", "", (("action", "drop"), ("chain", "input")))),
    ("/ip/firewall/nat\nadd chain=srcnat", Entry("ip firewall nat", "add", "", (("chain", "srcnat"),))),
    ("/interface ethernet\nset [ find default-name=ether1 ] mtu=1514", Entry("interface ethernet", "set", "[ find default-name=ether1 ]", (("mtu", "1514"),))),
    ("/port\nset 0 name=serial0", Entry("port", "set", "0", (("name", "serial0"),))),
    ("/ip service\nset telnet disabled=yes", Entry("ip service", "set", "telnet", (("disabled", "yes"),))),
    ("/ip dns\nset allow-remote-requests=yes", Entry("ip dns", "set", "", (("allow-remote-requests", "yes"),))),
    ("/routing bgp connection\nadd local.address=10.0.0.1 .role=ebgp output.network=a .filter-chain=b", Entry("routing bgp connection", "add", "", (("local.address", "10.0.0.1"), ("local.role", "ebgp"), ("output.network", "a"), ("output.filter-chain", "b")))),
    ("/ip route\nadd blackhole dst-address=10.64.1.0/24 gateway=\"\"", Entry("ip route", "add", "", (("blackhole", None), ("dst-address", "10.64.1.0/24"), ("gateway", "")))),
    ("/user group\nadd name=a policy=\"ssh,read,\\\n    !policy\"", Entry("user group", "add", "", (("name", "a"), ("policy", "ssh,read,!policy")))),
    ('/interface list\nadd comment="V\\C4\\83n ph\\C3\\B2ng"', Entry("interface list", "add", "", (("comment", "Văn phòng"),))),
    ('/interface list\nadd comment="\\F3\\E4"', Entry("interface list", "add", "", (("comment", "\udcf3\udce4"),))),
    ('/system script\nadd source=":log info \\"\\$x\\"\\r\\\n    \\n:put why\\?\\\n    \\_end"', Entry("system script", "add", "", (("source", ':log info "$x"\r\n:put why? end'),))),
    ('/ip firewall filter\nadd src-address-list=!"my list"', Entry("ip firewall filter", "add", "", (("src-address-list", "!my list"),))),
    ("/interface wireguard\nset wg !private-key", Entry("interface wireguard", "set", "wg", (("!private-key", None),))),
]  # fmt: skip


@pytest.mark.parametrize(("text", "entry"), ONE, ids=[text for text, _ in ONE])
def test_each_way_to_write_is_understood(text, entry):
    assert parse(text).entries == (entry,)
    assert parse(render(parse(text))).entries == (entry,)


def test_a_negated_list_keeps_its_sign_outside_of_the_quotes():
    assert '!"my list"' in render(parse('/ip firewall filter\nadd src-address-list=!"my list"'))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# by RouterOS 7.16\n/ip address\nadd address=10.0.0.1\n#interrupted\n", "interrupted"),
        ("/ip address\nadd comment=\"begun and never en", "cut or damaged"),
        ("/ip address\nadd comment=\"a\\q\"", "escape"),
        ("<html>\nadd x", "cut or damaged"),
        ("add address=10.0.0.1", "cut or damaged"),
        ("/ip address\nadd address=10.0.0.1 \\", "cut or damaged"),
        ("/ip address { drop table }", "cut or damaged"),
    ],
)  # fmt: skip
def test_an_incomplete_export_is_an_error(text, says):
    with pytest.raises(Garbled, match=says):
        parse(text)


@given(text=st.text(max_size=60))
def test_no_text_makes_the_parser_stumble(text):
    with contextlib.suppress(Garbled):
        parse("/ip address\n" + text)


def test_the_old_header_names_a_version_too():
    assert parse("# oct/13/2023 21:50:10 by RouterOS 7.5\n#\n").version == (7, 5)
    assert parse("# sep/25/2018 11:11:11 by RouterOS 6.42.5\n").version == (6, 42)
    assert parse("/ip address\n").version is None


def test_menus_that_could_not_be_exported_are_known():
    text = '#error exporting /ip traffic-flow\n#error exporting "/interface/wireguard" (timeout)\n'
    assert parse(text).failed == ("ip traffic-flow", "interface wireguard")


LISTING = """Flags: X - disabled; R - running
 0  R name="wg 1" mtu=1420 listen-port=13231
      public-key="hsU3hGQrSLwkwTIgB5Rm3pAFtRuGUnhQzNjPPzZ9ZlI="

 1 X  ;;; motcua:wg3
      name="wg3" public-key="AAAA=" last-logged-in=2024-01-01 10:00:00 group=full
"""


def test_a_listing_in_detail_is_read():
    first, second = read_listing(LISTING)
    assert (first["name"], first["public-key"], first["flags"]) == ("wg 1", "hsU3hGQrSLwkwTIgB5Rm3pAFtRuGUnhQzNjPPzZ9ZlI=", "R")
    assert (second["name"], second["comment"], second["flags"], second["group"]) == ("wg3", "motcua:wg3", "X", "full")
    assert read_listing("\n") == ()


def test_resources_are_read():
    resource = read_resource("                   uptime: 3h5m54s\n           free-hdd-space: 1196.0KiB\n")
    assert resource["uptime"] == "3h5m54s"
    assert size_bytes(resource["free-hdd-space"]) == 1196 * 1024
    assert size_bytes("71.2MiB") == int(71.2 * 1024 * 1024)
    assert size_bytes("?") is None


@pytest.mark.parametrize(
    ("name", "one", "other", "equal"),
    [
        ("max-limit", "20M", "20000000", True),
        ("max-limit", "20M/5M", "20000k/5000000", True),
        ("max-limit", "20M", "21M", False),
        ("lifetime", "1d", "24h", True),
        ("lifetime", "1d", "1d00:00:00", True),
        ("interval", "1m30s", "00:01:30", True),
        ("persistent-keepalive", "25s", "25", True),
        ("min-tx", "1000ms", "1s", True),
        ("min-tx", "1s500ms", "00:00:01.500", True),
        ("interval", "none", "0s", False),
        ("disabled", "yes", "true", True),
        ("disabled", "no", "yes", False),
        ("addresses", "::/0", "0.0.0.0/0", True),
        ("dst-address", "10.0.0.1/32", "10.0.0.1", True),
        ("dst-address", "!10.0.0.1/32", "10.0.0.1", False),
        ("address", "10.0.0.1/24", "10.0.0.0/24", False),
        ("allowed-address", "10.0.0.0/8,10.1.1.1/32", "10.1.1.1,10.0.0.0/8", True),
        ("connection-state", "established,related", "related,established", True),
        ("policy", "read,ssh,!write", "ssh,read", True),
        ("policy", "read,write", "read,!write", False),
        ("topics", "!debug", "debug", False),
        ("rule", "if (dst in 10.0.0.0/8) {accept;}", "if (dst in 10.0.0.0/8) { accept }", True),
        ("on-event", "a\r\nb", "a\nb", True),
        ("comment", "Yes", "yes", False),
        ("blackhole", None, "yes", True),
    ],
)
def test_spellings_of_the_same_value(name, one, other, equal):
    assert same(name, one, other) is equal
    assert same(name, other, one) is equal
