"""`motcua secret`: one device's password for somebody who has to stand before it, with a reason, noted before it is shown."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import Host, desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import Journal, device_password
from ansible_collections.motcua.cctv.plugins.plugin_utils.vault import open_masters
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors import VENDORS
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors.table import ROUTER_PASSWORDS

from cli.register import note
from cli.survey import loader

SHOWN = "shown.jsonl"

app = typer.Typer(help="One device's secret, for somebody who needs it.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """One device's secret, for somebody who needs it."""


@app.command()
def show(
    device: Annotated[str, typer.Argument(help="as it is named in the inventory, such as tan-dinh-cam1")],
    account: Annotated[str | None, typer.Option(help="which of its accounts; the one that motcua works with unless given")] = None,
    reason: Annotated[str | None, typer.Option(help="why; asked for unless given")] = None,
    pipe: Annotated[bool, typer.Option("--pipe", help="also when the output is no terminal, such as a password manager")] = False,
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")] = Path("inventory/lab/province.yml"),
) -> None:
    """Show a password once: who, when, why and which are noted first, and never the password itself."""
    if not pipe and not sys.stdout.isatty():
        raise ModelError("the output isn't a terminal, where a password would stay in a file; with --pipe another program may read it")
    province, folder = load(inventory), inventory.resolve().parent
    host = _host(desired(province, plan(province)), device)
    name = _account(host, account)
    epochs = Journal(folder / "state" / "epochs").read(host.name)
    chosen = [epoch for epoch in (epochs.confirmed, epochs.pending) if epoch is not None]
    if not chosen and host.vendor is not None:
        raise ModelError(f"{device}: has no password of ours yet; the installer's stands under 'initial' in {province.masters.devices}")
    why = " ".join((reason or typer.prompt("Why is it needed", err=True)).split())
    if not why:
        raise ModelError("--reason: is empty; say why, because the audit keeps it")
    masters = open_masters({"devices": str(folder / province.masters.devices), "tunnels": str(folder / province.masters.tunnels)}, loader())
    rule = ROUTER_PASSWORDS if host.vendor is None else VENDORS[host.vendor].password_rule
    note(folder / "state" / SHOWN, {"device": host.name, "account": name, "epochs": chosen or [1], "why": why})
    for epoch in chosen or [1]:
        typer.echo(device_password(masters, str(host.site), host.name, name, epoch, rule))
    if len(chosen) > 1:
        typer.echo("A new password was begun and isn't proved: the first is the old one, the second the new one.", err=True)


def _host(hosts: tuple[Host, ...], name: str) -> Host:
    host = next((host for host in hosts if host.name == name), None)
    if host is None or host.site is None:
        raise ModelError(f"{name}: is no device of a site; 'motcua plan' lists them")
    if host.recorder is not None:
        raise ModelError(f"{name}: hangs behind {host.recorder} and has no password of its own; show that one's")
    return host


def _account(host: Host, asked: str | None) -> str:
    """The account's name.

    :raises ModelError: when the device has none of that name; those that it has are named.
    """
    if host.vendor is None:
        known = [row["name"] for row in host.desired["router"]["accounts"]]
    else:
        known = [*host.desired.get("users", ()), *host.desired.get("onvif_users", ())]
    if asked is not None and asked not in known:
        raise ModelError(f"--account {asked}: {host.name} has {', '.join(known)}; name one of these")
    return asked or known[0]
