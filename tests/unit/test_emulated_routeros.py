"""The emulated RouterOS says what the real one does: held against recorded exports, MikroTik's manual and the published schema."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.emulators.routers.box import Closed
from tests.emulators.routers.routeros import build
from tests.emulators.routers.routeros_clock import MORNING
from tests.emulators.routers.routeros_export import spelled, wrapped
from tests.emulators.routers.routeros_schema import PUBLISHED, schema_of
from tests.emulators.routers.routeros_tokens import Misread
from tests.emulators.routers.routeros_words import Reader

RECORDED = sorted(Path("../shared/fixtures/routeros").glob("*.yaml"))
NOISE = re.compile(r"# (poe-out status|Interface not active)")
needs_schema = pytest.mark.skipif(not PUBLISHED.exists(), reason="scripts/dev_collections hasn't been run")
WG = "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="
ADD_WG = f'/interface wireguard add name=wg1 comment=motcua:wg1 private-key="{WG}"'


def recorded(path):
    """The export in an oxidized recording, which is Ruby's escaped text inside YAML."""
    commands = yaml.safe_load(path.read_text(encoding="utf-8"))["commands"]
    answers = commands if isinstance(commands, dict) else {key: text for one in commands for key, text in one.items()}
    return (
        re.sub(r"\\(x20|.)", lambda found: {"x20": " ", "n": "\n"}.get(found[1], found[1]), answers["/export show-sensitive\n"]).rstrip()
        + "\n"
    )


def run(box, *lines, user="motcua"):
    """The answers to lines on exec channels, one login each."""
    answers = [box.login(user, exec_channel=True).execute(line) for line in lines]
    return answers[0] if len(answers) == 1 else answers


@pytest.fixture(params=["routeros7", "routeros6"])
def box(request):
    return build(request.param, password="Kh0ngAiBiet-2026")


@pytest.fixture
def seven():
    return build("routeros7", password="Kh0ngAiBiet-2026")


@pytest.mark.skipif(not RECORDED, reason="no recorded exports here")
@needs_schema
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_a_recorded_export_comes_back_byte_for_byte(path):
    """Sections, order, defaults, quotes and wraps are the real router's; only its remarks and the time are not repeated."""
    text = recorded(path)
    box = build("routeros7", config=text)
    want = [line for line in text.splitlines() if not NOISE.match(line)]
    assert box.export().splitlines()[1:] == want[1:]
    assert box.export().splitlines()[0].partition(" by ")[2] == want[0].partition(" by ")[2]


def test_an_export_is_a_configuration_that_gives_itself(box):
    run(
        box,
        '/ip firewall filter add chain=input comment="motcua:a \\"b\\" \\$c \\E1\\BB\\99 \\\\ ?" src-address=10.0.0.1/32 place-before=0',
    )
    again = build(box.kind, config=box.export())
    assert again.export() == box.export()
    assert again.rows(("ip", "firewall", "filter"))[0].fields["comment"] == 'motcua:a "b" $c ộ \\ ?'


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("/ip adress print", "bad command name adress (line 1 column 5)"),
        ("/ip address add adress=10.0.0.1/24 interface=bridge", "expected end of command (line 1 column 17)"),
        ("/ip address add address=10.0.0.1/24 interface=ether77", "input does not match any value of interface"),
        ("/ip address add address=300.0.0.1/24 interface=bridge", "invalid value for argument address"),
        ("/ip address add address=192.168.5.1/24 interface=bridge", "failure: already have such address"),
        ("/ip address add interface=bridge", "missing value(s) of argument(s) address"),
        ("/ip address remove 99", "no such item"),
        ("/ip address remove [find comment=nobody]", ""),
        ("/ip firewall filter add chain=input action=let-in", "input does not match any value of action"),
        ("/ip firewall filter add chain=input action=accept protocol=tcp dst-port=22 place-before=99", "no such item"),
        ("/ip route add dst-address=10.0.0.0/8 gateway=10.190.1.1 distance=300", "value of distance out of range (0..255)"),
        ("/interface bridge add name=ether1", "failure: already have interface with such name"),
        ("/ip service remove telnet", "failure: can not remove default item"),
        ('/system identity set name="a', "syntax error (line 1 column 29)"),
        (":put [/ip address find", "syntax error (line 1 column 23)"),
        (":nonsense", "bad command name nonsense (line 1 column 1)"),
        (":error mine", "mine"),
        ("/system script run nothing", "no such item"),
        ("/import file-name=none.rsc", "Cannot open import file, file does not exist"),
    ],
)
@needs_schema
def test_what_it_refuses_and_how(box, line, answer):
    before = box.export()
    said = run(box, line).strip()
    assert said.removesuffix(" (:import; line 1)") == answer
    assert box.export() == before


@needs_schema
@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("routeros6", "/interface wireguard add name=wg1"),
        ("routeros6", "/ip/address/print"),
        ("routeros6", "/export show-sensitive"),
        ("routeros6", "/system ntp client servers add address=10.0.0.1"),
        ("routeros6", "/routing bgp connection add name=a"),
        ("routeros7", "/export hide-sensitive"),
        ("routeros7", "/routing bgp peer add name=a"),
        ("routeros7", "/system ntp client set primary-ntp=10.0.0.1"),
        ("routeros7", "/ip route add dst-address=10.0.0.0/8 type=blackhole"),
    ],
)
def test_a_version_knows_only_its_own_words(kind, line):
    assert re.search(r"bad command name|expected end of command", run(build(kind), line))


def test_a_mistake_anywhere_means_that_nothing_is_done(seven):
    before = seven.export()
    assert "bad command name" in run(seven, ":do { /system identity set name=other; /no such menu print } on-error={ :put caught }")
    assert seven.export() == before
    assert run(seven, ":do { /system identity set name=other; /ip address remove 99 } on-error={ :put caught }") == "caught\n"
    assert seven.identity == "other"


@pytest.mark.parametrize(
    ("path", "given", "shown"),
    [
        ("queue tree", "name=q parent=ether1 max-limit=20000000", "max-limit=20M"),
        ("queue tree", "name=q parent=ether1 max-limit=20480k", "max-limit=20480k"),
        ("ip address", "address=10.96.0.8/32 interface=bridge", "address=10.96.0.8 interface=bridge network=10.96.0.8"),
        ("ip firewall filter", "chain=input src-address=10.1.2.3/32", "src-address=10.1.2.3"),
        ("ip firewall filter", "chain=input src-address=10.1.2.3/24", "src-address=10.1.2.0/24"),
        ("ip firewall filter", "chain=input connection-state=related,established", "connection-state=established,related"),
        ("ip pool", "name=p ranges=10.0.0.1-10.0.0.9", "add name=p ranges=10.0.0.1-10.0.0.9"),
        ("snmp community", 'name=noc addresses=10.10.10.50/32', "add addresses=10.10.10.50/32 name=noc"),
        ("ip ipsec profile", "name=p dpd-interval=120 lifetime=24h dh-group=modp2048,ecp256", "add dh-group=ecp256,modp2048 name=p"),
        ("system scheduler", "name=s interval=00:05:00", "add interval=5m name=s policy="),
    ],
)  # fmt: skip
@needs_schema
def test_values_are_kept_in_the_routers_own_spelling(box, path, given, shown):
    assert run(box, f"/{path} add {given}") == ""
    assert shown in run(box, f"/{path} export terse")


@needs_schema
def test_secrets_are_hidden_where_the_version_hides_them(seven):
    run(seven, ADD_WG)
    assert WG not in run(seven, "/export")
    assert WG in run(seven, "/export show-sensitive")
    # The page of the interfaces shows the private key to whoever may see secrets: a read of the public one brings it along.
    assert WG in run(seven, "/interface wireguard print detail")
    assert 'public-key="HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw="' in run(seven, "/interface wireguard print detail")
    old = build("routeros6")
    run(old, "/ip ipsec peer add name=hub address=203.0.113.1/32", '/ip ipsec identity add peer=hub secret="tuyet mat"')
    assert "tuyet mat" in run(old, "/export")
    assert "tuyet mat" not in run(old, "/export hide-sensitive")


def test_users_are_in_no_export(box):
    run(box, "/user add name=lanphuong group=full password=anh-2026")
    assert "lanphuong" not in run(box, "/export")
    assert "anh-2026" not in box.export() + run(box, "/user print detail")
    assert "lanphuong" in run(box, "/user print")


@needs_schema
def test_references_follow_a_name_and_outlive_what_they_name(seven):
    run(seven, ADD_WG, "/ip address add address=10.96.0.8/32 interface=wg1")
    run(seven, "/interface wireguard set [find name=wg1] name=wg-hub")
    assert "interface=wg-hub" in run(seven, "/ip address export")
    run(seven, "/interface wireguard remove wg-hub")
    assert re.search(r"interface=\*[0-9A-F]+ network=10.96.0.8", run(seven, "/ip address export").replace("\\\n    ", ""))


@needs_schema
def test_the_order_of_rules_is_kept_and_changed(box):
    def comments():
        return [item.fields.get("comment", "")[:8] for item in box.rows(("ip", "firewall", "nat"))]

    run(
        box,
        "/ip firewall nat add chain=srcnat comment=one place-before=0",
        '/ip firewall nat add chain=srcnat comment=two place-before=[find comment~"^m"]',
    )
    assert comments() == ["one", "defconf:", "two", "một cửa "]
    run(box, "/ip firewall nat move [find comment=two] destination=0")
    assert comments() == ["two", "one", "defconf:", "một cửa "]
    run(box, "/ip firewall nat move [find comment=two]")
    assert comments() == ["one", "defconf:", "một cửa ", "two"]
    run(box, "/ip firewall nat disable one; /ip firewall nat enable 0")
    assert "no such item" in run(box, "/ip firewall nat disable one")


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (':put "a\\"b\\$c"', 'a"b$c'),
        (':local n 2; :put "x $n $[/system identity get name] $($n + 1)"', "x 2 VP-LangGiang 3"),
        (':if ([:len [/ip address find]] = 2) do={ :put two } else={ :put other }', "two"),
        (':foreach i in=[/ip address find] do={ :put [/ip address get $i interface] }', "bridge\nether2"),
        (":for i from=1 to=3 do={ :put $i }", "1\n2\n3"),
        (":do { :error oh } on-error={ :put caught }", "caught"),
        (":local a 0; :while ($a < 2) do={ :set a ($a + 1); :put $a }", "1\n2"),
        (":put [:pick abcdef 1 3]", "bc"),
        (':put ("a" . "b")', "ab"),
        (':put [:typeof [/ip address find comment=none]]', "array"),
        (":put [/ip address print count-only]", "2"),
        ("/ip address\n:put [find interface=bridge disabled=no]\n", r"\*[0-9A-F]+"),
        ('/ip address set [find comment="TSLCD"] !comment; :put [:len [/ip address find !comment]]', "1"),
    ],
)  # fmt: skip
def test_programs_run(box, program, said):
    assert re.fullmatch(said if "[0-9" in said else re.escape(said), run(box, program).strip())


def test_schedulers_fire_and_after_a_power_cut_only_those_of_the_start(box):
    run(box, '/system scheduler add name=every interval=5m on-event=":log info every"', '/system scheduler add name=boot start-time=startup on-event=":log info boot"',
        '/system scheduler add name=both start-time=startup interval=10m on-event=":log info both"')  # fmt: skip
    logged = lambda: [item.fields["message"] for item in box.rows(("log",))]  # noqa: E731  a question that is asked more than once
    box.tick(299)
    assert logged() == []
    box.tick(2)
    assert logged() == ["every"]
    box.power_cut()
    box.tick(2)
    assert logged() == []
    box.tick(2)
    assert logged() == ["boot"]
    box.tick(600)
    assert logged().count("boot") == 1
    assert logged().count("every") == 2
    assert logged().count("both") == 1


def test_a_clock_that_falls_back_silences_an_interval_but_not_the_start():
    box = build("routeros7", quirks={"clock_1970"})
    box.set_clock(MORNING)
    run(
        box,
        '/system scheduler add name=every interval=5m on-event=":log info every"',
        '/system scheduler add name=boot start-time=startup on-event=":log info boot"',
    )
    box.power_cut()
    box.tick(3600)
    assert [item.fields["message"] for item in box.rows(("log",))] == ["boot"]
    box.set_clock(MORNING + timedelta(minutes=61))
    box.tick(300)
    assert [item.fields["message"] for item in box.rows(("log",))] == ["boot", "every"]


def test_a_stored_script_runs_by_name_with_the_rights_that_it_asks_for(box):
    run(box, '/system script add name=undo policy=read,write,test source="/system identity set name=back\\r\\n:put done"')
    assert run(box, "/system script run undo") == "done\n"
    assert box.identity == "back"
    run(box, "/system identity set name=there", "/system scheduler add name=low interval=1m policy=read,test on-event=undo")
    box.tick(61)
    assert box.identity == "there"
    assert "not enough permissions" in box.rows(("log",))[-1].fields["message"]
    run(box, "/system scheduler set low policy=read,write,test")
    box.tick(61)
    assert box.identity == "back"


def test_who_may_only_read_changes_nothing(box):
    poor = build(box.kind, quirks={"no_privilege"})
    before = poor.export()
    assert run(poor, "/system identity set name=other") == "not enough permissions (9)\n"
    assert run(poor, "/user add name=x group=full") == "not enough permissions (9)\n"
    assert "/ip address" in run(poor, "/export")
    assert poor.export() == before


def test_a_backup_brings_everything_back_by_way_of_a_restart(box):
    before = box.export()
    run(box, "/system backup save name=pre")
    run(box, "/system identity set name=other; /user add name=x group=full; /ip address remove 0")
    assert "missing value" in run(box, "/system backup load name=pre")
    boots = box.boots
    with pytest.raises(Closed, match="rebooting now"):
        run(box, '/system backup load name=pre password=""')
    assert (box.boots, box.export(), [item.fields["name"] for item in box.rows(("user",))]) == (boots + 1, before, ["admin", "motcua"])
    assert "pre.backup" in run(box, "/file print")


def test_an_import_goes_as_far_as_it_can(seven):
    seven.upload(
        "a.rsc",
        b"# remark\r\n/system identity set name=mid\r\n/ip address\r\nadd address=1.2.3.4/24 interface=none7\r\n/system identity set name=end\r\n",
    )
    assert run(seven, "/import a.rsc verbose=yes dry-run=yes").startswith("Script file loaded") or seven.identity == "VP-LangGiang"
    assert run(seven, "/import file-name=a.rsc") == "Script Error: input does not match any value of interface\n"
    assert seven.identity == "mid"


class TestSafeMode:
    def test_taken_undone_and_released(self, box):
        session = box.login("motcua")
        assert session.prompt() == "[motcua@VP-LangGiang] > "
        assert session.execute("\x18") == "[Safe Mode taken]\n"
        assert session.prompt() == "[motcua@VP-LangGiang] <SAFE> "
        session.execute("/system identity set name=other")
        assert re.search(r"^F +\S.* changed", run(box, "/system history print"), re.MULTILINE)
        with pytest.raises(Closed):
            session.execute("\x04")
        assert box.identity == "VP-LangGiang"
        keeping = box.login("motcua")
        keeping.execute("\x18")
        keeping.execute("/system identity set name=other")
        keeping.execute("\x18")
        assert (box.identity, box.safe) == ("other", None)

    def test_a_lost_connection_undoes_and_quit_keeps(self, box):
        lost = box.login("motcua")
        lost.execute("\x18")
        lost.execute("/system identity set name=other")
        lost.hang_up()
        assert box.identity == "VP-LangGiang"
        left = box.login("motcua")
        left.execute("\x18")
        left.execute("/system identity set name=other")
        with pytest.raises(Closed):
            left.execute("/quit")
        assert box.identity == "other"

    def test_somebody_elses_is_asked_about(self, box):
        held = build(box.kind, quirks={"safe_mode_open"})
        session = held.login("motcua")
        session.execute("\x18")
        assert session.prompt().endswith("[u/r/d]: ")
        assert set("urd") <= set(session.keys)
        session.execute("d")
        assert session.prompt().endswith("> ")
        assert held.safe.user == "quan.tri"
        assert re.search(r"^F ", run(held, "/system history print"), re.MULTILINE)

    def test_it_ends_without_a_word_after_a_hundred_actions(self, box):
        session = box.login("motcua")
        session.execute("\x18")
        for number in range(101):
            session.execute(f"/system identity set name=n{number}")
        assert session.prompt() == "[motcua@n100] > "
        session.hang_up()
        assert box.identity == "n100"


def test_menus_questions_and_paging_of_a_shell(box):
    session = box.login("motcua")
    session.execute("/ip address")
    assert session.prompt() == f"[motcua@VP-LangGiang] /ip{'/' if box.schema.major >= 7 else ' '}address> "
    assert "TSLCD" in session.execute("print")
    assert session.paging
    session.execute("print without-paging")
    assert not session.paging
    session.execute("/")
    session.execute("/system reboot")
    assert session.prompt() == "Reboot, yes? [y/N]: "
    session.execute("n")
    session.execute("/system reboot")
    with pytest.raises(Closed):
        session.execute("y")
    with pytest.raises(Closed):
        session.execute(":put late")


def test_logins_are_judged_by_the_routers_own_accounts(seven):
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ motcua"
    assert seven.admits("motcua", password="Kh0ngAiBiet-2026")
    assert not seven.admits("motcua", password="sai")
    assert not seven.admits("nobody", password="sai")
    assert run(seven, f'/user ssh-keys add user=motcua key="{key}"') == ""
    assert not seven.admits("motcua", password="Kh0ngAiBiet-2026")
    run(seven, "/ip ssh set always-allow-password-login=yes")
    assert seven.admits("motcua", password="Kh0ngAiBiet-2026")
    run(seven, "/user disable motcua")
    assert not seven.admits("motcua", password="Kh0ngAiBiet-2026")
    run(seven, "/user enable motcua", user="admin")
    assert seven.admits("motcua", password="Kh0ngAiBiet-2026")
    run(seven, "/ip service set ssh disabled=yes")
    assert not seven.admits("motcua", password="Kh0ngAiBiet-2026")
    six = build("routeros6")
    six.upload("k.pub", key.encode())
    assert "unable to load key file" in run(six, "/user ssh-keys import public-key-file=k.pub user=motcua")


def test_quirks(box):
    tomorrow = build(box.kind, quirks={"wrong_minor"})
    run(tomorrow, "/ip firewall filter add chain=input comment=motcua:x")
    assert "comment=motcua:x hw-class=standard" in run(tomorrow, "/export terse")
    assert build(box.kind, quirks={"interrupted"}).export().endswith("\n#interrupted\n")
    full = build(box.kind, quirks={"full_flash"})
    assert "free-hdd-space: 24.0KiB" in run(full, "/system resource print")
    assert "not enough disk space" in run(full, "/system backup save name=x")
    home = build("routeros7", quirks={"device_mode_home"})
    assert "not allowed by device-mode" in run(home, '/system scheduler add name=x interval=1m on-event=":put 1"')


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.from_regex(r"[a-z]{2,8}", fullmatch=True), st.text(max_size=200), min_size=1, max_size=4),
    st.sampled_from([80, 132, 511]),
)
def test_what_is_wrapped_is_read_as_it_was(fields, width):
    lines = wrapped("add", [(name, spelled(text)) for name, text in fields.items()], width)
    assert all(len(line) <= width for line in lines)
    (statement,) = Reader("/zz\n" + "\n".join(lines) + "\n", schema_of("7.16.2"), lenient=True).program()[1:]
    assert {one.name: one.value for one in statement.arguments} == fields


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='ab /:"[](){}=;$\\\n#?*1.-~!', max_size=40))
def test_no_text_breaks_the_box(text):
    said = ""
    try:
        Reader(text, schema_of("7.16.2")).program()
    except Misread as wrong:
        said = str(wrong)
    assert not said or re.search(r"\(line \d+ column \d+\)$", said)
