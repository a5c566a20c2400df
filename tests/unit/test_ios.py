"""IOS against an emulated router: what is missing is built in order, nothing else is touched, and the way back ends where it began."""

import base64
import copy
import hashlib
import re

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.ios import IOS, IOS_RELOAD
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.ios.editing import edits
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.ios.grammar import Block
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.platform import Command
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.emulators.routers.ios import Ios
from tests.unit import routers
from tests.unit.routers import SECRETS, wish
from tests.unit.test_ios_grammar import RECORDED, recorded

WAN, TSLCD, LAN = "GigabitEthernet0/0/0", "GigabitEthernet0/0/1", "Vlan1"
RSA = "ssh-rsa " + base64.b64encode(b"\0\0\0\x07ssh-rsa\0\0\0\x01\x03\0\0\0\x04abcd").decode() + " motcua"


def ipsec_wish(**changes):
    """The sample site as IOS can have it: IPsec alone, at the box's own interfaces."""
    made = wish()
    for tunnel in made["tunnels"]:
        tunnel |= {"kind": "ipsec", "hub_public_key": None}
    names = {"ether1": WAN, "ether2": TSLCD}
    for row in (*made["lines"], *made["shaping"]):
        row["interface"] = names[row["interface"]]
    made["lan"]["interface"] = LAN
    return made | copy.deepcopy(changes)


def state(**changes):
    return routers.state(**ipsec_wish(**changes))


def box(config=None, user="motcua"):
    return Ios(config, user=user, password=SECRETS["device/lang-giang-router/motcua"], quirks=frozenset())


def read(router):
    session = router.login(router.user, exec_channel=True)
    return IOS.understand({command: session.execute(command) for command in IOS.reads})


def send(router, commands):
    """Type the commands; the answers to those that the box refuses."""
    session, refused = router.login("motcua"), []
    session.execute("terminal length 0")
    for command in commands:
        said = session.execute(command.text)
        if session.question:
            assert command.expect and re.search(command.expect, session.question[0]), f"{command.shown} asks {session.question[0]}"
            said += session.execute(command.answer or "")
        if IOS.refusal.search(said):
            refused.append((command.shown, said.strip()))
    return refused


def change(router, commands):
    return send(router, (*IOS.enter, *commands, *IOS.leave))


def type_in(router, *lines):
    return send(router, [Command(line, line) for line in lines])


def without(text, *beginnings):
    """A configuration without the sections that begin so."""
    kept, dropping = [], False
    for line in text.splitlines():
        if not line.startswith(" "):
            dropping = line.startswith(beginnings)
        if not dropping:
            kept.append(line)
    return "\n".join(kept) + "\n"


def converged(**changes):
    """A box that has the sample site already."""
    router = box()
    assert change(router, IOS.compare(read(router), state(**changes)).commands) == []
    return router


def fewer_tunnels():
    made = ipsec_wish()
    made["tunnels"] = made["tunnels"][:2]
    made["routing"]["neighbors"] = made["routing"]["neighbors"][:2]
    return {key: made[key] for key in ("tunnels", "routing")}


def other(path, value):
    """A change of one value deep in the wish."""
    made = ipsec_wish()
    *above, last = path
    place = made
    for step in above:
        place = place[step]
    place[last] = value
    return {path[0]: made[path[0]]}


def static():
    made = ipsec_wish()
    return {"routing": made["routing"] | {"mode": "static", "neighbors": [], "networks": []}}


CHANGES = {
    "nothing": {},
    "fewer tunnels": fewer_tunnels(),
    "another hub address": other(("tunnels", 0, "endpoint"), "10.190.0.99"),
    "another size": other(("tunnels", 1, "mtu"), 1300),
    "more for video": other(("shaping", 0, "video_kbps"), 12000),
    "one camera less": other(("firewall", "cameras"), ["192.168.5.5"]),
    "other time sources": {"time_sources": ["10.96.0.2"]},
    "another manager": {"management": ["10.10.10.60/32"]},
    "static routes": static(),
    "no SNMP": {"snmp": None},
    "another location": other(("snmp", "location"), "Đông Sơn"),
    "another AS at a hub": other(("routing", "neighbors", 0, "asn"), 64999),
    "no BFD": other(("routing", "bfd"), False),
    "an RSA key": {"accounts": [wish()["accounts"][0] | {"keys": [RSA]}]},
    "telnet too": {"services": wish()["services"] | {"telnet": True}},
    "a device more": other(("firewall", "forward", 0, "to"), ["192.168.5.5/32", "192.168.5.11/32", "192.168.5.12/32"]),
}


class TestTheWayThereAndBack:
    @pytest.mark.parametrize("name", CHANGES)
    def test_from_an_office_as_it_was_found(self, name):
        router, wished = box(), state(**CHANGES[name])
        found = router.export()
        comparison = IOS.compare(read(router), wished)
        assert change(router, comparison.commands) == []
        assert IOS.compare(read(router), wished).commands == ()
        change(router, comparison.undo)
        assert router.export().replace("ip ssh pubkey-chain\n", "") == found

    @pytest.mark.parametrize("name", [name for name in CHANGES if name not in ("nothing", "fewer tunnels")])
    def test_from_what_was_wished_before(self, name):
        router, wished = converged(), state(**CHANGES[name])
        had = IOS.compare(read(router), wished)
        assert had.commands and had.before != had.after
        assert change(router, had.commands) == []
        assert IOS.compare(read(router), wished).commands == ()
        change(router, had.undo)
        assert IOS.compare(read(router), state()).commands == ()

    def test_tunnels_that_are_no_longer_wished_go_with_all_that_belongs_to_them(self):
        router, wished = converged(), state(**fewer_tunnels())
        assert change(router, IOS.compare(read(router), wished).commands) == []
        assert IOS.compare(read(router), wished).commands == ()
        assert "ioc" not in re.sub(r"^snmp.*$", "", router.export(), flags=re.MULTILINE)

    def test_a_change_of_one_value_is_one_line(self):
        router = converged()
        commands = IOS.compare(read(router), state(**CHANGES["another size"])).commands
        assert [command.text for command in commands] == ["interface Tunnel641", "ip mtu 1300", "exit"]

    @settings(deadline=None, max_examples=25)
    @given(st.sets(st.sampled_from([name for name in CHANGES if name not in ("nothing", "fewer tunnels")]), max_size=3))
    def test_several_changes_at_once(self, names):
        merged = {}
        for name in sorted(names):
            merged |= CHANGES[name]
        router, wished = copy.deepcopy(BUILT), state(**merged)
        assert change(router, IOS.compare(read(router), wished).commands) == []
        assert IOS.compare(read(router), wished).commands == ()


class TestWhatIsNotOurs:
    def test_the_office_keeps_every_line_of_its_own(self):
        router = box()
        theirs = [
            "username quantri privilege 15 secret Abc-12345",
            "logging host 192.168.1.9",
            "ip route 172.16.0.0 255.255.0.0 10.190.1.1",
        ]
        assert type_in(router, "configure terminal", *theirs, "end") == []
        before = [
            line
            for line in router.export().splitlines()
            if "http" not in line and not re.match(r"hostname|clock|ntp| transport| login", line)
        ]
        change(router, IOS.compare(read(router), state()).commands)
        after = router.export().splitlines()
        assert [line for line in before if line not in after] == []

    def test_a_neighbor_that_somebody_added_to_our_process_stays(self):
        router = converged()
        theirs = ["router bgp 4200000001", "neighbor 192.0.2.9 remote-as 65001", "neighbor 192.0.2.9 description theirs"]
        assert type_in(router, "configure terminal", *theirs, "end") == []
        assert IOS.compare(read(router), state()).commands == ()
        change(router, IOS.compare(read(router), state(**CHANGES["static routes"])).commands)
        assert "neighbor 192.0.2.9 remote-as 65001" in router.export() and "motcua:centre-tslcd\n neighbor" not in router.export()

    def test_an_interface_of_somebody_else_with_our_number_stops_it_before_anything_is_sent(self):
        text = (
            box()
            .export()
            .replace(
                "interface Vlan1\n", "interface Tunnel640\n description VPN cu\n ip address 10.1.1.1 255.255.255.252\n!\ninterface Vlan1\n"
            )
        )
        with pytest.raises(ModelError, match="Tunnel640 is in use"):
            IOS.compare(read(box(text)), state())

    def test_lines_of_ours_that_a_version_adds_are_left_alone_and_said(self):
        router = converged()
        assert type_in(router, "configure terminal", "interface Tunnel640", "load-interval 30", "end") == []
        comparison = IOS.compare(read(router), state())
        assert comparison.commands == () and "interface Tunnel640: load-interval 30" in comparison.unknown

    @pytest.mark.parametrize(
        ("line", "at", "key"),
        [
            (" service-policy output THOAI", f"interface {TSLCD}", "service-policy output"),
            (" ip access-group CHAN in", "interface Vlan1", "ip access-group CHAN in"),
        ],
    )
    def test_a_place_that_is_taken_stays_taken_and_is_said(self, line, at, key):
        router = box(box().export().replace(f"{at}\n", f"{at}\n{line}\n"))
        comparison = IOS.compare(read(router), state())
        assert [one for one in comparison.contradictions if key in one.key]
        change(router, comparison.commands)
        assert line in router.export()
        assert IOS.compare(read(router), state()).commands == ()


CONTRADICTIONS = {
    "a camera behind a port forward": (
        "ip nat inside source static tcp 192.168.5.11 80 interface GigabitEthernet0/0/0 8011",
        "opens the camera",
    ),
    "another device behind a port forward": ("ip nat inside source static tcp 192.168.5.77 80 interface GigabitEthernet0/0/0 8011", None),
    "a masquerade that catches the tunnels": (
        "ip nat inside source list VANPHONG interface GigabitEthernet0/0/0 overload\nip access-list standard VANPHONG\n 10 permit 192.168.5.0 0.0.0.255",
        "hides what the office sends into the tunnels",
    ),
    "a masquerade that leaves the hubs out": (
        "ip nat inside source list VANPHONG interface GigabitEthernet0/0/0 overload\nip access-list extended VANPHONG\n 10 deny ip any 10.10.0.0 0.0.255.255\n 20 deny ip any 10.96.0.0 0.0.255.255\n 30 permit ip 192.168.5.0 0.0.0.255 any",
        None,
    ),
    "a masquerade for one interface": (
        "ip nat inside source route-map RA interface GigabitEthernet0/0/0 overload\nroute-map RA permit 10\n match interface GigabitEthernet0/0/0",
        None,
    ),
    "the whole LAN translated twice": ("ip nat inside source static network 192.168.5.0 172.16.5.0 /24", "translates the whole LAN"),
    "a static route past the tunnels": ("ip route 10.10.10.0 255.255.255.128 10.190.1.1", "another way than the tunnels"),
    "a static route elsewhere": ("ip route 172.16.0.0 255.255.0.0 10.190.1.1", None),
    "a community": ("snmp-server community public RO", "community"),
    "another BGP": ("router bgp 65001\n bgp log-neighbor-changes", "one BGP process"),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_contradictions(name):
    lines, message = CONTRADICTIONS[name]
    text = without(box().export(), "ip nat inside source", "snmp-server community").replace("\nend\n", f"\n{lines}\nend\n")
    found = IOS.compare(read(box(text)), state()).contradictions
    assert [one for one in found if message in one.message] if message else found == ()


class TestSecrets:
    def test_they_are_sent_once_and_shown_never(self):
        comparison = IOS.compare(read(box(user="caidat")), state())
        sent = "\n".join(command.text for command in comparison.commands)
        shown = repr(comparison) + comparison.before + comparison.after
        for name, value in SECRETS.items():
            assert value in sent, f"{name} isn't set"
            assert value not in shown
            assert f"(secret {name})" in "\n".join(command.shown for command in comparison.commands)

    def test_they_are_never_compared(self):
        router = converged()
        rotated = routers.router_state(ipsec_wish(), lambda name: SECRETS[name] + "x")
        assert IOS.compare(read(router), rotated).commands == ()


def test_wireguard_is_refused_in_a_sentence():
    with pytest.raises(ModelError, match=r"IOS has no WireGuard, which centre-ftth, ioc-ftth would be; set tunnel: ipsec"):
        IOS.compare(read(box()), routers.state())


def test_a_key_that_ios_takes_is_compared_by_its_hash():
    router = converged(**CHANGES["an RSA key"])
    digest = hashlib.md5(base64.b64decode(RSA.split()[1])).hexdigest().upper()
    assert f"key-hash ssh-rsa {digest}" in router.export()


@pytest.mark.parametrize(
    ("version", "cipher"),
    [("Version 15.1(4)M", "aes-cbc-256"), ("Version 15.4(3)M2", "aes-gcm-256"), ("Version 17.09.04a", "aes-gcm-256"), ("", "aes-cbc-256")],
)
def test_the_cipher_is_one_that_the_version_has(version, cipher):
    running = IOS.understand({"show version": version, "show running-config": box().export(), "show cdp": "", "show snmp user": ""})
    assert f"encryption {cipher}" in [command.text for command in IOS.compare(running, state()).commands]


@pytest.mark.parametrize(
    ("said", "commands"), [("Global CDP information:\n\tSending CDP packets every 60 seconds", 1), ("% CDP is not enabled", 0), ("", 0)]
)
def test_discovery_is_switched_off_where_it_runs(said, commands):
    running = IOS.understand(
        {"show version": "", "show running-config": converged().export(), "show cdp": said, "show snmp user": "User name: motcua"}
    )
    sent = [command.text for command in IOS.compare(running, state()).commands]
    assert sent.count("no cdp run") == commands


class TestGuard:
    def test_the_timer_brings_the_old_state_back_without_a_restart(self):
        router = box()
        found = router.export()
        commands = IOS.compare(read(router), state()).commands
        assert send(router, (*IOS.guard.arm(290, ()), *IOS.enter, *commands, *IOS.leave)) == []
        assert IOS.guard.armed[1].search(router.login("motcua").execute(IOS.guard.armed[0]))
        router.tick(301)
        assert router.export() == found and router.boots == 0
        assert not IOS.guard.armed[1].search(router.login("motcua").execute(IOS.guard.armed[0]))

    def test_it_is_confirmed_and_outlasts_a_power_cut(self):
        router = box()
        send(router, (*IOS.guard.arm(300, ()), *IOS.enter, *IOS.compare(read(router), state()).commands, *IOS.leave))
        assert send(router, IOS.guard.confirm) == []
        router.tick(1000)
        router.power_cut()
        assert IOS.compare(read(router), state()).commands == ()

    def test_a_power_cut_before_the_confirmation_ends_in_the_old_state(self):
        router = box()
        found = router.export()
        send(router, (*IOS.guard.arm(300, ()), *IOS.enter, *IOS.compare(read(router), state()).commands, *IOS.leave))
        router.power_cut()
        assert router.export() == found

    def test_it_is_fired_at_once(self):
        router = box()
        found = router.export()
        send(router, (*IOS.guard.arm(300, ()), *IOS.enter, *IOS.compare(read(router), state()).commands, *IOS.leave))
        assert send(router, IOS.guard.fire) == []
        assert router.export() == found

    def test_without_an_archive_the_revert_timer_is_refused_and_a_reload_stands_in(self):
        router = box(without(box().export(), "archive"))
        assert "Turn config archive on" in send(router, IOS.guard.arm(300, ()))[0][1]
        found = router.export()
        assert send(router, IOS_RELOAD.guard.arm(300, ())) == []
        assert IOS_RELOAD.guard.reboots
        assert change(router, IOS.compare(read(router), state()).commands) == []
        router.tick(301)
        assert router.export() == found and router.boots == 1

    def test_a_reload_is_called_off(self):
        router = box(without(box().export(), "archive"))
        send(router, IOS_RELOAD.guard.arm(300, ()))
        change(router, IOS.compare(read(router), state()).commands)
        assert send(router, IOS_RELOAD.guard.confirm) == []
        router.tick(1000)
        assert router.boots == 0 and IOS.compare(read(router), state()).commands == ()
        assert send(router, IOS.guard.arm(300, ())) == [], "from now on the revert timer works"


BUILT = converged()


class TestAccessLists:
    """The edits of a list, played on a list that is numbered like IOS numbers it."""

    HEADING = "ip access-list extended MOTCUA-TUNNEL"
    BODIES = st.lists(st.sampled_from([f"permit tcp any any eq {port}" for port in range(1, 30)]), unique=True, max_size=12)

    @staticmethod
    def play(lines, had, numbers):
        """The list as (number, line) after what was typed."""
        held = dict(zip(numbers, had, strict=True))
        for line in lines:
            if line.startswith("ip access-list resequence"):
                held = {100 * (at + 1): held[number] for at, number in enumerate(sorted(held))}
            elif line.startswith("no ") and line[3:].isdigit():
                del held[int(line[3:])]
            elif line.split()[0].isdigit():
                number, body = line.split(" ", 1)
                assert body not in held.values(), "a list takes no line twice"
                assert int(number) not in held, "a number that is taken"
                held[int(number)] = body
            elif line not in (TestAccessLists.HEADING, "exit"):
                held[max(held, default=0) + 10] = line
            if had:
                assert held, "a list in use ran empty"
        return held

    @staticmethod
    def edit(had, wanted, numbers):
        lists = [Block(TestAccessLists.HEADING, tuple(map(Block, lines))) for lines in (had, wanted)]
        return edits(lists[:1], lists[1:], {} if numbers is None else {TestAccessLists.HEADING: numbers})

    @settings(deadline=None)
    @given(BODIES, BODIES, st.sampled_from([1, 2, 10]), st.booleans())
    def test_there_and_back_in_exact_order(self, had, wanted, step, printed):
        had, wanted = [*had, "deny ip any any"], [*wanted, "deny ip any any"]
        numbers = tuple(step * (at + 1) for at in range(len(had)))
        there = self.edit(had, wanted, numbers if printed else None)
        held = self.play(there.first, had, numbers)
        assert [held[number] for number in sorted(held)] == wanted
        assert not there.first or there.numbers[self.HEADING] == tuple(sorted(held))
        back = self.play(self.edit(wanted, had, there.numbers[self.HEADING]).first, wanted, sorted(held))
        assert [back[number] for number in sorted(back)] == had


@pytest.mark.skipif(not RECORDED, reason="the recorded exports aren't beside the project")
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_a_recorded_router_takes_the_wish_and_then_needs_nothing(path):
    ports = {WAN: "GigabitEthernet0/0/1", TSLCD: "GigabitEthernet0/0/2"}
    made = ipsec_wish()
    for row in (*made["lines"], *made["shaping"]):
        row["interface"] = ports[row["interface"]]
    made["lan"]["interface"] = "GigabitEthernet0/0/3"
    text = recorded(path).replace("username root secret", "username root privilege 15 secret")  # its rights came from a server
    router, wished = box(text, user="root"), routers.state(**made)
    found = router.export()
    comparison = IOS.compare(read(router), wished)
    assert [one.key for one in comparison.contradictions] == [
        f"interface {port} service-policy output shape-all" for port in (ports[TSLCD], ports[WAN])
    ]
    assert change(router, comparison.commands) == []
    assert IOS.compare(read(router), wished).commands == ()
    change(router, comparison.undo)
    # The box keeps an account that it is told to forget, and two time sources were made the same by those who hid their addresses.
    assert set(without(router.export(), "username motcua").splitlines()) == set(found.splitlines())
