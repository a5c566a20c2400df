"""Facts are collected once a host, all hosts at the same time, before the first case; a host that doesn't answer is an error of its own cases only."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import to_json

from tests.verify.cases import cases, ident
from tests.verify.devices import Devices
from tests.verify.model import Declared, declared
from tests.verify.outcomes import findings, reason
from tests.verify.probes import CONTROLLER, here, machine, namespace, stands_here

SECONDS = 8  # how long rates and growth are watched
AT_ONCE = 32  # collections that wait at the same time
DECLARED = declared()


def pytest_generate_tests(metafunc):
    """Cases from the model: one a site, device, camera."""
    for name, values in DECLARED.cases().items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, values, ids=ident)


@pytest.fixture(scope="session")
def province() -> Declared:
    return DECLARED


@pytest.fixture(scope="session", autouse=True)
def collected(devices):
    """Every collection, begun at once: ``(what, host)`` -> its future."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {key: pool.submit(collect) for key, collect in _collections(devices)}


def _collections(devices):
    hub = DECLARED.hub
    recorder = hub.desired["recorder"]
    cameras = [name for name in DECLARED.recorded() if name in DECLARED.limit]
    tunnels = {str(one.site_address): one.mtu for one in DECLARED.tunnels() if one.hub == DECLARED.storage}
    asked = {"shards": recorder["shards"], "live_root": recorder["live_root"], "seconds": SECONDS}
    yield ("facts", hub.name), lambda: machine(hub.name)("collect_centre.py", asked | {"cameras": cameras, "tunnels": tunnels})
    for host in (host for host in DECLARED.role("router") if host.platform == "linux"):
        router = host.desired["router"]
        ends = [{key: tunnel[key] for key in ("name", "kind", "interface", "hub_address")} for tunnel in router["tunnels"]]
        wish = {"tunnels": ends, "lines": {line["line"]: line["interface"] for line in router["shaping"]}, "seconds": SECONDS}
        yield ("facts", host.name), lambda name=host.name, wish=wish: machine(name)("collect_router.py", wish)
    for name, site, run in _probing():
        yield ("reach", name), lambda run=run, name=name, site=site: run(name)("collect_reach.py", DECLARED.places(site))
    zone = ZoneInfo(DECLARED.province.timezone)
    names = [host.name for host in DECLARED.role("camera", "nvr") if host.recorder is None]
    yield ("clocks", ""), lambda: devices.clocks(names, zone)


def _probing():
    """Who tries to open places: (name, its site, how a program is run there)."""
    yield DECLARED.hub.name, None, machine
    yield from ((host.name, None, machine) for host in DECLARED.hosts.values() if host.role == "ioc")
    yield from ((host.name, host.site, machine) for host in DECLARED.role("router") if host.platform == "linux")
    yield CONTROLLER, None, lambda _: here()
    nodes = [(f"{site}-pc", site) for site in DECLARED.sites()]
    nodes += [(host.name, host.site) for host in DECLARED.role("camera") if host.recorder is None]
    yield from ((name, site, namespace) for name, site in nodes if stands_here(name))


@pytest.fixture(scope="session")
def facts(collected):
    """``facts(host)`` -> what that host said; the same error for each of its cases when it said nothing."""
    return lambda host: collected["facts", host].result()


@pytest.fixture(scope="session")
def reach(collected):
    """``reach(host, place)`` -> ``open``, ``refused`` or ``unreachable``; skips where nothing can be sent from that host."""

    def answer(host, place):
        tried: Future | None = collected.get(("reach", host))
        if tried is None:
            pytest.skip(f"nothing can be sent from {host} here: only the lab's hosts can be entered; try it from a laptop at the site")
        return tried.result()[f"{place[0]}:{place[1]}"]

    return answer


@pytest.fixture(scope="session")
def clock(collected):
    """``clock(device)`` -> how far its clock is ahead; the device's own error when it could not be asked."""

    def ahead(device):
        found = collected["clocks", ""].result()[device]
        if isinstance(found, BaseException):
            raise found
        return found

    return ahead


@pytest.fixture(scope="session")
def devices():
    return Devices(DECLARED)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A case whose facts could not be had was not judged: an error, like a set-up that broke, and never a failed check."""
    report = yield
    if report.when == "call" and report.failed and not call.excinfo.errisinstance(AssertionError):
        report.when = "setup"
    return report


def pytest_terminal_summary(terminalreporter):
    """One table: a line a case that isn't fine, and a count of the rest."""
    words = {"passed": "pass", "failed": "fail", "error": "could not tell", "xfailed": "finding", "skipped": "skipped"}
    terminalreporter.section("verification")
    for outcome in ("failed", "error", "xfailed", "skipped"):
        for report in terminalreporter.stats.get(outcome, []):
            terminalreporter.write_line(f"{words[outcome]:15}{report.nodeid.split('::')[-1]:60}{reason(report)}")
    for report in terminalreporter.stats.get("passed", []):
        for _, decoded in (row for row in report.user_properties if row[0] == "decoded"):
            terminalreporter.write_line(f"{'decoded':15}{_where(report.nodeid.split('[')[-1].rstrip(']')):60}{decoded}")
    counts = ", ".join(f"{len(terminalreporter.stats.get(key, []))} {word}" for key, word in words.items())
    terminalreporter.write_line(counts)
    if file := os.environ.get("MOTCUA_VERIFIED"):
        when = datetime.now(ZoneInfo(DECLARED.province.timezone)).isoformat(timespec="seconds")
        found = findings(terminalreporter.stats, cases(DECLARED), when)
        draft = Path(f"{file}.draft")
        draft.write_text(to_json(found, when), encoding="utf-8")
        draft.replace(file)


def _where(camera):
    """A camera with its address at the office and the one under which the centre sees it."""
    host = DECLARED.hosts[camera]
    if host.recorder is not None:
        return f"{camera} (channel {host.channel} of {host.recorder}, {host.address})"
    return f"{camera} ({DECLARED.local(host)[0]}, seen as {host.address})"
