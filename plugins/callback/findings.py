"""Callback plugin: the results of an audit as findings in a file, and what was read of each device in another beside it."""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.playbook.handler import Handler
from ansible.plugins.callback import CallbackBase

from ..plugin_utils import findings, snapshots
from ..plugin_utils.findings import Finding, Task
from ..plugin_utils.snapshots import Snapshot

DOCUMENTATION = """
name: findings
type: aggregate
short_description: The results of an audit as findings in a file
description:
  - Turns the results of a playbook in check mode into findings, and writes them as one JSON file when the playbook ends.
  - What M(motcua.cctv.audit) and M(motcua.cctv.running) read is written beside it, as C(snapshots.json).
  - Prints nothing, and does nothing at all unless a file is named.
requirements:
  - C(callbacks_enabled = motcua.cctv.findings) in C(ansible.cfg)
options:
  path:
    description: The file to write.
    type: path
    env:
      - name: MOTCUA_FINDINGS
author: The motcua founders (@motcua)
"""

DEVICE = ("motcua.cctv.device", "device")
ROUTER = ("motcua.cctv.router", "router")
AUDIT = "motcua.cctv.audit"
RUNNING = "motcua.cctv.running"
# What an audit couldn't tell bears the name of the task that a rollout gives the device: one check, whoever reads it.
TASKS = {
    "camera": "Make the camera match its desired state",
    "nvr": "Make the recorder match its desired state",
    "router": "Make the router match the plan, under its own guard",
}

# They read, wait or arrange; a host on which only these went well hasn't been judged.
READS = {"device_info", "find", "gather_facts", "getent", "router_info", "service_facts", "setup", "slurp", "stat"}
ARRANGES = {"add_host", "assert", "debug", "fail", "group_by", "meta", "pause", "set_fact", "validate_argument_spec"}
INCLUDES = {"import_role", "import_tasks", "include_role", "include_tasks", "include_vars"}
WAITS = {"ping", "raw", "wait_for", "wait_for_connection"}
JUDGES_NOTHING = READS | ARRANGES | INCLUDES | WAITS


class CallbackModule(CallbackBase):
    """Collects findings while a playbook runs, and writes them at its end."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "motcua.cctv.findings"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.inventory: Any = None
        self.found: list[Finding] = []
        self.failed: dict[str, list[Finding]] = defaultdict(list)
        self.judged: set[str] = set()
        self.read: dict[str, Snapshot] = {}

    @property
    def path(self) -> Path | None:
        """The file to write; None when this callback has nothing to do."""
        named = self.get_option("path")
        return Path(named) if named else None

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """The inventory knows which hosts the run is limited to."""
        self.inventory = play.get_variable_manager()._inventory

    def v2_runner_on_ok(self, result: Any) -> None:
        """A task that went well: drift when it would change something."""
        if not self.path or isinstance(result.task, Handler):  # a handler only follows a change that is a finding already
            return
        if result.task.action in (AUDIT, RUNNING):
            self._take(result)
            return
        device = self._device(result)
        if device.name == result.host.name and result.task.action.rpartition(".")[2] not in JUDGES_NOTHING:
            self.judged.add(device.name)
        self.found += _drift(_task(result, device), result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """A task that failed could not tell; whether a rescue took care of it is known at the end."""
        if self.path and not ignore_errors:
            self.found += _drift(_task(result, self._device(result)), result)
            self.failed[result.host.name] += findings.of_failure(_task(result, result.host), result.result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """A device that doesn't answer could not be judged."""
        if self.path and not result.task_fields.get("ignore_unreachable"):
            self.found += findings.of_silence(_task(result, result.host), result.result)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """The playbook is over: close every host and write the file."""
        if not self.path:
            return
        when = datetime.now(UTC).isoformat(timespec="seconds")
        try:
            # The findings last: where they are, all is.
            _write(self.path.with_name("snapshots.json"), snapshots.to_json(self.read.values(), when))
            _write(self.path, findings.to_json(self._closed(stats.failures), when))
        except OSError as error:
            self._display.error(f"{self.path.parent}: the findings can't be written ({error.strerror}); make room and audit again")

    def _take(self, result: Any) -> None:
        """What was read at once, of many devices or of one machine."""
        if result.task.action == RUNNING:
            self.read[result.host.name] = Snapshot(result.host.name, config=str(result.result.get("text", "")))
            return
        for name, said in result.result.get("devices", {}).items():
            host = self.inventory.get_host(name)
            feature = str(host.get_vars().get("motcua_role", "device"))
            task = Task(name, _site(host), feature, TASKS.get(feature, result.task_name), f"{AUDIT}: {said['evidence']}")
            self.found += findings.of_audit(task, said)
            if not said.get("failed") and not said.get("unreachable"):
                self.judged.add(name)
            snapshot = snapshots.of_audit(name, said)
            self.read |= {name: snapshot} if snapshot else {}

    def _closed(self, failures: Mapping[str, int]) -> Iterator[Finding]:
        for host, failed in self.failed.items():
            # Rescued failures come before the one that ended the host, and aren't counted as failures.
            self.found += failed[len(failed) - failures.get(host, 0) :]
        own: dict[str, list[Finding]] = defaultdict(list)
        for finding in self.found:
            own[finding.device].append(finding)
        yield from self.found
        for host in self.inventory.get_hosts(ignore_restrictions=True) if self.inventory else ():
            yield from findings.of_host(Task(host.name, _site(host), "device", ""), host.name in self.judged, own[host.name])

    def _device(self, result: Any) -> Any:
        """The host whose state a task looked at: the one that it was delegated to, when that is one of ours."""
        delegate = result.task_fields.get("delegate_to")
        found = self.inventory.get_host(str(delegate)) if delegate and self.inventory else None
        return result.host if found is None or found.implicit else found


def _drift(task: Task, result: Any) -> Iterable[Finding]:
    if result.task.action in DEVICE:
        return findings.of_device(task, result.result)
    if result.task.action in ROUTER:
        return findings.of_router(task, result.result)
    return findings.of_task(task, result.result) if result.is_changed() else ()


def _task(result: Any, host: Any) -> Task:
    role = result.task._role
    feature = role.get_name().rpartition(".")[2] if role else "playbook"
    evidence = f"{result.task.action}, {datetime.now(UTC).isoformat(timespec='seconds')}"
    arguments = result.task_fields.get("args") or {}
    file = str(arguments.get("dest") or arguments.get("path") or "")
    return Task(host.name, _site(host), feature, result.task_name, evidence, file)


def _site(host: Any) -> str | None:
    site = host.get_vars().get("motcua_site")
    return None if site is None else str(site)


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
