"""Sign what a machine of ours asks for, where its certificate is due. The module of the same name is its documentation."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

from ..plugin_utils import pki
from ..plugin_utils.connection import plain
from ..plugin_utils.errors import MotcuaError
from ..plugin_utils.vault import open_vaulted_text

OPTIONS = {
    "name": {"type": "str", "required": True},
    "request": {"type": "str", "required": True},
    "shown": {"type": "str", "required": True},
    "renew_days": {"type": "int", "default": 30},
}


class ActionModule(ActionBase):
    """The machine's key never leaves it; the authority's key never leaves the controller."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        """Sign, or give back what the machine shows already."""
        result: dict[str, Any] = super().run(tmp, task_vars) | {"changed": False}
        _, options = self.validate_argument_spec(OPTIONS)
        store = pki.Store(Path(plain((task_vars or {})["motcua_pki"])))
        try:
            return result | self._answer(store, options, task_vars) if store.exists else result | pki.unsigned(options["shown"])
        except MotcuaError as error:
            return result | {"failed": True, "msg": str(error)}

    def _answer(self, store: pki.Store, options: dict[str, Any], variables: Any) -> dict[str, Any]:
        now, name = datetime.now(UTC), str(options["name"])
        if not pki.is_due(store.trusted(), options["shown"], name, now, options["renew_days"]):
            return pki.shown_already(store, options["shown"])
        if self._task.check_mode:
            return pki.shown_already(store, options["shown"]) | {"changed": True}
        days = min(int(plain(variables["motcua_certificate_days"])), pki.SHORT_DAYS)
        wanted = pki.Wanted(name, plain(variables["motcua_province"]), (IPv4Address(plain(variables["ansible_host"])),), days)
        key = open_vaulted_text(str(store.signing(now).key), self._loader, "the issuing authority's key")
        asked = pki.request_for(str(options["request"]).encode(), name)
        signed = store.issue(key, asked.public_key(), wanted, pki.BY_REQUEST, now)
        return pki.newly_signed(store, signed, options["shown"], now) | {"changed": True}
