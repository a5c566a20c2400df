"""`motcua survey`: what stands at a site, seen through its router or from a laptop at the office. Reads only."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from ansible import constants
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import get_file_vault_secret
from ansible_collections.motcua.cctv.plugins.plugin_utils import discovery
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import device_host
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey import everybody
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.credentials import read_accounts
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.device import Wish
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.journal import Journal, finished
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.reach import AtTheOffice
from rich import box
from rich.markup import escape
from rich.table import Table

from cli.controller import ROOT, at_the_controller
from cli.screen import screen

CUT = 130  # as a shell has it for a program that Ctrl-C ended

app = typer.Typer(help="What stands at a site. Reads only.", invoke_without_command=True)


@app.callback()
def survey(
    context: typer.Context,
    site: Annotated[str | None, typer.Option(help="the site's id")] = None,
    inventory: Annotated[Path | None, typer.Option("--inventory", "-i", help="the province.yml: survey through the site's router")] = None,
    prefix: Annotated[str | None, typer.Option(help="the office's LAN, as 192.168.1.0/24: survey from this machine, at the office")] = None,
    credentials: Annotated[Path | None, typer.Option(help="YAML: a list of accounts, readable by you alone or vaulted")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="the survey file; <site>.survey.json here unless given")] = None,
    rate: Annotated[float, typer.Option(help="packets and connections a second while looking")] = 50.0,
    try_default: Annotated[bool, typer.Option("--try-default", help="try each vendor's default password, once a device")] = False,
    seconds: Annotated[float, typer.Option(help="how long each stream is measured; 0 measures none")] = 10.0,
    no_pictures: Annotated[bool, typer.Option("--no-pictures", help="keep no still pictures")] = False,
    throughput: Annotated[bool, typer.Option("--throughput", help="fill the line to measure it, outside office hours")] = False,
    now: Annotated[bool, typer.Option("--now", help="measure throughput also in office hours")] = False,
) -> None:
    """Survey a site; an unfinished file of the same site is gone on with."""
    if context.invoked_subcommand is not None:
        return
    if site is None or (prefix is None) == (inventory is None):
        raise ModelError("--site: name it, with -i PROVINCE.yml at the centre or with --prefix A.B.C.0/24 at the office")
    path = (output or Path(f"{site}.survey.json")).resolve()
    ended = finished(path)
    if ended is not None:
        raise ModelError(f"{path}: is finished since {ended}; name another file with -o, or remove this one to survey anew")
    if inventory is not None:
        more = {"rate": rate, "try_default": try_default, "seconds": seconds, "pictures": not no_pictures}
        _through_the_router(inventory, site, path, credentials, {**more, "throughput": throughput, "now": now})
    elif throughput:
        raise ModelError("--throughput: is measured from a site's router; survey with -i PROVINCE.yml")
    else:
        accounts = read_accounts(credentials, loader()) if credentials else ()
        wish = Wish(site, accounts, try_default=try_default, pictures=not no_pictures, seconds=seconds)
        _here(site, str(prefix), path, rate, wish)
    show(json.loads(path.read_text(encoding="utf-8")))
    typer.echo(f"Survey: {path}")


def loader() -> Any:
    """Ansible's loader, with the vault password that its settings name."""
    found = DataLoader()
    file = constants.config.get_config_value("DEFAULT_VAULT_PASSWORD_FILE")
    if file:
        secret = get_file_vault_secret(filename=file, loader=found)
        secret.load()
        found.set_vault_secrets([("default", secret)])
    return found


# --- at the office ---


def _here(site: str, prefix: str, path: Path, rate: float, wish: Wish) -> None:
    try:
        options = discovery.Options.parse({"prefix": prefix, "rate_per_s": rate})
    except discovery.BadOptions as error:
        raise ModelError(f"--prefix {prefix}, --rate {rate:g}: {error}") from None
    journal = Journal(path, {"site": site, "prefix": str(options.prefix), "from": "office", "rate_per_s": rate})
    typer.echo(f"{'Going on with' if journal.resumed else 'Surveying'} {site}: looking for devices in {options.prefix}, changing nothing …")
    try:
        asyncio.run(_look(options, wish, journal))
    except KeyboardInterrupt:
        typer.echo(f"Cut. What was found is in {path}; the same command goes on from there.", err=True)
        raise typer.Exit(CUT) from None


async def _look(options: discovery.Options, wish: Wish, journal: Journal) -> None:
    pace = discovery.Pace(options.rate_per_s)
    found = await everybody.find_and_survey(discovery.discover(options, pace), wish, AtTheOffice(), journal, pace)
    journal.add(remarks=found.all_remarks())
    if found.ended is not None:
        journal.end()


# --- from the centre ---


def _through_the_router(inventory: Path, site: str, path: Path, credentials: Path | None, more: Mapping[str, Any]) -> None:
    province = load(inventory)
    if site not in province.sites:
        raise ModelError(f"--site {site}: is not in {inventory}; it has {', '.join(province.sites)}")
    office = province.sites[site].office
    variables = {f"survey_{key}": value for key, value in more.items()} | {"survey_dest": str(path)}
    if credentials is not None:
        variables["survey_credentials"] = str(credentials.resolve())
    if office.opens and office.closes:
        variables["survey_office_hours"] = f"{office.opens}-{office.closes}"
    command = ["ansible-playbook", "-i", str(inventory.resolve()), str(ROOT / "playbooks" / "survey.yml")]
    command += ["--limit", device_host(site, "router"), "--extra-vars", json.dumps(variables)]
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
    }
    typer.echo(f"Surveying {site} through its router: reading, changing nothing …")
    done = subprocess.run(
        at_the_controller(command, inventory),
        cwd=ROOT,
        env=environment,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode or not path.exists():
        raise MotcuaError(f"the survey of {site} ended with {done.returncode}: {_last_words(done.stdout)}")


def _last_words(log: str) -> str:
    """The sentence by which a playbook failed."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    said = [line.partition("msg:")[2].strip(" '\"") for line in lines if line.startswith("msg:")]
    spoken = [line for line in lines if line.startswith(("[ERROR]", "ERROR!", "fatal:"))]
    return ([word for word in said if word] or spoken or lines or ["it said nothing"])[-1].rstrip(".")


# --- for people ---


def show(content: Mapping[str, Any]) -> None:
    """A table of what was found, and every remark."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("address", "what", "vendor", "model", "firmware", "login", "default password"):
        table.add_column(name, overflow="fold")
    for record in content["devices"]:
        identity = record.get("identity", {})
        vendor = record.get("vendor") or record.get("maker") or ""
        default = {True: "[red]still set[/]", False: "changed"}.get(record.get("default_password"), "")
        cells = (record["address"], record.get("kind"), vendor, identity.get("model"), identity.get("firmware"), record.get("login"))
        table.add_row(*(escape(str(cell or "")) for cell in cells), default)
    console = screen()
    console.print(table)
    for record in content["devices"]:
        for remark in (*([record["why"]] if record.get("why") else []), *record.get("remarks", ())):
            console.print(f"{record['address']}: {escape(remark)}", highlight=False, soft_wrap=True)
    for remark in content["remarks"]:
        console.print(escape(remark), highlight=False, soft_wrap=True)
