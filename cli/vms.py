"""`motcua vms`: the cameras of a centre's own video management system (VMS), as a list that it can import."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils import desired
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired.vms import Listed, listed
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Camera, Nvr, Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import Journal, Masters, device_password, vms_password
from ansible_collections.motcua.cctv.plugins.plugin_utils.vault import open_masters
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors import VENDORS

from cli.survey import loader

# What a spreadsheet takes for a formula when a cell begins with it: a camera's name must never become one.
FORMULA = ("=", "+", "-", "@", "\t", "\r")

app = typer.Typer(help="The video management systems that a centre already has.", no_args_is_help=True)


class Format(StrEnum):
    """Whose columns a list has."""

    GENERIC = "generic"
    MILESTONE = "milestone"


@app.callback()
def group() -> None:
    """The video management systems that a centre already has."""


@app.command("list")
def list_cameras(
    vms: Annotated[str, typer.Argument(help="its id under vms: of province.yml")],
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")],
    columns: Annotated[
        Format, typer.Option("--format", help="generic, or as MilestonePSTools' Import-HardwareCsv takes it")
    ] = Format.GENERIC,
    with_passwords: Annotated[bool, typer.Option("--with-passwords", help="with passwords, into a file that only you can read")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="the file; the screen unless given")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="don't ask before passwords are written")] = False,
) -> None:
    """The cameras that the plan gives a VMS, as CSV in UTF-8: RTSP addresses, because ONVIF answers carry a site's inner ones."""
    province = load(inventory)
    if vms not in province.vms:
        known = ", ".join(province.vms) or "there is none"
        raise ModelError(f"{inventory}: vms: there is no '{vms}'; write one of those that are described ({known}), or describe it")
    rows = listed(province, desired.plan(province), vms)
    if not with_passwords:
        text = _csv(_table(columns, rows, None))
        typer.echo(text, nl=False) if output is None else _write(output, text, 0o644)
        return
    if output is None:
        raise ModelError("--with-passwords: passwords never go to the screen; name a file with --output")
    if not yes:
        typer.confirm(f"Write the passwords of {len(rows)} camera(s) in clear into {output}?", abort=True)
    _write(output, _csv(_table(columns, rows, _passwords(province, inventory))), 0o600)
    typer.echo(f"{output}: import it, then delete it: who has it sees every camera in it.", err=True)


# --- passwords ----------------------------------------------------------------------------------------------------------


def _passwords(province: Province, inventory: Path) -> Callable[[Listed], str]:
    folder = inventory.resolve().parent
    paths = {"devices": str(folder / province.masters.devices), "tunnels": str(folder / province.masters.tunnels)}
    masters = open_masters(paths, loader())
    return lambda row: _password(province, masters, Journal(folder / "state" / "epochs"), row)


def _password(province: Province, masters: Masters, journal: Journal, row: Listed) -> str:
    match row.secret.split("/"):
        case ["vms", vms, number]:
            return vms_password(masters, vms, int(number))
        case ["device", host, account]:
            site = province.sites[row.site]
            devices: Mapping[str, Nvr | Camera] = {**site.nvrs, **site.cameras}
            rule = VENDORS[devices[host.removeprefix(f"{row.site}-")].vendor].password_rule
            return device_password(masters, row.site, host, account, journal.read(host).proved, rule)
    raise ValueError(f"{row.secret} names no secret")


# --- tables -------------------------------------------------------------------------------------------------------------


def _table(columns: Format, rows: Iterable[Listed], password: Callable[[Listed], str] | None) -> list[Mapping[str, str | int]]:
    make = {Format.GENERIC: _generic, Format.MILESTONE: _milestone}[columns]
    return [make(row, None if password is None else password(row)) for row in rows]


def _generic(row: Listed, password: str | None) -> Mapping[str, str | int]:
    place = {"site": row.site, "site_name": row.site_name, "unit_code": row.unit_code, "unit": row.unit}
    picture: Mapping[str, str | int] = {
        "codec": row.codec,
        "width": row.width,
        "height": row.height,
        "fps": row.fps,
        "bitrate_kbps": row.bitrate_kbps,
    }
    secret: Mapping[str, str] = {} if password is None else {"password": password}
    return {"camera": row.camera, "name": row.name, **place, "url": row.url, "user": row.user, **secret, **picture}


def _milestone(row: Listed, password: str | None) -> Mapping[str, str | int]:
    """The columns that MilestonePSTools 1.1 documents for Import-HardwareCsv, and behind them the stream's address.

    The recording server and the driver are the VMS's own and stay empty; its universal driver asks for the address in a setting.
    """
    return {
        "RecordingServerName": "",
        "HardwareAddress": f"http://{row.address}:{row.port}",
        "HardwareName": f"{row.name} ({row.camera})",
        "UserName": row.user,
        "Password": password or "",
        "GroupPath": f"/{row.site_name.replace('/', ' ')}",
        "DriverNumber": "",
        "ConnectionURI": row.url,
    }


def _csv(table: list[Mapping[str, str | int]]) -> str:
    """A table with the names of its columns; nothing at all where there is no camera."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([[*table[0]]] if table else [])
    writer.writerows([_cell(value) for value in row.values()] for row in table)
    return text.getvalue()


def _cell(value: str | int) -> str | int:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _write(path: Path, text: str, mode: int) -> None:
    """Into a draft that takes the file's place when it is complete; the mark in front tells spreadsheets that it is UTF-8."""
    try:
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as file:
                os.fchmod(file.fileno(), mode)
                file.write(text)
            Path(draft).replace(path)
        finally:
            Path(draft).unlink(missing_ok=True)
    except OSError as error:
        raise MotcuaError(f"--output {path}: can't be written ({error.strerror}); name another file") from None
