"""The emulated routers by themselves: what a test of ours may rely on when it uses one."""

import base64
import contextlib
import time
from pathlib import Path

import asyncssh
import paramiko
import pytest
import yaml

from tests.emulators.routers import ios, openwrt, server_shell, vyos
from tests.emulators.routers.box import Closed
from tests.emulators.routers.openwrt_sandbox import available
from tests.emulators.routers.server import PASSWORD, USER, emulated

sandboxed = pytest.mark.skipif(not available(), reason="this machine gives no namespaces for a shell of its own")


class Talk:
    """A session without SSH: a line, its answer."""

    def __init__(self, box, user=USER):
        self.session = box.login(user)

    def __call__(self, *lines):
        return "".join(self.session.execute(line) for line in lines)


@contextlib.contextmanager
def client(router, password=PASSWORD, key=None, user=USER):
    with paramiko.SSHClient() as connection:
        name = router.host if router.port == 22 else f"[{router.host}]:{router.port}"
        kind, blob = router.host_key.split()[:2]
        connection.get_host_keys().add(name, kind, paramiko.PKey.from_type_string(kind, base64.b64decode(blob)))
        connection.connect(router.host, router.port, user, password, pkey=key, look_for_keys=False, allow_agent=False, timeout=10)
        yield connection


def run(connection, command):
    return connection.exec_command(command)[1].read().decode()


def until(done, seconds=10):
    """Wait for something that the server's thread does."""
    give_up = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < give_up
        time.sleep(0.01)


class Echo:
    """A box that says what it hears."""

    def __init__(self):
        self.seconds, self.cuts, self.heard, self.widths = 0, 0, [], []

    def login(self, user, *, exec_channel=False):
        assert exec_channel in (True, False)
        return EchoSession(self, user)

    def tick(self, seconds):
        self.seconds += seconds

    def power_cut(self):
        self.cuts += 1

    def export(self):
        return "\n".join(self.heard)


class EchoSession:
    paging, width, pager = False, 0, "--more--"

    def __init__(self, box, user):
        self.box, self.user = box, user

    def greeting(self):
        return "hello\n"

    def prompt(self):
        return f"[{self.user}] > "

    def execute(self, line):
        self.box.heard.append(line)
        self.box.widths.append(self.width)
        if line == "quit":
            raise Closed
        if line == "long":
            self.paging = True
            return "".join(f"line {number}\n" for number in range(50))
        return f"heard {line}\n" if line else ""


@contextlib.contextmanager
def echo(**more):
    with emulated("ios", box=Echo(), **more) as router:
        yield router


def typed(channel, text, ends):
    channel.sendall(text.encode())
    said = ""
    while not said.endswith(ends):
        data = channel.recv(65536)
        if not data:
            raise EOFError(said)
        said += data.decode()
    return said


# The server.


def test_a_login_is_by_password_or_key_and_wrong_ones_are_counted():
    with echo() as router:
        with client(router) as connection:
            assert run(connection, "one") == "heard one\n"
        with pytest.raises(paramiko.AuthenticationException), client(router, "wrong-2026"):
            pass
        with pytest.raises(paramiko.AuthenticationException), client(router, user="root"):
            pass
        assert (router.sent, router.sessions, router.refused_logins) == (["one"], 1, 2)


def test_the_key_that_a_test_gave_lets_in_and_no_other():
    ours, others = paramiko.ECDSAKey.generate(), paramiko.ECDSAKey.generate()
    with echo(authorized_key=f"{ours.get_name()} {ours.get_base64()}") as router:
        with client(router, None, ours) as connection:
            assert run(connection, "one") == "heard one\n"
        with pytest.raises(paramiko.AuthenticationException), client(router, None, others):
            pass
        assert router.sessions == 1


def test_what_is_typed_comes_back_and_can_be_taken_back():
    with echo() as router, client(router) as connection:
        shell = connection.invoke_shell()
        assert typed(shell, "", f"[{USER}] > ") == f"hello\r\n[{USER}] > "
        assert typed(shell, "abx\x7fc\r\n", "] > ") == f"abx\b \bc\r\nheard abc\r\n[{USER}] > "
        assert typed(shell, "gone\x03", "] > ").endswith(f"^C\r\n[{USER}] > ")
        typed(shell, "gone too\x15kept\n", "] > ")
        shell.sendall(b"quit\n")
        shell.recv_exit_status()
    assert router.box.heard == ["abc", "kept", "quit"]


def test_long_answers_are_paged():
    with echo() as router, client(router) as connection:
        shell = connection.invoke_shell(width=80, height=24)
        typed(shell, "", "] > ")
        assert typed(shell, "long\n", "--more--").count("line") == 23
        assert typed(shell, "\r", "--more--").count("line") == 1
        assert typed(shell, "x ", "--more--").count("line") == 23
        assert typed(shell, "q", "] > ").count("line") == 0


@pytest.mark.parametrize(("user", "quirks", "width"), [(USER, (), 132), (f"{USER}+ct511w4098h", (), 511), (USER, ("narrow",), 80)])
def test_the_terminals_width_is_the_clients_or_the_logins_own(user, quirks, width):
    with echo(quirks=frozenset(quirks)) as router, client(router, user=user) as connection:
        shell = connection.invoke_shell(width=132)
        typed(shell, "", f"[{USER}] > ")
        said = typed(shell, "x" * 120 + "\n", f"[{USER}] > ")
        assert router.box.widths == [width]
        assert ("\r\nheard " + "x" * 74 + "\r\n" + "x" * 46 in said) == (quirks == ("narrow",))


def test_log_lines_and_slow_answers(monkeypatch):
    monkeypatch.setattr("tests.emulators.routers.server.SLOW_SECONDS", 0.3)
    with echo(quirks=frozenset({"log_lines", "slow"})) as router, client(router) as connection:
        shell = connection.invoke_shell()
        typed(shell, "", "] > ")
        began = time.monotonic()
        said = typed(shell, "one\n", "] > ")
        assert time.monotonic() - began > 0.3
    assert "Broadcast message" in said
    assert "heard one" in said
    assert server_shell.SLOW_SECONDS == 2.0


def test_a_session_is_cut_after_so_many_commands_and_another_may_go_on():
    with echo(quirks=frozenset({"cut_after:2"})) as router:
        with client(router) as connection:
            shell = connection.invoke_shell()
            typed(shell, "", "] > ")
            typed(shell, "one\n", "] > ")
            typed(shell, "two\n", "] > ")
            with pytest.raises((EOFError, OSError)):
                typed(shell, "three\n", "] > ")
        router.quirks.discard("cut_after:2")
        with client(router) as connection:
            assert run(connection, "four") == "heard four\n"
    assert router.sent == ["one", "two", "four"]


def test_a_round_trip_takes_its_time():
    with echo(rtt_ms=60) as router, client(router) as connection:
        began = time.monotonic()
        run(connection, "one")
        assert time.monotonic() - began >= 0.12  # the channel and the command: two round trips


def test_a_dead_path_takes_nobody_in_and_holds_what_is_underway():
    with echo(reachable=lambda export: export.count("cut") == export.count("mend")) as router, client(router) as connection:
        shell = connection.invoke_shell()
        typed(shell, "", "] > ")
        shell.sendall(b"cut\n")
        until(lambda: router.box.heard)
        shell.sendall(b"more\n")
        shell.settimeout(0.3)
        with pytest.raises(TimeoutError):
            typed(shell, "", "heard more\r\n")
        with pytest.raises((paramiko.SSHException, OSError, EOFError)), client(router):
            pass
        assert router.sessions == 1
        router.box.heard.append("mend")
        shell.settimeout(10)
        assert "heard more" in typed(shell, "", f"heard more\r\n[{USER}] > ")
        with client(router) as other:
            assert run(other, "again") == "heard again\n"


def test_a_minute_may_be_short_and_a_power_cut_ends_all_sessions():
    with echo(minute_seconds=0.1) as router, client(router) as connection:
        shell = connection.invoke_shell()
        typed(shell, "", "] > ")
        until(lambda: router.box.seconds > 60)
        router.power_cut()
        with pytest.raises((EOFError, OSError)):
            typed(shell, "one\n", "] > ")
    assert router.box.cuts == 1


def test_old_key_exchanges_are_there_only_when_asked_for():
    with echo(quirks=frozenset({"old_kex"})) as router:
        with paramiko.Transport((router.host, router.port)) as transport:
            transport.get_security_options().kex = ("curve25519-sha256@libssh.org",)
            with pytest.raises(paramiko.SSHException):
                transport.start_client(timeout=10)
        assert router.host_key.startswith("ssh-rsa ")


def test_a_mistake_of_a_box_isnt_lost():
    class Broken(Echo):
        def export(self):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), emulated("ios", box=Broken()) as router, pytest.raises(Closed):
        router.export()


# IOS.


def build_ios(config=None, *quirks, password=PASSWORD):
    return ios.build("ios", config=config, user=USER, password=password, quirks=frozenset(quirks))


CHANGE = ("configure terminal", "interface Loopback64", "ip address 10.64.0.1 255.255.255.255", "end")


@pytest.mark.parametrize(
    ("line", "where", "said"),
    [
        ("tunnel colour red", 7, "% Invalid input"),
        ("ip address 10.0.0.300 255.255.255.0", 11, "% Invalid input"),
        ("ip address 10.0.0.1", None, "% Incomplete command."),
        ("ip address 10.0.0.1 255.0.255.0", 20, "% Invalid input"),
        ("ip tcp adjust-mss 9000", 18, "% Invalid input"),
        ("service-policy output NONE", None, "% policy map NONE not configured"),
        ("tunnel protection ipsec profile NONE", None, "doesn't exist"),
        ("bfd interval 1000 min_rx 1000 multiplier 3", 13, "% Invalid input"),
    ],
)
def test_ios_refuses_what_it_doesnt_know(line, where, said):
    box = build_ios()
    talk = Talk(box)
    talk("configure terminal", "interface Tunnel640")
    answer = talk(line)
    assert said in answer
    if where is not None:
        assert answer.index("^") == len("router(config-if)#") + where
    assert line not in box.export()


def test_ios_prints_in_its_own_words_and_order():
    box = build_ios()
    talk = Talk(box)
    answer = talk(
        "conf t", "router bgp 4200000002", "neighbor 10.96.0.1 remote-as 64901", "address-family ipv4", "network 10.64.2.0 mask 255.255.255.0",
        "ip access-list extended X", "permit tcp 10.10.10.50 0.0.0.0 any eq 80", "permit udp any any eq 500", "permit tcp host 10.10.10.50 any eq www",
        "15 permit ip 10.0.0.7 0.255.255.255 any", "ip prefix-list P permit 10.64.2.0/24", "int tu640", "ip address 10.96.0.8 255.255.255.255",
        "tunnel source gi0/0/0", "username ai privilege 15", "username ai secret Mat-khau-1", "end",
    )  # fmt: skip
    assert "%" not in answer
    text = box.export()
    assert (
        " 10 permit tcp host 10.10.10.50 any eq www\n 15 permit ip 10.0.0.0 0.255.255.255 any\n 20 permit udp any any eq isakmp\n" in text
    )
    assert "interface Tunnel640\n ip address 10.96.0.8 255.255.255.255\n tunnel source GigabitEthernet0/0/0\n" in text
    assert " !\n address-family ipv4\n  network 10.64.2.0 mask 255.255.255.0\n exit-address-family\n" in text
    assert "ip prefix-list P seq 5 permit 10.64.2.0/24\n" in text
    assert "Mat-khau-1" not in text
    assert [text.index(word) for word in ("username ai", "interface Tunnel640", "router bgp", "ip access-list", "line con")] == sorted(
        text.index(word) for word in ("username ai", "interface Tunnel640", "router bgp", "ip access-list", "line con")
    )


def test_ios_takes_back_what_no_names_and_keeps_what_is_in_use():
    box = build_ios()
    talk = Talk(box)
    before = box.export()
    talk(
        "conf t",
        "class-map match-any V",
        "match dscp ef",
        "policy-map P",
        "class V",
        "shape average 8000000",
        "interface gi0/0/0",
        "service-policy output P",
    )
    assert "is being used" in talk("no policy-map P")
    assert "is being used" in talk("no class-map match-any V")
    talk("interface gi0/0/0", "no service-policy output P", "no policy-map P", "no class-map match-any V", "end")
    assert box.export() == before
    assert "not permitted" in talk("conf t", "no interface GigabitEthernet0/0/0")


@pytest.mark.parametrize(
    ("minutes_later", "end", "kept"),
    [(4.9, (), True), (5.1, (), False), (1, ("configure revert now",), False), (9, ("configure confirm",), True)],
)
def test_ios_reverts_unless_it_is_confirmed(minutes_later, end, kept):
    box = build_ios()
    talk = Talk(box)
    before = box.export()
    assert "Backing up current running config to flash:config" in talk("configure terminal revert timer 5", "end")
    talk(*CHANGE)
    assert "Timer value: 5 min" in talk("show archive config rollback timer")
    talk(*end)
    box.tick(minutes_later * 60)
    assert ("Loopback64" in box.export()) == kept
    assert (box.export() == before) == (not kept)
    assert box.boots == 0


def test_ios_warns_in_the_session_a_minute_before_it_reverts():
    box = build_ios()
    talk = Talk(box)
    talk("configure terminal revert timer 5", "end")
    box.tick(245)
    assert "Rollback will begin in one minute" in talk("show clock")
    assert "Rollback will begin" not in talk("show clock")


def test_ios_has_no_revert_timer_without_an_archive():
    talk = Talk(build_ios("hostname r\narchive\n maximum 5\n"))
    assert "%Turn config archive on before using Rollback Confirmed Change" in talk("configure terminal revert timer 5")
    assert talk.session.prompt() == "r#"
    assert "%No Rollback Confirmed Change pending" in talk("configure confirm")


def test_ios_reloads_into_what_is_saved():
    box = build_ios()
    talk = Talk(box)
    talk(*CHANGE)
    talk("reload in 10")
    assert talk.session.prompt() == "System configuration has been modified. Save? [yes/no]: "
    assert "Reload scheduled" in talk("no")
    assert talk.session.prompt() == "Proceed with reload? [confirm]"
    assert "y" in talk.session.keys
    talk("y")
    box.tick(9.9 * 60)
    assert "Loopback64" in box.export()
    box.tick(10)
    assert "Loopback64" not in box.export()
    assert box.boots == 1


def test_ios_forgets_a_reload_that_is_cancelled_and_keeps_what_was_written():
    box = build_ios()
    talk = Talk(box)
    talk(*CHANGE, "reload in 10", "no", "")
    assert "SHUTDOWN ABORTED" in talk("reload cancel")
    box.tick(3600)
    assert "Loopback64" in box.export()
    assert "[OK]" in talk("write memory")
    box.power_cut()
    assert "Loopback64" in box.export()


@pytest.mark.parametrize(
    ("quirk", "line", "said"),
    [
        ("safe_mode_open", "configure terminal", "locked by process"),
        ("no_privilege", "configure terminal", "% Invalid input"),
        ("no_privilege", "show running-config", "% Invalid input"),
        ("full_flash", "write memory", "No space left on device"),
        ("full_flash", "configure terminal revert timer 5", "No space left on device"),
        ("clock_1970", "show clock", "1970"),
    ],
)
def test_ios_has_its_bad_days(quirk, line, said):
    assert said in Talk(build_ios(None, quirk))(line)


def test_ios_may_break_off_or_have_a_field_more():
    assert Talk(build_ios())("show running-config").rstrip().endswith("end")
    assert not Talk(build_ios(None, "interrupted"))("show running-config").rstrip().endswith("end")
    talk = Talk(build_ios(None, "wrong_minor"))
    talk("conf t", "interface Tunnel640", "end")
    assert " tunnel liveness-budget 7" in talk("show running-config")


def test_ios_lets_in_whom_its_configuration_names():
    key = paramiko.ECDSAKey.generate()
    with emulated("ios") as router:
        with client(router) as connection:
            shell = connection.invoke_shell(height=1000)
            typed(shell, "", "#")
            text = f"{key.get_name()} {key.get_base64()}"
            for line in (
                "conf t",
                "ip ssh pubkey-chain",
                f"username {USER}",
                "key-string",
                text,
                "exit",
                "exit",
                "exit",
                f"username {USER} privilege 15 secret Khac-2026",
                "end",
            ):
                typed(shell, f"{line}\n", "#")
        with pytest.raises(paramiko.AuthenticationException), client(router):
            pass
        with client(router, "Khac-2026") as connection:
            assert "router" in run(connection, "show version")
        with client(router, None, key) as connection:
            assert key.get_base64() not in run(connection, "show running-config")


def test_a_recorded_configuration_is_printed_as_it_was():
    path = Path(__file__).parents[2].parent / "shared/fixtures/ios/asr920-16.8.1b.yaml"
    if not path.exists():
        pytest.skip("no recordings beside the project")
    commands = yaml.safe_load(path.read_text(encoding="utf-8"))["commands"]
    recorded = (
        next(one["show running-config\n"] for one in commands if "show running-config\n" in one).replace("\\x20", " ").replace('\\"', '"')
    )
    recorded = recorded[recorded.index("version 16.8") : recorded.rindex("end")]
    assert significant(build_ios(recorded).export()) == significant(recorded)


def significant(text):
    """Lines that say something: no separators, and none of what only ends a block."""
    return [line.rstrip() for line in text.splitlines() if line.strip() not in ("", "!", "end", "exit-address-family")]


# VyOS.


@pytest.fixture(params=["13", "14"])
def box13or14(request):
    if not available():
        pytest.skip("this machine gives no namespaces for a shell of its own")
    box = vyos.build(f"vyos{request.param}", user=USER, password=PASSWORD)
    yield box
    box.close()


WORDS = {
    "interfaces wireguard wg64 peer hub public-key HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=": "14",
    "interfaces wireguard wg64 peer hub pubkey HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=": "13",
    "interfaces ethernet eth0 ip adjust-mss 1340": "14",
    "firewall options interface eth0 adjust-mss 1340": "13",
    "firewall ipv4 input filter rule 10 action accept": "14",
    "firewall name A rule 10 state new enable": "13",
    "nat source rule 64 outbound-interface name eth0": "14",
    "nat source rule 64 outbound-interface eth0": "13",
    "qos interface eth0 egress A": "14",
    "traffic-policy shaper A bandwidth 20mbit": "13",
    "service ntp server 10.0.0.1": "14",
    "system ntp server 10.0.0.1": "13",
    "protocols bgp system-as 4200000002": "14",
    "protocols bgp 4200000002 neighbor 10.0.0.1 remote-as 64901": "13",
    "vpn ipsec authentication psk a id b": "14",
    "vpn ipsec site-to-site peer 203.0.113.1 authentication pre-shared-secret x": "13",
    "service ssh port 22": "both",
    "colour red": "none",
}


def test_vyos_has_other_words_in_each_version(box13or14):
    talk = Talk(box13or14)
    talk("configure", "delete service ssh port", "delete nat source rule 100")
    for words, version in WORDS.items():
        answer = talk(f"set {words}")
        assert ("Set failed" in answer) == (version not in ("both", box13or14.version)), f"{words}: {answer}"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("set interfaces ethernet eth1 mtu big", "Value validation failed"),
        ("set interfaces ethernet eth1 address 10.0.0.1", "Value validation failed"),
        ("set interfaces ethernet eth1 address '10.190.1.2/24'", "already exists"),
        ("set system host-name", "requires a value"),
        ("delete interfaces ethernet eth7", "Nothing to delete"),
        ("delete interfaces colour", "[colour] is not valid\n  Delete failed"),
        ("commit", "No configuration changes to commit"),
        ("load /config/none.boot", "No such file"),
    ],
)
def test_vyos_refuses_with_its_own_words(box13or14, line, said):
    before = box13or14.export()
    talk = Talk(box13or14)
    talk("configure")
    assert said in talk(line)
    assert talk("exit") == "exit\n"
    assert box13or14.export() == before


def test_a_commit_that_fails_in_one_part_commits_the_others(box13or14):
    talk = Talk(box13or14)
    answer = talk("configure", "set interfaces wireguard wg64 address 10.96.0.8/32", "set system host-name lang-giang", "commit")
    assert "[[interfaces wireguard wg64]] failed\nCommit failed" in answer
    assert "host-name 'lang-giang'" in box13or14.export()
    assert "wg64" not in box13or14.export()
    assert "Cannot exit: configuration modified." in talk("exit")
    assert talk("exit discard") == "Warning: configuration changes have not been saved.\nexit\n" or talk.session.config is None


def test_vyos_keeps_over_a_power_cut_only_what_was_saved(box13or14):
    talk = Talk(box13or14)
    talk("configure", "set system domain-name mot.example", "commit", "save", "set system host-name lang-giang", "commit")
    assert "Warning: configuration changes have not been saved." in talk("exit")
    box13or14.power_cut()
    assert "domain-name 'mot.example'" in box13or14.export()
    assert "host-name 'vyos'" in box13or14.export()


def test_vyos_restarts_when_a_commit_isnt_confirmed(box13or14):
    talk = Talk(box13or14)
    talk("configure", "set system host-name lang-giang", "commit-confirm 5")
    assert talk.session.prompt() == {"13": "Proceed? [confirm]", "14": "Proceed ? [Y/n] "}[box13or14.version]
    assert "5 minutes to confirm before reboot" in talk("y")
    box13or14.tick(290)
    assert (box13or14.hostname, box13or14.boots) == ("lang-giang", 0)
    box13or14.tick(20)
    assert (box13or14.hostname, box13or14.boots) == ("vyos", 1)


def test_vyos_stays_when_a_commit_is_confirmed(box13or14):
    talk = Talk(box13or14)
    talk("configure", "set system host-name lang-giang", "commit-confirm 5", "y")
    assert "Reboot timer stopped" in talk("confirm")
    box13or14.tick(3600)
    assert (box13or14.hostname, box13or14.boots) == ("lang-giang", 0)


SCRIPT = r"""printf '%s\n' '#!/bin/vbash' 'source /opt/vyatta/etc/functions/script-template' configure 'load /config/before.boot' commit exit 'touch /config/done' > /config/scripts/back"""


def test_scripts_run_and_timers_start_them(box13or14):
    talk = Talk(box13or14)
    talk("configure", "save /config/before.boot", "exit", SCRIPT, "chmod 750 /config/scripts/back")
    assert "Running timer as unit: back.timer" in talk("sudo systemd-run --unit=back --on-active=300 /config/scripts/back")
    assert "already loaded" in talk("sudo systemd-run --unit=back --on-active=300 /config/scripts/back")
    talk("configure", "set system host-name lang-giang", "delete interfaces ethernet eth1", "commit")
    box13or14.tick(290)
    assert talk("run show configuration commands | match host-name") == "set system host-name 'lang-giang'\n"
    assert talk("systemctl is-active back.timer") == "active\n"
    box13or14.tick(20)
    assert "host-name 'vyos'" in box13or14.export()
    assert "eth1 address '10.190.1.2/24'" in box13or14.export()
    assert box13or14.place("/config/done").exists()
    assert (talk("systemctl is-active back.timer"), talk.session.status) == ("inactive\n", 3)


def test_a_timer_that_is_stopped_or_loses_its_power_never_fires(box13or14):
    talk = Talk(box13or14)
    talk("sudo systemd-run --unit=back --on-active=5m touch /config/fired")
    talk("sudo systemctl stop back.timer")
    talk("sudo systemd-run --unit=back --on-active=300s touch /config/fired")
    box13or14.power_cut()
    box13or14.tick(600)
    assert not box13or14.place("/config/fired").exists()


def test_passwords_of_vyos_are_shown_hashed_and_let_in(box13or14):
    Talk(box13or14)("configure", "set system login user ai authentication plaintext-password 'Mat khau 1'", "commit")
    assert "Mat khau" not in box13or14.export()
    assert box13or14.admits("ai", password="Mat khau 1")
    assert not box13or14.admits("ai", password="Mat khau 2")


def test_an_exec_channel_of_vyos_knows_no_operational_commands(box13or14):
    session = box13or14.login(USER, exec_channel=True)
    assert "Version" not in session.execute("show version")
    assert "Version" in session.execute("/opt/vyatta/bin/vyatta-op-cmd-wrapper show version")


# OpenWrt.


@pytest.fixture
def wrt():
    if not available():
        pytest.skip("this machine gives no namespaces for a shell of its own")
    box = openwrt.build("openwrt", user=USER, password=PASSWORD)
    yield box
    box.close()


@pytest.mark.parametrize(
    ("commands", "status", "said"),
    [
        ("uci get network.lan.proto", 0, "static\n"),
        ("uci get network.lan.none", 1, "uci: Entry not found\n"),
        ("uci -q get network.lan.none", 1, ""),
        ("uci set network.none.proto=static", 1, "uci: Invalid argument\n"),
        ("uci set network.none=interface; uci changes", 0, "network.none='interface'\n"),
        ("uci set network.lan.ipaddr=; uci get network.lan.ipaddr", 1, "uci: Entry not found\n"),
        ("uci set network.lan.none=; uci changes", 0, ""),
        ("uci delete network.lan.none", 1, "uci: Entry not found\n"),
        ("uci add_list network.lan.dns=1.1.1.1; uci add_list network.lan.dns='a b'; uci get network.lan.dns", 0, "1.1.1.1 'a b'\n"),
        ("uci add_list system.ntp.server=x; uci del_list system.ntp.server=x; uci -q changes | tail -1", 0, "system.ntp.server-='x'\n"),
        ("uci show firewall.@redirect[0] | head -1", 0, "firewall.cfg0"),
        ("uci set network.lan.x=1; uci revert network.lan.x; uci changes", 0, ""),
        ("uci rename network.tslcd=line; uci commit; uci get network.line.device", 0, "ether2\n"),
        ("uci frobnicate", 255, "Usage: uci"),
        ("uci set 'network.a-b=interface'", 1, "uci: Invalid argument\n"),
    ],
)
def test_uci_answers_as_libuci_does(wrt, commands, status, said):
    answer, ended = wrt.run(commands)
    assert (ended, answer.startswith(said) if said else answer) == (status, True if said else "")


def test_a_batch_of_uci_goes_on_after_an_error_and_ends_well(wrt):
    answer, status = wrt.run(
        "uci batch", "set network.wg=interface\nset nope.a=b\ndelete network.lan.none\nset network.wg.proto='wireguard'\nfoo\n"
    )
    assert (answer, status) == ("uci: Entry not found\nuci: Entry not found\nUnknown command\n", 0)
    assert wrt.run("uci get network.wg.proto")[0] == "wireguard\n"


def test_what_is_committed_runs_only_after_it_was_loaded(wrt):
    wrt.run("uci set network.lan.ipaddr=192.168.9.1")
    assert "192.168.9.1" not in (wrt.sandbox.root / "etc/config/network").read_text()
    wrt.run("uci commit network")
    assert "192.168.9.1" not in wrt.export()
    wrt.run("reload_config")
    assert "192.168.9.1" in wrt.export()


def test_a_fragment_of_the_firewall_must_be_whole(wrt):
    wrt.run("echo 'chain motcua {' > /etc/nftables.d/motcua.nft")
    answer, status = wrt.run("fw4 reload")
    assert (status, "motcua" in wrt.export()) == (1, False)
    assert "syntax error" in answer
    wrt.run("echo 'chain motcua { }' > /etc/nftables.d/motcua.nft; fw4 -q reload")
    assert "== /etc/nftables.d/motcua.nft" in wrt.export()


GUARD = r"""#!/bin/sh /etc/rc.common
START=11
boot() { [ ! -e /etc/unconfirmed ] || { cp -a /etc/copy/. /etc/config/; rm -f /etc/unconfirmed; }; }
"""


def test_a_job_in_the_background_sleeps_by_the_boxs_clock(wrt):
    wrt.run("cp -a /etc/config /etc/copy; (sleep 300; cp -a /etc/copy/. /etc/config/; reload_config) </dev/null >/dev/null 2>&1 &")
    until(lambda: list((wrt.sandbox.root / "run/sleepers").iterdir()))
    wrt.run("uci set network.lan.ipaddr=192.168.9.1; uci commit network; reload_config")
    wrt.tick(290)
    assert "192.168.9.1" in wrt.export()
    wrt.tick(20)
    until(lambda: "192.168.9.1" not in wrt.export())


def test_a_power_cut_ends_jobs_empties_tmp_and_runs_what_starts_at_boot(wrt):
    wrt.run("cat > /etc/init.d/guard; chmod 755 /etc/init.d/guard; /etc/init.d/guard enable; touch /etc/unconfirmed /tmp/gone", GUARD)
    wrt.run("cp -a /etc/config /etc/copy; (sleep 300; touch /etc/fired) </dev/null >/dev/null 2>&1 &")
    until(lambda: list((wrt.sandbox.root / "run/sleepers").iterdir()))
    wrt.run("uci set network.lan.ipaddr=192.168.9.1; uci commit network; uci set system.ntp.enabled=0; reload_config")
    wrt.power_cut()
    assert "192.168.9.1" not in wrt.export()
    assert wrt.run("uci changes; ls /tmp") == ("", 0)
    wrt.tick(600)
    assert not (wrt.sandbox.root / "etc/fired").exists()


@pytest.mark.parametrize("program", ["nohup", "setsid", "base64", "stat", "timeout", "diff", "getopt", "systemctl", "python3"])
def test_what_openwrt_hasnt_got_isnt_there(wrt, program):
    assert wrt.run(f"{program} --help")[1] == 127


def test_openwrts_shell_reaches_nothing_of_this_machine(wrt):
    assert wrt.run("touch /host/usr/x 2>/dev/null || echo closed")[0] == "closed\n"
    assert "lo:" in wrt.run("ip link")[0]
    assert "eth" not in wrt.run("ip link")[0]
    assert wrt.run("ls /work /home 2>/dev/null")[0] == ""


def test_openwrts_keys_and_passwords_let_in_at_once(wrt):
    key = asyncssh.generate_private_key("ssh-ed25519").convert_to_public()
    text = key.export_public_key().decode()
    assert wrt.admits("root", key=key) is None
    wrt.run("cat > /etc/dropbear/authorized_keys", text)
    assert wrt.admits("root", key=key)
    assert wrt.admits(USER, password=PASSWORD)
    wrt.run(f"passwd {USER}", "Khac-2026\nKhac-2026\n")
    assert (wrt.admits(USER, password=PASSWORD), wrt.admits(USER, password="Khac-2026"), wrt.admits("none", password="x")) == (
        False,
        True,
        False,
    )


@sandboxed
def test_files_go_up_by_sftp_and_legacy_scp(tmp_path):
    (tmp_path / "note").write_text("Một cửa\n", encoding="utf-8")
    with emulated("openwrt") as router, client(router) as connection:
        with connection.open_sftp() as files:
            files.put(str(tmp_path / "note"), "/etc/note")
        assert run(connection, "cat /etc/note") == "Một cửa\n"


@sandboxed
@pytest.mark.parametrize("kind", ["ios", "vyos14", "vyos13", "openwrt"])
def test_every_kind_answers_over_ssh_and_comes_back_after_a_power_cut(kind):
    reads = {"ios": "show clock", "openwrt": "uci get network.lan.proto"}
    with emulated(kind) as router:
        for _ in range(2):
            with client(router) as connection:
                assert run(connection, reads.get(kind, "echo well")).strip()
            router.power_cut()
        assert router.sessions == 2
