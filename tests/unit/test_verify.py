"""`motcua verify`: how it ends, and that what could not be told is no failed check."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.verify import _verdict

CASES = """
import pytest

def test_fine(): pass
def test_judged(): assert {judged}
def test_unknown():
    if not {known}:
        raise RuntimeError("a-router: could not be asked: no route to host")
"""
HOOK = """
import pytest
from tests.verify.conftest import pytest_runtest_makereport
"""


@pytest.mark.parametrize(
    ("judged", "known", "verdict"),
    [(True, True, 0), (False, True, 2), (True, False, 1), (False, False, 2)],
)
def test_it_ends_as_the_cases_say(tmp_path, judged, known, verdict):
    (tmp_path / "test_cases.py").write_text(CASES.format(judged=judged, known=known))
    (tmp_path / "conftest.py").write_text(HOOK)
    junit = tmp_path / "junit.xml"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        f"--rootdir={tmp_path}",
        f"--junitxml={junit}",
        str(tmp_path),
    ]
    environment = os.environ | {
        "PYTHONPATH": f"{Path.cwd()}:{Path.cwd()}/collections",
        "MOTCUA_INVENTORY": str(Path("inventory/lab/province.yml").resolve()),
    }
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert _verdict(done.returncode, junit) == verdict, done.stdout
    assert (done.stdout.count("1 error") == 1) is not known


def test_a_run_that_never_judged_is_no_pass(tmp_path):
    assert _verdict(4, tmp_path / "junit.xml") == 1
