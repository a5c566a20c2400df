"""Facts are collected once a host, all hosts at the same time, before the first case; a host that doesn't answer is an error of its own cases only."""

from __future__ import annotations

import json
import shlex
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
import testinfra

from tests.verify.model import INVENTORY, Declared, declared
from tests.verify.probes import Node

HERE = Path(__file__).parent
SECONDS = 8  # how long rates and growth are watched
DECLARED = declared()


def pytest_generate_tests(metafunc):
    """Cases from the model: one a site, device, camera."""
    cameras = [host.name for host in DECLARED.role("camera")]
    cases = {
        "site": DECLARED.sites(),
        "camera": cameras,
        "recorded": [name for name in DECLARED.recorded() if name in DECLARED.limit],
        "device": [host.name for host in DECLARED.role("camera", "nvr") if host.recorder is None],
        "lan_camera": [name for name in cameras if DECLARED.hosts[name].recorder is None],
        "channel_camera": [name for name in cameras if DECLARED.hosts[name].recorder is not None],
    }
    for name, values in cases.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, values)


@pytest.fixture(scope="session")
def province() -> Declared:
    return DECLARED


def _host(name):
    return testinfra.get_host(f"ansible://{name}?ansible_inventory={INVENTORY}&force_ansible=False")


def _collect(name, program, wish):
    source = (HERE / program).read_text(encoding="utf-8")
    result = _host(name).run(f"python3 -c {shlex.quote(source)} {shlex.quote(json.dumps(wish))}")
    if result.rc:
        raise RuntimeError(f"{name}: could not be asked: {(result.stderr or result.stdout).strip().splitlines()[-1:]}")
    return json.loads(result.stdout)


@pytest.fixture(scope="session")
def facts():
    """``facts(host)`` -> what that host said; the same error for each of its cases when it said nothing."""
    recorder, hub = DECLARED.hub.desired["recorder"], DECLARED.hub.desired["hub"]
    cameras = [name for name in DECLARED.recorded() if name in DECLARED.limit]
    wish = {
        "interface": hub["interface"],
        "root": recorder["root"],
        "live_root": recorder["live_root"],
        "seconds": SECONDS,
        "cameras": cameras,
    }
    with ThreadPoolExecutor(8) as pool:
        answers: dict[str, Future] = {DECLARED.hub.name: pool.submit(_collect, DECLARED.hub.name, "collect_centre.py", wish)}
        for host in DECLARED.role("router"):
            router = host.desired["router"]
            line = next(line["interface"] for line in router["lines"] if line["tunnel"])
            asked = {"interface": router["tunnel"]["interface"], "line": line, "seconds": SECONDS}
            answers[host.name] = pool.submit(_collect, host.name, "collect_router.py", asked)
    return lambda name: answers[name].result()


@pytest.fixture(scope="session")
def linux():
    """``linux(host)`` -> testinfra's host."""
    hosts = {}
    return lambda name: hosts.setdefault(name, _host(name))


@pytest.fixture(scope="session")
def node():
    """``node(name)`` -> a host of the lab to send from; skips where there is none."""

    def find(name):
        found = Node(name)
        if not found.exists:
            pytest.skip(f"nothing can be sent from {name} here: only the lab's hosts can be entered; try it from a laptop at the site")
        return found

    return find


def pytest_terminal_summary(terminalreporter):
    """One table: a line a case that isn't fine, and a count of the rest."""
    words = {"passed": "pass", "failed": "fail", "error": "could not tell", "xfailed": "finding", "skipped": "skipped"}
    terminalreporter.section("verification")
    for outcome in ("failed", "error", "xfailed", "skipped"):
        for report in terminalreporter.stats.get(outcome, []):
            reason = report.wasxfail if outcome == "xfailed" else _reason(report)
            terminalreporter.write_line(f"{words[outcome]:15}{report.nodeid.split('::')[-1]:60}{reason}")
    counts = ", ".join(f"{len(terminalreporter.stats.get(key, []))} {word}" for key, word in words.items())
    terminalreporter.write_line(counts)


def _reason(report):
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2]
    crash = getattr(report.longrepr, "reprcrash", None)
    return crash.message.splitlines()[0] if crash else str(report.longrepr).splitlines()[-1]
