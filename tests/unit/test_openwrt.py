"""OpenWrt: UCI's text, what of a box is ours, the way there and back, and what is against us; without any box."""

import re
import shutil
import subprocess

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import Garbled, ModelError, Unsupported
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.openwrt import OPENWRT, fragment
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.openwrt import running as reads
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.openwrt.places import find_places
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.openwrt.uci import Package, Section, parse, quoted, render
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.routers import SECRETS, state, wish

NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789_", min_size=1, max_size=12)
# What a C string and a line of UTF-8 can hold; UCI's own quotes, comments and statements among it.
VALUES = st.text(st.characters(exclude_characters="\0\r", exclude_categories=("Cs",)), max_size=30) | st.sampled_from(
    ["'", '"', "\\", "#", ";", "\n", "a'b\\\"c"]
)
OPTIONS = st.dictionaries(NAMES, VALUES | st.lists(VALUES, min_size=1, max_size=3).map(tuple), max_size=4)
SECTIONS = st.builds(Section, NAMES, st.none() | NAMES, OPTIONS)
PACKAGES = st.builds(Package, NAMES, st.lists(SECTIONS, max_size=4).map(tuple))

NETWORK = """package network

config interface 'lan'
\toption device 'br-lan'
\toption proto 'static'
\toption ipaddr '192.168.5.1'
\toption netmask '255.255.255.0'

config interface 'wan'
\toption device 'eth1'
\toption proto 'pppoe'
\toption username 'khach'
\toption password '(secret)'

config interface 'tslcd'
\toption device 'eth2'
\toption proto 'static'
"""
FIREWALL = """package firewall

config defaults
\toption input 'REJECT'

config zone
\toption name 'lan'
\tlist network 'lan'
\toption input 'ACCEPT'

config zone
\toption name 'wan'
\toption network 'wan tslcd'
\toption input 'REJECT'
\toption masq '1'

config rule
\toption name 'Allow-Ping'
\toption src 'wan'
\toption proto 'icmp'
\toption target 'ACCEPT'
"""
SYSTEM = """package system

config system
\toption hostname 'OpenWrt'

config timeserver 'ntp'
\tlist server '0.openwrt.pool.ntp.org'
"""
LINES = [
    {**wish()["lines"][0], "interface": "eth2"},
    {**wish()["lines"][1], "interface": "wan"},
]


def office(**changes):
    """A wish for that box: routes are checked, because OpenWrt has no BFD."""
    routing = {**wish()["routing"], "mode": "static"}
    return state(**({"lan": {"interface": "br-lan", "address": "192.168.5.1/24"}, "lines": LINES, "routing": routing} | changes))


def answers(more="", *, network=NETWORK, firewall=FIREWALL, files="", programs=tuple(reads.PROGRAMS), facts=""):
    there = "".join(f"there {reads.PROGRAMS[name]}\n" for name in programs)
    return {
        reads.RELEASE_READ: "DISTRIB_ID='OpenWrt'\nDISTRIB_RELEASE='23.05.5'\n",
        reads.UCI_READ: f"{network}\n{firewall}\n{SYSTEM}\n{more}# == end\n",
        reads.FILES_READ: f"{files}== end\n",
        reads.FACTS_READ: f"{there}account root\n{facts}== end\n",
    }


def compared(wished=None, **changed):
    return OPENWRT.compare(OPENWRT.understand(answers(**changed)), wished or office())


# --- UCI's text --------------------------------------------------------------------------------------------------------


@given(st.lists(PACKAGES, max_size=3).map(tuple))
def test_what_is_rendered_is_read_as_it_was(packages):
    assert parse(render(packages)) == packages


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("option x bare", "bare"),
        ("option x 'it'\\''s'", "it's"),
        ('option x "a \\"b\\" \\\\ c"', 'a "b" \\ c'),
        ("option x 'two\nlines'", "two\nlines"),
        ("option x a'b c'\"d e\"", "ab cd e"),
        ("option x 'y' # a remark", "y"),
        ("option x 'y'; option z 'w'", "y"),
        ("option x con\\\ntinued", "continued"),
        ("list x 'a'\n\tlist x 'b'", ("a", "b")),
        ("option x 'a'\n\tlist x 'b'", ("a", "b")),
    ],
)
def test_uci_is_read_as_libuci_reads_it(text, value):
    (package,) = parse(f"package p\nconfig t 'n'\n\t{text}\n")
    assert package.sections[0].options["x"] == value


@pytest.mark.parametrize(
    "text", ["option x 'y'\n", "package p\noption x 'y'\n", "package p\nconfig t\n\tverb x y\n", "package p\nconfig t\n\toption x 'cut"]
)
def test_what_is_no_uci_or_ends_early_is_said(text):
    with pytest.raises(Garbled):
        parse(text)


@pytest.mark.parametrize("read", [reads.UCI_READ, reads.FILES_READ, reads.FACTS_READ, reads.RELEASE_READ])
def test_an_answer_that_ends_early_is_never_taken_for_the_whole(read):
    cut = answers()
    cut[read] = cut[read][: len(cut[read]) // 2]
    with pytest.raises(Garbled):
        OPENWRT.understand(cut)


# --- what becomes ours -------------------------------------------------------------------------------------------------


def test_no_secret_is_shown_and_each_that_is_sent_is_asked_for():
    comparison = compared()
    said = [comparison.before, comparison.after, *(command.shown for command in comparison.commands)]
    said += [command.text for command in (*comparison.commands, *comparison.undo)] + [repr(comparison.commands)]
    for secret in SECRETS.values():
        assert not any(secret in text for text in said)
    asked = {command.answer for command in comparison.commands if command.answer}
    assert asked == {
        *(SECRETS[f"tunnel/lang-giang/{name}"] for name in ("main", "centre-ftth", "ioc-tslcd", "ioc-ftth")),
        SECRETS["device/lang-giang-router/motcua"],
    } | {f"{SECRETS['device/lang-giang-router/snmp-auth']}\n{SECRETS['device/lang-giang-router/snmp-privacy']}"}


def test_no_line_is_too_long_for_dropbear():
    many = [f"192.168.5.{host}" for host in range(2, 250)]
    forward = [{**wish()["firewall"]["forward"][0], "to": [f"{host}/32" for host in many]}]
    comparison = compared(office(firewall={**wish()["firewall"], "cameras": many, "forward": forward}))
    lines = [command.text for command in (*comparison.commands, *OPENWRT.guard.arm(300, ()))]
    assert max(len(line.encode()) for line in lines) < 9000


def test_lines_and_lan_are_what_the_box_calls_them():
    places = find_places("r", *(parse(text)[0] for text in (NETWORK, FIREWALL)), office())
    assert (places.lan.network, places.lan.zone, places.lan.device) == ("lan", "lan", "br-lan")
    assert {name: (one.network, one.zone, one.device) for name, one in places.lines.items()} == {
        "tslcd": ("tslcd", "wan", "eth2"),
        "ftth": ("wan", "wan", "pppoe-wan"),
    }


def test_a_lan_that_is_none_of_the_boxs_is_refused_before_anything_is_sent():
    with pytest.raises(ModelError, match=r"lan_interface.*(lan, tslcd, wan)"):
        compared(office(lan={"interface": "bridge", "address": "192.168.9.1/24"}))


def test_a_box_without_fw4_is_refused():
    with pytest.raises(Unsupported, match=r"22\.03"):
        compared(programs=("wireguard",))


def test_an_opening_from_nobody_opens_nothing():
    nobody = {"comment": "nobody", "came_in": "tunnel", "from": [], "protocol": "tcp", "ports": [22]}
    assert "nobody" not in compared(office(firewall={**wish()["firewall"], "input": [nobody]})).after


@pytest.mark.skipif(shutil.which("nft") is None, reason="there is no nft here")
def test_the_fragment_is_a_ruleset_that_nft_takes():
    places = find_places("r", *(parse(text)[0] for text in (NETWORK, FIREWALL)), office())
    text = "table inet fw4 {\n" + fragment.fragment(office(), office().tunnels, places) + "}\n"
    done = subprocess.run(["nft", "-c", "-f", "-"], input=text, capture_output=True, text=True, check=False)
    if "Operation not permitted" in done.stderr:
        pytest.skip("nft may not ask the kernel here")
    assert not done.stderr


# --- what is against us ------------------------------------------------------------------------------------------------

AGAINST = {
    "firewall.@redirect[0]": (
        "config redirect\n\toption src 'wan'\n\toption src_dport '8000'\n\toption dest_ip '192.168.5.11'\n\toption target 'DNAT'\n",
        "camera 192.168.5.11",
    ),
    "firewall.@rule[1]": (
        "config rule\n\toption src 'wan'\n\toption proto 'tcp'\n\toption dest_port '22 8080'\n\toption target 'ACCEPT'\n",
        "port 22",
    ),
    "firewall.@forwarding[0]": ("config forwarding\n\toption src 'wan'\n\toption dest 'lan'\n", "into the LAN"),
    "firewall.@zone[2]": ("config zone\n\toption name 'vpn'\n\tlist network 'motcua_wg1'\n\toption masq '1'\n", "tunnel of motcua"),
    "firewall.all": ("config rule 'all'\n\toption src '*'\n\toption proto 'all'\n\toption target 'ACCEPT'\n", "every service"),
}


@pytest.mark.parametrize("key", AGAINST)
def test_what_is_against_us_is_said_and_not_touched(key):
    text, words = AGAINST[key]
    comparison = compared(firewall=f"{FIREWALL}\n{text}")
    (found,) = [one for one in comparison.contradictions if one.key == key]
    assert words in found.message
    assert not any(key in command.text for command in comparison.commands)


def test_an_ordinary_firewall_contradicts_nothing():
    assert compared().contradictions == ()


@pytest.mark.parametrize(
    ("firewall", "harmless"),
    [
        ("config redirect\n\toption dest_ip '192.168.5.11'\n\toption enabled '0'\n", "switched off"),
        ("config redirect\n\toption dest_ip '192.168.5.200'\n\toption target 'DNAT'\n", "to no camera"),
        ("config rule\n\toption src 'wan'\n\toption proto 'udp'\n\toption dest_port '68'\n\toption target 'ACCEPT'\n", "DHCP"),
        ("config rule\n\toption src 'lan'\n\toption target 'ACCEPT'\n", "of the LAN"),
    ],
)
def test_the_offices_own_rules_are_its_own_affair(firewall, harmless):
    assert not compared(firewall=f"{FIREWALL}\n{firewall}").contradictions, harmless


def test_what_is_not_installed_is_said_and_the_rest_is_done():
    comparison = compared(programs=("fw4", "wireguard", "tc"))
    assert {one.key for one in comparison.contradictions} == {"packages.strongswan", "packages.snmpd"}
    assert "motcua_wg1" in comparison.after
    assert "motcua_ipsec0" not in comparison.after


def test_frr_that_routes_for_somebody_else_is_left_alone():
    comparison = compared(office(routing=wish()["routing"]), files="== /etc/frr/frr.conf\n router ospf\n  ospf router-id 1.1.1.1\n")
    assert reads.FRR in {one.key for one in comparison.contradictions}
    assert not any(reads.FRR in command.text for command in comparison.commands)


def test_an_option_that_we_dont_know_stays():
    ours = "config zone 'motcua_zone'\n\toption name 'motcua'\n\toption counter '0'\n\toption masq_allow_invalid '1'\n"
    comparison = compared(firewall=f"{FIREWALL}\n{ours}")
    assert comparison.unknown == ("firewall.motcua_zone.counter", "firewall.motcua_zone.masq_allow_invalid")
    assert not any("counter" in command.text for command in comparison.commands)


def test_a_quote_in_a_secret_is_refused():
    secrets = SECRETS | {"tunnel/lang-giang/main": "it's"}
    from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.state import router_state

    changed = wish(lan={"interface": "br-lan", "address": "192.168.5.1/24"}, lines=LINES)
    with pytest.raises(ModelError, match="quote"):
        compared(router_state(changed, secrets.__getitem__))


@given(st.text(max_size=40))
def test_a_word_in_quotes_is_one_word_for_the_shell(text):
    if "\0" in text:
        return
    (package,) = parse(f"package p\nconfig t 'n'\n\toption x {quoted(text)}\n")
    assert package.sections[0].options["x"] == text


# --- small changes -----------------------------------------------------------------------------------------------------


def as_wished(wished):
    """The answers of a box on which everything is as wished, made from what the comparison shows."""
    first = compared(wished)
    ours, files, packages, facts = [], [], {"network": NETWORK, "firewall": FIREWALL}, ""
    for part in re.split(r"^(?=# (?:network|firewall)\n|== )", first.after, flags=re.MULTILINE):
        if part.startswith("== "):
            files.append(part)
        elif part.startswith("# "):
            package, text = part.removeprefix("# ").split("\n", 1)
            ours.append((package, re.sub(r"^(?!config|\t).*\n", "", text, flags=re.MULTILINE)))
    for package, text in ours:
        packages[package] += "\n" + text
    return packages, files, facts


SMALL = {
    "another endpoint": (lambda one: one["tunnels"][1].update(endpoint="203.0.113.99"), r"endpoint_host|nftables"),
    "a camera more": (lambda one: one["firewall"]["cameras"].append("192.168.5.12"), r"192\.168\.5\.12 \} drop"),
    "an opening less": (lambda one: one["firewall"]["forward"].pop(0), r"delete firewall\.motcua_through"),
    "a source more": (lambda one: one["firewall"]["forward"][0]["from"].append("10.10.10.51/32"), r"add_list .*src_ip"),
    "another share": (lambda one: one["shaping"][0].update(video_kbps=9000, office_kbps=11000), r"eth2 20000 9000 11000"),
    "another hub's key": (lambda one: one["tunnels"][1].update(hub_public_key="A" * 43 + "="), r"public_key"),
}


@pytest.mark.parametrize("name", SMALL)
def test_a_small_change_is_few_commands(name):
    packages, _, _ = as_wished(office())
    change, expected = SMALL[name]
    changed = wish(lan={"interface": "br-lan", "address": "192.168.5.1/24"}, lines=LINES, routing={**wish()["routing"], "mode": "static"})
    before = {command.text for command in compared(**packages).commands}
    change(changed)
    fresh = [command.text for command in compared(state(**changed), **packages).commands if command.text not in before]
    assert 1 <= len(fresh) <= 3
    assert re.search(expected, "\n".join(fresh))


def test_ssh_from_the_lan_is_closed_but_for_the_desk_that_the_plan_opens():
    desk = {"comment": "breakglass", "came_in": "lan", "from": ["192.168.5.2/32"], "protocol": "tcp", "ports": [22]}
    closed = re.search(r"config rule 'motcua_ssh'\n(?:\t.*\n)*", compared().after)[0]
    assert "src_ip" not in closed and "option target 'REJECT'" in closed
    firewall = {**wish()["firewall"], "input": [*wish()["firewall"]["input"], desk]}
    opened = re.search(r"config rule 'motcua_ssh'\n(?:\t.*\n)*", compared(office(firewall=firewall)).after)[0]
    assert "list src_ip '!192.168.5.2/32'" in opened
