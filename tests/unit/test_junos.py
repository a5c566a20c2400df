"""Junos is read and compared: what differs is said as lines for a person, nothing secret is shown, and applying them ends the difference."""

import string

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import Garbled
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.junos import JUNOS, READ, parse, render
from hypothesis import given
from hypothesis import strategies as st

from tests.unit import routers
from tests.unit.routers import SECRETS, wish

WORDS = st.text(string.ascii_letters + string.digits + ' "\\#;{}./-_đ', max_size=10)
LINES = st.lists(
    st.tuples(WORDS, WORDS, st.sampled_from(["name", "value"]), WORDS).map(lambda rest: ("set", *rest)), min_size=1, max_size=6
)
OFFICE = """set version 21.4R3
set system host-name srx
set system login user admin class super-user
set system login user admin authentication encrypted-password "$6$abc" ## SECRET-DATA
set system services telnet
set system services web-management https interface ge-0/0/0.0
set interfaces ge-0/0/0 unit 0 family inet dhcp
set security ike policy VANPHONG pre-shared-key ascii-text "$9$xyz"
"""


def ipsec(**changes):
    made = wish()
    for tunnel in made["tunnels"]:
        tunnel |= {"kind": "ipsec", "hub_public_key": None}
    return routers.state(tunnels=made["tunnels"], **changes)


def compare(text, state):
    return JUNOS.compare(JUNOS.understand({READ: text}), state)


def applied(text, commands):
    """A configuration after a person typed the lines."""
    lines = dict.fromkeys(text.splitlines())
    for command in commands:
        if command.text.startswith("delete "):
            lines = {line: None for line in lines if not f"{line} ".startswith(f"set {command.text.removeprefix('delete ')} ")}
        else:
            lines[command.text.replace("authentication-password", "authentication-key").replace("privacy-password", "privacy-key")] = None
    return "\n".join(lines) + "\n"


@given(LINES)
def test_what_is_rendered_is_parsed_back(lines):
    assert parse(render(tuple(lines))) == tuple(lines)


@pytest.mark.parametrize("answer", ["", "error: permission denied: configuration\n", "## Last commit: x\n"])
def test_answers_that_are_no_configuration(answer):
    with pytest.raises(Garbled):
        parse(answer)


def test_motcua_changes_nothing_on_it():
    assert JUNOS.guard is None


def test_what_a_person_types_ends_the_difference_and_is_taken_back():
    first = compare(OFFICE, ipsec())
    after = applied(OFFICE, first.commands)
    second = compare(after, ipsec())
    assert second.commands == () and second.before == second.after
    undone = set(applied(after, first.undo).splitlines())
    assert undone == set(OFFICE.splitlines())


def test_the_office_keeps_what_is_its_own():
    sent = "\n".join(command.text for command in compare(OFFICE, ipsec()).commands)
    assert "delete system services telnet" in sent and "delete system services web-management https" in sent
    assert "VANPHONG" not in sent and "user admin" not in sent and "ge-0/0/0 unit" not in sent


def test_a_change_of_one_value_is_two_lines():
    after = applied(OFFICE, compare(OFFICE, ipsec()).commands)
    commands = compare(after, ipsec(zone="Asia/Bangkok")).commands
    assert [command.text for command in commands] == ["delete system time-zone Asia/Ho_Chi_Minh", "set system time-zone Asia/Bangkok"]


def test_secrets_are_typed_and_never_shown_or_compared():
    comparison = compare(OFFICE, ipsec())
    shown = repr(comparison) + comparison.before + comparison.after
    needed = {name: value for name, value in SECRETS.items() if "motcua" not in name}
    assert all(any(value in command.text for command in comparison.commands) for value in needed.values())
    assert not [value for value in SECRETS.values() if value in shown] and "$9$xyz" not in repr(JUNOS.understand({READ: OFFICE}))
    after = applied(OFFICE, comparison.commands).replace(SECRETS["tunnel/lang-giang/main"], "$9$other")
    assert compare(after, ipsec()).commands == ()


def test_a_secret_that_nobody_knows_any_more_isnt_written_back():
    after = applied(OFFICE, compare(OFFICE, ipsec()).commands)
    comparison = compare(after, routers.state())  # two tunnels are WireGuard there: their IPsec goes
    assert "delete security ike policy MOTCUA-ioc-ftth pre-shared-key ascii-text" in [command.text for command in comparison.commands]
    assert not [command.text for command in (*comparison.commands, *comparison.undo) if "(secret" in command.text]


def test_wireguard_is_said_as_a_lack():
    assert compare(OFFICE, routers.state()).unknown == tuple(
        f"tunnel {name}: Junos has no WireGuard; set tunnel: ipsec for its line" for name in ("centre-ftth", "ioc-ftth")
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("set snmp community public authorization read-only", "community name"),
        ("set security nat destination pool CAM address 192.168.5.11/32", "opens the camera"),
        ("set security nat destination pool CAM address 192.168.5.77/32", None),
    ],
)
def test_contradictions(line, message):
    found = compare(OFFICE + line + "\n", ipsec()).contradictions
    assert [one for one in found if message in one.message] if message else found == ()
