"""Callback plugin: what a playbook is doing at each host, a line each in a file, for who shows it while it runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: progress
type: aggregate
short_description: What a playbook is doing at each host, while it does it
description:
  - Appends a line of JSON to a file for each task that begins at a host, with C(host), C(site) and C(task), and for each that fails or
    finds nobody, with C(failed) in addition. What a task was told or answered is never written.
  - Prints nothing, and does nothing at all unless a file is named.
requirements:
  - C(motcua.cctv.progress) among C(callbacks_enabled), as C(motcua rollout) sets it for its own run
options:
  path:
    description: The file to write to.
    type: path
    env:
      - name: MOTCUA_PROGRESS
author: The motcua founders (@motcua)
"""


class CallbackModule(CallbackBase):
    """Writes what happens as it happens."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "motcua.cctv.progress"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        """A task begins at a host."""
        self._say(host, task.name)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """A task failed, and nobody said that this is no matter."""
        if not ignore_errors:
            self._say(result.host, result.task_name, failed="failed")

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """A host doesn't answer."""
        self._say(result.host, result.task_name, failed="doesn't answer")

    def _say(self, host: Any, task: str, **more: str) -> None:
        named = self.get_option("path")
        if not named:
            return
        said = {"host": host.name, "site": host.get_vars().get("motcua_site"), "task": task} | more
        try:
            with Path(named).open("a", encoding="utf-8") as file:
                file.write(json.dumps(said, ensure_ascii=False, default=str) + "\n")
        except OSError as error:
            self._display.warning(f"{named}: what happens can't be shown ({error.strerror})")
