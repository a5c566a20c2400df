"""Inventory plugin: the model and the plan of a province as hosts, groups and variables."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ansible.plugins.inventory import BaseInventoryPlugin

from ..plugin_utils.desired import Host, desired, plan
from ..plugin_utils.errors import ModelError
from ..plugin_utils.firmware.timing import circumstances
from ..plugin_utils.load import load
from ..plugin_utils.model import Province

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


class InventoryModule(BaseInventoryPlugin):
    """Hosts, groups and variables of one province."""

    NAME = "motcua.cctv.province"
    # As for any YAML inventory: what engineers wrote is trusted; names can't hold braces (model.Text), so nothing is a template.
    trusted_by_default = True

    def verify_file(self, path: str) -> bool:
        """Only a file named province.yml is ours."""
        return Path(path).name == "province.yml"

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Fill the inventory, or end the run: a plugin that raises would leave 'no hosts matched' and exit code 0."""
        super().parse(inventory, loader, path, cache)
        try:
            province = load(path)
            hosts = desired(province, plan(province))
        except ModelError as error:
            sys.stderr.write(f"{error}\n")
            sys.exit(1)
        for group in ("centre", "ioc", "hubs", "routers", "nvrs", "cameras"):
            inventory.add_group(group)
        for host in hosts:
            inventory.add_host(host.name)
            for group in _groups(province, host):
                inventory.add_group(group)
                inventory.add_child(group, host.name)
            for key, value in variables(province, host, Path(path).resolve().parent).items():
                inventory.set_variable(host.name, key, value)


def _groups(province: Province, host: Host) -> list[str]:
    groups = {"hub": ["centre"], "ioc": ["ioc"], "router": ["routers"], "nvr": ["nvrs"], "camera": ["cameras"]}[host.role]
    if host.role == "router" and host.platform in WORK_SHEETS:
        groups = ["unmanaged_routers"]
    groups += ["hubs"] if "hub" in host.desired else []
    if host.vendor is not None:
        groups.append(f"vendor_{host.vendor}")
    if host.platform is not None:
        groups.append(f"platform_{host.platform}")
    if host.site is not None:
        site = province.sites[host.site]
        above = [host.site, *province.ancestors(host.site)]
        groups += [f"site_{_safe(host.site)}", f"level_{site.level}", f"wave_{site.wave}", *(f"under_{_safe(name)}" for name in above)]
    return groups


def _safe(site: str) -> str:
    """Ansible wants group names without dashes."""
    return site.replace("-", "_")


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
