"""`motcua rollout`: what is declared goes through the province wave by wave, and each is verified before the next."""

from __future__ import annotations

from pathlib import Path

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError

from cli.campaign import Campaign, Choices, Inventory, Limit, Output, PlanOnly, Resume, Retry, WithoutBackup, Yes, YesDangerous
from cli.nodes.across import Nodes
from cli.waves import carry_out

ROLLOUT = Campaign("rollout", "rollout", "rollout", prediction="audit", centres=True)


def rollout(
    inventory: Inventory = Path("inventory/lab/province.yml"),
    limit: Limit = None,
    output: Output = Path("reports/rollouts"),
    resume: Resume = False,
    retry: Retry = False,
    plan_only: PlanOnly = False,
    yes_dangerous: YesDangerous = False,
    without_backup: WithoutBackup = False,
    yes: Yes = False,
    nodes: Nodes = None,
) -> None:
    """Roll out wave by wave: exit code 0 all done, 2 something failed, 1 something waits or didn't answer."""
    if nodes is not None and not without_backup:
        raise ModelError("--nodes: only nodes can log in to what would be backed up; add --without-backup, and back up at each node")
    choices = Choices(limit, output, resume, retry, plan_only, yes_dangerous, without_backup, yes, nodes)
    raise typer.Exit(carry_out(ROLLOUT, inventory, choices))
