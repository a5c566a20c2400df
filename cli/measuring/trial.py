"""One acceptance run of a site: verified before, under load and after, measured at the centre meanwhile, rebooted where that is asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

from ansible_collections.motcua.cctv.plugins.plugin_utils.acceptance import Office, Trial, measured, planned_of
from ansible_collections.motcua.cctv.plugins.plugin_utils.console import within
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import Host, device_host
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding, from_json

from cli.centre import ssh_to
from cli.controller import ROOT, at_the_controller
from cli.verify import run_cases
from tests.verify.model import Declared

HERE = Path(__file__).parent
LATE_S = 120  # so much longer than it was told may a program at the other end take
OFFICE_S = 60  # the office's own work is disturbed no longer than that
AGAIN_S, AGAIN = 20, 6  # so long, and so many times, pictures are waited for after a reboot
STOPPED = "stopped at the desk"


@dataclass(frozen=True)
class Wish:
    """What is asked of a run: how long, where the office's traffic may be sent (None: nowhere), and whether devices are rebooted."""

    minutes: float
    receiver: tuple[str, int] | None
    reboot: bool


@dataclass
class Site:
    """A site under trial, and the folder in which its run leaves its logs."""

    name: str
    inventory: Path
    declared: Declared
    folder: Path
    say: Callable[[str], None]

    @property
    def cameras(self) -> tuple[str, ...]:
        """The cameras that the centre records."""
        return tuple(planned_of(self.declared.province, self.declared.planned, self.name))

    @property
    def router(self) -> Host:
        """The site's router."""
        return self.declared.hosts[device_host(self.name, "router")]

    @property
    def clock(self) -> datetime:
        """The province's time."""
        return datetime.now(ZoneInfo(self.declared.province.timezone))

    @property
    def devices(self) -> tuple[str, ...]:
        """What can be rebooted by itself: a camera behind a recorder can't."""
        return tuple(host.name for host in self.declared.role("camera", "nvr") if host.site == self.name and host.recorder is None)

    def in_window(self) -> bool:
        """Whether it is the site's time for maintenance."""
        return within(self.declared.province.sites[self.name].policy.maintenance, self.clock)


@dataclass
class _Got:
    """What a run has so far."""

    verified: dict[str, tuple[Finding, ...] | None] = field(default_factory=dict)
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    office: Office | None = None
    office_why: str = "not_allowed"
    rebooted: dict[str, str] | None = None
    unfinished: str = ""


def run(site: Site, wish: Wish) -> Trial:
    """Try a site. Whatever breaks on the way is in the trial: a run that was begun always ends in one."""
    got, begun = _Got(), site.clock
    try:
        _steps(site, wish, got)
    except KeyboardInterrupt:
        got.unfinished = STOPPED
    except MotcuaError as error:
        got.unfinished = str(error)
    pictures, paths, ended = measured(got.rows, site.cameras)
    if not ended:
        got.unfinished = got.unfinished or f"the measuring at the centre broke off: {_last_line(site.folder / 'load.log')}"
    notice = site.declared.province.sites[site.name].recording_notice
    return Trial(
        site=site.name,
        begun=begun.isoformat(timespec="seconds"),
        ended=site.clock.isoformat(timespec="seconds"),
        minutes=wish.minutes,
        unfinished=got.unfinished,
        notice=None if notice is None else notice.isoformat(),
        pictures=pictures,
        paths=paths,
        verified=got.verified,
        office=got.office,
        office_why=got.office_why,
        rebooted=got.rebooted,
    )


def _steps(site: Site, wish: Wish, got: _Got) -> None:
    site.say("Verifying before …")
    got.verified["before"] = _verified(site, "before")
    site.say(f"Measuring {len(site.cameras)} cameras for {wish.minutes:g} minutes …")
    with _load(site, wish.minutes * 60, got.rows):
        got.verified["during"] = _verified(site, "during")
        got.office, got.office_why = _office(site, wish)
    if wish.reboot:
        got.rebooted = {}
        for name in site.devices:
            site.say(f"Rebooting {name} …")
            got.rebooted[name] = _reboot(site, name)
        got.rebooted |= dict.fromkeys(_dark(site), "no picture came afterwards")
    site.say("Verifying after …")
    got.verified["after"] = _verified(site, "after")


def _verified(site: Site, phase: str) -> tuple[Finding, ...] | None:
    folder = site.folder / phase
    folder.mkdir()
    with (folder / "verify.log").open("w", encoding="utf-8") as log:
        _, file = run_cases(site.inventory, f"site_{site.name.replace('-', '_')}", folder, log)
    return from_json(file.read_text(encoding="utf-8")) if file.exists() else None


# --- the load, measured at the centre -----------------------------------------------------------------------------------


@contextmanager
def _load(site: Site, seconds: float, rows: list[Mapping[str, Any]]) -> Iterator[None]:
    """The collecting program at work while something else is done; waits for its end, unless that something broke."""
    name, centre = site.declared.province.storage_centre()
    tunnels = {one.name: str(one.site_address) for one in site.declared.planned.tunnels[site.name] if one.hub == name}
    live = site.declared.hub.desired["recorder"]["live_root"]
    wish = {"live_root": live, "cameras": site.cameras, "tunnels": tunnels, "seconds": seconds}
    command = ssh_to(site.inventory, name, str(centre.address), ["python3", "-c", _source("collect_load.py"), json.dumps(wish)])
    with (site.folder / "load.log").open("a", encoding="utf-8") as log:
        process = subprocess.Popen(
            at_the_controller(command, site.inventory), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True
        )
        assert process.stdout is not None
        reader = Thread(target=lambda: rows.extend(_rows(process.stdout)), daemon=True)
        reader.start()
        try:
            yield
            process.wait(seconds + LATE_S)
        except subprocess.TimeoutExpired:
            log.write(f"\nit didn't end within {seconds + LATE_S:g} s\n")
        finally:
            process.kill()
            reader.join(LATE_S)


def _rows(lines: Any) -> Iterator[Mapping[str, Any]]:
    """The rows that are whole: a connection that breaks may cut the last."""
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            return


# --- the office's traffic -----------------------------------------------------------------------------------------------


def _office(site: Site, wish: Wish) -> tuple[Office | None, str]:
    """Send what the plan keeps for the office, from the site's router, to where the operator allows."""
    if wish.receiver is None:
        return None, "not_allowed"
    if site.router.platform != "linux":
        return None, "not_here"
    lines = site.declared.province.sites[site.name].lines
    line = next((name for name, value in lines.items() if value.kind != "tslcd"), next(iter(lines)))
    offered_kbps = lines[line].office_up_mbps * 1000
    host, port = wish.receiver
    seconds = min(OFFICE_S, wish.minutes * 20)
    site.say(f"Sending {offered_kbps:.0f} kbit/s of office traffic for {seconds:g} s …")
    told = json.dumps({"host": host, "port": port, "kbps": offered_kbps, "seconds": seconds})
    command = ssh_to(site.inventory, site.router.name, str(site.router.address), ["python3", "-c", _source("send_office.py"), told])
    try:
        done = subprocess.run(
            at_the_controller(command, site.inventory),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds + LATE_S,
        )
        answer = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None, f"{site.router.name}: couldn't be asked to send"
    return (None, str(answer["error"])) if "error" in answer else (Office(line, offered_kbps, float(answer["kbps"])), "")


# --- reboots ------------------------------------------------------------------------------------------------------------


def _reboot(site: Site, name: str) -> str:
    """Reboot a device by Ansible's own way and wait until it answers: what went wrong, empty when nothing did."""
    if not site.in_window():
        return "not rebooted: the maintenance window is over"
    command = [str(Path(sys.executable).with_name("ansible")), name, "-i", str(site.inventory.resolve()), "-m", "motcua.cctv.device_reboot"]
    environment = os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(
        at_the_controller(command, site.inventory),
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return ""
    words = [line.strip(' ",') for line in done.stdout.splitlines() if '"msg"' in line]
    return (words or (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"])[-1].removeprefix('msg": "')


def _dark(site: Site) -> Sequence[str]:
    """The cameras of which no picture comes any more; waits for some time, because a session has to be made anew."""
    dark: list[str] = list(site.cameras)
    for _ in range(AGAIN):
        rows: list[Mapping[str, Any]] = []
        with _load(site, AGAIN_S, rows):
            pass
        pictures, _, _ = measured(rows, site.cameras)
        dark = [name for name, one in pictures.items() if not one.frames]
        if not dark:
            break
    return dark


def _source(program: str) -> str:
    return (HERE / program).read_text(encoding="utf-8")


def _last_line(file: Path) -> str:
    lines = file.read_text(encoding="utf-8", errors="replace").strip().splitlines() if file.exists() else []
    return lines[-1] if lines else "it said nothing"
