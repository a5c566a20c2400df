"""`motcua rollout`: through a made-up province of 60 sites, with an ansible-playbook and a verification that are played."""

import fcntl
import io
import json
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.callback.progress import CallbackModule as Callback
from ansible_collections.motcua.cctv.plugins.plugin_utils import waves
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import to_json as findings_to_json
from rich.console import Console
from typer import Typer
from typer.testing import CliRunner

from cli import approve as approving
from cli import folders, keeping, locks
from cli import progress as progress_module
from cli import waves as going
from cli.change import change
from cli.progress import Progress, watched
from tests.unit.playedprovince import CENTRES, Store, World, played, run


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A world of so many sites; ``run`` of it runs the command."""

    def made(sites, **policy):
        value = World(tmp_path, sites, **policy)
        played(value, monkeypatch.setattr)
        return value

    return made


def test_a_wrong_template_stops_at_its_threshold_and_the_rest_is_untouched(world):
    value = world(60)
    broken = ["s6-router", "s7-router", "s8-router"]
    value.write("broken", *broken)
    done = run(value)
    assert done.exit_code == 2, done.output
    # the centres, the canary, 5 % of 60 and 25 % of 60
    assert value.new == {*CENTRES, *(f"s{number}-router" for number in range(1, 20))} - set(broken)
    assert len(value.log) == 5
    assert "3 places failed: s6-router: Write the file: the host key of s6-router is another (s6, s7, s8)" in done.output
    assert "3 sites failed, and rollout.stop_at is 3" in done.output
    assert "s6: failed" in done.output
    assert "by what was measured so far" in done.output

    value.remove("broken")
    retried = run(value, "--retry")
    assert retried.exit_code == 1, retried.output
    assert value.log[5:] == [broken]
    resumed = run(value, "--resume")
    assert resumed.exit_code == 0, resumed.output
    assert value.new == set(value.all)
    assert value.log[6:-2] == [[f"s{number}-router" for number in range(first, last)] for first, last in ((20, 45), (45, 61))]
    assert value.log[-2:] == [[name] for name in CENTRES], "the centres learn last what became of the sites"
    again = run(value, "--resume")
    assert (again.exit_code, len(value.log)) == (0, 10), again.output


def test_resume_tries_what_failed_too(world):
    value = world(6)
    value.write("broken", "s1-router")
    assert run(value).exit_code == 2
    assert value.new == set(CENTRES), "the canary alone stops it"
    value.remove("broken")
    assert run(value, "--resume").exit_code == 0
    assert value.new == set(value.all)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("lost", "the playbook ended with 1: no more memory"),
        ("odd", "the playbook ended with 2 although no device failed"),
        ("blind", "nothing could be verified: no verification today"),
    ],
)
def test_what_could_not_be_told_is_no_success(world, name, words):
    value = world(3)
    value.write(name)
    done = run(value)
    assert done.exit_code == 2, done.output
    assert f"1 place failed: {words} (centre-server)" in done.output
    assert value.log == [["centre-server"]]


def test_a_centre_after_which_sites_are_gone_stops_everything(world):
    value = world(6)
    value.write("gone", "s4-router", "s5-router", "s6-router")
    done = run(value)
    assert done.exit_code == 2, done.output
    assert value.log == [["centre-server"]]
    assert "centre-server: failed: 3 sites have lost something since" in done.output


def test_what_an_earlier_try_said_is_no_word_on_this_one(world):
    value = world(3)
    value.write("blind")
    assert run(value).exit_code == 2, "the playbook was fine, the verification wasn't"
    value.remove("blind")
    value.write("lost")
    done = run(value, "--resume")
    assert done.exit_code == 2
    assert "no more memory" in done.output


def test_a_plan_changes_nothing(world):
    value = world(3)
    done = run(value, "--plan")
    assert (done.exit_code, value.log, value.new) == (0, [], set()), done.output
    assert "wave 3: the canary s1: 1 place, 1 host" in done.output


def test_a_site_that_was_silent_before_is_absent_and_stops_nobody(world):
    value = world(10, stop_at=1)
    value.write("dead", "s5-router")
    done = run(value)
    assert done.exit_code == 1, done.output
    assert value.new == set(value.all) - {"s5-router"}
    assert "1 place absent: s5-router: reachable: no answer (s5)" in done.output
    value.write("dead")
    assert run(value, "--retry").exit_code == 0
    assert value.log[-1] == ["s5-router"]


def test_a_network_that_splits_in_the_middle_stops_it_and_what_is_behind_the_split_is_done_later(world):
    value = world(60)
    behind = [f"s{number}-router" for number in range(10, 30)]
    value.write("split", *behind)
    done = run(value)
    assert done.exit_code == 2, done.output
    assert "10 places failed: s10-router: reachable: no answer (s10, s11" in done.output, "they held before: silence is a failure"
    assert value.new == {*CENTRES, *(f"s{number}-router" for number in range(1, 10))}, "nobody tried the second half of the split"
    value.remove("split")
    resumed = run(value, "--resume")
    assert resumed.exit_code == 0, resumed.output
    assert value.new == set(value.all)


def test_a_site_that_comes_back_after_forty_days_gets_what_is_declared_by_then(world):
    value = world(10)
    value.write("dead", "s5-router")
    assert run(value).exit_code == 1
    value.raw["timezone"] = "Asia/Bangkok"
    value.policy()
    assert run(value).exit_code == 1, "another rollout, and it is still away"
    done = len(value.log)
    value.remove("dead")
    back = run(value, "--retry")
    assert back.exit_code == 0, back.output
    assert value.log[done:] == [["s5-router"]]
    assert value.course.results["s5-router"].digest == value.course.digests["s5-router"]


def test_a_site_that_the_verification_finds_cut_off_has_failed(world):
    value = world(10, stop_at=1)
    value.write("cut", "s3-router")
    done = run(value)
    assert done.exit_code == 2, done.output
    assert "s3: failed: s3-router: answers" in done.output
    assert "s10-router" not in value.new
    # What it left behind is no excuse: what held before was asked once.
    assert run(value, "--resume").exit_code == 2
    assert "s10-router" not in value.new


def approve(value, *more):
    app = Typer()
    app.command()(approving.approve)
    return CliRunner().invoke(app, ["-i", str(value.inventory), "--output", str(value.output), "--yes", *more])


def test_a_wave_waits_for_the_approval_of_this_very_plan(world):
    value = world(6, approval="each")
    done = run(value)
    assert done.exit_code == 1, done.output
    assert value.new == {*CENTRES, "s1-router"}
    assert "nobody approved it yet" in done.output
    assert approve(value, "--who", "Nguyễn Văn A").exit_code == 0
    value.raw["timezone"] = "Asia/Bangkok"  # each machine is to have another clock
    value.policy(approval="each")
    changed = run(value, "--resume")
    assert changed.exit_code == 1, changed.output
    assert "Nguyễn Văn A approved another plan" in changed.output
    assert len(value.new) == 3
    # The waves are 5 %, 25 % and the rest, and each wants its own.
    for left in (2, 1, 0):
        approved = approve(value)
        assert approved.exit_code == 0, approved.output
        assert run(value, "--resume").exit_code == (1 if left else 0)
    assert value.new == set(value.all)
    assert "no wave waits" in str(approve(value).exception)


def git(value, *words):
    who = ["-c", "user.name=x", "-c", "user.email=x@localhost"]
    subprocess.run(["git", "-C", value.inventory.parent, *who, *words], check=True, capture_output=True)


def test_who_approves_sees_what_it_means_and_one_hash_everywhere(world):
    value = world(4, approval="each")
    git(value, "init", "--quiet")
    git(value, "add", "province.yml", "sites")
    git(value, "commit", "--quiet", "-m", "x")
    file = value.inventory.parent / "sites" / "all.yml"
    file.write_text(file.read_text().replace("name: S3", "name: Ba").replace("platform: linux", "platform: vyos", 1))
    assert run(value, "--plan").exit_code == 0
    app = Typer()
    app.command()(change)
    told = CliRunner().invoke(app, ["-i", str(value.inventory)])
    assert "s1-router" in told.output
    shown = approve(value)
    assert shown.exit_code == 0, shown.output
    declared = value.course.declared
    assert f"Declared, as 'motcua change' says it: {declared}" in shown.output
    assert "Compared with HEAD:\n" + told.output in shown.output
    assert declared in told.output
    assert json.loads(next((value.output / "latest").glob("approval-*.json")).read_text())["declared"] == declared


def test_what_is_not_as_planned_any_more_cannot_be_approved(world):
    value = world(4, approval="each")
    run(value, "--plan")
    value.raw["timezone"] = "Asia/Bangkok"
    value.policy(approval="each")
    assert "isn't what was planned any more" in str(approve(value).exception)
    assert not list((value.output / "latest").glob("approval-*.json"))
    run(value, "--resume", "--plan")
    assert approve(value).exit_code == 0


def test_a_broken_approval_is_said(world):
    value = world(4, approval="each")
    run(value)
    (value.output / "latest" / "approval-4.json").write_text("yes")
    assert "approval-4.json: not an approval" in str(run(value, "--resume").exception)


DANGEROUS = ["s2-router=network.address=fail", "s3-router=network.address=fail", "s4-router=ports.ssh=fail"]


def test_what_is_dangerous_is_counted_and_done_last_and_only_at_its_canary_without_a_word(world):
    value = world(6)
    value.write("predicted", *DANGEROUS)
    done = run(value)
    assert done.exit_code == 1, done.output
    assert "Dangerous: address at 2 hosts, port at 1 host." in done.output
    assert value.new == {*CENTRES, "s1-router", "s2-router", "s5-router", "s6-router"}
    order = [name for names in value.log for name in names]
    assert order.index("s2-router") > order.index("s6-router")
    assert "2 places waiting: what is dangerous is done with --yes-dangerous only (s3, s4)" in done.output
    assert run(value, "--resume", "--yes-dangerous").exit_code == 0
    assert value.new == set(value.all)


def test_what_is_dangerous_waits_for_its_window(world):
    value = world(4)
    value.raw["timezone"] = "UTC"
    hour = datetime.now(UTC).hour
    value.policy(maintenance=f"{(hour + 6) % 24:02}:00-{(hour + 8) % 24:02}:00")
    value.write("predicted", *DANGEROUS)
    done = run(value, "--yes-dangerous")
    assert done.exit_code == 1, done.output
    assert value.new == {*CENTRES, "s1-router"}
    assert "waits for its window" in done.output
    value.policy()
    assert run(value, "--resume", "--yes-dangerous").exit_code == 0
    assert value.new == set(value.all)


def test_nobody_is_before_the_canary_that_waits_for_its_window(world):
    value = world(4)
    value.raw["timezone"] = "UTC"
    value.policy()
    file = value.inventory.parent / "sites" / "all.yml"
    sites = yaml.safe_load(file.read_text(encoding="utf-8"))
    hour = datetime.now(UTC).hour
    sites["sites"]["s2"]["policy"] = {"maintenance": f"{(hour + 6) % 24:02}:00-{(hour + 8) % 24:02}:00"}
    file.write_text(yaml.safe_dump(sites), encoding="utf-8")
    value.write("predicted", *DANGEROUS)
    done = run(value, "--yes-dangerous")
    assert done.exit_code == 1, done.output
    assert value.new == {*CENTRES, "s1-router"}
    assert "2 places waiting: what is dangerous waits until everything before it is done (s3, s4)" in done.output


def test_a_failed_site_s_dangerous_part_is_left_alone(world):
    value = world(6)
    value.write("predicted", "s2-router=network.address=fail", "s3-router=network.address=fail")
    value.write("broken", "s2-router")
    done = run(value, "--yes-dangerous")
    assert done.exit_code == 2, done.output
    assert "s3-router" not in value.new, "its canary isn't well"


def test_two_operators_never_change_one_site(world):
    value = world(4)
    with locks.locked(value.inventory, ["s3"]):
        refused = run(value)
        assert isinstance(refused.exception, MotcuaError)
        assert "s3: " in str(refused.exception)
        assert "has been changing it since" in str(refused.exception)
        assert value.log == []
        assert run(value, "-l", "s1-router").exit_code == 0, "another site is free"
    assert run(value).exit_code == 0


def test_a_playbook_whose_rollout_was_killed_holds_its_sites_until_it_ends(world):
    value = world(3)
    value.write("slow")
    child = os.fork()
    if not child:
        run(value)
        os._exit(0)
    begun = value.folder / "begun"
    while not begun.exists():
        assert os.waitpid(child, os.WNOHANG) == (0, 0)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with pytest.raises(BlockingIOError):
        _try(value.inventory.parent / "state" / "locks" / "centre-server")
    resumed = subprocess.Popen(
        [sys.executable, "-c", RESUME, str(value.folder.parent)], stdout=subprocess.PIPE, text=True, stderr=subprocess.STDOUT
    )
    assert "is still at work" in resumed.stdout.readline()
    assert len(value.log) == 1
    value.remove("slow")
    rest = resumed.communicate()[0]
    assert resumed.returncode == 0, rest
    assert value.new == set(value.all)


RESUME = """
import sys
from pathlib import Path
from tests.unit import playedprovince as here
top = Path(sys.argv[1])
value = here.SimpleNamespace(player=top / "played", folder=top / "world", new=())
here.played(value, setattr)
app = here.Typer()
app.command()(here.rollout)
app(["-i", str(top / "test" / "province.yml"), "--output", str(top / "rollouts"), "--yes", "--resume"])
"""


def _try(path):
    with path.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Mortal:
    """Every moment at which something is written, played or verified; at one of them the machine dies."""

    def __init__(self, value, at):
        self.value, self.at, self.moments = value, at, 0

    def moment(self):
        self.moments += 1
        if self.moments == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def play(self, held, name, inventory, heard, log, limit, *options, **more):  # noqa: ARG002  as the real one
        self.moment()
        log.write_text("")
        hosts = limit.split(",") if limit else self.value.all
        for host in hosts if name == "rollout" else ():
            (self.value.folder / f"new-{host}").touch()
            self.moment()
        rows = [Finding(host, None, "device", "declared", "pass") for host in hosts]
        rows += [Finding("s3-router", "s3", "network", "network.address", "fail")] if name == "audit" else []
        if name == "audit" and "s3-router" in self.value.new:
            rows.pop()  # what was changed isn't predicted any more
        heard.write_text(findings_to_json(rows, "now"))
        self.moment()
        return 0

    def verify(self, inventory, limit, output, log):  # noqa: ARG002  as the real one
        self.moment()
        output.mkdir(exist_ok=True)
        hosts = limit.split(",") if limit else self.value.all
        rows = [Finding(host, None, "device", "answers", "pass", actual=host in self.value.new) for host in hosts]
        (output / "findings.json").write_text(findings_to_json(rows, "now"))
        self.moment()
        return 0, output / "findings.json"

    def store(self, inventory):  # noqa: ARG002  as the real one
        self.moment()
        return Store(self.value)

    def keep(self, path, text):
        self.moment()
        draft = path.with_name(f".{path.name}-half")
        draft.write_text(text[: len(text) // 2])
        self.moment()
        folders.write_whole(path, text)
        self.moment()


def life(value, at, *more):
    """One run in a process of its own, which dies at a moment; how it ended, and how many moments it had if it didn't die."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        mortal = Mortal(value, at)
        going.play_holding, going.write_whole = mortal.play, mortal.keep
        going.run_cases_at = lambda _nodes, _province, *told: mortal.verify(*told)
        keeping.opened, keeping.write_whole = mortal.store, mortal.keep
        going.digest_of = lambda *_: "code"
        done = run(value, "--yes-dangerous", *more)
        os.write(write, f"{done.exit_code} {mortal.moments}".encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as file:
        said = file.read().split()
    return (int(said[0]), int(said[1])) if said else None


def end_state(value):
    course = value.course
    return value.new, course.done, course.plan, {key: result.came for key, result in course.results.items()}


def test_killed_at_any_moment_it_resumes_to_the_same_end(tmp_path):
    whole = World(folder(tmp_path, "whole"), 4)
    code, moments = life(whole, 0)
    assert code == 0
    assert moments > 60
    ends = end_state(whole)
    assert ends[0] == set(whole.all)
    for at in range(1, moments + 1):
        value = World(folder(tmp_path, f"at-{at}"), 4)
        assert life(value, at) is None, f"it should have died at moment {at}"
        begun = (value.output / "latest").exists()
        second = life(value, 7 * at % 40 + 1, *(["--resume"] if begun else []))  # and once more, somewhere else
        begun = (value.output / "latest").exists()
        assert begun or second is None
        if second is None:
            assert life(value, 0, *(["--resume"] if begun else []))[0] == 0, at
        assert end_state(value) == ends, at
        before = json.loads((value.output / "latest" / "before.json").read_text())
        assert not any(row["actual"] for row in before["findings"]), f"{at}: what held before was asked before anything was changed"


def folder(top, name):
    path = Path(top) / name
    path.mkdir()
    return path


def test_going_on_with_nothing_or_with_something_else_is_a_mistake(world):
    value = world(3)
    for more, words in (
        (["--resume"], "there is no rollout to go on with"),
        (["--resume", "--retry"], "choose one"),
    ):
        assert words in str(run(value, *more).exception)
    assert run(value, "-l", "s1-router").exit_code == 0
    assert "the last rollout has s1-router" in str(run(value, "--resume", "-l", "s2-router").exception)
    (value.output / "latest" / "campaign.json").write_text("{")
    assert "campaign.json: rollout: not a document" in str(run(value, "--resume").exception)


def test_what_happens_is_shown_a_line_a_place(tmp_path):
    heard = tmp_path / "progress.jsonl"
    callback = Callback()
    callback.get_option = lambda _: str(heard)
    step = waves.Step("x", 1, "site", False, {"s1": ("s1-router", "s1-cam1"), "s2": ("s2-router",), "s3": ("s3-router",)})
    progress = Progress(step, heard)
    progress.read()
    assert set(progress.lines.values()) == {"waits for its turn"}

    def host(name):
        return SimpleNamespace(name=name, get_vars=lambda: {"motcua_site": name.partition("-")[0]})

    callback.v2_runner_on_start(host("s1-cam1"), SimpleNamespace(name="Nạp cấu hình"))
    callback.v2_runner_on_failed(SimpleNamespace(host=host("s2-router"), task_name="Load it", result={"msg": "a secret"}))
    callback.v2_runner_on_start(host("s2-router"), SimpleNamespace(name="Say so"))
    callback.v2_runner_on_start(host("s9-router"), SimpleNamespace(name="Load it"))
    with heard.open("a") as file:
        file.write('{"host": "s3-rou')
    progress.read()
    assert progress.lines == {"s1": "cam1: Nạp cấu hình …", "s2": "router: Load it: failed", "s3": "waits for its turn"}
    with heard.open("a") as file:
        file.write('ter", "site": "s3", "task": "Load it", "failed": "doesn\'t answer"}\n')
    progress.read()
    assert progress.lines["s3"] == "router: Load it: doesn't answer"
    assert "secret" not in heard.read_text()


def test_who_looks_sees_the_lines_while_it_works(tmp_path, monkeypatch):
    shown, seen = io.StringIO(), threading.Event()
    monkeypatch.setattr(progress_module, "screen", lambda: Console(file=shown, force_terminal=True, width=100))
    heard = tmp_path / "progress.jsonl"

    class Watched(Progress):
        def table(self):
            if "Load it" in self.lines["s1"]:
                seen.set()
            return super().table()

    def work():
        heard.write_text('{"host": "s1-router", "site": "s1", "task": "Load it"}\n')
        return seen.wait(30)

    assert watched(Watched(waves.Step("x", 1, "site", False, {"s1": ("s1-router",)}), heard), work)
    assert "router: Load it …" in shown.getvalue()
