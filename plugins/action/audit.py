"""Read and compare all cameras, recorders and command-line routers of a play in one process. The module of the same name documents it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

from ..plugin_utils.audit import Bounds, Keeping, audit_all
from ..plugin_utils.connection import own, plain
from ..plugin_utils.errors import ModelError
from ..plugin_utils.sealed import keys_of
from ..plugin_utils.vault import open_masters

OPTIONS = {"timeout": "seconds", "router_timeout": "router_seconds", "at_once": "at_once", "routers_at_once": "routers_at_once"}


class ActionModule(ActionBase):
    """Runs once for the play, and changes nothing whether it is checked or not."""

    _requires_connection = False
    _supports_check_mode = True
    BYPASS_HOST_LOOP = True

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        """Audit every host of the play that is read by motcua itself."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        options, variables = plain(self._task.args), task_vars or {}
        try:
            keeping = _keeping(options.pop("blobs", None), variables, self._loader)
            bounds = _bounds(options)
        except ModelError as error:
            return result | {"failed": True, "kind": error.kind, "msg": str(error)}
        hostvars = variables["hostvars"]
        names = plain(variables.get("ansible_play_hosts") or [])
        hosts = {name: own(hostvars[name]) | {"hostvars": hostvars} for name in names}
        return result | {"changed": False, "devices": asyncio.run(audit_all(hosts, self._loader, bounds, keeping))}


def _bounds(options: dict[str, Any]) -> Bounds:
    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        raise ModelError(f"{unknown[0]}: is not an option of this module; it has blobs, {', '.join(OPTIONS)}")
    given = {}
    for name, value in options.items():
        try:
            given[OPTIONS[name]] = type(getattr(Bounds, OPTIONS[name]))(value)
        except (TypeError, ValueError):
            raise ModelError(f"{name}: {value!r} is no number; write one") from None
        if given[OPTIONS[name]] <= 0:
            raise ModelError(f"{name}: {value!r} is too little; write at least 1")
    return Bounds(**given)


def _keeping(folder: Any, variables: Mapping[str, Any], loader: Any) -> Keeping | None:
    if not folder:
        return None
    paths = plain(variables.get("motcua_masters"))
    if not paths:
        raise ModelError("blobs: nothing can be sealed without motcua_masters; run with the province's inventory")
    return Keeping(Path(folder), keys_of(open_masters(paths, loader)))
