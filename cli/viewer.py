"""`motcua viewer`: the accounts of the people who watch. They live at the storage centre; the inventory says whose rights they have."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import segno
import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from rich import box
from rich.markup import escape
from rich.table import Table

from cli.centre import ask_centre
from cli.screen import screen

PROGRAM = "motcua-viewer"
LAB = Path("inventory/lab/province.yml")
DAYS = 7
SHOWN = "%Y-%m-%d %H:%M:%S"

Inventory = Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")]
app = typer.Typer(no_args_is_help=True, help="Accounts of the people who watch.")


@app.command()
def add(
    viewer: Annotated[str, typer.Argument(help="whose rights: an id of viewers.yml")],
    name: Annotated[str, typer.Option(help="the person's name, as 'Nguyễn Văn A'")],
    account: Annotated[str | None, typer.Option(help="made from the name unless given; one that exists is enrolled anew")] = None,
    inventory: Inventory = LAB,
) -> None:
    """Make an account, or a new password for one: prints the link that its person opens, once, within 72 hours."""
    said = ask_centre(inventory, PROGRAM, "add", viewer, name, *([account] if account else []))
    typer.echo(
        f"{said['name']} ({said['account']}) sees what '{said['viewer']}' sees. This link is shown once and holds until {said['expires']}:"
    )
    typer.echo(said["link"])


@app.command()
def disable(account: Annotated[str, typer.Argument(help="the account")], inventory: Inventory = LAB) -> None:
    """Let an account in no longer: its pictures stop within seconds, its devices are cut off."""
    ask_centre(inventory, PROGRAM, "disable", account)
    typer.echo(f"{account} is disabled; 'motcua viewer add VIEWER --account {account}' would let the person in again.")


@app.command("list")
def list_accounts(inventory: Inventory = LAB) -> None:
    """Every account with whose rights it has and what state it is in."""
    _table(ask_centre(inventory, PROGRAM, "list"), ("account", "name", "viewer", "kind", "state", "sessions", "devices"))


@app.command()
def log(
    since: Annotated[
        str | None, typer.Option("--from", help="day or moment, as 2026-03-01 or 2026-03-01T07:00; a week ago unless given")
    ] = None,
    until: Annotated[str | None, typer.Option(help="the same; now unless given")] = None,
    camera: Annotated[str | None, typer.Option(help="of one camera only")] = None,
    account: Annotated[str | None, typer.Option(help="of one account only")] = None,
    inventory: Inventory = LAB,
) -> None:
    """Who watched which camera, live or recorded, from when until when; and who logged in."""
    zone = ZoneInfo(load(inventory).timezone)
    now = datetime.now(zone)
    span = (_moment("--from", since, zone) or now - timedelta(days=DAYS), _moment("--until", until, zone) or now + timedelta(minutes=1))
    seconds = [str(moment.timestamp()) for moment in span]
    said = ask_centre(inventory, PROGRAM, "log", *seconds, camera or "-", account or "-")
    rows = [_shown(row, zone) for row in said["viewings"]]
    _table(rows, ("from", "until", "account", "viewer", "address", "camera", "kind", "footage_from", "footage_until"))
    if said["events"]:
        _table([_shown(row, zone) for row in said["events"]], ("at", "account", "address", "what"))


@app.command()
def device(
    who: Annotated[str, typer.Argument(help="an account, or a viewer that has one account", metavar="ACCOUNT|VIEWER")],
    inventory: Inventory = LAB,
) -> None:
    """Make a WireGuard profile that reaches the portal and nothing else: shown once, as text and as a QR code, and kept nowhere."""
    private = X25519PrivateKey.generate()
    said = ask_centre(inventory, PROGRAM, "device", who, _base64(private.public_key().public_bytes_raw()))
    profile = profile_of(said, _base64(private.private_bytes_raw()))
    typer.echo(f"The profile of {said['account']}; it is shown once and kept nowhere. The portal is {said['url']}.\n")
    typer.echo(profile)
    drawn = StringIO()
    segno.make(profile, error="l").terminal(drawn, compact=True)
    typer.echo(drawn.getvalue())


def profile_of(said: dict[str, Any], private_key: str) -> str:
    """What WireGuard reads: only the portal's address goes into the tunnel."""
    return (
        f"[Interface]\nPrivateKey = {private_key}\nAddress = {said['address']}/32\nMTU = {said['mtu']}\n\n"
        f"[Peer]\nPublicKey = {said['hub_public_key']}\nEndpoint = {said['endpoint']}\nAllowedIPs = {said['portal']}/32\n"
        f"PersistentKeepalive = {said['keepalive_seconds']}\n"
    )


def _base64(key: bytes) -> str:
    return base64.b64encode(key).decode("ascii")


def _moment(option: str, text: str | None, zone: ZoneInfo) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ModelError(f"{option} {text}: is no moment; write it as 2026-03-01 or 2026-03-01T07:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _shown(row: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """Seconds since 1970 as the province's time."""
    return {
        key.removesuffix("_s"): datetime.fromtimestamp(value, zone).strftime(SHOWN) if key.endswith("_s") and value is not None else value
        for key, value in row.items()
    }


def _table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    shown = Table(*columns, box=box.SIMPLE)
    for row in rows:
        shown.add_row(*(escape("" if row.get(column) is None else str(row[column])) for column in columns))
    screen().print(shown)
