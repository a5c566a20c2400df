"""One step of a rotation, noted on the controller. The module of the same name is its documentation."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

from ..plugin_utils.connection import plain
from ..plugin_utils.errors import MotcuaError
from ..plugin_utils.rotations import Ledger
from ..plugin_utils.secrets import Journal, tunnel_private_key, tunnel_subject, wireguard_public_key
from ..plugin_utils.vault import open_masters

OPTIONS = {
    "subject": {"type": "str"},
    "step": {"type": "str", "choices": ["begin", "done", "failed", "settle"], "required": True},
    "keys": {"type": "list", "elements": "str", "default": []},
    "said": {"type": "str", "default": ""},
    "derived": {"type": "bool", "default": True},
}


class ActionModule(ActionBase):
    """Sends nothing to anybody."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        """Begin, end or give up the open order of a subject."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, options = self.validate_argument_spec(OPTIONS, required_if=[("step", step, ["subject"]) for step in ("begin", "done", "failed")])
        variables = task_vars or {}
        state = Path(str(variables["motcua_state"]))
        due = (plain(variables.get("motcua_due")) or {}).get(str(variables["inventory_hostname"]), ())
        ledger, journal = Ledger(state / "rotations"), Journal(state / "epochs") if options["derived"] else None
        try:
            if options["step"] == "settle":
                return result | self._settle(set(options["keys"]), Journal(state / "epochs"), plain(variables["motcua_masters"]))
            if options["step"] == "begin" and not self._task.check_mode:
                ledger.taken(str(options["subject"]), due)
            result |= self._step(options, ledger, journal)
        except MotcuaError as error:
            result |= {"failed": True, "kind": error.kind, "msg": str(error)}
        return result

    def _step(self, options: dict[str, Any], ledger: Ledger, journal: Journal | None) -> dict[str, Any]:
        subject, order = str(options["subject"]), ledger.read(options["subject"]).order
        if order is None or self._task.check_mode:
            return {"ordered": order is not None, "changed": order is not None}
        match options["step"]:
            case "begin" if journal is not None and (journal.read(subject).confirmed or 1) < order.to:
                journal.begin(subject, order.to)
            case "begin" if journal is not None:  # proved by a run that died before it could say so
                ledger.ended(subject, _now(), "a run that ended early had proved it")
                return {"ordered": False, "changed": True}
            case "done":
                if journal is not None:
                    journal.confirm(subject)
                ledger.ended(subject, _now(), str(options["said"]))
            case "failed":
                ledger.failed(subject, str(options["said"]), "error")
        return {"ordered": True, "to": order.to, "changed": True}

    def _settle(self, keys: set[str], journal: Journal, paths: dict[str, str]) -> dict[str, Any]:
        """Note as proved what a run that died had got a hub to take: else the next rollout would write the key that nobody has any more."""
        begun = list(journal.begun())
        masters = open_masters(paths, self._loader) if begun else None
        settled = [
            (site, tunnel)
            for site, tunnel, epoch in begun
            if masters is not None and wireguard_public_key(tunnel_private_key(masters, site, tunnel, epoch)) in keys
        ]
        for site, tunnel in settled if not self._task.check_mode else ():
            journal.confirm(tunnel_subject(site, tunnel))
        return {"changed": False, "settled": [tunnel_subject(*one) for one in settled]}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
