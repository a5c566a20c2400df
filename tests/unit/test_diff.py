"""`motcua diff`: how a configuration was then and is now."""

import shutil
import subprocess
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.history import History
from ansible_collections.motcua.cctv.plugins.plugin_utils.snapshots import Snapshot
from typer import Typer
from typer.testing import CliRunner

from cli import diff as module
from cli import history as history_module
from cli.history import utc

LAB = "inventory/lab/province.yml"
CAMERA, ROUTER = "lang-giang-cam1", "tan-dinh-router"
LONG = "add chain=forward comment=" + "x" * 300


def read(folder, days_ago, *snapshots):
    at = utc(datetime.now(UTC) - timedelta(days=days_ago))
    with closing(History(folder / "history.db", at)) as history:
        history.enter(at, "", 0, [], [CAMERA, ROUTER], snapshots)


def camera(**values):
    return Snapshot(CAMERA, {key.replace("_", "."): value for key, value in values.items()})


@pytest.fixture
def run(tmp_path):
    read(tmp_path, 20, camera(name="Quầy 1", services_upnp=False), Snapshot(ROUTER, config=f"/ip firewall\n\tadd\x0cone\n{LONG}\n"))
    read(tmp_path, 10, camera(name="Quầy 1", services_upnp=True), Snapshot(ROUTER, config=f"/ip firewall\n{LONG}\n"))
    read(tmp_path, 5, camera(name="Quầy một cửa", services_upnp=True))
    read(tmp_path, 1, camera(name="Quầy 1", services_upnp=True))
    app = Typer()
    app.command("diff")(module.diff)
    app.command("history")(history_module.history)
    return lambda command, *arguments: CliRunner().invoke(app, [command, "-i", LAB, "--output", str(tmp_path), *arguments])


@pytest.mark.parametrize(
    ("arguments", "code", "lines"),
    [
        ([CAMERA, "--since", "15d"], 2, ["-services.upnp: false", "+services.upnp: true"]),
        ([CAMERA, "--since", "3d"], 2, ['-name: "Quầy một cửa"', '+name: "Quầy 1"']),
        ([CAMERA, "--since", "7d"], 0, []),
        ([CAMERA, "--since", "12h"], 0, []),
        ([ROUTER, "--since", "15d"], 2, ["-\tadd\x0cone"]),
        ([ROUTER], 0, []),
    ],
)
def test_it_says_what_is_otherwise_than_then(run, arguments, code, lines):
    done = run("diff", *arguments)
    assert done.exit_code == code, done.output
    assert [line for line in done.output.split("\n") if line[:1] in "+-" and line[:3] not in ("", "---", "+++")] == lines


def test_what_it_prints_is_a_diff_that_patch_takes(run, tmp_path):
    (tmp_path / "a").write_text(f"/ip firewall\n\tadd\x0cone\n{LONG}\n")
    said = run("diff", ROUTER, "--since", "15d").stdout
    assert said.startswith(f"--- a/{ROUTER}\t") and f"\n+++ b/{ROUTER}\t" in said
    git = subprocess.run([shutil.which("git"), "apply", "--stat", "-"], input=said, text=True, capture_output=True, check=False)
    assert "1 deletion" in git.stdout, git.stderr


def test_a_device_that_is_younger_is_compared_with_its_beginning(run):
    done = run("diff", CAMERA, "--since", "300d")
    assert done.exit_code == 2
    assert f"{CAMERA}: is known since " in done.stderr
    assert "+services.upnp: true" in done.stdout


def test_without_a_device_it_names_those_that_changed(run):
    done = run("diff", "--since", "15d")
    assert done.exit_code == 2
    rows = {line.split()[0]: line.split()[3:] for line in done.output.splitlines() if line.strip().startswith((CAMERA, ROUTER))}
    assert rows == {CAMERA: ["3", "+1", "−1"], ROUTER: ["1", "+0", "−1"]}
    there_and_back = run("diff", "--since", "7d")
    assert (there_and_back.exit_code, "as before" in there_and_back.output) == (0, True)
    assert run("diff", "--since", "1h").output == "No configuration changed in this time.\n"


def test_the_history_names_the_changes_too(run):
    said = run("history", CAMERA, "--since", "7d").output
    assert said.count(f"{CAMERA}: its configuration was another one; 'motcua diff {CAMERA}' shows it") == 2
    assert ROUTER in run("history").output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nobody"], "nobody: is no device of "),
        (["xuong-lam-cam1"], "xuong-lam-cam1: no audit has read its configuration"),
        ([CAMERA, "--since", "soon"], "--since soon: is no time"),
        (["--output", "/nowhere"], "--output /nowhere: has no history.db"),
    ],
)
def test_what_cant_be_compared_is_a_sentence(run, arguments, sentence):
    done = run("diff", *arguments)
    assert done.exit_code == 1
    assert str(done.exception).startswith(sentence)
