"""RouterOS against an emulated one: what is sent, that nothing is sent twice, and that every change can be taken back."""

import re

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import Garbled, ModelError, Refused, Unsupported
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.routeros import ROUTEROS6, ROUTEROS7
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.state import router_state
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from tests.emulators.routers.routeros import build
from tests.unit.routeros_boxes import PLATFORMS, ask, compare, lines, read, rolled_out, run, suits
from tests.unit.routers import HUB_KEY, KEY, SECRETS, wish

KINDS = sorted(PLATFORMS)
IPSEC, WIREGUARD = ("ipsec0", "ipsec2"), ("wg1", "wg3")


def tunnels(*interfaces, **changes):
    """Some of the sample's tunnels, changed."""
    return [{**one, **changes} for one in wish()["tunnels"] if one["interface"] in interfaces]


def neighbors(*names):
    routing = wish()["routing"]
    return {**routing, "neighbors": [one for one in routing["neighbors"] if one["tunnel"] in names]}


def opened(**changes):
    return {**wish()["firewall"], **changes}


FORWARD = wish()["firewall"]["forward"]
WISHES = {
    "as it is": {},
    "static routes": {"routing": {**wish()["routing"], "mode": "static"}},
    "one tunnel": {"tunnels": tunnels("ipsec0"), "routing": neighbors("centre-tslcd")},
    "another line's tunnels": {"tunnels": tunnels("wg1", "wg3"), "routing": neighbors("centre-ftth", "ioc-ftth")},
    "a slower tunnel": {"tunnels": tunnels(*IPSEC, *WIREGUARD, mtu=1300, mss_bytes=1260, keepalive_seconds=20)},
    "another endpoint": {"tunnels": tunnels(*IPSEC, *WIREGUARD, endpoint="203.0.113.99")},
    "more behind the hubs": {"tunnels": tunnels(*IPSEC, *WIREGUARD, reachable=["10.10.10.0/24", "10.10.20.0/24", "10.10.30.0/24"])},
    "another camera": {"firewall": opened(cameras=["192.168.5.5", "192.168.5.12"], forward=[{**FORWARD[0], "to": ["192.168.5.12/32"]}, FORWARD[1]])},
    "openings the other way round": {"firewall": opened(forward=FORWARD[::-1])},
    "nothing opened": {"firewall": opened(forward=[], input=[])},
    "a slower line": {"shaping": [{**one, "line_kbps": 8000, "video_kbps": 6000, "office_kbps": 2000} for one in wish()["shaping"]]},
    "no shaping": {"shaping": []},
    "nobody watches": {"snmp": None, "syslog": []},
    "another account": {"accounts": [{**wish()["accounts"][0], "name": "motcua2", "role": "viewer", "keys": []}]},
    "another prefix": {"translate": {**wish()["translate"], "outside": "10.64.2.0/24"}},
    "another name and zone": {"host": "son-dong-router", "zone": "Asia/Bangkok", "time_sources": ["10.96.0.2"]},
    "http stays on": {"services": {"ssh": True, "telnet": False, "http": True}},
}  # fmt: skip

# What people do to a router that is right, as they would type it.
MEDDLING = {
    "nothing": "",
    "a rule is turned off": '/ip firewall filter set [find comment="motcua:in-tunnel-end"] disabled=yes',
    "a rule is narrowed": '/ip firewall filter set [find comment="motcua:out-cameras"] src-address=192.168.5.5 dst-port=80 protocol=tcp',
    "a rule is lost": '/ip firewall filter remove [find comment="motcua:forward"]',
    "rules change places": '/ip firewall filter move [find comment="motcua:in-tunnel-end"] destination=[find comment="motcua:in-tunnel-known"]',
    "a rule goes to another chain": '/ip firewall filter set [find comment="motcua:out-end"] chain=output',
    "the jump goes to the end": '/ip firewall filter move [find comment="motcua:input"]',
    "a rule of theirs comes first": '/ip firewall filter add chain=forward action=accept comment=tam place-before=[:pick [find where chain=forward] 0]',
    "a rule of theirs between ours": '/ip firewall filter add chain=motcua-input action=log place-before=[find comment="motcua:in-cameras-tcp"]',
    "translations change places": '/ip firewall nat move [find comment="motcua:encrypted"] destination=[find comment="motcua:sender"]',
    "a queue is changed": '/queue tree set [find name="motcua-ftth-video"] max-limit=1M priority=1',
    "a queue is renamed": '/queue tree set [find name="motcua-ftth-video"] name=cham',
    "an address is lost": '/ip address remove [find comment="motcua:ipsec2"]',
    "an identity is lost": '/ip ipsec identity remove [find peer="motcua-ipsec0"]',
    "a policy is turned off": '/ip ipsec policy set [find comment="motcua:own-ipsec0-10.10.10.0/24"] level=use',
    "services are opened": "/ip service set telnet disabled=no\n/ip service set ssh address=\"\"\n/ip upnp set enabled=yes",
    "the clock is changed": "/system clock set time-zone-name=Europe/Riga\n/system identity set name=MikroTik",
    "SNMP is opened": "/snmp community set [find name=public] read-access=yes\n/snmp set location=here",
    "an old entry of ours": '/ip firewall address-list add list=motcua-cameras address=192.168.5.99 comment="motcua:cameras-192.168.5.99/32"',
    "an old tunnel of ours": '/interface bridge add name=ipsec9 comment="motcua:ipsec9"\n/ip address add address=10.96.0.99/32 interface=ipsec9 network=10.96.0.98 comment="motcua:ipsec9"',
    "an old account of ours": '/user add name=motcua-cu group=read password=MatKhauCu-2026 comment="motcua:account"',
}  # fmt: skip


@example(kind="routeros7", before="more behind the hubs", meddling=["a queue is renamed"], after="no shaping", reached=0.87)
@example(kind="routeros7", before="as it is", meddling=[], after="no shaping", reached=0.5)
@settings(max_examples=25, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(
    kind=st.sampled_from(KINDS),
    before=st.sampled_from(sorted(WISHES)),
    meddling=st.lists(st.sampled_from(sorted(MEDDLING)), max_size=3, unique=True),
    after=st.sampled_from(sorted(WISHES)),
    reached=st.floats(0, 1),
)
def test_what_is_done_is_enough_and_can_be_taken_back(kind, before, meddling, after, reached):
    """From any wish, and whatever people did since, to any other: then nothing is left to do, and undoing leads back, however far we came."""
    platform, box = PLATFORMS[kind], build(kind)
    assert run(box, compare(box, platform, suits(kind, **WISHES[before])).commands) == {}
    run_guard_end(box, platform)
    for name in meddling:
        for line in MEDDLING[name].splitlines():
            ask(box, line)
    start, wished = lines(box), suits(kind, **WISHES[after])
    comparison = compare(box, platform, wished)
    assert (comparison.commands == ()) == (comparison.before == comparison.after)

    cut = int(reached * len(comparison.commands))
    assert run(box, comparison.commands[:cut]) == {}
    assert run(box, comparison.undo) == {}
    box.tick(1)  # what runs by itself
    assert lines(box) == start

    assert run(box, comparison.commands) == {}
    run_guard_end(box, platform)
    again = compare(box, platform, wished)
    assert [one.shown for one in again.commands] == []
    assert again.before == again.after


def run_guard_end(box, platform):
    assert run(box, platform.guard.confirm) == {}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wished", sorted(WISHES))
def test_each_wish_comes_true_at_an_office(kind, wished):
    box, state = build(kind), suits(kind, **WISHES[wished])
    office = lines(box)
    comparison = compare(box, PLATFORMS[kind], state)
    assert comparison.commands
    assert run(box, comparison.commands) == {}
    run_guard_end(box, PLATFORMS[kind])
    assert compare(box, PLATFORMS[kind], state).commands == ()
    now = lines(box)
    for menu, found in office.items():
        gone = [line for line in found if line.startswith("add ") and line not in now.get(menu, ())]
        assert not gone, "what is the office's stays"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("meddling", sorted(set(MEDDLING) - {"nothing"}))
def test_what_people_did_to_ours_is_put_right(kind, meddling):
    box = rolled_out(kind)
    before = lines(box)
    for line in MEDDLING[meddling].splitlines():
        assert ask(box, line) == ""
    theirs = {"a rule of theirs comes first", "a rule of theirs between ours", "a queue is renamed"}
    comparison = compare(box, PLATFORMS[kind], suits(kind))
    assert comparison.commands
    assert len(comparison.commands) <= 4
    assert run(box, comparison.commands) == {}
    run_guard_end(box, PLATFORMS[kind])
    assert compare(box, PLATFORMS[kind], suits(kind)).commands == ()
    if meddling not in theirs:
        assert lines(box) == before


@pytest.mark.parametrize("kind", KINDS)
def test_ours_stand_before_the_offices(kind):
    box = rolled_out(kind)
    for menu in ("filter", "nat", "mangle"):
        chains = {}
        for row in read(box, PLATFORMS[kind]).of(f"ip firewall {menu}"):
            chains.setdefault(row.values["chain"], []).append(row.mark.startswith("motcua:"))
        assert all(ours == sorted(ours, reverse=True) for ours in chains.values())
        assert chains


@pytest.mark.parametrize("kind", KINDS)
def test_a_chain_is_whole_before_anything_jumps_there(kind):
    """A drop at a chain's end must not be there before what is let through, and no jump before the chain."""
    comparison = compare(build(kind), PLATFORMS[kind], suits(kind))
    texts = [one.text for one in comparison.commands]
    order = {name: next(number for number, text in enumerate(texts) if f"comment=motcua:{name} " in f"{text} ") for name in (
        "in-tunnel-known", "controller-to-router-of-lang-giang-tcp", "in-tunnel-end", "in-by-interface", "input")}  # fmt: skip
    assert list(order.values()) == sorted(order.values())
    closing = [number for number, text in enumerate(texts) if text.startswith(("/ip service set", "/tool mac-server set"))]
    assert min(closing) > order["input"]


@pytest.mark.parametrize("kind", KINDS)
def test_additions_come_before_removals_and_tunnels_last(kind):
    box = rolled_out(kind)
    wished = suits(kind, tunnels=tunnels(*IPSEC, *WIREGUARD, endpoint="203.0.113.99"), snmp=None, firewall=opened(cameras=["192.168.5.12"]))
    texts = [one.text for one in compare(box, PLATFORMS[kind], wished).commands]
    adds = [number for number, text in enumerate(texts) if " add " in text.split("; ")[0]]
    removals = [number for number, text in enumerate(texts) if " remove " in text]
    changes = [number for number, text in enumerate(texts) if re.match(r"/(interface wireguard peers|ip ipsec peer) set", text)]
    assert max(adds) < min(removals) < min(changes)
    first = "ipsec0"
    assert first in texts[-1] and first not in "".join(texts[number] for number in changes[:-1])


# --- secrets ---


@pytest.mark.parametrize("kind", KINDS)
def test_no_secret_is_shown(kind):
    comparison = compare(build(kind, user="ky-thuat"), PLATFORMS[kind], suits(kind))
    guard = PLATFORMS[kind].guard.arm(300, comparison.undo)
    visible = [comparison.before, comparison.after, repr(comparison), repr(guard)]
    visible += [one.shown for one in (*comparison.commands, *comparison.undo, *guard)] + [one.text for one in (*comparison.undo, *guard)]
    for value in SECRETS.values():
        assert value not in "\n".join(visible)
    sent = "\n".join(one.text for one in comparison.commands)
    assert {name for name, value in SECRETS.items() if value in sent} == set(SECRETS)
    assert "(secret device/lang-giang-router/motcua)" in comparison.after


def test_another_private_key_is_seen_by_its_public_one_and_comes_back_when_undone():
    box = rolled_out("routeros7")
    ask(box, '/interface wireguard set [find name="wg1"] private-key="QPYh0k1S1kMGPJ8nS+vFAW2DlN0bZiyqgtt1ISyGFng="')
    start = lines(box)
    comparison = compare(box, ROUTEROS7, suits("routeros7"))
    assert len(comparison.commands) == 1
    assert "private-key=(secret tunnel/lang-giang/centre-ftth)" in comparison.commands[0].shown
    assert comparison.before != comparison.after
    assert run(box, comparison.commands) == {}
    assert compare(box, ROUTEROS7, suits("routeros7")).commands == ()
    assert run(box, comparison.undo) == {}
    assert lines(box) == start


def test_a_wish_whose_secrets_nobody_may_derive_is_compared_all_the_same():
    box = rolled_out("routeros7")
    comparison = compare(box, ROUTEROS7, router_state(wish()))
    assert comparison.commands == ()
    assert comparison.before == comparison.after


def test_an_account_without_a_password_is_refused():
    accounts = [{**wish()["accounts"][0], "password": None}]
    with pytest.raises(ModelError, match="no password"):
        compare(build("routeros7"), ROUTEROS7, suits("routeros7", accounts=accounts))


# --- what can't be ---


def test_wireguard_on_version_6_is_said():
    with pytest.raises(Unsupported, match="has no WireGuard"):
        compare(build("routeros6"), ROUTEROS6, suits("routeros7"))


def test_another_version_than_the_inventorys_is_said():
    running = read(build("routeros6"), ROUTEROS6)
    with pytest.raises(Unsupported, match=r"runs RouterOS 6\.49"):
        ROUTEROS7.compare(running, suits("routeros7"))


def test_ipsec_before_its_identities_is_said():
    box = build("routeros6", config="# sep/25/2018 11:11:11 by RouterOS 6.42.5\n/interface bridge\nadd name=bridge\n")
    with pytest.raises(Unsupported, match=r"6\.42 has no IPsec identities"):
        compare(box, ROUTEROS6, suits("routeros6"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_flash_and_a_colleagues_safe_mode_stop_a_change_and_nothing_else(kind):
    for quirk, says in (("full_flash", "KiB left"), ("safe_mode_open", "safe mode")):
        box = build(kind, quirks={quirk})
        before = box.export()
        with pytest.raises(Refused, match=says):
            compare(box, PLATFORMS[kind], suits(kind))
        assert [line for line in box.export().splitlines() if line[0] != "#"] == [line for line in before.splitlines() if line[0] != "#"]


@pytest.mark.parametrize(
    ("history", "held"),
    [
        (
            "Flags: U - UNDOABLE\nColumns: ACTION, BY, POLICY, TIME\n  ACTION          BY     POLICY\nU device changed  admin  write\n",
            False,
        ),
        ("Flags: U, F-FLOATING-UNDO\nColumns: ACTION, BY, POLICY\nF route 0.0.0.0/0 added  admin  write\n", True),
        ("Flags: U - undoable, R - redoable, F - floating-undo\n 0 F filter rule added  admin  write\n", True),
        ("Flags: U - undoable, R - redoable, F - floating-undo\n   FTP setting changed  admin  write\nU Firewall changed\n", False),
        ("\n", False),
    ],
)
def test_safe_mode_is_seen_by_what_was_changed_in_it(history, held):
    answers = {command: ask(build("routeros7"), command) for command in ROUTEROS7.reads}
    assert ROUTEROS7.understand({**answers, "/system history print without-paging": history}).in_safe_mode is held


@pytest.mark.parametrize("kind", KINDS)
def test_a_refusal_is_known_by_its_words(kind):
    box, platform = build(kind, quirks={"no_privilege"}), PLATFORMS[kind]
    command = compare(box, platform, suits(kind)).commands[0]
    assert platform.refusal.search(ask(box, command.text, user="motcua"))
    for wrong in (
        "/ip adress print",
        "/ip address add adress=1",
        "/ip address add address=x interface=bridge",
        "/ip address add address=10.0.0.1 interface=x",
        "/ip address set 99 disabled=yes",
    ):
        assert platform.refusal.search(ask(box, wrong)), wrong
    for right in platform.reads:
        assert not platform.refusal.search(ask(box, right)), right


@pytest.mark.parametrize("read_", ["/export", "/system resource print", "/user print detail without-paging"])
def test_a_read_that_is_refused_is_said(read_):
    answers = {command: ask(build("routeros7"), command) for command in ROUTEROS7.reads}
    with pytest.raises(Refused, match="not enough permissions"):
        ROUTEROS7.understand({**answers, read_: "not enough permissions (9)\n"})
    with pytest.raises(Garbled, match="no answer"):
        ROUTEROS7.understand({command: answer for command, answer in answers.items() if command != read_})


@pytest.mark.parametrize("kind", KINDS)
def test_an_interrupted_export_is_no_configuration(kind):
    with pytest.raises(Garbled, match="interrupted"):
        read(build(kind, quirks={"interrupted"}), PLATFORMS[kind])


def test_a_menu_that_could_not_be_exported_matters_when_it_is_ours():
    platform, box = ROUTEROS7, build("routeros7")
    answers = {command: ask(box, command) for command in platform.reads}
    platform.understand({**answers, "/export": answers["/export"] + "#error exporting /ip traffic-flow\n"})
    with pytest.raises(Garbled, match="/ip firewall"):
        platform.understand({**answers, "/export": answers["/export"] + "#error exporting /ip firewall\n"})


@pytest.mark.parametrize("kind", KINDS)
def test_fields_of_a_later_version_are_left_alone_and_said(kind):
    box = rolled_out(kind, quirks={"wrong_minor"})
    comparison = compare(box, PLATFORMS[kind], suits(kind))
    assert comparison.commands == ()
    assert any("hw-class" in one for one in comparison.unknown)


# --- versions ---


@pytest.mark.parametrize(
    ("version", "has", "lacks"),
    [
        ("7.8", ["/routing bgp connection add", " as=4200000001", " router-id="], ["/routing bfd", "use-bfd", "/routing bgp instance"]),
        ("7.16", ["/routing bfd configuration add", "use-bfd=yes", " as=4200000001"], ["/routing bgp instance"]),
        ("7.20", ["/routing bgp instance add as=4200000001 router-id=10.96.0.8", " instance=motcua"], ["local.role=ebgp as="]),
    ],
)
def test_bgp_is_said_in_each_versions_words(version, has, lacks):
    box = build("routeros7", config=f"# 2024-10-25 12:09:43 by RouterOS {version}\n/interface bridge\nadd name=bridge\n")
    comparison = compare(box, ROUTEROS7, suits("routeros7"))
    sent = "\n".join(one.text for one in comparison.commands)
    assert not [text for text in has if text not in sent]
    assert not [text for text in lacks if text in sent]
    assert run(box, comparison.commands) == {}
    assert compare(box, ROUTEROS7, suits("routeros7")).commands == ()


@pytest.mark.parametrize("kind", KINDS)
def test_ssh_answers_the_management_and_where_our_accounts_come_from(kind):
    local = {**wish()["accounts"][0], "name": "breakglass", "keys": [], "sources": ["192.168.5.2/32"]}
    comparison = compare(build(kind), PLATFORMS[kind], suits(kind, accounts=[*wish()["accounts"], local]))
    assert comparison.commands[-1].text == "/ip service set ssh address=10.10.10.50/32,192.168.5.2/32"


def test_a_hub_without_a_key_yet_is_no_peer():
    wished = suits("routeros7", tunnels=[{**one, "hub_public_key": None} for one in wish()["tunnels"]])
    sent = "\n".join(one.text for one in compare(build("routeros7"), ROUTEROS7, wished).commands)
    assert "/interface wireguard add" in sent
    assert "/interface wireguard peers" not in sent
    assert HUB_KEY not in sent


def test_vietnamese_letters_are_sent_as_bytes_and_shown_as_letters():
    comparison = compare(build("routeros7"), ROUTEROS7, suits("routeros7"))
    command = next(one for one in comparison.commands if one.text.startswith("/snmp set"))
    assert command.text.isascii()
    assert "B\\E1\\BB\\99 ph\\E1\\BA\\ADn" in command.text
    assert 'location="Bộ phận Một cửa huyện Lạng Giang"' in command.shown


def test_a_policy_is_on_while_its_route_leads_into_the_tunnel():
    box = rolled_out("routeros7")
    policy = '[/ip ipsec policy find comment="motcua:carry-ipsec0-10.10.10.0/24"]'
    box.tick(10)  # no BGP speaks here, so that no route leads anywhere
    assert ask(box, f":put [/ip ipsec policy get {policy} disabled]").strip() in ("true", "yes")
    ask(box, "/ip route add dst-address=10.10.10.0/24 gateway=10.96.0.2")
    box.tick(10)
    assert ask(box, f":put [/ip ipsec policy get {policy} disabled]").strip() in ("false", "no")
    assert compare(box, ROUTEROS7, suits("routeros7")).commands == ()


def test_the_key_of_an_account_is_known_again():
    box = rolled_out("routeros7")
    assert "ssh-keys" not in "".join(one.text for one in compare(box, ROUTEROS7, suits("routeros7")).commands)
    account = {**wish()["accounts"][0], "keys": [KEY, KEY.replace("JdD7y3a", "JdD7y3b")]}
    comparison = compare(box, ROUTEROS7, suits("routeros7", accounts=[account]))
    assert [one.text.split()[:3] for one in comparison.commands] == [["/user", "ssh-keys", "add"]]
