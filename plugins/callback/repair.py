"""Callback plugin: a prediction in which the chosen tasks, and the handlers that they notify, are done."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.playbook.handler import Handler
from ansible.plugins.callback import CallbackBase

from ..plugin_utils.repairs import GUARD, PARTS

DOCUMENTATION = """
name: repair
type: aggregate
short_description: A prediction in which the chosen tasks are done
description:
  - In a playbook that runs in check mode it takes check mode off for single tasks at single machines, and for the handlers that these
    tasks notified. Everything else stays a prediction.
  - Does nothing at all unless a file is named, and nothing in a playbook that doesn't run in check mode.
  - A task that is delegated to another machine is nobody's repair; one that is delegated to C(localhost) is its host's.
requirements:
  - C(motcua.cctv.repair) among C(callbacks_enabled), as C(motcua repair) sets it for its own run
options:
  path:
    description:
      - A JSON file with a list of what is chosen for each host, each with C(feature), the role's name, and C(check), a finding's check,
        which begins with the task's name.
    type: path
    env:
      - name: MOTCUA_REPAIRS
author: The motcua founders (@motcua)
"""


class CallbackModule(CallbackBase):
    """Decides at the moment at which a task is handed to its host; the process that does it is forked right behind."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "motcua.cctv.repair"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.chosen: Mapping[str, Sequence[Mapping[str, str]]] = {}
        self.declared: dict[str, tuple[Any, Any]] = {}
        self.notified: dict[str, set[str]] = defaultdict(set)
        self.flushing: set[str] = set()
        self.done: set[tuple[str, str]] = set()

    def v2_playbook_on_start(self, playbook: Any) -> None:  # noqa: ARG002  Ansible's signature
        """Read what is chosen."""
        named = self.get_option("path")
        self.chosen = json.loads(Path(named).read_text(encoding="utf-8")) if named else {}

    def v2_playbook_on_play_start(self, play: Any) -> None:  # noqa: ARG002  Ansible's signature
        """Handlers are a play's own."""
        self.notified.clear()

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        """One task at one host: the same task is handed to every host in turn."""
        if not self.chosen:
            return
        self._forget(host.name, task)
        check_mode, arguments = self.declared.setdefault(task._uuid, (task.check_mode, task.args))
        task.check_mode, task.args = check_mode, arguments
        self.done.discard((host.name, task._uuid))
        parts = self._parts(host.name, task)
        if parts is None:
            return
        task.check_mode = False
        self.done.add((host.name, task._uuid))
        if parts and task.action in PARTS:
            task.args = {**arguments, "chosen": parts}

    def v2_runner_on_ok(self, result: Any) -> None:
        """A chosen task that changed something notifies in earnest."""
        if (result.host.name, result.task._uuid) in self.done and result.is_changed():
            self.notified[result.host.name] |= set(result.task_fields.get("notify") or ())

    def _forget(self, host: str, task: Any) -> None:
        """What was notified is over when the first task follows its handlers: from then on a prediction notifies anew."""
        if isinstance(task, Handler):
            self.flushing.add(host)
        elif host in self.flushing:
            self.flushing.remove(host)
            self.notified[host].clear()

    def _parts(self, host: str, task: Any) -> list[str] | None:
        """What of a task is to be done at a host: nothing (None), all of it (an empty list), or these of its files or units."""
        if isinstance(task, Handler):
            return [] if {task.name, task.get_name(), *task.listen} & self.notified[host] else None
        role = task._role.get_name().rpartition(".")[2] if task._role else "playbook"
        if role == GUARD and (host in self.chosen or task.delegate_to):
            return []  # it is delegated when somebody else hears of a machine that was armed and not confirmed
        if task.delegate_to not in (None, "localhost"):
            return None
        checks = [row["check"] for row in self.chosen.get(host, ()) if row["feature"] == role]
        if task.name in checks:
            return []
        beginning = f"{task.name}: "
        return [check.removeprefix(beginning) for check in checks if check.startswith(beginning)] or None
