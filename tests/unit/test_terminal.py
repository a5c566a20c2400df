"""Sessions over real SSH to an emulated router on loopback: whose key, which login, what comes back, and how it ends."""

import contextlib
import subprocess
import sys

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import AuthRefused, ModelError, PinChanged, Unreachable, Unsupported
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.platform import Command
from ansible_collections.motcua.cctv.plugins.plugin_utils.terminal import Access, open_session
from ansible_collections.motcua.cctv.plugins.plugin_utils.terminal.shell import answer_of, cleaned, prompt_of

from tests.emulators.routers import server
from tests.unit import toyrouter

USER, PASSWORD = server.USER, server.PASSWORD
CHANNELS = ("exec", "shell")


@contextlib.contextmanager
def router(box=None, **options):
    with server.emulated("toy", box=box or toyrouter.Box(), **options) as one:
        yield one


@pytest.fixture
def access(tmp_path):
    def build(one, **changes):
        rows = {
            "name": "a-router", "host": one.host, "port": one.port, "user": USER, "known_hosts": tmp_path / "known_hosts",
            "alias": "a-router", "password": PASSWORD, "timeout_seconds": 10.0,
        }  # fmt: skip
        return Access(**rows | changes)

    return build


@contextlib.contextmanager
def session(access, channel="exec"):
    platform = toyrouter.platform()
    one = open_session(access, platform.driver, channel, platform.noise)
    try:
        yield one
    finally:
        one.close()


def plain(text, **question):
    return Command(text, text, **question)


# --- whose key ---


def test_the_first_contact_pins_the_key_as_openssh_writes_it(access):
    with router() as one, session(access(one)) as talk:
        assert talk.read("version") == "toy 2.1"
        known = access(one).known_hosts
        assert known.read_text() == f"a-router {one.host_key}\n"
        found = subprocess.run(["ssh-keygen", "-F", "a-router", "-f", str(known)], capture_output=True, text=True, check=False)
        assert one.host_key in found.stdout


def test_a_changed_key_stops_before_any_credential_is_sent(access):
    with router() as first, session(access(first)):
        pass
    with router() as other:
        with pytest.raises(PinChanged, match="another host key than at the first contact"):
            open_session(access(other), "linux", "exec")
        assert (other.sessions, other.refused_logins) == (0, 0)


def test_a_key_of_another_kind_is_a_changed_key_too(access):
    with router(quirks={"old_kex"}) as old, session(access(old, old_ssh=True)):
        pass
    with router() as other, pytest.raises(PinChanged, match="of another kind"):
        open_session(access(other, old_ssh=True), "linux", "exec")


def test_the_alias_counts_and_other_lines_stay(access):
    known = access(NOBODY).known_hosts
    known.write_text("b-router ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ")  # no newline behind it
    with router() as one, session(access(one)):
        assert [line.split()[0] for line in known.read_text().splitlines()] == ["b-router", "a-router"]


def test_a_file_of_host_keys_that_cannot_be_read_stops_everything(access):
    known = access(NOBODY).known_hosts
    known.write_text("a-router ssh-ed25519 !!!\n")
    with router() as one:
        with pytest.raises(PinChanged, match="the host key of a-router can't be read"):
            open_session(access(one), "linux", "exec")
        assert one.sessions == 0


def test_keys_that_openssh_hashed_are_found(access):
    with router() as one:
        known = access(one).known_hosts
        known.write_text(f"a-router {one.host_key}\n")
        subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(known)], capture_output=True, check=True)
        assert "a-router" not in known.read_text()
        with session(access(one)):
            assert len(known.read_text().splitlines()) == 1


# --- one login ---


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_wrong_password_is_tried_once(access, channel):
    with router() as one:
        with pytest.raises(AuthRefused, match="refuses motcua with the password; nothing is tried again") as caught:
            open_session(access(one, password="wrong-one-2026"), "linux", channel)
        assert one.refused_logins == 1
        assert "wrong-one" not in str(caught.value)


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path


def test_the_private_key_is_taken_before_the_password(access, key):
    with (
        router(authorized_key=key.with_suffix(".pub").read_text()) as one,
        session(access(one, password="not-used", private_key=key)) as talk,
    ):
        assert talk.read("version") == "toy 2.1" and one.refused_logins == 0


def test_a_router_that_does_not_know_the_key_yet_gets_the_password(access, key):
    with router() as one, session(access(one, private_key=key)) as talk:
        assert talk.read("version") == "toy 2.1" and (one.sessions, one.refused_logins) == (1, 0)


def test_a_line_that_dies_at_the_login_is_no_refusal_the_first_time(access):
    with router() as one:
        way = access(one)

        def admits(user, password=None, key=None):
            one.box.boots += 1
            one.look_at_the_path()
            return False

        one.admits = admits
        with pytest.raises(Unreachable, match="breaks off at the login"):
            open_session(way, "linux", "exec")
        with pytest.raises(AuthRefused):
            open_session(way, "linux", "exec")


def test_what_was_refused_is_tried_last_the_next_time(access, key):
    with router(authorized_key=key.with_suffix(".pub").read_text()) as one:
        way = access(one, private_key=key)
        way.refused.add("the private key")  # as before a rollout that brings the key
        one.admits = lambda user, password=None, key=None: key is not None
        with session(way):
            assert one.refused_logins == 1 and way.refused == {"the password"}
        with session(way):
            assert one.refused_logins == 1


@pytest.mark.parametrize(("password", "means"), [(None, "the private key;"), ("wrong-one-2026", "the private key and the password;")])
def test_key_and_password_are_tried_once_each(access, key, password, means):
    with router() as one:
        with pytest.raises(AuthRefused, match=f"with {means} nothing is tried again"):
            open_session(access(one, private_key=key, password=password), "linux", "exec")
        assert (one.sessions, one.refused_logins) == (0, int(password is not None))


def test_a_key_that_is_missing_leaves_the_password(access, tmp_path):
    with router() as one, session(access(one, private_key=tmp_path / "none")) as talk:
        assert talk.read("version")


@pytest.mark.parametrize("content", ["", "no key at all\n"])
def test_a_file_that_is_no_key_is_said_to_be_none(access, tmp_path, content):
    (tmp_path / "bad").write_text(content)
    with pytest.raises(ModelError, match="can't be used as a private key"):
        open_session(access(NOBODY, private_key=tmp_path / "bad"), "linux", "exec")


def test_without_key_and_password_nobody_is_called(access):
    with router() as one:
        with pytest.raises(ModelError, match="password: is missing"):
            open_session(access(one, password=None), "linux", "exec")
        assert one.sessions == 0


def test_no_representation_shows_the_password(access):
    assert PASSWORD not in repr(access(NOBODY))


# --- the way ---


class NOBODY:
    """Where nobody listens: the discard port."""

    host, port = "127.0.0.1", 9


def test_nobody_there_is_unreachable(access):
    with pytest.raises(Unreachable, match=r"a-router \(127.0.0.1:9\): doesn't answer over SSH"):
        open_session(access(NOBODY), "linux", "exec")


RELAY = """
import os, socket, sys, threading
far = socket.create_connection((sys.argv[1], int(sys.argv[2])))
def up():
    while data := os.read(0, 65536):
        far.sendall(data)
    far.shutdown(socket.SHUT_WR)
threading.Thread(target=up, daemon=True).start()
while data := far.recv(65536):
    os.write(1, data)
"""


def test_the_proxy_command_is_the_way_and_ends_with_the_session(access, tmp_path):
    relay, log = tmp_path / "relay.py", tmp_path / "called"
    relay.write_text(f"open({str(log)!r}, 'a').write(str(__import__('os').getpid()))" + RELAY)
    with router() as one:
        with session(access(one, proxy_command=f"{sys.executable} {relay} %h %p")) as talk:
            assert talk.read("version") == "toy 2.1"
        with pytest.raises(ProcessLookupError):
            __import__("os").kill(int(log.read_text()), 0)


@pytest.mark.parametrize(("command", "error"), [("false %h", Unreachable), ("/no/such/program %h", ModelError)])
def test_a_proxy_command_that_fails_is_a_sentence(access, command, error):
    with router() as one, pytest.raises(error):
        open_session(access(one, proxy_command=command), "linux", "exec")


def test_old_key_exchanges_are_only_made_where_they_are_allowed(access):
    with router(quirks={"old_kex"}) as one:
        with pytest.raises(Unsupported, match="allow old_ssh"):
            open_session(access(one), "linux", "exec")
        with session(access(one, old_ssh=True)) as talk:
            assert talk.read("version") == "toy 2.1"


# --- what comes back ---


@pytest.mark.parametrize("channel", CHANNELS)
def test_answers_come_whole_and_alone(access, channel):
    box = toyrouter.Box({"name": "office", **{f"key{number:04}": "x" * 50 + " #" for number in range(600)}})
    with router(box) as one, session(access(one), channel) as talk:
        assert talk.read("version") == "toy 2.1"
        talk.send(plain("paging off"))
        assert talk.read("show") == box.export() + "\nend"
        assert talk.read("paging off") == "" and talk.read("version") == "toy 2.1"


@pytest.mark.parametrize("channel", CHANNELS)
def test_lines_that_the_router_prints_by_itself_are_no_answer(access, channel):
    box = toyrouter.Box()
    box.log_line = lambda: "%LOG login failure for user from 192.0.2.9\n"
    with router(box, quirks={"log_lines"}) as one, session(access(one), channel) as talk:
        talk.send(plain("paging off"))
        assert talk.read("show") == box.export() + "\nend"


def test_a_pager_that_nobody_turned_off_is_leafed_through(access):
    box = toyrouter.Box({"name": "office", **{f"key{number:04}": "value" for number in range(2500)}})
    with router(box) as one, session(access(one), "shell") as talk:
        assert talk.read("show") == box.export() + "\nend"


def test_a_question_gets_its_answer(access):
    with router() as one, session(access(one), "shell") as talk:
        assert "done" in talk.send(plain("ask", expect=r"Proceed\? \[y/n\]", answer="y")).text
        assert talk.read("version") == "toy 2.1"


def test_a_prompt_that_the_change_itself_changes_is_learned(access):
    with router() as one, session(access(one), "shell") as talk:
        assert talk.read("set name lang-giang-router") == ""
        assert talk.read("version") == "toy 2.1"
        assert talk.read("version") == "toy 2.1"


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_session_that_is_cut_is_a_sentence(access, channel):
    with router() as one, session(access(one), channel) as talk:
        assert talk.read("version") == "toy 2.1"
        one.quirks.add("cut_after:0")
        with pytest.raises(Unreachable, match=r"a-router .*: the session broke off at 'show'"):
            talk.read("show")


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_path_that_is_dead_ends_at_the_time_that_was_given(access, channel):
    with router(reachable=lambda export: "dead" not in export) as one, session(access(one, timeout_seconds=1.0), channel) as talk:
        with pytest.raises(Unreachable, match="'set dead yes' wasn't answered within 1 s"):
            talk.send(Command("set dead yes", "'set dead yes'"))
        with pytest.raises(Unreachable):
            open_session(access(one), "linux", channel)


@pytest.mark.parametrize("channel", CHANNELS)
def test_no_error_shows_what_the_command_hides(access, channel):
    with router() as one, session(access(one), channel) as talk:
        one.quirks.add("cut_after:0")
        with pytest.raises(Unreachable) as caught:
            talk.send(Command("set key Kh0ngAiBiet", "set key (secret tunnel)"))
        assert "Kh0ng" not in str(caught.value) and "(secret tunnel)" in str(caught.value)


# --- a screen's text, as a table ---

SCREENS = {
    "colours": ("\x1b[1;32mok\x1b[0m\r\n", "ok\n"),
    "a pager that was wiped out with backspaces": ("a\r\n --More-- " + "\b" * 10 + " " * 10 + "\b" * 10 + "b\r\n", "a\nb\n"),
    "a pager that was wiped out with a return": ("a\r\n--More--\r        \rb\r\n", "a\nb\n"),
    "double returns": ("a\r\r\nb\r\n", "a\nb\n"),
}


@pytest.mark.parametrize(("text", "expected"), SCREENS.values(), ids=SCREENS)
def test_cleaned(text, expected):
    assert cleaned(text) == expected


@pytest.mark.parametrize(
    ("seen", "later", "same"),
    [
        ("Router", "x\nRouter(config-if)#", True),
        ("vyos@vyos:~$", "x\n[edit]\nvyos@vyos# ", True),
        ("[admin@MikroTik] >", "x\n[admin@MikroTik] /ip/address> ", True),
        ("root@OpenWrt:~#", "x\nroot@OpenWrt:/etc# ", True),
        ("Router", "hostname Router#", False),
        ("Router", "Router#\nmore", False),
        ("#", "anything#", False),
    ],
)
def test_prompts_of_one_session(seen, later, same):
    assert bool(prompt_of(seen).search(later)) is same


@pytest.mark.parametrize(
    ("text", "command", "answer"),
    [
        ("show\na\nb\nR#", "show", "a\nb"),
        ("R#show\na\nR#", "show", "a"),
        ("R#\n\nR#show\na\nR#", "show", "a"),
        ("R#$with a very long end of its own\na\nR#", "a command with a very long end of its own", "a"),
        ("R#", "show", ""),
        ("a\n\nb\nR#", "show", "a\n\nb"),
    ],
)
def test_the_answer_alone(text, command, answer):
    assert answer_of(text, command) == answer
