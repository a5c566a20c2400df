"""`motcua survey form`: the survey form of a site or of a district, with what is known already in it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.files import replace_file
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load

from intake.editing.edit import Edit
from intake.forms.writing import form as workbook


def form(
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")] = Path("inventory/lab/province.yml"),
    site: Annotated[str | None, typer.Option(help="the form of this site")] = None,
    district: Annotated[str | None, typer.Option(help="one form for this site and all below it")] = None,
    on: Annotated[
        datetime | None, typer.Option(help="the day whose tree says what is below; today unless given", formats=["%Y-%m-%d"])
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="the file; khao-sat-<id>.xlsx here unless given")] = None,
) -> None:
    """Write the survey form as an Excel workbook; `motcua import` reads it back."""
    if (site is None) == (district is None):
        raise ModelError("motcua survey form: name either one site with --site, or a district with --district")
    province, edit = load(inventory, on and on.date()), Edit(inventory)
    chosen = str(site or district)
    edit.site(chosen)
    asked = [chosen] if site else [name for name in province.sites if name == chosen or chosen in province.ancestors(name)]
    path = output or Path(f"khao-sat-{chosen}.xlsx")
    if path.exists():
        raise ModelError(f"{path}: is there already and may be filled in; name another file with -o, or remove it")
    name = province.sites[chosen].name if chosen in province.sites else province.retired[chosen].name
    replace_file(str(path), workbook(name, {one: edit.site(one) for one in asked}), write=True)
    whose = chosen if len(asked) == 1 else f"{chosen} and {len(asked) - 1} sites below it"
    typer.echo(f"{path}: the form of {whose}. Filled in, it comes back with: motcua import {path} -i {inventory}")
