"""What is to be verified, made from the model: nothing here is written by hand for one province."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import Host, Plan, desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province

INVENTORY = Path(os.environ.get("MOTCUA_INVENTORY", "inventory/lab/province.yml"))


@dataclass(frozen=True)
class Declared:
    """The province as it should be, and which of its hosts this run is about."""

    province: Province
    planned: Plan
    hosts: dict[str, Host]
    limit: frozenset[str]

    def role(self, *roles: str) -> list[Host]:
        """The hosts of these roles within the limit."""
        return [host for host in self.hosts.values() if host.role in roles and host.name in self.limit]

    def sites(self) -> list[str]:
        """The sites of which the router is within the limit."""
        return [host.site for host in self.role("router") if host.site is not None]

    @property
    def hub(self) -> Host:
        """The storage centre's server."""
        return next(host for host in self.hosts.values() if host.role == "hub")

    def recorded(self) -> dict[str, dict[str, object]]:
        """What the recorder records, by camera."""
        return {row["camera"]: row for row in self.hub.desired["recorder"]["cameras"]}


def declared() -> Declared:
    """Load the inventory that ``MOTCUA_INVENTORY`` names; ``MOTCUA_HOSTS`` limits it, separated by commas."""
    province = load(INVENTORY)
    planned = plan(province)
    hosts = {host.name: host for host in desired(province, planned)}
    chosen = os.environ.get("MOTCUA_HOSTS", "")
    return Declared(province, planned, hosts, frozenset(chosen.split(",")) if chosen else frozenset(hosts))
