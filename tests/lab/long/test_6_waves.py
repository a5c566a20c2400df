"""`motcua rollout` of the lab as it stands: what people changed at three sites and a centre goes back in waves, each verified. About 6 minutes."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.lab.conftest import INVENTORY, motcua

CHANGES = {
    "lang-giang-cam1": ("hand", "lang-giang-cam1", "set", "services.upnp", "true"),
    "tan-dinh-cam1": ("hand", "tan-dinh-cam1", "set", "services.upnp", "true"),
    "xuong-lam-cam1": ("hand", "xuong-lam-cam1", "set", "time.ntp", "8.8.8.8"),
    "centre-server": ("ssh", "centre", "systemctl", "stop", "motcua-record@xuong-lam-cam2.service"),
}
SITES = ["lang-giang", "tan-dinh", "xuong-lam"]


@pytest.fixture(scope="module")
def rolled_out(tmp_path_factory):
    """Where a rollout has left what it did, and how it ended."""
    for command in CHANGES.values():
        done = motcua("lab", *command)
        assert done.code == 0, done.text
    output = tmp_path_factory.mktemp("rollouts")
    ran = motcua("rollout", "-i", INVENTORY, "--output", str(output), "--yes")
    print(ran.text, flush=True)
    return output / "latest", ran


def course(folder):
    return json.loads((folder / "campaign.json").read_text(encoding="utf-8"))


def test_centres_canary_and_waves_end_well(rolled_out):
    folder, ran = rolled_out
    assert ran.code == 0, ran.text
    found = course(folder)
    assert [step["kind"] for step in found["steps"]] == ["centre", "centre", "site", "site", "site", "again", "again"]
    assert [list(step["hosts"]) for step in found["steps"] if step["kind"] == "site"] == [[site] for site in SITES]
    assert {result["came"] for result in found["results"].values()} == {"done"}


def test_each_step_changed_what_was_changed_there_and_was_verified(rolled_out):
    folder, _ = rolled_out
    for number, step in enumerate(course(folder)["steps"], 1):
        log = (folder / f"step-{number:03}" / "playbook.log").read_text(encoding="utf-8")
        changed = {line.split()[0] for line in log.splitlines() if " changed=" in line and " changed=0 " not in line}
        wanted = {host for hosts in step["hosts"].values() for host in hosts} & set(CHANGES) if step["kind"] != "again" else set()
        assert changed == wanted, step["name"]
        verified = json.loads((folder / f"step-{number:03}" / "verify" / "findings.json").read_text(encoding="utf-8"))["findings"]
        assert {row["site"] for row in verified} == (set(SITES) if step["kind"] != "site" else set(step["hosts"]))


def test_what_was_before_and_after_is_kept(rolled_out):
    store = Path(INVENTORY).parent / "state" / "backups"
    said = subprocess.run(["git", "--git-dir", store, "log", "--format=%s"], capture_output=True, text=True, check=True).stdout
    assert "before the rollout" in said
    assert "rollout, wave 3, the canary lang-giang" in said


def test_what_is_done_is_not_done_again(rolled_out):
    folder, _ = rolled_out
    again = motcua("rollout", "-i", INVENTORY, "--output", str(folder.parent), "--yes", "--resume")
    assert again.code == 0, again.text
    assert "Wave " not in again.text
