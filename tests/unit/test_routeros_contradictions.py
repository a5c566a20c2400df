"""What isn't motcua's and defeats it, at an emulated office: said, with its place, and never touched."""

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.routeros import ROUTEROS7
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.routeros.running import KEYS

from tests.emulators.routers.routeros import build
from tests.unit.routeros_boxes import PLATFORMS, ask, compare, lines, rolled_out, suits

FIRST = "place-before=[:pick [find where chain={}] 0]"
CASES = {
    "a port forward to a camera": (
        "/ip firewall nat add chain=dstnat action=dst-nat protocol=tcp dst-port=8554 in-interface=ether1 to-addresses=192.168.5.11 to-ports=554",
        "/ip firewall nat chain=dstnat action=dst-nat dst-port=8554 to-addresses=192.168.5.11",
        "forwarded to the camera 192.168.5.11",
    ),
    "a port forward to a range with a camera": (
        "/ip firewall nat add chain=dstnat action=dst-nat protocol=tcp dst-port=80 in-interface=ether1 to-addresses=192.168.5.2-192.168.5.9",
        "/ip firewall nat chain=dstnat action=dst-nat dst-port=80 to-addresses=192.168.5.2-192.168.5.9",
        "forwarded to the camera 192.168.5.5",
    ),
    "everything accepted": (
        f"/ip firewall filter add chain=input action=accept comment=\"tạm thời\" {FIRST.format('input')}",
        '/ip firewall filter chain=input action=accept comment="tạm thời"',
        "accepts everything stands above",
    ),
    "a second masquerade": (
        f"/ip firewall nat add chain=srcnat action=masquerade {FIRST.format('srcnat')}",
        "/ip firewall nat chain=srcnat action=masquerade",
        "takes what goes into the tunnels",
    ),
    "fasttrack first": (
        f"/ip firewall filter add chain=forward action=fasttrack-connection connection-state=established,related {FIRST.format('forward')}",
        "/ip firewall filter chain=forward action=fasttrack-connection",
        "passes no queue",
    ),
    "lines shared out": (
        f"/ip firewall mangle add chain=prerouting action=mark-routing new-routing-mark=main passthrough=no {FIRST.format('prerouting')}",
        "/ip firewall mangle chain=prerouting action=mark-routing",
        "may lead tunnel traffic elsewhere",
    ),
    "winbox from anywhere": (
        "/ip firewall filter add chain=input action=accept protocol=tcp dst-port=8291,22",
        "/ip firewall filter chain=input protocol=tcp dst-port=8291,22",
        "ssh and winbox of the router is open to the Internet",
    ),
    "ssh by the line": (
        "/ip firewall filter add chain=input action=accept protocol=tcp dst-port=22 in-interface=ether1",
        "/ip firewall filter chain=input protocol=tcp dst-port=22",
        "open to the Internet",
    ),
    "a proxy": ("/ip socks set enabled=yes", "/ip socks enabled=yes", "a SOCKS proxy"),
    "the hubs' network at the office": (
        "/ip address add address=10.10.10.9/28 interface=bridge",
        "/ip address address=10.10.10.9/28",
        "belong to motcua's 10.10.10.0/24",
    ),
    "a route of theirs into the hubs' network": (
        "/ip route add dst-address=10.10.20.128/25 gateway=10.190.1.1",
        "/ip route dst-address=10.10.20.128/25",
        "belong to motcua's 10.10.20.0/24",
    ),
    "a copy of ours": (
        '/ip firewall filter add chain=forward action=accept comment="motcua:out-portal"',
        "/ip firewall filter motcua:out-portal",
        "second entry carries the same mark",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_it_is_said_and_left_alone(case):
    line, key, says = CASES[case]
    box = rolled_out("routeros7")
    assert compare(box, ROUTEROS7, suits("routeros7")).contradictions == ()
    assert ask(box, line) == ""
    meddled = lines(box)
    comparison = compare(box, ROUTEROS7, suits("routeros7"))
    found = {one.key: one.message for one in comparison.contradictions}
    assert says in found[key]
    assert len(found) == 1
    for command in comparison.commands:
        ask(box, command.text)
    gone = {key: line for key, found in meddled.items() for line in found if line not in lines(box)[key]}
    assert not gone
    assert compare(box, ROUTEROS7, suits("routeros7")).commands == ()


@pytest.mark.parametrize(
    ("command", "more", "key", "says"),
    [
        ("/export", "/ip settings\nset rp-filter=strict\n", "/ip settings rp-filter=strict", "another tunnel"),
        (KEYS, "7 R user=motcua bits=2048 key-owner=ke-la\n", "/user ssh-keys user=motcua ke-la", "isn't in the plan"),
        (
            KEYS,
            '7 user="motcua" key-type=ed25519 fingerprint="SHA256:abc" info="ke-la"\n',
            "/user ssh-keys user=motcua ke-la",
            "isn't in the plan",
        ),
    ],
)
def test_it_is_read_from_answers_too(command, more, key, says):
    box = rolled_out("routeros7")
    answers = {one: ask(box, one) for one in ROUTEROS7.reads}
    found = ROUTEROS7.compare(ROUTEROS7.understand({**answers, command: answers[command] + more}), suits("routeros7")).contradictions
    assert [one.key for one in found] == [key]
    assert says in found[0].message


HARMLESS = {
    "a port forward to a computer": "/ip firewall nat add chain=dstnat action=dst-nat protocol=tcp dst-port=80 to-addresses=192.168.5.20",
    "a forward that is off": "/ip firewall nat add chain=dstnat action=dst-nat protocol=tcp dst-port=80 to-addresses=192.168.5.5 disabled=yes",
    "management from one network": "/ip firewall filter add chain=input action=accept protocol=tcp dst-port=22 src-address=10.190.7.0/24",
    "management from the LAN": "/ip firewall filter add chain=input action=accept protocol=tcp dst-port=8291 in-interface=bridge",
    "a masquerade behind ours": "/ip firewall nat add chain=srcnat action=masquerade",
    "a wider route": "/ip route add dst-address=10.0.0.0/8 gateway=10.190.1.1",
    "the office's own VPN": "/ip ipsec policy add src-address=192.168.5.0/24 dst-address=172.16.0.0/16 tunnel=yes",
}


@pytest.mark.parametrize("case", HARMLESS)
def test_what_the_office_may_do_is_no_contradiction(case):
    box = rolled_out("routeros7")
    assert ask(box, HARMLESS[case]) == ""
    comparison = compare(box, ROUTEROS7, suits("routeros7"))
    assert comparison.contradictions == ()
    assert comparison.commands == ()


@pytest.mark.parametrize("kind", sorted(PLATFORMS))
def test_a_name_that_is_taken_is_said_before_the_router_refuses_it(kind):
    box = build(kind)
    ask(box, "/interface bridge add name=ipsec0")
    comparison = compare(box, PLATFORMS[kind], suits(kind))
    assert [one.key for one in comparison.contradictions] == ["/interface bridge name=ipsec0"]


def test_an_office_that_nobody_meddled_with_contradicts_nothing():
    for kind in PLATFORMS:
        assert compare(build(kind), PLATFORMS[kind], suits(kind)).contradictions == ()
