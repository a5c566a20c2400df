"""What is kept of devices, under which keys and where, and the repository that holds it: whole states or none, whoever was at it."""

import json
import os
import signal
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.backups import (
    CAME_SINCE,
    DANGEROUS,
    NO_PASSWORD,
    NOT_NOW,
    NOT_THEN,
    READ_ONLY,
    ReadNow,
    came_back,
    declared_otherwise,
    names,
    restoration,
    rows_of,
    same_device,
    to_keep,
)
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.ios import running as ios
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.vyos import running as vyos
from ansible_collections.motcua.cctv.plugins.plugin_utils.sealed import keys_of
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import Masters
from ansible_collections.motcua.cctv.plugins.plugin_utils.snapshots import Snapshot, values_of

from cli.repository import Repository

KEYS, OTHERS = keys_of(Masters(b"a" * 32, b"b" * 32)), keys_of(Masters(b"c" * 32, b"b" * 32))
CAM, NVR, ROUTER = "lang-giang-cam1", "lang-giang-nvr1", "lang-giang-router"


@pytest.fixture(scope="module")
def province():
    return load(Path("inventory/lab/province.yml"))


@pytest.fixture(scope="module")
def hosts(province):
    return {host.name: host for host in desired(province, plan(province))}


# --- keys ---


def test_what_is_sealed_opens_again_and_is_the_same_bytes_for_the_same_content():
    sealed = KEYS.seal(CAM, b"configuration")
    assert KEYS.open(CAM, sealed) == b"configuration"
    assert sealed == KEYS.seal(CAM, b"configuration") != KEYS.seal(CAM, b"configuratioN")
    assert b"configuration" not in sealed


@pytest.mark.parametrize(
    ("spoil", "device", "keys", "sentence"),
    [
        (lambda one: one[:-1] + bytes([one[-1] ^ 1]), CAM, KEYS, "isn't as it was kept"),
        (lambda one: one[:40], CAM, KEYS, "isn't as it was kept"),
        (lambda one: one[: one.index(b"\n") + 1], CAM, KEYS, "isn't as it was kept"),
        (lambda one: one, NVR, KEYS, "isn't as it was kept"),
        (lambda one: one, CAM, OTHERS, f"under other master secrets \\({KEYS.id}, now {OTHERS.id}\\)"),
        (lambda _: b"", CAM, KEYS, "no sealed backup"),
    ],
)
def test_what_isn_t_this_devices_own_or_was_touched_doesn_t_open(spoil, device, keys, sentence):
    with pytest.raises(MotcuaError, match=f"{device}: .*{sentence}"):
        keys.open(device, spoil(KEYS.seal(CAM, b"configuration")))


IOS = "username ky privilege 15 secret 9 $14${0}\n!\nsnmp-server community {0} RO\nend\n"
VYOS = "set system login user ky authentication encrypted-password '{0}'\nset service snmp community {0} authorization ro\n"


@pytest.mark.parametrize(("platform", "command", "text"), [(ios, "show running-config", IOS), (vyos, "show configuration commands", VYOS)])
def test_a_routers_secret_has_a_word_that_is_equal_for_equal_ones(platform, command, text):
    first, same, other = (platform.whole({command: text.format(secret)}, KEYS.standing) for secret in ("Bí-mật", "Bí-mật", "mở-ra"))
    assert first == same != other
    assert "Bí-mật" not in first and first.count("(secret ") == 2
    assert platform.whole({command: text.format("x")}) == platform.whole({command: text.format("y")})


def test_the_word_for_a_secret_tells_nobody_without_the_masters():
    assert KEYS.standing("public") != OTHERS.standing("public")


# --- what is kept ---


def test_a_district_has_a_folder_and_each_kind_of_host_a_file(province, hosts):
    assert names(province, hosts[CAM]).text == "lang-giang/lang-giang/lang-giang-cam1.yml"
    assert names(province, hosts["tan-dinh-router"]).text == "lang-giang/tan-dinh/tan-dinh-router.txt"
    assert names(province, hosts["centre-server"]).text == "centres/centre-server.txt"


def camera(upnp, **more):
    return Snapshot(CAM, {"services.upnp": upnp, "time.clock": "now"} | more)


def test_only_what_changed_is_kept_and_a_device_that_wasn_t_read_stays(province, hosts):
    first = ReadNow({CAM: camera(False)}, (), {CAM: b"sealed 1"})
    kept = to_keep(province, hosts.values(), first, {})
    assert kept == {names(province, hosts[CAM]).text: b"services.upnp: false\n", names(province, hosts[CAM]).sealed: b"sealed 1"}
    salted = ReadNow({CAM: camera(False)}, (), {CAM: b"sealed 2"})
    assert to_keep(province, hosts.values(), salted, kept) == {}
    changed = ReadNow({CAM: camera(True)}, (), {CAM: b"sealed 2"})
    assert set(to_keep(province, hosts.values(), changed, kept).values()) == {b"services.upnp: true\n", b"sealed 2"}
    assert to_keep(province, hosts.values(), ReadNow({}), kept) == {}


def test_what_couldn_t_be_told_stays_as_it_was_kept(province, hosts):
    kept = to_keep(province, hosts.values(), ReadNow({CAM: camera(False, name="Quầy 1")}), {})
    half = Snapshot(CAM, {"services.upnp": False}, unknown={"name": "the answer was cut off"})
    assert to_keep(province, hosts.values(), ReadNow({CAM: half}), kept) == {}


def test_of_a_router_that_differs_no_way_back_is_kept(province, hosts):
    router = replace(hosts[ROUTER], platform="routeros")
    files = names(province, router)
    assert files.text.endswith(".conf")
    kept = to_keep(province, [router], ReadNow({ROUTER: Snapshot(ROUTER, config="/ip\n")}), {})
    assert json.loads(kept[files.wish])["router"] == router.desired["router"]
    drifted = ReadNow({ROUTER: Snapshot(ROUTER, config="/ip x\n")}, {ROUTER})
    assert to_keep(province, [router], drifted, kept) == {files.text: b"/ip x\n", files.wish: None}


# --- what is put back ---

THEN = {
    "identity.model": "A",
    "identity.serial": "1",
    "services.upnp": False,
    "services.ssh": False,
    "motion.enabled": True,
    "users.motcua-view.role": "viewer",
    "users.ky.role": "viewer",
}
DECLARED, STRANGER = "motcua-view", "users.la"


def left(host, now, then=THEN, dangerous=False):
    found = restoration(host, then, now, dangerous=dangerous)
    return dict(found.wish), found.only, dict(found.left)


@pytest.mark.parametrize(
    ("then", "now", "dangerous", "expected"),
    [
        ({}, {}, False, ({}, (), {})),
        ({}, {"services.upnp": True}, False, ({"services.upnp": False}, ("services.upnp",), {})),
        ({}, {"services.upnp": None}, False, ({}, (), {"services.upnp": NOT_NOW})),
        ({"services.upnp": None}, {"services.upnp": True}, False, ({}, (), {"services.upnp": NOT_THEN})),
        ({"identity.firmware": "V1"}, {"identity.firmware": "V2"}, False, ({}, (), {})),
        ({"certificate.expires": "2026"}, {"certificate.expires": "2027"}, False, ({}, (), {})),
        ({"nobody.knows": 1}, {"nobody.knows": 2}, False, ({}, (), {"nobody.knows": READ_ONLY})),
        ({"network.gateway": "10.0.0.1"}, {"network.gateway": "10.0.0.2"}, False, ({}, (), {"network.gateway": DANGEROUS})),
        (
            {"network.gateway": "10.0.0.1"},
            {"network.gateway": "10.0.0.2"},
            True,
            ({"network.gateway": "10.0.0.1"}, ("network.gateway",), {}),
        ),
        ({}, {"users.ky.role": "admin"}, False, ({}, (), {"users.ky": DANGEROUS})),
        ({}, {"users.ky.role": "admin"}, True, ({"users": {"ky": {"role": "viewer"}}}, ("users.ky",), {})),
        ({}, {f"{STRANGER}.role": "admin"}, True, ({"users": {"la": None}}, (STRANGER,), {})),
        ({"users.ky.role": "viewer"}, {"users.ky.role": ...}, True, ({}, (), {"users.ky": NO_PASSWORD})),
        ({f"users.{DECLARED}.role": ...}, {f"users.{DECLARED}.role": "viewer"}, True, ({}, (), {f"users.{DECLARED}": CAME_SINCE})),
    ],
)  # fmt: skip
def test_what_differs_is_wished_or_said_to_stay(hosts, then, now, dangerous, expected):
    was, runs = ({key: value for key, value in (THEN | more).items() if value is not ...} for more in (then, then | now))
    assert left(hosts[CAM], runs, was, dangerous) == expected


def test_an_account_of_ours_that_is_gone_gets_its_derived_password_again(hosts):
    now = {key: value for key, value in THEN.items() if key != "users.motcua-view.role"}
    wish, only, _ = left(hosts[CAM], now, dangerous=True)
    declared = hosts[CAM].desired["users"]["motcua-view"]["password"]
    assert (wish, only) == ({"users": {"motcua-view": {"role": "viewer", "password": declared}}}, ("users.motcua-view",))
    assert set(declared) == {"secret"}


def test_a_name_with_dots_is_one_row():
    assert rows_of("users", {"users.a.b.role": "viewer", "users.c": {}, "users": {}}) == {"a.b": {"role": "viewer"}, "c": {}}


@pytest.mark.parametrize(
    ("key", "another", "sentence"),
    [("identity.model", True, "mean nothing there"), ("identity.serial", False, "--another-serial")],
)
def test_one_devices_settings_don_t_go_into_another(key, another, sentence):
    with pytest.raises(MotcuaError, match=f"{key}.*{sentence}"):
        same_device(CAM, THEN, THEN | {key: "else"}, another_serial=another)
    same_device(CAM, THEN, THEN | {"identity.serial": "2"}, another_serial=True)


def test_what_the_inventory_wishes_otherwise_is_said(hosts):
    assert declared_otherwise(hosts[CAM], {"services.upnp": True, "motion.enabled": True}) == ["services.upnp"]


@pytest.mark.parametrize(
    ("now", "still"),
    [
        ({"services.upnp": False, "users.ky.role": "viewer"}, {}),
        ({"services.upnp": True, "users.ky.role": "viewer"}, {"services.upnp": True}),
        ({"users.ky.role": "admin", "services.upnp": False}, {"users.ky": '{"role": "admin"}'}),
        ({"services.upnp": False}, {"users.ky": "null"}),
        ({"services.upnp": False, "users.ky.role": "viewer", "users.la.role": "viewer"}, {"users.la": "is still there"}),
    ],
)
def test_only_what_is_read_afterwards_says_what_came_back(hosts, now, still):
    runs = {"services.upnp": True, "users.ky.role": "operator", "users.la.role": "viewer"}
    planned = restoration(hosts[CAM], {"services.upnp": False, "users.ky.role": "viewer"}, runs, dangerous=True)
    assert came_back(planned, now) == still


def test_what_is_kept_reads_back_as_what_it_was():
    values = {"name": "Quầy số 1: “một cửa”", "users.a b.role": "viewer", "time.ntp": ["10.0.0.1"], "motion.enabled": True, "users": {}}
    assert values_of(Snapshot(CAM, values).text) == values


# --- the repository ---


def day(number):
    return datetime(2026, 11, number, 5, 30, tzinfo=UTC)


@pytest.fixture
def kept(tmp_path):
    repository = Repository(tmp_path / "backups", KEYS)
    with repository.alone():
        repository.keep(None, {"d/s/a.yml": b"1\n", "d/s/b.yml": b"b\n", "d/s/a.sealed": b"x"}, "first", day(20))
        repository.keep(repository.states()[0], {"d/s/a.yml": b"2\n", "d/s/b.yml": None}, "second", day(22))
    return repository


def test_a_day_has_what_was_kept_until_then(kept):
    assert [kept.file(kept.at(day(number)), "d/s/a.yml") for number in (20, 21, 22, 30)] == [b"1\n", b"1\n", b"2\n", b"2\n"]
    assert kept.file(kept.at(day(21)), "d/s/b.yml") == b"b\n"
    assert kept.file(kept.at(day(23)), "d/s/b.yml") is None
    assert kept.at(day(19)) is None
    assert kept.files(kept.at(day(23))) == {"d/s/a.yml": b"2\n", "d/s/a.sealed": b""}
    assert [state.proved for state in kept.states()] == [True, True]


def git(repository, *words, **more):
    command = ["git", "-C", str(repository.path), "-c", "user.name=x", "-c", "user.email=x@x", *words]
    return subprocess.run(command, capture_output=True, check=True, text=True, **more).stdout.strip()


def edit(repository):
    """Somebody puts a state of their own on top, with the newest mark copied into it."""
    blob = git(repository, "hash-object", "-w", "--stdin", input="evil\n")
    tree = git(repository, "mktree", input=f"100644 blob {blob}\ta.yml\n")
    message = git(repository, "log", "-1", "--format=%B", "main")
    git(repository, "update-ref", "refs/heads/main", git(repository, "commit-tree", tree, "-p", "main", "-m", message))


def test_what_somebody_put_there_is_told_apart_and_the_next_state_is_made_without_it(kept):
    edit(kept)
    assert [state.proved for state in kept.states()] == [False, True, True]
    base = next(state for state in kept.states() if state.proved)
    with kept.alone():
        kept.keep(base, {"d/s/c.yml": b"c\n"}, "third", day(25))
    newest = kept.states()[0]
    assert newest.proved and kept.files(newest) == {"d/s/a.yml": b"2\n", "d/s/a.sealed": b"", "d/s/c.yml": b"c\n"}
    assert len(kept.states()) == 4


def test_under_other_masters_nothing_is_proved_and_it_says_under_which(kept):
    states = Repository(kept.path, OTHERS).states()
    assert [(state.proved, state.key) for state in states] == [(False, KEYS.id)] * 2


def loose(repository, name):
    return repository.path / "objects" / name[:2] / name[2:]


def test_a_file_that_isn_t_what_was_kept_is_never_taken_for_it(kept):
    blob = git(kept, "rev-parse", "main:d/s/a.yml")
    path = loose(kept, blob)
    path.chmod(0o600)
    path.write_bytes(zlib.compress(b"blob 5\0evil\n"))
    with pytest.raises(MotcuaError, match=str(kept.path)):
        kept.file(kept.states()[0], "d/s/a.yml")
    path.write_bytes(b"noise")
    with pytest.raises(MotcuaError, match="put the repository back from its copy"):
        kept.file(kept.states()[0], "d/s/a.yml")


def test_a_history_that_lost_a_part_is_said(kept):
    loose(kept, kept.states()[1].id).unlink()
    with pytest.raises(MotcuaError, match="git says"):
        kept.states()


FULL = """#!/bin/sh
for word in "$@"; do [ "$word" = $FULL ] && { echo "error: No space left on device" >&2; exit 128; }; done
exec {git} "$@"
"""


@pytest.mark.parametrize("step", ["read-tree", "hash-object", "update-index", "write-tree", "commit-tree", "update-ref"])
def test_on_a_full_disk_the_old_state_stays_whole_and_the_next_run_goes_on(kept, step, tmp_path, monkeypatch):
    before = git(kept, "rev-parse", "main")
    (tmp_path / "bin").mkdir()
    real = subprocess.run(["/bin/sh", "-c", "command -v git"], capture_output=True, check=True, text=True).stdout.strip()
    (tmp_path / "bin" / "git").write_text(FULL.replace("{git}", real).replace("$FULL", step))
    (tmp_path / "bin" / "git").chmod(0o755)
    with monkeypatch.context() as full, kept.alone():
        full.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
        with pytest.raises(MotcuaError, match=r"No space left on device.*make room"):
            kept.keep(kept.states()[0], {"d/s/a.yml": b"3\n"}, "third", day(24))
    assert git(kept, "rev-parse", "main") == before
    assert kept.file(kept.states()[0], "d/s/a.yml") == b"2\n"
    assert [path.name for path in kept.path.glob(".keeping-*")] == []
    with kept.alone():
        kept.keep(kept.states()[0], {"d/s/a.yml": b"3\n"}, "third", day(24))
    assert kept.file(kept.states()[0], "d/s/a.yml") == b"3\n"


def patiently(repository):
    with repository.alone(patient=True):
        return "alone"


def test_two_at_once_are_refused_and_one_that_died_holds_nobody_up(kept):
    holding = f"""
import sys, time
from pathlib import Path
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import Masters
from ansible_collections.motcua.cctv.plugins.plugin_utils.sealed import keys_of
from cli.repository import Repository
with Repository(Path({str(kept.path)!r}), keys_of(Masters(b"a" * 32, b"b" * 32))).alone():
    print("held", flush=True)
    time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", holding], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "held\n"
        with pytest.raises(MotcuaError, match="another backup is running"), kept.alone():
            pass
        waiting = ThreadPoolExecutor(1).submit(patiently, kept)
        assert not wait([waiting], 0.3).done
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    assert waiting.result(30) == "alone", "a campaign waits for the end of another's backup"
    with kept.alone():
        pass


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text("a")
    with pytest.raises(MotcuaError, match="holds something else than backups"), Repository(tmp_path / "letters", KEYS).alone():
        pass
    assert [path.name for path in tmp_path.rglob("*")] == ["letters", "a.txt"]


def test_a_hook_or_a_setting_of_the_repository_has_no_say(kept, tmp_path):
    (kept.path / "hooks").mkdir(exist_ok=True)
    for hook in ("reference-transaction", "post-index-change", "pre-auto-gc"):
        (kept.path / "hooks" / hook).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        (kept.path / "hooks" / hook).chmod(0o755)
    with kept.alone():
        kept.keep(kept.states()[0], {"d/s/a.yml": b"3\n"}, "third", day(24))
        kept.tidy()
    assert not (tmp_path / "ran").exists()
