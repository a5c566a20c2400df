"""The dead-man of Linux machines: whatever is cut off whenever, the machine ends in the old state until the new one is confirmed."""

import fcntl
import fnmatch
import itertools
import json
import os
import stat
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

FILES = Path("roles/guard/files").resolve()
LIST = (FILES / "guard.list").read_text()
UNITS = "/etc/systemd/system"
FOLDER = "/var/lib/motcua/guard"


def program():
    """The program as a module, with the two beside it; no compiled files are left in the role."""
    sys.path.insert(0, str(FILES))
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    try:
        loader = SourceFileLoader("linux_guard", str(FILES / "guard"))
        module = module_from_spec(spec_from_loader(loader.name, loader))
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
        sys.path.remove(str(FILES))
    return module


GUARD = program()
RUNTIME, TREE = GUARD.runtime, sys.modules["guard_tree"]


class PowerCut(BaseException):
    """Nothing of the program runs after this."""


def linked(unit, target="multi-user.target"):
    """Where the link stands that enables a unit, and what it says."""
    return {f"{UNITS}/{target}.wants/{unit}": ("link", f"/lib/systemd/system/{unit}")}


class Machine:
    """Files in a folder, and a systemd, a firewall and a clock that remember what they were told and what they run by."""

    LOADED = {
        "wg-quick@wg0.service": "/etc/wireguard/wg0.conf",
        "wg-quick@wg1.service": "/etc/wireguard/wg1.conf",
        "motcua-shaping.service": "/usr/local/lib/motcua/shaping",
        "chrony.service": "/etc/chrony/chrony.conf",
    }

    def __init__(self, root):
        self.root = root
        self.by = {}  # running unit -> what it loaded
        self.rules, self.clock, self.booting, self.told = "", None, False, []
        self.queued = set()
        self.cut_at, self.steps = None, 0
        self.put({"/etc/motcua/guard.list": LIST, "/proc/sys/net/ipv4/ip_forward": "0\n", "/usr/local/lib/motcua/guard": "program"})

    def put(self, tree):
        """Lay files (text, or text and mode), links (("link", target)) and folders (None)."""
        for name, what in tree.items():
            path = Path(f"{self.root}{name}")
            path.parent.mkdir(parents=True, exist_ok=True)
            if what is None:
                path.mkdir(exist_ok=True)
            elif isinstance(what, tuple) and what[0] == "link":
                path.unlink(missing_ok=True)
                path.symlink_to(what[1])
            else:
                text, mode = what if isinstance(what, tuple) else (what, 0o644)
                path.write_text(text)
                path.chmod(mode)

    def remove(self, *names):
        for name in names:
            Path(f"{self.root}{name}").unlink()

    def read(self, name):
        path = Path(f"{self.root}{name}")
        return path.read_text() if path.exists() else None

    def enabled(self):
        return {path.name for path in Path(f"{self.root}{UNITS}").glob("*.wants/[!.]*")}  # systemd takes no hidden file for a unit

    def files(self):
        """All that isn't the guard's own: path -> kind, mode and content."""
        found = {}
        for path in sorted(Path(self.root).rglob("*")):
            name, mode = str(path)[len(self.root) :], path.lstat().st_mode
            # A folder that systemd or the role made for something of ours and that is empty again changes nothing.
            if name.startswith(("/var", "/proc")) or (path.is_dir() and not path.is_symlink() and not any(path.iterdir())):
                continue
            content = str(path.readlink()) if path.is_symlink() else path.read_text() if path.is_file() else ""
            found[name] = (stat.S_IFMT(mode), 0 if path.is_symlink() else stat.S_IMODE(mode), content)
        return found

    def state(self):
        """Everything that a restore promises."""
        return self.files(), dict(self.by), self.rules, self.read("/proc/sys/net/ipv4/ip_forward")

    # -- what the program asks of it

    def step(self):
        self.steps += 1
        if self.steps == self.cut_at:
            raise PowerCut

    def run(self, *command, given=None):
        """Stands for every command of the program; a unit that can't be stopped keeps running, one that can't be started doesn't run."""
        self.step()
        name, *words = command
        told = [word for word in words if not word.startswith("-")]
        if name == "systemctl":
            return getattr(self, f"_{told[0].replace('-', '_')}")(told[1:], "--no-block" in words)
        if name == "systemd-run":
            if self.clock is not None:
                raise TREE.Trouble("the unit motcua-guard-expiry was already loaded")
            self.clock = words
        elif name == "nft":
            self.rules = given.removeprefix("flush ruleset\n") if given else self.rules
            return "" if given else self.rules
        else:
            self.told.append(" ".join([name.removeprefix(self.root), *words]))
        return ""

    def _show(self, patterns, _):
        known = {*self.LOADED, *self.by, "nftables.service"}
        shown = {unit for unit in known for pattern in patterns if fnmatch.fnmatch(unit, pattern)} | {p for p in patterns if "*" not in p}
        return "\n\n".join(
            f"Id={unit}\nLoadState=loaded\nActiveState={'active' if unit in self.by else 'inactive'}\n"
            f"UnitFileState={'enabled' if unit in self.enabled() else 'disabled'}"
            for unit in sorted(shown)
        )

    def _stop(self, units, no_block):
        for unit in units:
            if unit.startswith("motcua-guard-expiry"):
                self.clock = None
            elif no_block:
                self.queued.discard(unit)
            elif unit in self.LOADED and self.read(self.LOADED[unit]) is None:
                raise TREE.Trouble(f"{unit} doesn't stop, because its file is gone")
            else:
                self.by.pop(unit, None)

    def _start(self, units, no_block):
        assert not (self.booting and not no_block), "to wait for a unit would be for ever while the machine boots"
        self.queued.update(units if no_block else ())
        for unit in () if no_block else units:
            content = self.read(self.LOADED[unit]) if unit in self.LOADED else ""
            if content is None:
                raise TREE.Trouble(f"{unit} doesn't start")
            self.by[unit] = content

    def _reload(self, units, _):
        self.told += [f"reload {unit}" for unit in units]

    def _daemon_reload(self, *_):
        pass

    def _reset_failed(self, *_):
        pass

    def boot(self):
        """What a power cut leaves is what is on disk; then the guard's unit, then what systemd had decided to start, then the rest of the boot."""
        self.by, self.clock, self.rules, self.cut_at, self.booting = {}, None, "", None, True
        self.put({"/proc/sys/net/ipv4/ip_forward": "0\n"})
        self.queued = self.enabled()
        if Path(f"{self.root}{FOLDER}/unconfirmed").exists():
            self.guard("restore", "it restarted")
        self.booting = False
        self._start(sorted(self.queued), False)
        self.rules = self.read("/etc/nftables.conf") or ""

    def guard(self, *arguments):
        return GUARD.main(["--root", self.root, *arguments])

    def fire(self):
        """The clock's time is over: systemd runs what it was told to."""
        assert self.clock is not None, "the clock should have been started"
        at = self.clock.index("/usr/local/lib/motcua/guard")
        return self.guard(*self.clock[at + 1 :])


@pytest.fixture
def make(tmp_path_factory, monkeypatch):
    """Make machines; all durable steps and commands of the program are the newest one's."""
    made = []

    def counted(owner, name):
        real = getattr(owner, name)

        def wrapped(*arguments, **options):
            if made and at_work[-1:]:
                made[-1].step()
            return None if name in ("fsync", "sync") else real(*arguments, **options)  # they would only cost the tests time

        monkeypatch.setattr(owner, name, wrapped)

    at_work = []
    real_main = GUARD.main

    def main(arguments):
        at_work.append(1)
        try:
            return real_main(arguments)
        finally:
            at_work.pop()

    monkeypatch.setattr(GUARD, "main", main)
    for owner, names in (
        (Path, ("replace", "unlink", "rmdir", "mkdir", "symlink_to", "touch", "chmod")),
        (os, ("fsync", "fchown", "lchown", "fchmod", "sync")),
    ):
        for name in names:
            counted(owner, name)
    monkeypatch.setattr(RUNTIME, "run", lambda *command, given=None: made[-1].run(*command, given=given))
    monkeypatch.setattr(RUNTIME, "booting", lambda: made[-1].booting)
    # A program that is cut off gives its lock back with its life; here it lives on in the exception's frames.
    monkeypatch.setattr(GUARD.fcntl, "flock", lambda *_: None)
    monkeypatch.setattr(RUNTIME.shutil, "which", lambda name: f"/usr/sbin/{name}")

    roots = tmp_path_factory.mktemp("roots")

    def machine():
        made.append(Machine(str(roots / str(len(made)))))
        return made[-1]

    return machine


OLD = {
    "/etc/nftables.conf": ("old rules\n", 0o640),
    "/etc/nftables.d/lan.nft": "lan\n",
    "/etc/wireguard/wg0.conf": ("old tunnel\n", 0o600),
    "/etc/wireguard/wg0.key": ("old key\n", 0o600),
    "/etc/chrony/chrony.conf": "package's\n",
    "/usr/local/lib/motcua/shaping": ("old shaping\n", 0o755),
    f"{UNITS}/motcua-shaping.service": "ExecStart=/usr/local/lib/motcua/shaping\n",
    **linked("wg-quick@wg0.service"),
    **linked("motcua-shaping.service"),
    **linked("nftables.service", "sysinit.target"),
}
RUNNING = {"wg-quick@wg0.service": "old tunnel\n", "motcua-shaping.service": "old shaping\n", "nftables.service": ""}


def old(machine):
    machine.put(OLD)
    machine.by, machine.rules = dict(RUNNING), "old rules\n"
    return machine.state()


def rollout(machine):
    """What a run does: files new, changed, gone and of another mode; units restarted, started, enabled and stopped; kernel and firewall set."""
    machine.put(
        {
            "/etc/nftables.conf": ("wrong rules\n", 0o600),
            "/etc/nftables.d/site.nft": "site\n",
            "/etc/wireguard/wg0.conf": ("wrong tunnel\n", 0o644),
            "/etc/wireguard/wg1.conf": ("second tunnel\n", 0o600),
            "/usr/local/lib/motcua/shaping": ("wrong shaping\n", 0o700),
            "/usr/local/lib/motcua/dial": ("new program\n", 0o755),
            "/etc/motcua/dial.list": "new\n",
            "/etc/motcua-router.env": "new\n",
            "/etc/sysctl.d/60-motcua.conf": "# ours\nnet.ipv4.ip_forward = 1\n",
            "/proc/sys/net/ipv4/ip_forward": "1\n",
            f"{UNITS}/wg-quick@.service.d/motcua.conf": "[Unit]\n",
            **linked("wg-quick@wg1.service"),
            **linked("chrony.service"),
        }
    )
    machine.remove("/etc/nftables.d/lan.nft", f"{UNITS}/sysinit.target.wants/nftables.service")
    machine.by = {
        "wg-quick@wg0.service": "wrong tunnel\n",
        "wg-quick@wg1.service": "second tunnel\n",
        "motcua-shaping.service": "wrong shaping\n",
        "chrony.service": "package's\n",
    }
    machine.rules = "wrong rules\n"


def test_what_isnt_confirmed_is_put_back_when_the_time_is_over(make, capsys):
    machine = make()
    before = old(machine)
    assert machine.guard("arm", "180") == 0
    assert {"--on-active=180", "--timer-property=AccuracySec=1s", "--property=Restart=on-failure"} <= set(machine.clock)
    rollout(machine)
    assert machine.fire() == 0
    assert machine.state() == before
    assert machine.clock is None
    assert sorted(path.name for path in Path(machine.root + FOLDER).iterdir()) == ["lock", "restored"]
    capsys.readouterr()
    assert [machine.guard("arm", "180"), machine.guard("arm", "180")] == [3, 0]
    said = capsys.readouterr().out.splitlines()
    assert "because nobody confirmed its new state within 180 s (/etc/motcua-router.env, " in said[0]
    assert len(said) == 2, "it is said once; then the next line is the new run's id"


def test_what_is_confirmed_stays(make, capsys):
    machine = make()
    old(machine)
    machine.guard("arm", "180")
    name = capsys.readouterr().out.strip()
    rollout(machine)
    after = machine.state()
    assert machine.guard("confirm", name) == 0
    assert machine.guard("confirm", name) == 0, "an answer that got lost may be asked for again"
    assert machine.guard("restore") == 0
    machine.boot()
    assert machine.state()[0] == after[0]
    assert sorted(path.name for path in Path(machine.root + FOLDER).iterdir()) == ["confirmed", "lock"], "no copy of a key is left"


def test_a_restart_before_the_confirmation_ends_in_the_old_state(make):
    machine = make()
    before = old(machine)
    machine.guard("arm", "180")
    rollout(machine)
    machine.boot()
    assert machine.state() == (before[0], {**RUNNING}, "old rules\n", "0\n")
    assert "chrony.service" not in machine.by, "systemd had already decided to start it"


def test_an_unconfirmed_state_of_an_earlier_run_goes_back_first_and_is_said(make, capsys):
    machine = make()
    before = old(machine)
    machine.guard("arm", "180")
    first = capsys.readouterr().out.strip()
    rollout(machine)
    assert machine.guard("arm", "60") == 0
    second, said = capsys.readouterr().out.splitlines()
    assert machine.state() == before
    assert "because a new run found its state unconfirmed" in said
    with pytest.raises(TREE.Trouble, match=r"another run armed this machine at .* only that run may confirm"):
        machine.guard("confirm", first)
    assert machine.guard("confirm", second) == 0


def test_a_confirmation_that_comes_too_late_says_so(make, capsys):
    machine = make()
    old(machine)
    machine.guard("arm", "180")
    name = capsys.readouterr().out.strip()
    machine.fire()
    capsys.readouterr()
    assert machine.guard("confirm", name) == 3
    assert "this machine put itself back at" in capsys.readouterr().out
    with pytest.raises(TREE.Trouble, match="nothing is armed on this machine"):
        machine.guard("confirm", name)


def test_who_passes_the_sentence_on_ends_the_matter(make, capsys):
    machine = make()
    before = old(machine)
    machine.guard("arm", "180")
    rollout(machine)
    assert machine.guard("restore", "--heard", "its", "run", "ended") == 0
    assert machine.state() == before
    assert "because its run ended (" in capsys.readouterr().out
    assert machine.guard("report") == 0


def test_a_run_that_changed_nothing_costs_no_unit_its_work(make):
    machine = make()
    old(machine)
    machine.guard("arm", "180")
    machine.by = dict.fromkeys(machine.by, "kept")
    machine.fire()
    assert set(machine.by.values()) == {"kept"}


@pytest.mark.parametrize(
    ("changed", "restarted", "told"),
    [
        ("/etc/wireguard/wg0.conf", ["wg-quick@wg0.service"], []),
        ("/etc/wireguard/wg0.key", ["wg-quick@wg0.service"], []),
        ("/usr/local/lib/motcua/shaping", ["motcua-shaping.service"], []),
        ("/etc/motcua/shaping.list", ["motcua-shaping.service"], []),
        (f"{UNITS}/motcua-shaping.service", ["motcua-shaping.service"], []),
        (f"{UNITS}/wg-quick@.service.d/motcua.conf", ["wg-quick@wg0.service", "wg-quick@wg1.service"], []),
        ("/etc/nftables.d/site.nft", [], []),
        ("/etc/frr/frr.conf", [], ["reload frr.service"]),
        ("/etc/wireguard/peers.d/a.wg0.conf", [], ["/usr/local/lib/motcua/peers load"]),
    ],
)
def test_only_what_differs_is_restarted(make, changed, restarted, told):
    machine = make()
    machine.put({"/usr/local/lib/motcua/peers": "program", "/etc/frr/frr.conf": "old", "/etc/wireguard/peers.d": None})
    old(machine)
    machine.by |= {"frr.service": "", "wg-quick@wg1.service": ""}
    machine.put({"/etc/wireguard/wg1.conf": "second tunnel\n", **linked("frr.service"), **linked("wg-quick@wg1.service")})
    machine.guard("arm", "180")
    machine.put({changed: "wrong"})
    machine.by = dict.fromkeys(machine.by, "kept")
    machine.fire()
    assert sorted(unit for unit, by in machine.by.items() if by != "kept") == restarted
    assert machine.told == told


def cuts(make, before, script):
    """Run a script on a new machine with the power cut at its first, second, ... step, until it ends before the cut."""
    for at in itertools.count(1):
        machine = make()
        state = before(machine)
        machine.steps, machine.cut_at = 0, at
        try:
            script(machine)
        except PowerCut:
            machine.cut_at = None
        else:
            assert at > 5, "the script should have had steps to cut"
            return
        yield machine, state


def armed(machine):
    state = old(machine)
    machine.guard("arm", "180")
    rollout(machine)
    return state


def test_a_restore_that_is_cut_off_anywhere_is_finished_by_the_next(make):
    count = 0
    for machine, before in cuts(make, armed, Machine.fire):
        machine.guard("restore")
        assert machine.state() == before, f"cut at step {machine.steps}"
        count += 1
    assert count > 40


def test_a_restore_that_loses_power_anywhere_is_finished_by_the_boot(make):
    for machine, before in cuts(make, armed, Machine.fire):
        machine.boot()
        assert machine.state() == (before[0], RUNNING, "old rules\n", "0\n")


def test_a_boot_that_loses_power_is_finished_by_the_next_boot(make):
    def booting(machine):
        machine.booting, machine.queued = True, machine.enabled()
        machine.guard("restore")

    for machine, before in cuts(make, armed, booting):
        machine.boot()
        assert machine.state() == (before[0], RUNNING, "old rules\n", "0\n")


def test_arming_that_is_cut_off_leaves_no_mark_without_a_snapshot_and_a_clock(make):
    for machine, before in cuts(make, old, lambda machine: machine.guard("arm", "180")):
        if Path(f"{machine.root}{FOLDER}/unconfirmed").exists():
            assert machine.clock is not None
        assert machine.state() == before
        assert machine.guard("arm", "180") in (0, 3)
        assert machine.state() == before


def test_a_confirmation_that_loses_power_leaves_one_state_or_the_other(make):
    ends = set()
    for machine, before in cuts(make, armed, lambda machine: machine.guard("confirm")):
        new = machine.state()[0]
        machine.boot()
        assert machine.state()[0] in (before[0], new)
        ends.add(machine.state()[0] == new)
    assert ends == {True, False}


NAMES = [
    "/etc/motcua/a",
    "/etc/motcua/a/b",
    "/etc/motcua/a/b/c",
    "/etc/motcua/d",
    "/etc/motcua.env",
    "/etc/nftables.d/x",
    "/usr/local/lib/motcua/p",
]
WHATS = st.one_of(
    st.none(),
    st.tuples(st.just("link"), st.sampled_from(["d", "/nowhere", "."])),
    st.tuples(st.sampled_from(["", "x\n", "y" * 5000]), st.sampled_from([0o600, 0o644, 0o755])),
)
TREES = st.dictionaries(st.sampled_from(NAMES), WHATS)


def lay(machine, tree):
    """Make the watched part of a machine exactly this; what stands below a file or link is left out."""
    for name in sorted(NAMES, reverse=True):
        path = Path(machine.root + name)
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.is_dir():
            path.rmdir()
    for name in sorted(tree):
        if all(path.is_dir() and not path.is_symlink() for path in Path(machine.root + name).parents if path.exists() or path.is_symlink()):
            machine.put({name: tree[name]})


@given(before=TREES, after=TREES, cut=st.integers(1, 60))
@example(before={"/etc/motcua/a": None, "/etc/motcua/a/b": ("x\n", 0o644)}, after={"/etc/motcua/a": ("link", ".")}, cut=60)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_tree_comes_back_wherever_the_restore_is_cut(make, before, after, cut):
    machine = make()
    lay(machine, before)
    state = machine.state()
    machine.guard("arm", "180")
    lay(machine, after)
    machine.steps, machine.cut_at = 0, cut
    try:
        machine.fire()
    except PowerCut:
        machine.cut_at = None
        machine.guard("restore")
    assert machine.state() == state


def test_a_file_that_cant_be_put_back_keeps_no_other_from_it_and_is_said(make, capsys, monkeypatch):
    machine = make()
    before = armed(machine)
    real = TREE.settle

    def settle(path, entry):
        if path.name == "wg0.key":
            raise OSError(1, "Operation not permitted")
        real(path, entry)

    machine.put({"/etc/wireguard/wg0.key": ("wrong key\n", 0o600)})
    monkeypatch.setattr(GUARD, "settle", settle)
    machine.fire()
    assert "but /etc/wireguard/wg0.key: Operation not permitted" in capsys.readouterr().out
    files = machine.files()
    assert [name for name in files if files[name] != before[0].get(name)] == [
        "/etc/wireguard/.wg0.key.motcua-guard",
        "/etc/wireguard/wg0.key",
    ]


def test_a_full_disk_stops_the_restore_before_anything_is_touched(make, monkeypatch):
    machine = make()
    before = armed(machine)
    running = dict(machine.by)

    def full(path, entry):
        raise OSError(28, "No space left on device", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(GUARD, "stage", full)
        with pytest.raises(OSError, match="No space left"):
            machine.fire()
        assert machine.by == running
    machine.fire()
    assert machine.state() == before, "the clock tries again"


def test_a_damaged_snapshot_puts_nothing_back_and_is_one_sentence(make):
    machine = make()
    armed(machine)
    after = machine.state()
    Path(f"{machine.root}{FOLDER}/snapshot.tar").write_bytes(b"\0garbage" * 200)
    with pytest.raises(TREE.Trouble, match=r"snapshot.tar: can't be read .*; nothing is put back"):
        machine.fire()
    assert machine.state() == after


def test_a_line_that_isnt_understood_arms_nothing(make):
    machine = make()
    machine.put({"/etc/motcua/guard.list": "/etc/motcua\n/etc/frr restrat frr.service\n"})
    with pytest.raises(TREE.Trouble, match=r"guard\.list: '/etc/frr restrat frr.service' isn't understood"):
        machine.guard("arm", "180")
    assert machine.clock is None


def test_the_guard_never_puts_itself_back(make):
    machine = make()
    old(machine)
    machine.guard("arm", "180")
    newer = dict.fromkeys(TREE.OWN, "newer")
    machine.put(newer)
    machine.fire()
    assert {name: machine.read(name) for name in newer} == newer
    task = yaml.safe_load(Path("roles/guard/tasks/main.yml").read_text())[0]
    assert {file["dest"] for file in task["motcua.cctv.files"]["files"]} == TREE.OWN


GUARDED = ["time", "hub", "router", "firewall", "ipsec", "routing"]
# A machine's own secrets and lists, which a key or a line of a site names.
HELD = {"{name}": "x", "{interface}": "wg0", "{site}": "x"}


def written(role):
    """The files that a role writes on its machine."""
    for file in Path(f"roles/{role}/tasks").glob("*.yml"):
        for task in yaml.safe_load(file.read_text()):
            for one in task.get("motcua.cctv.files", {}).get("files", ()) if "delegate_to" not in task else ():
                dest = one["dest"]
                for name, value in HELD.items():
                    dest = dest.replace(name, value)
                yield dest


@pytest.mark.parametrize("role", [role for role in GUARDED if Path(f"roles/{role}").is_dir()])
def test_everything_that_a_guarded_role_writes_is_in_the_list(role):
    watched = TREE.Watched(LIST)
    files = list(written(role))
    assert files
    assert [file for file in files if not any(TREE.covers(pattern, file) for pattern in watched.paths)] == []


# -- the program as it is called, with the commands that it calls

SYSTEMCTL = """#!/bin/sh
echo "systemctl $*" >>{log}
case "$1" in
  is-system-running) echo running ;;
  show) printf 'Id=wg-quick@wg0.service\\nLoadState=loaded\\nActiveState=active\\nUnitFileState=enabled\\n' ;;
esac
"""


@pytest.fixture
def called(tmp_path):
    """Call the program on a small machine; what it ended with."""
    programs, log, root = tmp_path / "bin", tmp_path / "log", tmp_path / "root"
    programs.mkdir()
    texts = {"systemctl": SYSTEMCTL.format(log=log), "systemd-run": f'#!/bin/sh\necho "systemd-run $*" >>{log}\n', "nft": "#!/bin/sh\n"}
    for name, text in texts.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    for name, text in {"/etc/motcua/guard.list": LIST, "/etc/wireguard/wg0.conf": "old\n", "/usr/local/lib/motcua/x": ""}.items():
        (root / name[1:]).parent.mkdir(parents=True)
        (root / name[1:]).write_text(text)

    def call(*arguments, timeout=60):
        command = [sys.executable, "-B", str(FILES / "guard"), "--root", str(root), *arguments]
        environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=timeout)
        return done.returncode, done.stdout, done.stderr

    call.root, call.log = root, log
    return call


def test_the_program_itself(called):
    code, said, _ = called("arm", "180")
    assert (code, len(said.strip())) == (0, 8)
    clock = next(line for line in called.log.read_text().splitlines() if line.startswith("systemd-run"))
    assert clock.endswith("/usr/local/lib/motcua/guard restore nobody confirmed its new state within 180 s")
    assert stat.S_IMODE((called.root / FOLDER[1:]).stat().st_mode) == 0o700
    assert stat.S_IMODE((called.root / FOLDER[1:] / "snapshot.tar").stat().st_mode) == 0o600
    assert "not confirmed yet" in called("status")[1]
    (called.root / "etc/wireguard/wg0.conf").write_text("wrong\n")
    called.log.write_text("")
    assert called("restore")[0] == 0
    assert (called.root / "etc/wireguard/wg0.conf").read_text() == "old\n"
    told = [line for line in called.log.read_text().splitlines() if " show " not in line]
    assert told == [
        "systemctl is-system-running",
        "systemctl stop wg-quick@wg0.service",
        "systemctl daemon-reload",
        "systemctl stop motcua-guard-expiry.timer",
    ], "this systemd says that the tunnel runs all the same, so it isn't started again"
    assert called("report")[0] == 3
    assert called("confirm", "0123abcd")[0] == 3
    code, said, words = called("confirm")
    assert (code, said) == (1, "")
    assert words == "guard: nothing is armed on this machine, so there is nothing to confirm; run the rollout again\n"


def test_two_never_work_at_once(called):
    called("arm", "180")
    with (called.root / FOLDER[1:] / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(subprocess.TimeoutExpired):
            called("confirm", timeout=1)
    assert called("confirm")[0] == 0


def test_a_missing_list_is_one_sentence(called):
    (called.root / "etc/motcua/guard.list").unlink()
    code, _, words = called("arm", "180")
    assert code == 1
    assert words.startswith("guard: ")
    assert words.endswith("guard.list: No such file or directory; look at the machine's disk and rights\n")


def test_a_snapshot_names_owners_by_number_and_says_what_ran(called):
    called("arm", "180")
    tree = TREE.unpack((called.root / FOLDER[1:] / "snapshot.tar").read_bytes())
    running = json.loads(tree.pop("/running.json").content)
    assert running["units"] == ["wg-quick@wg0.service"]
    assert tree["/etc/wireguard/wg0.conf"] == ("file", 0o644, os.getuid(), os.getgid(), b"old\n")
