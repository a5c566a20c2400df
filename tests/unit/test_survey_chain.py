"""The chain of accounts: in which order, when it stops, and that no emulated device ever comes nearer than two tries to its lock."""

import asyncio
import os

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible_collections.motcua.cctv.plugins.plugin_utils.accounts import Login
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import AuthRefused, Locked, ModelError, Unreachable
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.chain import first_accepted
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.credentials import Account, read_accounts
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.device import Wish
from ansible_collections.motcua.cctv.plugins.plugin_utils.transport import Credential
from hypothesis import given
from hypothesis import strategies as st

from cli.survey import loader
from tests.emulators.http import Counted
from tests.unit.surveys import RIGHT, ROOT, Office, wrong
from tests.unit.test_engine import COUNTING, KINDS
from tests.unit.wire import FACTORY


def login(password):
    return Login(Credential("admin", password))


DEFAULT = login("12345")


class Door:
    """A device that takes one password. ``says``: how many tries it says that are left after each refusal; ``locks`` when it locks."""

    def __init__(self, right=None, says=(), locks=5):
        self._right, self._says, self._locks, self.tried = right, list(says), locks, []

    async def __call__(self, way):
        self.tried.append(way.credential.password)
        if way.credential.password == self._right:
            return "in"
        if sum(one != self._right for one in self.tried) >= self._locks:
            raise Locked("is locked", 1800)
        raise AuthRefused("refuses", self._says.pop(0) if self._says else None)


def chain(door, passwords, **options):
    return asyncio.run(first_accepted([login(one) for one in passwords], door, **options))


@pytest.mark.parametrize(
    ("right", "says", "options", "tried", "expected"),
    [
        ("b", (), {}, ["a", "b"], "accepted"),
        (None, (), {}, ["a", "b", "c"], "stopped"),  # of five tries two are left
        (None, (4, 3, 2), {}, ["a", "b", "c"], "stopped"),
        (None, (2,), {}, ["a"], "stopped"),  # somebody else was wrong before us
        (None, (1,), {}, ["a"], "stopped"),
        (None, (9, 8, 7, 6, 5), {}, ["a", "b", "c", "d", "e"], "refused"),  # it allows ten, and says so
        (None, (9,), {}, ["a", "b", "c", "d", "e"], "refused"),
        (None, (4, 9, 9, 9), {}, ["a", "b", "c"], "stopped"),  # another account's counter is no new allowance
        (None, (), {"wrong": 2}, ["a"], "stopped"),
        (None, (4,), {"wrong": 2}, ["a"], "stopped"),
        (None, (), {"wrong": 3}, [], "stopped"),
    ],
)
def test_it_stops_two_tries_before_a_lock(right, says, options, tried, expected):
    door = Door(right, says, locks=99)
    outcome = chain(door, "abcde", **options)
    assert (door.tried, outcome.login) == (tried, expected)


@pytest.mark.parametrize(
    ("right", "passwords", "tried", "login", "default"),
    [
        ("a", "a", ["a", "12345"], "accepted", False),
        ("12345", "a", ["a", "12345"], "accepted", True),
        ("12345", "", ["12345"], "accepted", True),
        (None, "", ["12345"], "refused", False),
        (None, "ab", ["a", "b", "12345"], "refused", False),
        (None, "abc", ["a", "b", "c"], "stopped", None),  # no try is left to ask with
        ("c", "abc", ["a", "b", "c", "12345"], "accepted", False),
    ],
)
def test_a_default_password_is_tried_last_and_once(right, passwords, tried, login, default):
    door = Door(right)
    outcome = chain(door, passwords, default=DEFAULT)
    assert (door.tried, outcome.login, outcome.default_password) == (tried, login, default)


@pytest.mark.parametrize(("right", "login", "default"), [("12345", "accepted", True), (None, "refused", False)])
def test_a_default_password_that_people_named_themselves_is_not_tried_twice(right, login, default):
    door = Door(right)
    outcome = chain(door, ["12345"], default=DEFAULT)
    assert (door.tried, outcome.login, outcome.default_password) == (["12345"], login, default)


def test_a_lock_ends_it_and_is_said():
    door = Door(locks=1)
    outcome = chain(door, "ab", default=DEFAULT)
    assert (door.tried, outcome.login, outcome.remark, outcome.default_password) == (["a"], "locked", "is locked", None)


def test_another_error_is_no_answer_to_a_login():
    async def breaks(_way):
        raise Unreachable("gone")

    with pytest.raises(Unreachable):
        chain(breaks, "ab")


def test_each_try_is_noted_before_it_is_made():
    door, noted = Door("c"), []
    chain(door, "abc", note=lambda wrong: noted.append((wrong, len(door.tried))))
    assert noted == [(1, 0), (2, 1), (3, 2), (2, 3)]


@given(st.lists(st.integers(0, 20), max_size=12), st.integers(0, 6), st.integers(1, 12), st.booleans())
def test_whatever_a_device_says_nobody_uses_up_the_last_two_tries(says, before, ways, default):
    """With a device that tells the truth about a lock at 5, or says nothing, five tries never happen, nor four."""
    truth = [max(0, 4 - before - number) for number in range(12)]
    for said in (truth, []):
        door = Door(None, said, locks=5 - before if before < 5 else 1)
        chain(door, [str(number) for number in range(ways)], wrong=before, default=DEFAULT if default else None)
        assert before + len(door.tried) <= max(3, before)
    # And one that says anything at all is tried once for each way at most.
    door = Door(None, says, locks=99)
    chain(door, [str(number) for number in range(ways)], default=DEFAULT if default else None)
    assert len(door.tried) <= ways + default


# --- against emulated devices, which lock at the fifth failure ---


@pytest.mark.parametrize("vendor", [*KINDS, "dahua-2012"])
def test_no_device_comes_near_its_lock(tmp_path, vendor):
    kind, _, generation = vendor.partition("-")
    user = KINDS[kind].get("factory_user", "admin")
    with Office(tmp_path) as office:
        device = office.add(f"{kind}-camera", **({"generation": generation} if generation else {}))
        accounts = [Account(Credential(user, f"wrong-{number}")) for number in range(6)]
        found = office.one(accounts, try_default=True)
        assert (found["login"], found["user"], found["streams"], found["measured"]) == ("stopped", None, {}, [])
        assert device.hand("status")["most_failed_logins"] <= Counted.ALLOWED - 2
        assert "nothing more is tried, two tries before it may lock itself" in found["remarks"][-1]
        # Whoever stands there can still log in.
        office.path.unlink()
        assert office.one((Account(Credential(user, FACTORY[1])),))["login"] == "accepted"


@pytest.mark.parametrize("vendor", list(KINDS))
def test_the_right_account_is_found_among_wrong_ones(tmp_path, vendor):
    with Office(tmp_path) as office:
        device = office.add(f"{vendor}-camera")
        found = office.one((*wrong("wrong-1"), RIGHT, ROOT), try_default=True)
        assert (found["login"], found["user"]) == ("accepted", KINDS[vendor].get("factory_user", "admin"))
        assert found["default_password"] is (None if vendor == "onvif" else False)  # ONVIF is nobody's, so it has no default
        assert device.hand("status")["most_failed_logins"] <= 2


def test_a_default_password_that_is_still_set_is_found_only_when_asked_for(tmp_path):
    with Office(tmp_path) as office:
        device = office.add("dahua-camera", factory_password="admin")
        assert office.one(wrong("wrong-1"))["login"] == "refused"
        assert device.hand("status")["most_failed_logins"] == 1
        office.path.unlink()
        found = office.one((), try_default=True)
        assert (found["login"], found["default_password"], found["user"]) == ("accepted", True, "admin")


@pytest.mark.parametrize("vendor", COUNTING)
def test_a_locked_device_is_left_alone_and_says_for_how_long(tmp_path, vendor):
    with Office(tmp_path) as office:
        device = office.add(f"{vendor}-camera")
        device.hand("lock")
        found = office.one()
        assert found["login"] == "locked"
        assert "is locked for 20 s after failed logins; wait, then run again" in found["remarks"][-1]


# --- the file of accounts ---


def write(path, text, mode=0o600):
    path.write_text(text)
    path.chmod(mode)
    return path


def test_accounts_are_read_with_whose_they_are(tmp_path):
    text = "- {user: admin, password: abc}\n- {user: x, password: '123', vendor: dahua, sites: [a, b]}\n"
    first, second = read_accounts(write(tmp_path / "c.yml", text), loader())
    assert (first.credential, first.vendor, first.sites) == (Credential("admin", "abc"), None, ())
    assert (second.credential, second.vendor, second.sites) == (Credential("x", "123"), "dahua", ("a", "b"))
    assert [second.fits(vendor, site) for vendor, site in (("dahua", "a"), ("dahua", "c"), ("axis", "a"))] == [True, False, False]


def test_a_device_gets_only_accounts_that_fit_and_none_twice():
    accounts = (RIGHT, ROOT, RIGHT, Account(Credential("b", "b"), sites=("elsewhere",)))
    known = {"192.168.1.64": [Login(Credential("motcua-admin", "x"), factory=True)]}
    ways = Wish("a", accounts, known).ways("192.168.1.64", "hikvision")
    assert [way.credential.user for way in ways] == ["motcua-admin", "admin"]
    assert [way.credential.user for way in Wish("a", accounts, known).ways("192.168.1.65", "axis")] == ["admin", "root"]


GOOD = "- {user: a, password: Secret-7}\n"
BAD = [
    (GOOD, 0o644, "others can read it; run 'chmod 600"),
    (GOOD, 0o620, "others can read it"),
    ("", 0o600, "holds no list of accounts"),
    ("user: a\npassword: Secret-7\n", 0o600, "holds no list of accounts"),
    ("- Secret-7\n", 0o600, "entry 1: is no account"),
    (GOOD + "- {user: a}\n", 0o600, "entry 2: password: is missing or no text"),
    ("- {user: a, password: 12345}\n", 0o600, "entry 1: password: is missing or no text; put one of digits only in quotes"),
    ("- {user: a, password: Secret-7, vendor: kbvision}\n", 0o600, "write 'dahua'"),
    ("- {user: a, password: Secret-7, sites: x}\n", 0o600, "sites: is no list"),
    ("- {user: a, pasword: Secret-7}\n", 0o600, "entry 1: pasword: is not known"),
    ("- {user: a, password: 'Secret-7\n", 0o600, "isn't YAML in UTF-8"),
]


@pytest.mark.parametrize(("text", "mode", "words"), BAD)
def test_a_wrong_file_is_refused_in_a_sentence_without_its_secrets(tmp_path, text, mode, words):
    with pytest.raises(ModelError) as error:
        read_accounts(write(tmp_path / "c.yml", text, mode), loader())
    assert words in str(error.value)
    assert "\n" not in str(error.value)
    assert "Secret-7" not in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match="can't be read"):
        read_accounts(tmp_path / "none.yml", loader())


def test_a_vaulted_file_is_opened_whoever_may_read_it(tmp_path, monkeypatch):
    vault = VaultLib([("default", VaultSecret(b"vault-secret"))])
    path = tmp_path / "c.yml"
    path.write_bytes(vault.encrypt(yaml.safe_dump([{"user": "a", "password": "Secret-7"}])))
    path.chmod(0o644)
    with pytest.raises(ModelError, match="can't be opened"):
        read_accounts(path, loader())
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", os.fspath(write(tmp_path / "vault", "vault-secret\n")))
    (account,) = read_accounts(path, loader())
    assert account.credential == Credential("a", "Secret-7")
