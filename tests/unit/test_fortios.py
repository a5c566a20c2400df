"""FortiOS is read and compared: what differs is said as lines for a person, nothing secret is shown, and applying them ends the difference."""

import string

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import Garbled
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.fortios import FORTIOS, HIDDEN, Node, parse, render
from hypothesis import given
from hypothesis import strategies as st

from tests.unit import routers
from tests.unit.routers import SECRETS, wish

WORDS = st.text(string.ascii_letters + string.digits + ' "\\#\n./-_đ', max_size=10)
KEYS = st.from_regex(r"[a-z][a-z-]{0,10}", fullmatch=True)
SETTING = st.tuples(st.sampled_from(["set", "unset"]), KEYS, st.lists(WORDS, max_size=3)).map(
    lambda found: Node((found[0], found[1], *found[2]))
)


def section(word, inside):
    return st.tuples(KEYS, st.lists(inside, max_size=3)).map(lambda found: Node((word, found[0]), tuple(found[1])))


TREES = st.lists(section("config", SETTING | section("edit", SETTING | section("config", SETTING))), min_size=1, max_size=4)
OFFICE = """#config-version=FGT60F-7.2.5-FW-build1517-230606:opmode=0:vdom=0:user=admin
#buildno=1517
config system global
    set hostname "FGT60F"
    set timezone 53
end
config system interface
    edit "wan1"
        set vdom "root"
        set mode dhcp
        set allowaccess ping https ssh
        set role wan
    next
    edit "ether2"
        set allowaccess ping
    next
end
config system admin
    edit "admin"
        set password ENC SH2abcdef==
    next
end
config system replacemsg admin "admin-disclaimer"
    set buffer "Chỉ người có quyền
mới được vào"
end
config vpn ipsec phase1-interface
    edit "VANPHONG"
        set psksecret ENC abcdef
    next
end
"""


def ipsec(**changes):
    made = wish()
    for tunnel in made["tunnels"]:
        tunnel |= {"kind": "ipsec", "hub_public_key": None}
    return routers.state(tunnels=made["tunnels"], **changes)


def compare(text, state):
    return FORTIOS.compare(FORTIOS.understand({"show": text}), state)


def applied(text, commands):
    """A configuration after a person typed the lines: sections are merged, settings replaced."""
    tree, place = nested(parse(text)), []
    for command in commands:
        words = parse_words(command.text)
        if words[0] in ("config", "edit"):
            place.append(words)
        elif words[0] in ("next", "end"):
            place.pop()
        else:
            at = tree
            for step in place:
                at = at.setdefault(step, {})
            if words[0] == "delete":
                at.pop(("edit", *words[1:]), None)
            elif words[0] == "unset":
                at.pop(("set", words[1]), None)
            else:
                at["set", words[1]] = words[2:]
    assert not place
    return render(flat(tree))


def parse_words(line):
    return (
        parse(f"config x\n{line}\nend\n")[0].inside[0].words if line.startswith("set ") else tuple(word.strip('"') for word in line.split())
    )


def nested(nodes):
    return {
        node.words[:2] if node.words[0] == "set" else node.words: node.words[2:] if node.words[0] == "set" else nested(node.inside)
        for node in nodes
    }


def flat(tree):
    return tuple(Node((*words, *inside)) if words[0] == "set" else Node(words, flat(inside)) for words, inside in tree.items())


@given(TREES)
def test_what_is_rendered_is_parsed_back(tree):
    assert parse(render(tree)) == tuple(tree)


@pytest.mark.parametrize("cut", [30, 200, 400, 620, len(OFFICE) - 5])
def test_an_answer_that_breaks_off_is_never_taken_for_a_whole_one(cut):
    with pytest.raises(Garbled, match=r"breaks off|no line"):
        parse(OFFICE[:cut])


def test_answers_that_are_no_configuration():
    for answer in ("", "Unknown action 0\n", "end\n"):
        with pytest.raises(Garbled):
            parse(answer)


def test_motcua_changes_nothing_on_it():
    assert FORTIOS.guard is None


def test_what_is_encrypted_isnt_kept():
    running = FORTIOS.understand({"show": OFFICE})
    admin = next(node for node in running if node.words == ("config", "system", "admin"))
    assert admin.inside[0].inside[0].words == ("set", "password", HIDDEN)
    assert "abcdef" not in repr(running)


def test_what_a_person_types_ends_the_difference_and_is_taken_back():
    first = compare(OFFICE, ipsec())
    after = applied(OFFICE, first.commands)
    assert compare(after, ipsec()).commands == ()
    assert compare(applied(after, first.undo), ipsec()).commands == first.commands


def test_the_office_keeps_what_is_its_own():
    after = nested(parse(applied(OFFICE, compare(OFFICE, ipsec()).commands)))
    before = nested(parse(OFFICE))
    assert after["config", "system", "interface"]["edit", "wan1"] == before["config", "system", "interface"]["edit", "wan1"]
    assert after["config", "vpn", "ipsec", "phase1-interface"]["edit", "VANPHONG"] == {("set", "psksecret"): ("ENC", "abcdef")}


def test_a_tunnel_that_is_no_longer_wished_goes_and_a_changed_value_is_one_setting():
    after = applied(OFFICE, compare(OFFICE, ipsec()).commands)
    made = ipsec()
    fewer = routers.router_state(
        wish(
            tunnels=[row | {"kind": "ipsec"} for row in wish()["tunnels"][:3]],
            routing=wish()["routing"] | {"neighbors": wish()["routing"]["neighbors"][:3]},
        ),
        SECRETS.__getitem__,
    )
    sent = [command.text for command in compare(after, fewer).commands]
    assert sent.count("delete motcua643") == 3 and made.tunnels[2].name not in " ".join(sent)
    assert [command.text for command in compare(after, ipsec(host="khac")).commands] == ["config system global", "set hostname khac", "end"]


def test_secrets_are_typed_and_never_shown_or_compared():
    comparison = compare(OFFICE, ipsec())
    shown = repr(comparison) + comparison.before + comparison.after
    needed = {name: value for name, value in SECRETS.items() if "router/motcua" not in name}
    assert all(any(value in command.text for command in comparison.commands) for value in needed.values())
    assert not [value for value in SECRETS.values() if value in shown]


def test_wireguard_is_said_as_a_lack():
    assert compare(OFFICE, routers.state()).unknown == tuple(
        f"tunnel {name}: FortiOS has no WireGuard" for name in ("centre-ftth", "ioc-ftth")
    )


CAMERA = 'config firewall vip\n    edit "CAM"\n        set extip 203.0.113.9\n        set mappedip "192.168.5.11"\n    next\nend\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (OFFICE.replace('"wan1"', '"ether1"'), "lets https, ssh in from the line"),
        (OFFICE + CAMERA, "opens the camera"),
        (OFFICE + CAMERA.replace(".5.11", ".5.77"), None),
        (OFFICE + 'config system snmp community\n    edit 1\n        set name "public"\n    next\nend\n', "community name"),
    ],
)
def test_contradictions(text, message):
    found = compare(text, ipsec()).contradictions
    assert [one for one in found if message in one.message] if message else found == ()
