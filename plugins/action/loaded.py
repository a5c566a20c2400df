"""Have a machine's own program make what runs match what is written. The module of the same name is its documentation."""

from __future__ import annotations

import shlex
from typing import Any

from ansible.plugins.action import ActionBase

OPTIONS = {"program": {"type": "path", "required": True}}


class ActionModule(ActionBase):
    """The task's own check mode decides between comparing and loading: a repair takes it off for single tasks."""

    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        """Compare, or load."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, options = self.validate_argument_spec(OPTIONS)
        check = self._task.check_mode
        said = self._low_level_execute_command(f"{shlex.quote(options['program'])} {'compare' if check else 'load'}")
        result |= {key: said[key] for key in ("rc", "stdout", "stdout_lines", "stderr")}
        # Said in both cases, because Ansible takes any other end than 0 for a failure.
        result |= {"changed": bool(said["stdout"]), "failed": said["rc"] != 0 and not check}
        if result["failed"]:
            result["msg"] = said["stderr"].strip() or said["stdout"].strip()
        return result
