"""Make one router match its desired state. The module of the same name is its documentation."""

from __future__ import annotations

import gc
from typing import Any

from ansible.plugins.action import ActionBase

from ..plugin_utils.connection import plain
from ..plugin_utils.console import Console, shown
from ..plugin_utils.errors import ModelError, MotcuaError
from ..plugin_utils.guarded import Outcome, reconcile


class RouterAction(ActionBase):
    """What every action on one router does: work over its command line, and end in a plain result without any secret."""

    _requires_connection = False
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        """Do the action's work for the task's host."""
        gc.freeze()  # a fork shares the controller's whole heap: a collection that walks it would copy it, page by page
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        name, outcome, console = str(variables.get("inventory_hostname", "")), Outcome(), None
        try:
            console = Console(name, plain(self._task.args), variables, self._loader)
            result |= self.work(console, outcome)
        except MotcuaError as error:
            failure = {"failed": True, "kind": ModelError.kind, "msg": str(error)} if console is None else console.failure(error)
            result |= shown(outcome, name) | failure
        return result if console is None else dict(console.scrubbed(result))

    def work(self, console: Console, outcome: Outcome) -> dict[str, Any]:
        """What the action is for; ``outcome`` is filled as things become known."""
        raise NotImplementedError


class ActionModule(RouterAction):
    """Says what was found and done also when it failed in the middle."""

    def work(self, console: Console, outcome: Outcome) -> dict[str, Any]:
        """Reconcile the task's host."""
        state, router = console.state(), console.router()
        assert state is not None
        reconcile(router, state, outcome, check=self._task.check_mode, caution=console.caution(state))
        changed = bool(outcome.commands) if self._task.check_mode else outcome.changed
        return shown(outcome, console.name) | {"changed": changed}
