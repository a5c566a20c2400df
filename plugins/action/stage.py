"""Write what is loaded into a site's router before anything else. The module of the same name is its documentation."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from datetime import datetime
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ansible.plugins.action import ActionBase

from ..plugin_utils.connection import plain
from ..plugin_utils.console import Console
from ..plugin_utils.errors import ModelError, MotcuaError
from ..plugin_utils.files import replace_file
from ..plugin_utils.routers.bootstrap import Staged, stage
from ..plugin_utils.routers.bootstrap.alone import break_glass
from ..plugin_utils.routers.bootstrap.package import build
from ..plugin_utils.routers.bootstrap.paper import Label, Sealed, labels, sealed, work_sheet
from ..plugin_utils.routers.bootstrap.printed import Printed
from ..plugin_utils.routers.state import RouterState
from ..plugin_utils.routers.words import LANGUAGES, Words
from ..plugin_utils.routers.worksheet import worksheet
from ..plugin_utils.secrets import Journal

OPTIONS = ("dest", "language", "print_secret")
YES = (True, "true", "yes", "True")


class ActionModule(ActionBase):
    """Sends nothing to anybody; writes into one folder that only its owner may read."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        """Stage the router of the task's host."""
        gc.freeze()  # a fork shares the controller's whole heap: a collection that walks it would copy it, page by page
        result: dict[str, Any] = super().run(tmp, task_vars) | {"changed": False}
        console, options, variables = None, plain(self._task.args), task_vars or {}
        name = str(variables.get("inventory_hostname", ""))
        try:
            wish = _wish(name, options, variables)
            console = Console(name, {"desired": wish}, variables, self._loader)
            state = console.state()
            assert state is not None
            result |= self._written(state, wish, options, variables)
        except MotcuaError as error:
            result |= {"failed": True, "kind": error.kind, "msg": str(error)}
        return result if console is None else dict(console.scrubbed(result))

    def _written(self, state: RouterState, wish: Mapping[str, Any], options: Mapping[str, Any], variables: Any) -> dict[str, Any]:
        words, place = (
            Words(str(options.get("language") or LANGUAGES[0])),
            str(wish["snmp"]["location"] if wish.get("snmp") else state.site),
        )
        numbers = {str(row["name"]): int(row["number"]) for row in wish.get("ipsec", ())}
        platform = str(plain(variables.get("motcua_platform")) or "linux")
        staged = stage(platform, state, str(plain(variables.get("ansible_user")) or "root"), numbers)
        files = {name: text.encode() for name, text in staged.files.items()}
        remarks = [*staged.remarks, *_package(state, staged, files)]
        sheet = worksheet(platform, state, words)
        if sheet is not None:
            files[f"{state.host}.worksheet.html"] = work_sheet(place, state.host, sheet, words).encode()
        files["labels.html"] = labels(place, list(_labels(state, variables)), words).encode()
        folder, write = Path(str(options["dest"])).expanduser(), not self._task.check_mode
        if write:
            _make(folder)
        if options.get("print_secret") in YES:
            files[f"{state.host}.sealed.html"] = _sealed(state, place, words, Path(plain(variables["motcua_state"])), write=write)
        changed = [replace_file(str(folder / name), content, write=write) for name, content in files.items()]
        return {"changed": any(changed), "dest": str(folder), "files": sorted(files), "remarks": remarks}


def _wish(name: str, options: Mapping[str, Any], variables: Any) -> dict[str, Any]:
    """The router's wish with its local way in, after the options were looked at.

    :raises ModelError: when an option is wrong or there is no wish.
    """
    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        raise ModelError(f"{unknown[0]}: is not an option of this module; 'ansible-doc -t module motcua.cctv.stage' lists them")
    if not options.get("dest"):
        raise ModelError("dest: is missing; name a folder of this router's own")
    if str(options.get("language") or LANGUAGES[0]) not in LANGUAGES:
        raise ModelError(f"language: {options['language']!r} is not known; write {' or '.join(LANGUAGES)}")
    wish = (plain(variables.get("motcua_desired")) or {}).get("router")
    if not wish:
        raise ModelError(f"{name}: has no router's state, so there is nothing to stage; run it for routers, with the province's inventory")
    return dict(wish)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
    except OSError as error:
        raise ModelError(f"dest: {folder}: can't be made ({error.strerror}); choose another place") from None


def _package(state: RouterState, staged: Staged, files: dict[str, bytes]) -> Iterator[str]:
    if staged.package is None:
        return
    package = build(staged.package, staged.control)
    if package is None:
        yield "no Debian package was made, because this machine has no dpkg-deb; the shell script does the same"
    else:
        files[f"{state.host}.deb"] = package


def _labels(state: RouterState, variables: Any) -> Iterator[Label]:
    """The router's, and those of every device of the site that has an address on its LAN."""
    yield Label("router", str(plain(variables.get("motcua_platform")) or ""), state.host, state.lan.address.ip)
    shift = int(state.translate.outside.network_address) - int(state.translate.inside.network_address)
    for host in sorted(plain(variables.get("groups", {}).get(f"site_{state.site.replace('-', '_')}") or [])):
        device = variables["hostvars"][host]
        role = str(plain(device.get("motcua_role")))
        if role not in ("camera", "nvr") or device.get("motcua_recorder") is not None:
            continue
        wish = plain(device["motcua_desired"])
        name = (wish.get("overlay") or {}).get("name") or wish.get("name") or host
        yield Label(role, str(name), host, IPv4Address(int(IPv4Address(plain(device["ansible_host"]))) - shift))


def _sealed(state: RouterState, place: str, words: Words, folder: Path, *, write: bool) -> bytes:
    """The sheet for the envelope; once for each epoch of the router's secrets."""
    epochs = Journal(folder / "epochs").read(state.host)
    printed = Printed(folder, state.host, epochs.proved)
    printed.refuse_again()
    account, today = break_glass(state), datetime.now(ZoneInfo(state.zone)).date()
    assert account is not None
    assert account.password is not None
    desk = account.sources[0].network_address if account.sources else state.lan.address.ip
    page = sealed(place, Sealed(state.host, account.name, str(account.password.value), desk, state.lan.address.ip), today, words)
    if write:
        printed.note(today)
    return page.encode()
