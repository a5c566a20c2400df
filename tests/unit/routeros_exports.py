"""Recorded exports of RouterOS, as they came over the wire, and exports that hypothesis makes up."""

import re
from pathlib import Path

import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.routeros.grammar import Entry, Export, Note
from hypothesis import strategies as st

FOLDER = Path("../shared/fixtures/routeros")
RECORDED = sorted(FOLDER.glob("*.yaml"))


def recorded(path):
    """The answer to /export in a recording of oxidized: text of Ruby inside YAML."""
    commands = yaml.safe_load(path.read_text(encoding="utf-8"))["commands"]
    answers = {} if isinstance(commands, list) else commands
    for one in commands if isinstance(commands, list) else ():
        answers |= one
    text = next(answer for command, answer in answers.items() if command.startswith("/export"))
    return re.sub(r"\\(x[0-9a-f]{2}|.)", lambda found: chr(int(found[1][1:], 16)) if found[1][0] == "x" else found[1], text)


# Letters of any alphabet, what has to be escaped, and bytes that are no UTF-8.
texts = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=12),
    st.sampled_from(
        ['a"b', "c:\\d", "$x", "why?", "\r\nline", " leading", "trailing ", "", "!not", "=", "[ find ]", "#", ";", "Quầy một cửa", "{ }"]
    ),
    st.binary(max_size=6).map(lambda found: found.decode("utf-8", "surrogateescape")),
)
names = st.from_regex(r"[a-z][a-z0-9]{0,6}(-[a-z0-9]{1,4})?", fullmatch=True)
dotted = st.builds("{}.{}".format, names, names)
values = st.tuples(names | dotted, texts)
flags = st.tuples(st.sampled_from(["blackhole", "!passthrough", "!dst-address", "fib"]), st.none())
menus = st.sampled_from(
    ["ip address", "ip firewall filter", "routing bgp connection", "system script", "port", "interface wireguard peers"]
)
selectors = st.sampled_from(["", "[ find default-name=ether1 ]", '[ find name="a ] b" ]', "0", "telnet", "default", "*1"])


@st.composite
def entries(draw):
    verb = draw(st.sampled_from(["add", "set"]))
    selector = draw(selectors) if verb == "set" else ""
    properties = draw(st.lists(values | flags if verb == "add" or selector else values, max_size=5))
    return Entry(draw(menus), verb, selector, tuple(properties))


notes = st.sampled_from(
    ["# 2024-10-25 12:09:43 by RouterOS 7.15.2", "# model = RB5009UPr+S+", "#", "# poe-out status: short_circuit", "# Xem ghi chú"]
).map(Note)
exports = st.lists(entries() | notes, max_size=8).map(lambda lines: Export(tuple(lines)))
