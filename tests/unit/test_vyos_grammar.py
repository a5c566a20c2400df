"""``show configuration commands``: parsed without loss, secrets taken out, answers that are none refused."""

import string

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import Garbled
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.vyos import VYOS14
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.vyos.grammar import hidden, parse, render
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import wireguard_public_key
from hypothesis import given
from hypothesis import strategies as st

WORDS = st.text(string.ascii_letters + string.digits + string.punctuation + " \nđệẤ", max_size=12)
PATHS = st.lists(st.lists(WORDS, min_size=1, max_size=5).map(tuple), min_size=1, max_size=8)
KEY = "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="


@given(PATHS)
def test_what_is_rendered_is_parsed_back(paths):
    assert parse(render(paths)) == tuple(paths)


LINES = {
    "set system host-name 'vyos'": ("system", "host-name", "vyos"),
    "set interfaces ethernet eth0 offload gro": ("interfaces", "ethernet", "eth0", "offload", "gro"),
    r"set system login banner post-login 'It'\''s \n the office'": ("system", "login", "banner", "post-login", r"It's \n the office"),
    'set interfaces ethernet eth0 description "hai đường"': ("interfaces", "ethernet", "eth0", "description", "hai đường"),
    "set system login user vyos authentication plaintext-password ''": (
        "system",
        "login",
        "user",
        "vyos",
        "authentication",
        "plaintext-password",
        "",
    ),
    "set policy route-map a rule 1 description 'two\nlines'": ("policy", "route-map", "a", "rule", "1", "description", "two\nlines"),
}


@pytest.mark.parametrize(("line", "path"), LINES.items())
def test_what_the_device_prints(line, path):
    assert parse(f"{line}\r\n" if "\n" not in line else f"{line}\n") == (path,)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("  Invalid command: show [configuration]\n", "no line of a configuration"),
        ("set system host-name 'vyo", "breaks off inside a value"),
        ("set system host-name vyos\nset\n", "no line of a configuration"),
    ],
)
def test_answers_that_are_no_configuration(answer, words):
    with pytest.raises(Garbled, match=words):
        parse(answer)


SECRETS = {
    ("interfaces", "wireguard", "wg0", "private-key", KEY): f"(public key {wireguard_public_key(KEY)})",
    ("interfaces", "wireguard", "wg0", "private-key", "default"): "default",
    ("interfaces", "wireguard", "wg0", "peer", "a", "preshared-key", KEY): "(secret)",
    ("interfaces", "wireguard", "wg0", "peer", "a", "public-key", KEY): KEY,
    ("vpn", "ipsec", "authentication", "psk", "a", "secret", "abc"): "(secret)",
    ("vpn", "ipsec", "site-to-site", "peer", "1.1.1.1", "authentication", "pre-shared-secret", "abc"): "(secret)",
    ("system", "login", "user", "a", "authentication", "encrypted-password", "$6$a"): "(secret)",
    ("system", "login", "user", "a", "authentication", "public-keys", "b", "key", "AAAA"): "AAAA",
    ("system", "login", "radius", "server", "1.1.1.1", "key", "abc"): "(secret)",
    ("protocols", "bgp", "neighbor", "1.1.1.1", "password", "abc"): "(secret)",
    ("pki", "certificate", "a", "private", "key", "abc"): "(secret)",
    ("service", "https", "api", "keys", "id", "a", "key", "abc"): "(secret)",
}


@pytest.mark.parametrize(("path", "shown"), SECRETS.items())
def test_secrets_are_taken_out(path, shown):
    assert hidden(path) == (*path[:-1], shown)


def test_a_community_is_a_secret_too():
    assert hidden(("service", "snmp", "community", "public", "authorization", "ro"))[3] == "(secret)"


def test_an_empty_password_beside_the_encrypted_one_says_nothing():
    text = "set system login user a authentication encrypted-password 'x'\nset system login user a authentication plaintext-password ''\n"
    assert len(VYOS14.understand({"show configuration commands": text}).paths) == 1
