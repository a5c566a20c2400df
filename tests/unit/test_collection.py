"""The artefact: it builds, and holds nothing of any site."""

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    folder = tmp_path_factory.mktemp("build")
    galaxy = Path(sys.executable).with_name("ansible-galaxy")
    built = subprocess.run([str(galaxy), "collection", "build", "--output-path", str(folder)], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr
    (archive,) = folder.glob("motcua-cctv-*.tar.gz")
    with tarfile.open(archive) as content:
        return content.getnames()


def test_what_a_user_needs_is_in_it(names):
    wanted = [
        "plugins/action/device.py",
        "plugins/modules/device.py",
        "plugins/inventory/province.py",
        "playbooks/rollout.yml",
        "meta/runtime.yml",
        "LICENSE",
    ]
    assert not [name for name in wanted if name not in names]


def test_nothing_of_a_site_is_in_it(names):
    tops = {name.split("/")[0] for name in names}
    assert not tops & {"inventory", "collections", "molecule", "tests", "lab", ".venv", "reports", ".git", ".cache"}
    assert not [name for name in names if "vault" in name.split("/")[-1] and not name.endswith(".py")]
