"""`motcua fleet`: devices that answer on loopback, as many as are wanted, with the inventory of a province around them."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from tests.fleet import running
from tests.fleet.inventory import write
from tests.fleet.layout import FAILURES, Layout

app = typer.Typer(help="A made-up province of devices that answer on loopback, to measure with.", no_args_is_help=True)
FOLDER = Path("build/fleet")
Folder = Annotated[Path, typer.Argument(help="where its inventory is written")]
Failures = Annotated[str, typer.Option(help=f"percent of the devices that fail, and how, for example off=1,key=0.5; {', '.join(FAILURES)}")]
Rtt = Annotated[float, typer.Option(help="round trip of every line: 0, 20, 150")]


@app.command()
def up(
    folder: Folder = FOLDER,
    devices: Annotated[int, typer.Option(help="how many: the cameras of a site, a recorder and a router, and the next site", min=1)] = 1540,
    cameras: Annotated[int, typer.Option(help="cameras of a site", min=0, max=200)] = 5,
    rtt_ms: Rtt = 0,
    failures: Failures = "",
    first: Annotated[int, typer.Option(help="the first site whose devices answer on this machine")] = 1,
    last: Annotated[int, typer.Option(help="the last one; 0: all")] = 0,
    processes: Annotated[int, typer.Option(help="processes that share the sites, each with ports of its own", min=1)] = 2,
    network: Annotated[str, typer.Option(help="the addresses, a /24 a site")] = Layout.network,
    https: Annotated[int, typer.Option(help="port of cameras and recorders at the first process")] = Layout.https,
    ssh: Annotated[int, typer.Option(help="port of routers at the first process")] = Layout.ssh,
    kinds: Annotated[str, typer.Option(help="only these, for example camera=hikvision,router=routeros7")] = "",
) -> None:
    """Write the inventory and let the devices answer, in the background."""
    if any(map(running.running, (folder / "run").glob("*.pid"))):
        sys.exit(
            f"motcua: {folder}: its fleet is up; 'motcua fleet set' changes its lines and failures, 'motcua fleet down {folder}' ends it"
        )
    layout = Layout(devices, cameras, network, https, ssh, processes, rtt_ms, failures=percents(failures))
    for role, kind in pairs(kinds, "kinds", layout.kinds):
        layout.kinds[role] = kind.split("+")
    folder.mkdir(parents=True, exist_ok=True)
    write(layout, folder)
    _start(folder, first, last)
    typer.echo(
        f"{devices} devices of {layout.sites} sites answer. Try: scripts/motcua audit -i {folder / 'province.yml'} -l cameras:nvrs:routers"
    )


@app.command(name="set")
def set_(folder: Folder = FOLDER, rtt_ms: Rtt = 0, failures: Failures = "") -> None:
    """Give a fleet that is up other lines and failures; a device that fails otherwise than before begins anew."""
    replace(Layout.read(folder), rtt_ms=rtt_ms, failures=percents(failures)).write(folder)
    said = running.ask(folder, "settings")
    typer.echo(f"{len(said)} processes know it.")


@app.command()
def down(folder: Folder = FOLDER) -> None:
    """End it; the inventory stays."""
    typer.echo("The fleet is down." if running.stop(folder) else "The fleet wasn't up.")


@app.command()
def status(folder: Folder = FOLDER) -> None:
    """How many devices were called, and what they cost."""
    said = running.ask(folder, "status")
    if not said:
        sys.exit(f"motcua: {folder}: no fleet is up; 'motcua fleet up {folder}' starts one")
    total = {key: sum(one[key] for one in said) for key in said[0]}
    typer.echo(
        f"{len(said)} processes, {total['kept']} devices at hand, {total['calls']} calls, {total['connected']} connected, "
        f"{total['cpu_s']:.1f} s of CPU, {total['memory_mb']:.0f} MB"
    )


def _start(folder: Path, first: int, last: int) -> None:
    try:
        running.start(folder, first, last or None)
    except running.FleetError as error:
        sys.exit(f"motcua: {error}")


def percents(text: str) -> dict[str, float]:
    """``off=1,key=0.5`` as numbers."""
    try:
        found = {kind: float(percent) for kind, percent in pairs(text, "failures", FAILURES)}
    except ValueError:
        sys.exit(f"motcua: --failures {text}: isn't of numbers; write it as off=1,key=0.5")
    if sum(found.values()) > 100:
        sys.exit(f"motcua: --failures {text}: is more than 100 percent; write less")
    return found


def pairs(text: str, option: str, known) -> list[tuple[str, str]]:
    """``a=b,c=d``, of which the first of each is known."""
    found = [tuple(pair.split("=", 1)) for pair in text.split(",") if pair]
    if wrong := [pair[0] for pair in found if len(pair) != 2 or pair[0] not in known]:
        sys.exit(f"motcua: --{option} {text}: {wrong[0]!r} isn't known; write {', '.join(known)}, each with '=' and its value")
    return found
