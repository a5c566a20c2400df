"""The firewalls as the roles render them, without Ansible: the same templates with the same values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jinja2
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import Host, desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.reachability.changes import plan_hash

ROLES = Path(__file__).resolve().parent.parent / "roles"


def rendered(hosts: Iterable[Host]) -> dict[str, tuple[str, str]]:
    """Of each machine with nftables, by host name: its /etc/nftables.conf, and what that includes.

    As roles/firewall, roles/hub, roles/ioc and roles/router render them.
    """
    environment = jinja2.Environment(  # noqa: S701  nftables, not HTML
        loader=jinja2.FileSystemLoader([ROLES / "firewall/templates", ROLES / "hub/templates"]),
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return {host.name: text for host in hosts if (text := _of(environment, host)) is not None}


def declared_hash(province: Province) -> str:
    """What `motcua change` shows as the hash of the plan, and what a campaign and its approvals cite (SHA-256, hex)."""
    hosts = desired(province, plan(province))
    return plan_hash({host.name: host for host in hosts}, rendered(hosts))


def _of(environment: jinja2.Environment, host: Host) -> tuple[str, str] | None:
    wish = host.desired
    if "hub" in wish:
        config = {**wish["hub"], "input": [*wish["hub"]["input"], *wish.get("input", ())]}
        fragments = "".join(_text(environment, "site.nft.j2", "hub_site", site) for site in wish["hub"]["sites"])
        return _text(environment, "hub.nft.j2", "firewall_config", config), fragments
    if host.role == "ioc":
        return _text(environment, "ioc.nft.j2", "firewall_config", {"input": wish["input"]}), ""
    if host.role == "router" and host.platform == "linux":
        return _text(environment, "router.nft.j2", "firewall_config", wish["router"]), ""
    return None


def _text(environment: jinja2.Environment, template: str, name: str, value: Mapping[str, Any]) -> str:
    return environment.get_template(template).render({"ansible_managed": "motcua", name: value})
