"""`motcua site revoke` and `readmit`: a stolen router is shut out at both hubs, its keys never come back, and the site has a way back."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import device_host
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.addresses import plan_addresses
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.tunnels import plan_tunnels
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import Journal, tunnel_subject

from cli.folders import new_folder
from cli.locks import locked
from cli.player import last_words, play_holding
from cli.register import note
from cli.site import Inventory, Name, Preview, Yes
from intake.editing.edit import Edit

REGISTER = "revocations.jsonl"
LAB = Path("inventory/lab/province.yml")

Reason = Annotated[str, typer.Option(help="why, such as 'the router was stolen'")]
Output = Annotated[Path, typer.Option(help="folder for the logs, one folder each")]


def revoke(
    site: Name,
    reason: Reason,
    inventory: Inventory = LAB,
    output: Output = Path("reports/admissions"),
    yes: Yes = False,
    preview: Preview = False,
) -> None:
    """Shut a site's router out at both hubs at once, as when it was stolen; its keys are given up for ever."""
    change = Admission(inventory, site, reason, output)
    if change.site.revoked is not None:
        typer.echo(f"{site}: was revoked on {change.site.revoked}; the hubs are told again.")
        raise typer.Exit(change.told("forgotten it"))
    change.edit.merge(site, {"revoked": datetime.now(UTC).date()})
    typer.echo(
        f"{change.site.name} ({site}) will be cut off from both hubs at once, and its router's {len(change.keys)} keys and passwords"
    )
    typer.echo("are never valid again. Its cameras are not recorded at the centre until 'motcua site readmit' and a new router.")
    change.ask(yes=yes, preview=preview)
    # First: even a rollout that had already begun writes no old key from here on.
    change.burn()
    note(change.register, {"what": "revoke", "site": site, "why": reason})
    change.edit.write()
    raise typer.Exit(change.told("forgotten it"))


def readmit(
    site: Name,
    reason: Reason,
    inventory: Inventory = LAB,
    output: Output = Path("reports/admissions"),
    yes: Yes = False,
    preview: Preview = False,
) -> None:
    """Let the hubs take a revoked site again, with the new keys that its next router will have."""
    change = Admission(inventory, site, reason, output)
    if change.site.revoked is None:
        raise ModelError(f"{inventory}: sites.{site}: isn't revoked, so there is nothing to readmit")
    change.edit.merge(site, {"revoked": None})
    typer.echo(f"{change.site.name} ({site}) will be taken by both hubs again, with new keys only; its old router stays shut out.")
    change.ask(yes=yes, preview=preview)
    note(change.register, {"what": "readmit", "site": site, "why": reason})
    change.edit.write()
    code = change.told("taken it again")
    router, group = device_host(site, "router"), f"site_{site.replace('-', '_')}"
    typer.echo(f"Now stage its router ('playbooks/stage.yml -l {router}'), or roll it out by a cable: -l {group}.")
    raise typer.Exit(code)


class Admission:
    """One change of whether the hubs take a site."""

    def __init__(self, inventory: Path, name: str, reason: str, output: Path) -> None:
        self.inventory, self.name, self.output, self.edit = inventory, name, output, Edit(inventory)
        self.edit.site(name)
        if not reason.strip():
            raise ModelError("--reason: is empty; say why, because the register keeps it")
        self.province = load(inventory, on=date.today())  # noqa: DTZ011  as the inventory of every playbook is loaded
        if name not in self.province.sites:
            raise ModelError(f"{inventory}: sites.{name}: is closed, and no hub takes it anyway; name another")
        self.site = self.province.sites[name]
        self.state = inventory.resolve().parent / "state"
        self.register = self.state / REGISTER
        tunnels = plan_tunnels(self.province, plan_addresses(self.province))[name]
        self.keys = tuple(dict.fromkeys(tunnel.secret.split("/")[2] for tunnel in tunnels))

    def ask(self, *, yes: bool, preview: bool) -> None:
        """Show the change of the inventory, and go on only with a yes."""
        self.edit.check()
        typer.echo(f"\n{self.edit.diff()}")
        if preview:
            raise typer.Exit
        if not yes:
            typer.confirm("Do this?", abort=True)

    def burn(self) -> None:
        """Give up every key of the site's tunnels, and the passwords of its router."""
        journal, router = Journal(self.state / "epochs"), device_host(self.name, "router")
        for key in self.keys:
            journal.burn(tunnel_subject(self.name, key), first=1)
        journal.burn(router, first=1)

    def told(self, done: str) -> int:
        """Tell both hubs; exit code 0 when both did it, 2 when one didn't."""
        folder = new_folder(self.output, datetime.now(UTC))
        variables, log = folder / "variables.json", folder / "admission.log"
        prefix = str(plan_addresses(self.province)[self.name].prefix)
        told = {"admission_site": self.name, "admission_number": self.site.number, "admission_prefix": prefix}
        variables.write_text(json.dumps(told), encoding="utf-8")
        with locked(self.inventory, {f"admission-{self.name}"}) as held:
            options = ("--extra-vars", f"@{variables.resolve()}")
            code = play_holding(held, "admission", self.inventory, folder / "findings.json", log, None, *options)
        if code:
            what = f"{self.name}: not both hubs have {done} ({last_words(log)}); run this again until they have"
            raise MotcuaError(f"{what}. Log: {log}")
        typer.echo(f"{self.name}: both hubs have {done}.")
        return 0
