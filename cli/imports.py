"""`motcua import`: forms, tables, NetBox exports and survey files into the inventory: all of it, or nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors import VENDORS, complaint

from intake.editing.edit import Edit
from intake.forms.reading import Sites, is_id
from intake.joining import KnownSites, join
from intake.opening import Wishes, read_file
from intake.said import Said

ADDRESS_AND_NAME = re.compile(r"\d{1,3}(\.\d{1,3}){3}=.+")


def import_files(
    files: Annotated[list[Path], typer.Argument(help="survey forms (.xlsx), tables (.csv), survey files and NetBox exports (.csv, .json)")],
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")] = Path("inventory/lab/province.yml"),
    site: Annotated[
        str | None, typer.Option(help="the one site that the files are about; of NetBox's devices only this site's are taken")
    ] = None,
    file: Annotated[str | None, typer.Option(help="sites that aren't there are new ones, and go to sites/<this>.yml")] = None,
    vendor: Annotated[list[str] | None, typer.Option(help="ADDRESS=NAME: what a surveyed device is that answers as two vendors")] = None,
    unfinished: Annotated[bool, typer.Option("--unfinished", help="take a survey that was cut in the middle as far as it went")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="write without asking")] = False,
    preview: Annotated[bool, typer.Option("--preview", help="only show what would change")] = False,
) -> None:
    """Take what offices and surveys say into the inventory; on a mistake nothing is taken, else the change is shown first."""
    if file is not None and not is_id(file):
        raise ModelError(f"--file {file}: is no name of a file of sites; write it like lang-giang, without folder and ending")
    province, edit, said = load(inventory), Edit(inventory), Said()
    everywhere = {**province.sites, **province.retired}
    known = KnownSites(edit, province)
    if site is not None and file is None:
        edit.site(site)
    wishes = Wishes(unfinished, _vendors(vendor or []))
    for path in files:
        read_file(path, Sites(known, site, may_add=file is not None), wishes, {name: one.name for name, one in everywhere.items()}, said)
    for address in wishes.vendors.keys() - said.decided.keys():
        said.wrong(f"--vendor {address}", "no survey among the files has this address; correct it")
    join(edit, said, province, file)
    for remark in said.remarks:
        typer.echo(remark)
    _write(edit, yes, preview)


def _vendors(given: list[str]) -> Mapping[str, str]:
    found = {}
    for one in given:
        address, _, name = one.partition("=")
        if not ADDRESS_AND_NAME.fullmatch(one):
            raise ModelError(f"--vendor {one}: is not ADDRESS=NAME; write it like 192.168.1.64=dahua")
        if name not in VENDORS:
            raise ModelError(f"--vendor {one}: {complaint(name)}")
        found[address] = name
    return found


def _write(edit: Edit, yes: bool, preview: bool) -> None:
    diff = edit.diff()
    if not diff:
        typer.echo("The inventory says all of this already; nothing to write.")
        return
    typer.echo(diff)
    if preview:
        typer.echo("Only a preview: nothing was written.")
        return
    if not yes and not typer.confirm("Write this into the inventory?"):
        typer.echo("Nothing was written.")
        raise typer.Exit(1)
    for path in edit.write():
        typer.echo(f"{path}: written")
