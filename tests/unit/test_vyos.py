"""VyOS 1.4 and 1.3 against emulated routers: what is missing is set in one commit, nothing else is touched, and the way back is exact."""

import contextlib
import copy

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.platform import Command
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.vyos import VYOS13, VYOS14
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.vyos.grammar import parse
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import wireguard_public_key
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.emulators.routers.vyos import Vyos
from tests.emulators.routers.vyos_schema import schema
from tests.emulators.routers.vyos_tree import Tree, marked, read_commands
from tests.unit import routers
from tests.unit.routers import SECRETS, wish

PLATFORMS = {"14": VYOS14, "13": VYOS13}
OTHER_KEY = "QPYh0k1S1kMGPJ8nS+vFAW2DlN0bZiyqgtt1ISyGFng="


def vyos_wish(**changes):
    """The sample site at the interfaces of the emulated box."""
    made = wish()
    names = {"ether1": "eth0", "ether2": "eth1"}
    for row in (*made["lines"], *made["shaping"]):
        row["interface"] = names[row["interface"]]
    made["lan"]["interface"] = "eth2"
    return made | copy.deepcopy(changes)


def state(**changes):
    return routers.state(**vyos_wish(**changes))


class Router:
    """An emulated box, and what is said to it."""

    def __init__(self, version, config=None, user="motcua"):
        self.platform = PLATFORMS[version]
        password = SECRETS["device/lang-giang-router/motcua"]
        self.box = Vyos(version, config, user=user, password=password, quirks=frozenset())

    def read(self):
        session = self.box.login(self.box.user)
        for command in self.platform.prepare:
            session.execute(command.text)
        return self.platform.understand({command: session.execute(command) for command in self.platform.reads})

    def compare(self, wished):
        return self.platform.compare(self.read(), wished)

    def send(self, commands):
        """The answers to those that the box refuses."""
        session = self.box.login(self.box.user)
        said = [(command.shown, session.execute(command.text)) for command in commands]
        return [(shown, answer.strip()) for shown, answer in said if self.platform.refusal.search(answer)]

    def change(self, commands):
        return self.send((*self.platform.enter, *commands, *self.platform.leave))

    def type(self, *lines):
        return self.change([Command(line, line) for line in lines])

    def armed(self):
        read, pattern = self.platform.guard.armed
        return bool(pattern.search(self.box.login(self.box.user).execute(read)))


@pytest.fixture(params=PLATFORMS)
def router(request):
    with contextlib.closing(Router(request.param).box) as box:
        made = Router.__new__(Router)
        made.platform, made.box = PLATFORMS[request.param], box
        yield made


@pytest.fixture
def built(router):
    """One that has the sample site already."""
    assert router.change(router.compare(state()).commands) == []
    return router


def other(path, value):
    """A change of one value deep in the wish."""
    made = vyos_wish()
    *above, last = path
    place = made
    for step in above:
        place = place[step]
    place[last] = value
    return {path[0]: made[path[0]]}


def fewer_tunnels():
    made = vyos_wish()
    return {"tunnels": made["tunnels"][:2], "routing": made["routing"] | {"neighbors": made["routing"]["neighbors"][:2]}}


CHANGES = {
    "fewer tunnels": fewer_tunnels(),
    "another hub address": other(("tunnels", 0, "endpoint"), "10.190.0.99"),
    "another hub key": other(("tunnels", 1, "hub_public_key"), wireguard_public_key(OTHER_KEY)),
    "another size": other(("tunnels", 1, "mtu"), 1300),
    "another kind": other(("tunnels", 1, "kind"), "ipsec"),
    "more for video": other(("shaping", 0, "video_kbps"), 12000),
    "no camera": other(("firewall", "cameras"), []),
    "other time sources": {"time_sources": ["10.96.0.2"]},
    "static routes": {"routing": vyos_wish()["routing"] | {"mode": "static", "neighbors": [], "networks": []}},
    "another AS at a hub": other(("routing", "neighbors", 0, "asn"), 64999),
    "no BFD": other(("routing", "bfd"), False),
    "no SNMP": {"snmp": None},
}


SOME = st.sampled_from(["", *sorted(CHANGES)])


class TestTheWayThereAndBack:
    def test_from_an_office_as_it_was_found(self, router):
        found = router.box.export()
        comparison = router.compare(state())
        assert router.change(comparison.commands) == []
        assert router.compare(state()).commands == ()
        assert router.change(comparison.undo) == []
        assert router.box.export() == found

    def test_from_one_wish_to_another_and_back(self, built):
        for name, changes in CHANGES.items():
            comparison = built.compare(state(**changes))
            assert comparison.commands and comparison.before != comparison.after, name
            assert built.change(comparison.commands) == [], name
            assert built.compare(state(**changes)).commands == (), name
            back = built.compare(state())
            assert built.change(back.commands) == [], name
            assert built.compare(state()).commands == (), name

    def test_a_change_of_one_value_is_one_line(self, built):
        commands = built.compare(state(**CHANGES["another size"])).commands
        assert [command.text for command in commands] == ["set interfaces wireguard wg641 mtu 1300"]

    @settings(deadline=None, max_examples=15)
    @given(SOME, SOME, st.sampled_from(["14", "13"]))
    def test_any_wish_is_reached_from_any_other_and_back(self, first, second, version):
        platform, candidate = PLATFORMS[version], Candidate(version)
        for name in (first, second):
            wished = state(**CHANGES.get(name, {}))
            found = candidate.understood()
            comparison = platform.compare(found, wished)
            candidate.play(comparison.commands)
            assert platform.compare(candidate.understood(), wished).commands == ()
        back = candidate.copy()
        back.play(comparison.undo)
        assert written(back.understood()) == written(found)


def written(running):
    """What runs, without the secrets that nobody can write again and the headings that an undo may leave empty."""
    return {path for path in running.paths if not path[-1].startswith(("(secret)", "(public key "))}


class Candidate:
    """A candidate configuration by the emulated schema, without a box around it."""

    def __init__(self, version, tree=None):
        self.version, self.root = version, schema(version)
        self.tree = tree or Tree(read_commands("set system host-name vyos\nset interfaces ethernet eth0 address dhcp\n", self.root))

    def copy(self):
        return Candidate(self.version, self.tree.copy())

    def understood(self):
        return PLATFORMS[self.version].understand({"show configuration commands": "\n".join(self.tree.commands())})

    def play(self, commands):
        """Lines of the shell do nothing here."""
        for command in commands:
            verb, _, rest = command.text.replace("plaintext-password", "encrypted-password").partition(" ")
            if verb == "delete":
                self.tree.delete(self.root, parse(f"set {rest}\n")[0])
            elif verb == "set":
                self.tree.set(self.root, marked(self.root, parse(f"set {rest}\n")[0]))


class TestWhatIsNotOurs:
    def test_the_office_keeps_every_line_of_its_own(self, router):
        before = [
            line
            for line in router.box.export().splitlines()
            if "host-name" not in line and "ntp server" not in line and "time-zone" not in line
        ]
        router.change(router.compare(state()).commands)
        assert [line for line in before if line not in router.box.export().splitlines()] == []

    def test_a_neighbor_that_somebody_added_stays(self, built):
        root = "protocols bgp" if built.platform is VYOS14 else "protocols bgp 4200000001"
        assert built.type(f"set {root} neighbor 192.0.2.9 remote-as 65001") == []
        assert built.compare(state()).commands == ()
        assert built.change(built.compare(state(**CHANGES["fewer tunnels"])).commands) == []
        assert f"{root} neighbor 192.0.2.9 remote-as '65001'" in built.box.export()

    def test_a_number_of_ours_that_somebody_else_uses_stops_it_before_anything_is_sent(self, router):
        where = "inbound-interface name eth0" if router.platform is VYOS14 else "inbound-interface eth0"
        rule = "nat destination rule 6401"
        assert (
            router.type(
                f"set {rule} {where}",
                f"set {rule} protocol tcp",
                f"set {rule} destination port 80",
                f"set {rule} translation address 192.168.5.9",
            )
            == []
        )
        with pytest.raises(ModelError, match="'nat destination rule 6401' is in use"):
            router.compare(state())


CONTRADICTIONS = {
    "a camera behind a port forward": (
        ("set nat destination rule 20 {inbound} eth0", "set nat destination rule 20 protocol tcp", "set nat destination rule 20 destination port 80",
         "set nat destination rule 20 translation address 192.168.5.11"),
        "opens the camera 192.168.5.11",
    ),
    "a masquerade that catches the tunnels": (("set nat source rule 50 translation address masquerade", "set nat source rule 50 {outbound} any"), "also hides what goes"),
    "a static route past the tunnels": (("set protocols static route 10.10.10.0/25 next-hop 10.190.1.1",), "another way than the tunnels"),
    "a community": (("set service snmp community public",), "community name"),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_contradictions(router, name):
    lines, message = CONTRADICTIONS[name]
    router.type("delete nat destination")  # the emulated office has a forward of its own
    assert router.compare(state()).contradictions == ()
    word = " name" if router.platform is VYOS14 else ""
    assert router.type(*(line.format(inbound=f"inbound-interface{word}", outbound=f"outbound-interface{word}") for line in lines)) == []
    assert [one.message for one in router.compare(state()).contradictions if message in one.message]
    assert router.change(router.compare(state()).commands) == []
    assert router.compare(state()).commands == ()


OPEN = "set system host-name vyos\nset firewall ipv4 {chain} filter rule {number} action accept\n{more}"


@pytest.mark.parametrize(
    ("number", "more", "found"),
    [
        (10, "", True),
        (7000, "", False),
        (10, "set firewall ipv4 input filter rule 10 state established\n", False),
        (10, "set firewall ipv4 input filter rule 10 disable\n", False),
    ],
)
def test_a_rule_that_accepts_everything_before_ours(number, more, found):
    running = VYOS14.understand({"show configuration commands": OPEN.format(chain="input", number=number, more=more)})
    assert bool([one for one in VYOS14.compare(running, state()).contradictions if "accepts everything" in one.message]) is found


TAKEN = {
    "14": (
        "set qos policy shaper VANPHONG bandwidth 10mbit\nset qos interface eth0 egress VANPHONG\n",
        "has a shaper of its own",
        "qos interface eth0 egress MOTCUA",
    ),
    "13": ("set interfaces ethernet eth2 firewall in name VANPHONG\n", "has a rule set where ours", "eth2 firewall in name MOTCUA"),
}


@pytest.mark.parametrize("version", TAKEN)
def test_a_place_that_is_taken_stays_taken_and_is_said(version):
    lines, message, ours = TAKEN[version]
    running = PLATFORMS[version].understand({"show configuration commands": f"set system host-name vyos\n{lines}"})
    comparison = PLATFORMS[version].compare(running, state())
    assert [one for one in comparison.contradictions if message in one.message]
    assert not [command for command in comparison.commands if ours in command.text]


class TestServices:
    @pytest.mark.parametrize(
        "line", ["service telnet port 23", "service https listen-address 0.0.0.0", "service lldp interface all", "service upnp listen eth0"]
    )
    def test_what_is_not_wished_goes_as_a_whole(self, line):
        running = VYOS14.understand({"show configuration commands": f"set system host-name vyos\nset {line}\n"})
        assert f"delete {' '.join(line.split()[:2])}" in [command.text for command in VYOS14.compare(running, state()).commands]

    @pytest.mark.parametrize(("there", "set_"), [("0.0.0.0/0", False), ("192.168.5.0/24", False), ("172.16.0.0/12", True)])
    def test_the_lan_may_ask_for_the_time(self, there, set_):
        running = VYOS14.understand({"show configuration commands": f"set service ntp allow-client address {there}\n"})
        sent = [command.text for command in VYOS14.compare(running, state()).commands]
        assert ("set service ntp allow-client address 192.168.5.0/24" in sent) is set_


class TestSecrets:
    @pytest.mark.parametrize("version", PLATFORMS)
    def test_they_are_sent_once_and_shown_never(self, version):
        running = PLATFORMS[version].understand({"show configuration commands": "set system host-name vyos\n"})
        comparison = PLATFORMS[version].compare(running, state())
        sent = "\n".join(command.text for command in comparison.commands)
        shown = repr(comparison) + comparison.before + comparison.after + "".join(command.shown for command in comparison.commands)
        for name, value in SECRETS.items():
            assert value in sent, f"{name} isn't set"
            assert value not in shown
            assert f"(secret {name})" in shown

    def test_a_private_key_is_compared_by_its_public_one(self, built):
        rotated = {**SECRETS, "tunnel/lang-giang/centre-ftth": OTHER_KEY}
        comparison = built.compare(routers.router_state(vyos_wish(), rotated.__getitem__))
        texts = [command.text for command in comparison.commands]
        assert texts[-1].startswith("set interfaces wireguard wg641 private-key ") and any(OTHER_KEY in text for text in texts)
        assert built.change(comparison.commands) == []
        assert built.compare(routers.router_state(vyos_wish(), rotated.__getitem__)).commands == ()

    def test_other_secrets_are_never_compared(self, built):
        kept = {name: value if "ftth" in name else value + "x" for name, value in SECRETS.items()}
        assert built.compare(routers.router_state(vyos_wish(), kept.__getitem__)).commands == ()

    def test_without_values_nothing_is_sent_that_could_be_taken_for_one(self):
        running = VYOS14.understand({"show configuration commands": "set system host-name vyos\n"})
        commands = VYOS14.compare(running, routers.router_state(vyos_wish())).commands
        assert next(one.text for one in commands if "private-key" in one.text).endswith("(secret tunnel/lang-giang/centre-ftth)")


class TestGuard:
    def changed(self, router):
        found = router.box.export()
        assert not router.armed()
        assert router.send(router.platform.guard.arm(300, ())) == []
        assert router.armed()
        assert router.change(router.compare(state()).commands) == []
        return found

    def test_the_timer_brings_the_old_state_back_without_a_restart(self, router):
        found = self.changed(router)
        router.box.tick(301)
        assert router.box.export() == found and router.box.boots == 0
        assert not router.armed()

    def test_it_is_confirmed_and_outlasts_a_power_cut(self, router):
        self.changed(router)
        assert router.send(router.platform.guard.confirm) == []
        assert not router.armed()
        router.box.tick(1000)
        router.box.power_cut()
        assert router.compare(state()).commands == ()

    def test_a_power_cut_before_the_confirmation_ends_in_the_old_state(self, router):
        found = self.changed(router)
        router.box.power_cut()
        router.box.tick(1000)
        assert parse(router.box.export()) == parse(found)
        assert not router.armed()

    def test_it_is_fired_at_once_and_can_be_armed_again(self, router):
        found = self.changed(router)
        assert router.send(router.platform.guard.fire) == []
        assert router.box.export() == found
        self.changed(router)

    def test_a_full_flash_is_told_before_anything_is_changed(self):
        box = Vyos("14", None, user="motcua", password="x", quirks=frozenset({"full_flash"}))
        with contextlib.closing(box):
            session = box.login("motcua")
            said = "".join(session.execute(command.text) for command in VYOS14.guard.arm(300, ()))
            assert VYOS14.refusal.search(said)
