"""The engine with every real platform, against its emulated router over real SSH: one story, told for each of them.

A module that imports the tests names its kinds. Each box is brought to its wish once; every test leaves it so.
"""

import contextlib
import re
import subprocess
from pathlib import Path

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError, Refused, RolledBack
from ansible_collections.motcua.cctv.plugins.plugin_utils.guarded import Caution, Outcome, Router, reconcile
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.platform import Command
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.registry import family_named
from ansible_collections.motcua.cctv.plugins.plugin_utils.terminal import Access, open_session

from tests.emulators.routers import server
from tests.unit.routers import WISH, state

PLATFORMS = {"routeros7": "routeros", "routeros6": "routeros", "ios": "ios", "vyos14": "vyos", "vyos13": "vyos", "openwrt": "openwrt"}
# The emulated offices' interfaces: TSLCD, FTTH, LAN.
INTERFACES = {
    "routeros": ("ether2", "ether1", "bridge"),
    "ios": ("GigabitEthernet0/0/1", "GigabitEthernet0/0/0", "Vlan1"),
    "vyos": ("eth1", "eth0", "eth2"),
    "openwrt": ("wan2", "wan", "br-lan"),
}
WITHOUT_WIREGUARD = ("routeros6", "ios")
ELSEWHERE = "198.51.100.66"
SCRIPTS = re.compile(r"^/system script\n(?:(?!/).*\n)*", re.MULTILINE)  # where a RouterOS keeps what would undo it
SLOW_MINUTE, FAST_MINUTE = 60.0, 1.0
GUARD_SECONDS = 900  # 15 s of a fast minute: what the slowest of them takes to be changed


def wish(kind, key, **changes):
    """The sample wish as this kind of router can keep it."""
    family = PLATFORMS[kind]
    *lines, lan = INTERFACES[family]
    tunnels = WISH["tunnels"]
    if kind in WITHOUT_WIREGUARD:
        tunnels = [{**one, "kind": "ipsec", "hub_public_key": None, "interface": f"ipsec{one['slot']}"} for one in tunnels]
    return {
        "tunnels": tunnels,
        "lines": [{**row, "interface": interface} for row, interface in zip(WISH["lines"], lines, strict=True)],
        "shaping": [{**row, "interface": interface} for row, interface in zip(WISH["shaping"], lines, strict=True)],
        "lan": {**WISH["lan"], "interface": lan},
        "routing": {**WISH["routing"], "mode": "static" if kind == "openwrt" else "bgp"},
        "accounts": [{**WISH["accounts"][0], "keys": [key]}],
    } | changes


def leads_elsewhere(export):
    """Whether a router's tunnels lead nowhere now."""
    return ELSEWHERE in SCRIPTS.sub("", export)


def timeless(export):
    """An export without its comments, which tell the time."""
    return [line for line in export.splitlines() if not line.startswith(("#", "!"))]


class Site:
    """An emulated router, and a way to it that tests listen to: ``before`` is called with each command, and may change or stop it."""

    def __init__(self, kind, emulated, folder, key):
        self.kind, self.emulated = kind, emulated
        self.family = family_named(PLATFORMS[kind])
        self.key = key.with_suffix(".pub").read_text().strip()
        self._access = Access(
            "lang-giang-router", emulated.host, emulated.port, server.USER, folder / "known_hosts", "lang-giang-router", server.PASSWORD,
            private_key=key, timeout_seconds=60.0,
        )  # fmt: skip
        self.before, self.at_connection, self.seconds = _as_it_is, lambda number: None, 60.0
        self.connections = 0

    def connect(self):
        self.connections += 1
        self.at_connection(self.connections)
        access = Access(**{**vars(self._access), "timeout_seconds": self.seconds})
        first = self.family.first
        return _Heard(self, open_session(access, first.driver, first.channel, first.noise))

    def run(self, *, check=False, caution=None, **changes):
        """The outcome, and the error that it ended in."""
        self.connections, outcome = 0, Outcome()
        router = Router("lang-giang-router", self.family, self.connect)
        wished = state(**wish(self.kind, self.key, **changes))
        try:
            reconcile(router, wished, outcome, check=check, caution=caution or Caution(GUARD_SECONDS))
        except MotcuaError as error:
            return outcome, error
        return outcome, None

    def elsewhere(self):
        """The wish with tunnels that lead nowhere."""
        return {"tunnels": [{**one, "endpoint": ELSEWHERE} for one in wish(self.kind, self.key)["tunnels"]]}

    def power_cut(self):
        """The power goes, and is back for a while: RouterOS runs what is due at the start three seconds after it (its manual, Scheduler)."""
        self.emulated.power_cut()
        server._in_loop(self.emulated._with_box(self.emulated.box.tick, 10))

    def settle(self):
        """What the router does by itself after a change has been done."""
        server._in_loop(self.emulated._with_box(self.emulated.box.tick, 61))

    def minute(self, seconds):
        self.emulated._minute_seconds = self.emulated.box.minute_seconds = seconds

    def is_as_wished(self):
        """Read, and nothing else, over a way without tricks."""
        self.before, self.at_connection = _as_it_is, lambda number: None
        outcome, failure = self.run(check=True)
        return failure is None and not outcome.commands and not outcome.findings

    @contextlib.contextmanager
    def nth_change(self, number, do):
        """Call ``do`` with the session and the command when so many of the change's own commands have come by."""
        seen = []
        outcome, failure = self.run(check=True, **self.elsewhere())
        assert failure is None and outcome.commands, failure
        commands = set(outcome.commands)

        def before(session, command):
            if command.shown in commands:
                seen.append(command.shown)
            return do(session, command) if command.shown in commands and len(seen) == number else command

        self.before = before
        yield seen
        self.before = _as_it_is


def _as_it_is(_session, command):
    return command


class _Heard:
    """A session of which each command is shown to the test first."""

    def __init__(self, site, session):
        self._site, self._session = site, session

    def read(self, command):
        return self._session.read(command)

    def send(self, command):
        return self._session.send(self._site.before(self, command))

    def close(self):
        self._session.close()


@contextlib.contextmanager
def fresh(kind, folder, **options):
    """A router of a kind as its office has it, before anybody changed anything."""
    folder.mkdir(parents=True, exist_ok=True)
    key = Path(folder) / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "motcua", "-f", str(key)], check=True)
    with server.emulated(kind, **options) as emulated:
        yield Site(kind, emulated, folder, key)


@contextlib.contextmanager
def converged(kind, folder):
    """A router of a kind that has what the sample wishes."""
    with fresh(kind, folder) as site:
        outcome, failure = site.run()
        assert failure is None, failure
        assert outcome.changed
        yield site


@pytest.fixture
def router(site):
    """The box in quick time: its guard fires within seconds."""
    site.settle()
    site.minute(FAST_MINUTE)
    site.emulated.sent.clear()
    yield site
    site.minute(SLOW_MINUTE)
    site.emulated.reachable = server.always
    assert site.is_as_wished(), "the next test would begin with another router"


def test_a_run_that_changes_nothing_is_one_session_of_reads(router):
    sessions = router.emulated.sessions
    outcome, failure = router.run()
    table = next(version.platform for version in router.family.versions if version.platform.name == outcome.platform)
    allowed = {
        *(command.text for command in table.prepare),
        *table.reads,
        *(version.platform.guard.armed[0] for version in router.family.versions),
    }
    assert (failure, outcome.changed, outcome.commands) == (None, False, [])
    assert router.emulated.sessions == sessions + 1
    assert not {line for line in router.emulated.sent if line} - allowed
    assert len(router.emulated.sent) <= len(allowed) + 2  # Enter at the first prompt


def test_check_mode_predicts_and_leaves_the_router_alone(router):
    before = timeless(router.emulated.export())
    outcome, failure = router.run(check=True, **router.elsewhere())
    assert failure is None and outcome.commands and not outcome.changed
    assert ELSEWHERE in outcome.after and ELSEWHERE not in outcome.before
    first = router.family.first
    assert not [line for line in router.emulated.sent if ELSEWHERE in line or line in {command.text for command in first.enter}]
    assert timeless(router.emulated.export()) == before


def test_a_wrong_endpoint_that_cuts_the_site_off_is_undone_by_the_site(router):
    router.seconds = 10.0
    router.emulated.reachable = lambda export: not leads_elsewhere(export)
    outcome, failure = router.run(**router.elsewhere())
    router.seconds = 60.0
    assert isinstance(failure, RolledBack), failure
    assert "no new connection" in str(failure) or "its guard fired" in str(failure) or "the session ended" in str(failure)
    assert outcome.rolled_back and not outcome.changed
    assert not leads_elsewhere(router.emulated.export())


def test_power_that_fails_between_arm_and_confirm_ends_in_the_old_state(router):
    router.minute(SLOW_MINUTE)
    router.at_connection = lambda number: router.power_cut() if number == 2 else None
    outcome, failure = router.run(**router.elsewhere())
    assert isinstance(failure, RolledBack), failure
    assert outcome.rolled_back and not outcome.changed and not leads_elsewhere(router.emulated.export())


def test_a_session_that_is_cut_in_the_middle_is_undone(router):
    router.minute(SLOW_MINUTE)

    def cut(_session, command):
        router.emulated.close_sessions()
        return command

    with router.nth_change(2, cut) as seen:
        outcome, failure = router.run(**router.elsewhere())
    assert len(seen) >= 2 and isinstance(failure, RolledBack), failure
    assert not outcome.changed and not leads_elsewhere(router.emulated.export())


def test_a_refused_command_is_undone_and_told_in_the_routers_words(router):
    router.minute(SLOW_MINUTE)
    with router.nth_change(2, lambda _session, command: Command("motcua-nonsense", command.shown)) as seen:
        outcome, failure = router.run(**router.elsewhere())
    assert isinstance(failure, Refused), failure
    assert f"refuses '{seen[1]}' (it says " in str(failure)
    assert outcome.rolled_back and not outcome.changed and not leads_elsewhere(router.emulated.export())


class Killed(Exception):
    """Our own program ends in the middle."""


def test_what_a_killed_run_left_armed_is_undone_first_and_said(router):
    router.minute(SLOW_MINUTE)

    def before(_session, command):
        if router.connections == 2 and command not in router.family.first.prepare:
            raise Killed  # at the confirmation
        return command

    router.before = before
    with pytest.raises(Killed):
        router.run(**router.elsewhere())
    router.before = _as_it_is
    assert leads_elsewhere(router.emulated.export())
    outcome, failure = router.run()
    assert failure is None and len(outcome.findings) == 1
    assert not outcome.commands and not leads_elsewhere(router.emulated.export())
