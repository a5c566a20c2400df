"""IOS' running configuration: parsed without loss, secrets taken out, incomplete answers refused."""

import codecs
import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import Garbled
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.ios import IOS
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.ios.grammar import Block, hidden, parse, render
from hypothesis import given
from hypothesis import strategies as st

FOLDER = Path("../shared/fixtures/ios")
RECORDED = sorted(FOLDER.glob("*.yaml"))


def recorded(path):
    """The answer to ``show running-config`` as it came over the wire, without echo and prompt."""
    commands = {key: text for row in yaml.safe_load(path.read_text())["commands"] for key, text in row.items()}
    text = codecs.decode(commands["show running-config\n"].encode("latin-1", "backslashreplace"), "unicode_escape")
    return text.partition("\n")[2].partition("\nend\n")[0] + "\nend\n"  # without the prompt


@pytest.mark.skipif(not RECORDED, reason="the recorded exports aren't beside the project")
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
class TestRecorded:
    def test_it_renders_back_to_the_same_tree(self, path):
        tree = parse(recorded(path))
        assert parse(render(tree)) == tree

    def test_every_command_of_it_is_in_the_tree(self, path):
        lines = [line.strip() for line in recorded(path).splitlines()]
        kept = [line.strip() for line in render(parse(recorded(path))).splitlines()]
        noise = re.compile(r"!|Building|Current|$")
        assert [line for line in kept if not noise.match(line)] == [line for line in lines if not noise.match(line)][
            : len([line for line in kept if not noise.match(line)])
        ]
        assert kept[-1] == "end"

    def test_the_banner_is_one_piece_and_sections_keep_their_lines(self, path):
        tree = {block.text: block for block in parse(recorded(path))}
        assert tree["banner motd ^C"].opaque[-1] == "^C" and len(tree["banner motd ^C"].opaque) == 10
        service = next(one for one in tree["interface GigabitEthernet0/0/14"].inside if one.text.startswith("service instance"))
        assert [one.text for one in service.inside] == ["description: test 123", "encapsulation untagged", "bridge-domain 99"]

    def test_nothing_secret_is_left_in_what_is_understood(self, path):
        running = IOS.understand({"show version": "", "show running-config": recorded(path), "show cdp": "", "show snmp user": ""})
        text = render(running.blocks)
        assert "ABCDEFGH1234" not in text and "secret 5" not in text and text.count("(secret)") >= 5


WORDS = st.from_regex(r"[A-Za-z0-9/.:_-]{1,12}", fullmatch=True)
TEXTS = (
    st.lists(WORDS, min_size=1, max_size=4)
    .map(" ".join)
    .filter(lambda text: not re.match(r"end$|banner |certificate |key-string$|macro name |ntp clock-period |Using |Building|Current", text))
)
OPAQUE = st.lists(st.from_regex(r" {0,3}[0-9A-F! ]{0,20}", fullmatch=True), max_size=4)


@st.composite
def blocks(draw, depth=2):
    kind = draw(st.sampled_from(["plain"] * 6 + ["banner", "certificate"]))
    if kind == "banner":
        return Block("banner motd ^C", (), (*draw(OPAQUE), "^C"))
    if kind == "certificate":
        return Block("certificate self-signed 01", (), (*draw(OPAQUE), "  \tquit"))
    inside = draw(st.lists(blocks(depth=depth - 1), max_size=3)) if depth else []
    return Block(draw(TEXTS), tuple(inside))


@given(st.lists(blocks(), max_size=6))
def test_what_is_rendered_is_parsed_back(tree):
    assert parse(render(tree)) == tuple(tree)


@given(st.lists(blocks(), max_size=4), st.data())
def test_an_answer_that_breaks_off_is_never_taken_for_a_whole_one(tree, data):
    text = render(tree)
    cut = text[: data.draw(st.integers(0, len(text) - len("end\n")))]
    with pytest.raises(Garbled, match="breaks off"):
        parse(cut)


SECRETS = {
    "enable secret 5 $1$abc": "enable secret (secret)",
    "enable secret level 7 5 $1$abc": "enable secret (secret)",
    "username a privilege 15 secret 9 $9$x": "username a privilege 15 secret (secret)",
    "username a password 0 x y": "username a password (secret)",
    "pre-shared-key local 6 GfE": "pre-shared-key local (secret)",
    "pre-shared-key Abc": "pre-shared-key (secret)",
    "snmp-server community public RO": "snmp-server community (secret)",
    "snmp-server host 10.0.0.1 version 2c public": "snmp-server host 10.0.0.1 version 2c (secret)",
    "server-private 1.1.1.1 key 7 ABC": "server-private 1.1.1.1 key (secret)",
    "neighbor 10.0.0.1 password 7 ABC": "neighbor 10.0.0.1 password (secret)",
    "ppp chap password 0 x": "ppp chap password (secret)",
    "ip ospf message-digest-key 1 md5 7 ABC": "ip ospf message-digest-key 1 md5 (secret)",
    "crypto isakmp key cisco address 1.2.3.4": "crypto isakmp key (secret)",
    "key-hash ssh-rsa AABB motcua": "key-hash ssh-rsa AABB motcua",
    "security passwords min-length 8": "security passwords min-length 8",
    "keyring local MOTCUA-a": "keyring local MOTCUA-a",
}


@pytest.mark.parametrize(("line", "shown"), SECRETS.items())
def test_secrets_are_taken_out(line, shown):
    assert hidden(Block(line)) == Block(shown)
