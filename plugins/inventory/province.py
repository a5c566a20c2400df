"""Inventory plugin: the model and the plan of a province as hosts, groups and variables."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from ansible.plugins.inventory import BaseInventoryPlugin
from ansible.template import trust_as_template

from ..plugin_utils.desired import Host, Place, Plan, answering, host_at, places, plan, refuse_overruled
from ..plugin_utils.errors import ModelError
from ..plugin_utils.firmware.timing import circumstances
from ..plugin_utils.load import load
from ..plugin_utils.model import Province
from ..plugin_utils.planned import HostVariables, remember

DOCUMENTATION = """
name: province
short_description: A province of one-stop offices as hosts, groups and variables
description:
  - Reads C(province.yml), C(sites/*.yml), C(viewers.yml) and C(keys/*.pub) beside it, plans addresses, tunnels and streams,
    and gives every host its desired state.
  - A mistake in the model ends the run with one line a mistake, before anything is sent.
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [motcua.cctv.province]
author: The motcua founders (@motcua)
"""

EXAMPLES = """
# inventory/lab/province.yml begins with:
# plugin: motcua.cctv.province
"""


# Provider boxes and routers without a command line of their own: known, planned with, and set up by people with a work sheet.
WORK_SHEETS = ("draytek", "ont")
# Hosts whose variables are kept once somebody looked: all of a province several times over, and little of a nation.
LOOKED_AT = 8192


class InventoryModule(BaseInventoryPlugin):
    """Hosts, groups and variables of one province."""

    NAME = "motcua.cctv.province"

    def verify_file(self, path: str) -> bool:
        """Only a file named province.yml is ours."""
        return Path(path).name == "province.yml"

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Fill the inventory, or end the run: a plugin that raises would leave 'no hosts matched' and exit code 0."""
        super().parse(inventory, loader, path, cache)
        with _undisturbed():
            try:
                province = load(path)
                planned = plan(province)
                refuse_overruled(province, planned)
            except ModelError as error:
                sys.stderr.write(f"{error}\n")
                sys.exit(1)
            for group in ("centre", "ioc", "hubs", "routers", "nvrs", "cameras"):
                _group(inventory, group)
            _fill(inventory, province, planned, Path(path).resolve().parent)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Without looking for garbage: there is none yet, and of a nation that takes a third of the time. What is made stays out of it."""
    looking = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if looking:
            gc.enable()


def _fill(inventory: Any, province: Province, planned: Plan, folder: Path) -> None:
    found = {place.name: place for place in places(province)}

    def render(name: str) -> dict[str, Any]:
        return variables(province, host_at(province, planned, found[name]), folder)

    @lru_cache(maxsize=LOOKED_AT)
    def shown(name: str) -> dict[str, Any]:
        said: dict[str, Any] = trusted(render(name))
        return given | said

    for place in found.values():
        inventory.add_host(place.name)
        host = inventory.hosts[place.name]
        given = dict(host.vars)  # where it was read; of all hosts the same
        host.vars = HostVariables(place.name, shown)
        for name in _groups(province, place):
            group = _group(inventory, name)
            group.hosts.append(host)
            host.groups.append(group)
        host.groups.append(inventory.groups["all"])
    remember(iter(found), render)


def _group(inventory: Any, name: str) -> Any:
    """Ansible's group of that name, below ``all``; made where there is none.

    Its own way looks at every group and every ancestor at each step, so that twice as many sites would take four times as long. What is
    left behind is the same.
    """
    group = inventory.groups.get(name)
    if group is None:
        group, everything = inventory.groups[inventory.add_group(name)], inventory.groups["all"]
        everything.child_groups.append(group)
        group.parent_groups.append(everything)
        group.depth = 1
    return group


def _groups(province: Province, place: Place) -> list[str]:
    if place.role in ("hub", "ioc"):
        hub = ["hubs"] if place.at in province.hubs() else []
        return ["centre" if place.role == "hub" else "ioc", *hub, "platform_linux"]
    site = province.sites[place.at]
    if place.role == "router":
        platform = site.router.platform
        groups = ["unmanaged_routers" if platform in WORK_SHEETS else "routers", f"platform_{platform}"]
    else:
        groups = [f"{place.role}s", f"vendor_{answering(site, place).vendor}"]
    above = [place.at, *province.ancestors(place.at)]
    return [*groups, f"site_{_safe(place.at)}", f"level_{site.level}", f"wave_{site.wave}", *(f"under_{_safe(name)}" for name in above)]


def _safe(site: str) -> str:
    """Ansible wants group names without dashes."""
    return site.replace("-", "_")


def trusted(value: Any) -> Any:
    """A value as Ansible takes those of a YAML inventory: what engineers wrote is trusted.

    Names can't hold braces (model.Text), so nothing is a template.
    """
    if type(value) is str:
        return _trusted(value)
    if isinstance(value, Mapping):
        return {key: trusted(one) for key, one in value.items()}
    return type(value)(map(trusted, value)) if type(value) in (list, tuple) else value


@lru_cache(maxsize=65536)
def _trusted(text: str) -> str:
    return trust_as_template(text)  # type: ignore[no-any-return]  # an untyped base


def variables(province: Province, host: Host, folder: Path) -> dict[str, Any]:
    """A host's variables, with the names that house and playbooks know; ``folder`` is the province's own."""
    named: dict[str, Any] = {
        "ansible_host": str(host.address),
        "motcua_role": host.role,
        "motcua_desired": host.desired,
        "motcua_province": province.id,
        "motcua_masters": {"devices": str(folder / province.masters.devices), "tunnels": str(folder / province.masters.tunnels)},
        "motcua_state": str(folder / "state"),
        "motcua_keys": str(folder / "keys"),
        "motcua_pki": str(folder / "pki"),
        "motcua_certificate_days": (province.policy if host.site is None else province.sites[host.site].policy).certificate_days,
    }
    if host.site is not None:
        named["motcua_site"] = host.site
    if host.platform is not None:
        way = _ssh if host.platform == "linux" else _console
        return named | {"motcua_platform": host.platform} | way(province, host, folder)
    named |= {
        "ansible_connection": "motcua.cctv.device",
        "motcua_vendor": host.vendor,
        "motcua_user": "motcua-admin",
        "motcua_password": {"secret": "motcua-admin"},
        "motcua_scheme": host.scheme,
        "motcua_port": host.port or (443 if host.scheme == "https" else 80),
        "motcua_ca": None,
        "motcua_channel": host.channel,
        "motcua_firmware": circumstances(province, str(host.site)).plain(),
    }
    named |= {} if host.model is None else {"motcua_model": host.model}
    named |= {} if host.recorder is None else {"motcua_recorder": host.recorder}
    return named | ({} if host.recorded_at is None else {"motcua_recorded_at": dict(host.recorded_at)})


def _ssh(province: Province, host: Host, folder: Path) -> dict[str, Any]:
    """Connection variables are literals: testinfra reads them without a template engine.

    The first contact pins the host key; another one is refused from then on.
    """
    ssh = province.ssh
    alias = host.key_alias or host.name
    options = [f"-o HostKeyAlias={alias}", f"-o UserKnownHostsFile={folder / ssh.known_hosts}", "-o StrictHostKeyChecking=accept-new"]
    if ssh.proxy_command is not None:
        command = ssh.proxy_command.format(host=alias)
        options.append(f'-o ProxyCommand="{folder.parent.parent / command}"')
    key = {} if ssh.private_key is None else {"ansible_ssh_private_key_file": str(folder / ssh.private_key)}
    return {"ansible_user": ssh.user, "ansible_ssh_common_args": " ".join(options), **key}


def _console(province: Province, host: Host, folder: Path) -> dict[str, Any]:
    """A router that is driven by its own commands, in process: Ansible itself never connects to it."""
    ssh, site = province.ssh, province.sites[str(host.site)]
    proxy = None if ssh.proxy_command is None else f"{folder.parent.parent / ssh.proxy_command.format(host=host.name)}"
    return {
        "ansible_connection": "motcua.cctv.device",
        "motcua_user": "motcua",
        "motcua_password": {"secret": "motcua"},
        "motcua_port": host.port,
        "motcua_private_key": None if ssh.private_key is None else str(folder / ssh.private_key),
        "motcua_known_hosts": str(folder / ssh.known_hosts),
        "motcua_proxy_command": proxy,
        "motcua_old_ssh": site.router.old_ssh,
        "motcua_window": site.policy.maintenance,
    }
