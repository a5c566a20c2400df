"""`motcua lab`: build the province of an inventory on this machine, enter it, take it away."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province

from cli.controller import LAB, ROOT
from cli.secrets import VAULT_PASSWORD, create
from lab import devices, machine, network
from lab.drift import Drift, drifts
from lab.errors import LabError
from lab.image import image
from lab.network import PREFIX
from lab.topology import Topology, topology

STATE = Path("/var/lib/motcua-lab")
READY = STATE / "ready"
DEVICES = STATE / "devices"
TUN = Path("/dev/net/tun")
MADE_BY_ROLLOUT = ("state", "keys", "secrets")  # beside the inventory; they belong to one building of the lab

app = typer.Typer(help="A province of real machines on this machine.", no_args_is_help=True)
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@app.command()
def up() -> None:
    """Build the lab; nothing to do when it stands."""
    _root_only()
    province = load(LAB)
    plan = topology(province)
    if READY.exists() and _stands(plan):
        typer.echo("The lab is up: nothing to do.")
        return
    _take_down()
    since = time.monotonic()
    try:
        _build(province, plan)
    except BaseException:
        _take_down()
        raise
    READY.touch()
    typer.echo(f"The lab is up after {time.monotonic() - since:.0f} s: {len(plan.machines())} machines, {len(plan.nodes)} namespaces.")


def _build(province: Province, plan: Topology) -> None:
    root = image()
    STATE.mkdir(parents=True, exist_ok=True)
    (STATE / "tun.mode").write_text(oct(TUN.stat().st_mode & 0o777))
    subprocess.run(["modprobe", "-q", "wireguard"], check=False, capture_output=True)  # where there is a module; else wireguard-go serves
    network.build(plan)
    public_key = _operator_key()
    for node in plan.machines():
        machine.prepare(node, plan.ports(node.name), root, _folder(node.name), public_key)
    known = (f"{node.name} {machine.host_key(_folder(node.name))}\n" for node in plan.machines())
    (LAB.parent / "state/known_hosts").write_text("".join(known))
    for node in plan.machines():
        machine.start(node.name, _folder(node.name))
    devices.start_all(province, DEVICES)
    with ThreadPoolExecutor() as pool:
        list(pool.map(machine.wait_for_ssh, [node.name for node in plan.machines()]))
    create(LAB, devices.initial_passwords(province))


def _operator_key() -> str:
    key = LAB.parent / "state/ssh/id_ed25519"
    key.parent.mkdir(parents=True, mode=0o700)
    network.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "motcua-lab", "-f", str(key)])
    return key.with_suffix(".pub").read_text()


def _folder(name: str) -> Path:
    return STATE / "machines" / name


def _stands(plan: Topology) -> bool:
    """Every namespace is there and every device's process lives; a machine that is rebooting counts as standing."""
    there = set(network.namespaces())
    processes = [file for file in DEVICES.glob("*.pid") if Path(f"/proc/{file.read_text()}").exists()]
    return all(PREFIX + node.name in there for node in plan.nodes) and len(processes) == len(list(DEVICES.glob("*.pid"))) > 0


@app.command()
def down() -> None:
    """Take the lab away, also what a crash left of it."""
    _root_only()
    if not STATE.exists() and not network.namespaces():
        typer.echo("There is no lab: nothing to do.")
        return
    _take_down()
    typer.echo("The lab is gone.")


def _take_down() -> None:
    devices.stop_all(DEVICES)
    names = [path.name for path in (STATE / "machines").iterdir()] if (STATE / "machines").is_dir() else []
    for name in names:
        machine.stop(name, _folder(name))
    for name in names:
        machine.cleanup(name, _folder(name))
    _end_what_runs_inside()
    network.remove()
    for tree in Path("/sys/fs/cgroup").glob("*/motcua-lab"):
        tree.rmdir()
    mode = STATE / "tun.mode"
    if mode.exists():
        TUN.chmod(int(mode.read_text(), 8))
    shutil.rmtree(STATE, ignore_errors=True)
    for name in MADE_BY_ROLLOUT:
        shutil.rmtree(LAB.parent / name, ignore_errors=True)


def _end_what_runs_inside() -> None:
    """SSH masters and the like that were started inside the lab's namespaces."""
    for name in network.namespaces():
        for pid in network.run(["ip", "netns", "pids", name]).split():
            if int(pid) != os.getpid():
                subprocess.run(["kill", "-KILL", pid], check=False, capture_output=True)


@app.command()
def status() -> None:
    """What stands."""
    _root_only()
    plan = topology(load(LAB))
    if not READY.exists():
        typer.echo("The lab is down.")
        raise typer.Exit(1)
    for node in plan.machines():
        asked = ["ip", "netns", "exec", PREFIX + node.name, "nc", "-z", "127.0.0.1", "22"]
        up_now = subprocess.run(asked, check=False, capture_output=True).returncode == 0
        typer.echo(f"machine  {node.name:24}{'up' if up_now else 'down'}")
    for file in sorted(DEVICES.glob("*.pid")):
        typer.echo(f"device   {file.stem:24}{'up' if Path(f'/proc/{file.read_text()}').exists() else 'down'}")


@app.command(context_settings=PASS_ON)
def run(context: typer.Context) -> None:
    """Run a command at the operator's desk."""
    _enter("desk", context.args)


@app.command()
def shell() -> None:
    """Sit down at the operator's desk."""
    _enter("desk", [os.environ.get("SHELL", "/bin/sh")])


@app.command(context_settings=PASS_ON)
def probe(context: typer.Context, node: Annotated[str, typer.Argument(help="for example tan-dinh-pc")]) -> None:
    """Run a command in the network of any host of the lab."""
    _enter(node, context.args)


@app.command(context_settings=PASS_ON)
def ssh(context: typer.Context, host: Annotated[str, typer.Argument(help="for example centre or tan-dinh-router")]) -> None:
    """Log in to a machine over the technician's cable."""
    _root_only()
    _stands_or_say(host)
    os.execvp("ssh", [*_ssh(host), *context.args])


def _ssh(host: str) -> list[str]:
    state = LAB.parent / "state"
    options = [
        f"ProxyCommand=ip netns exec {PREFIX}{host} nc -N 127.0.0.1 22",
        f"UserKnownHostsFile={state}/known_hosts",
        f"HostKeyAlias={host}",
        "StrictHostKeyChecking=yes",
        "LogLevel=ERROR",
        # A machine that reboots may take its loopback down before it closes the connection: nothing would ever end it.
        "ServerAliveInterval=5",
    ]
    return ["ssh", "-i", str(state / "ssh/id_ed25519"), *(part for option in options for part in ("-o", option)), f"root@{host}"]


@app.command(context_settings=PASS_ON)
def hand(context: typer.Context, device: Annotated[str, typer.Argument(help="for example lang-giang-cam1")]) -> None:
    """Change an emulated device by hand: get KEY, set KEY VALUE, off, on, lock, unlock, reset, status."""
    _root_only()
    _stands_or_say(device)
    if not devices.control(DEVICES, device).is_socket():
        raise LabError(f"{device} is no emulated device; 'scripts/motcua lab status' lists them")
    raise typer.Exit(subprocess.run([*_hand(device), *context.args], cwd=ROOT, check=False).returncode)


def _hand(device: str) -> list[str]:
    return [devices.PYTHON, "-m", "tests.emulators.hand", str(devices.control(DEVICES, device))]


@app.command()
def exchange(
    device: Annotated[str, typer.Argument(help="for example tan-dinh-cam1")],
    vendor: Annotated[str, typer.Argument(help="of the one that is plugged in: hikvision or dahua")],
    model: Annotated[str, typer.Argument(help="of it, for example KX-C4012")],
    at: Annotated[
        str | None, typer.Option(help="its address on the LAN; without it, the one that the old had when it was plugged in")
    ] = None,
) -> None:
    """Unplug an emulated device and plug in another, fresh from the box; say its serial number."""
    _root_only()
    _stands_or_say(device)
    typer.echo(devices.exchange(DEVICES, device, vendor, model, at))


@app.command()
def drift(
    names: Annotated[list[str] | None, typer.Argument(help="which changes to make; --list names them")] = None,
    every: Annotated[bool, typer.Option("--all", help="make all of them")] = False,
    listed: Annotated[bool, typer.Option("--list", help="say what there is, and change nothing")] = False,
) -> None:
    """Change things by hand, as people do, for an audit to find; a rollout undoes them."""
    known = {change.name: change for change in drifts()}
    if listed:
        for change in known.values():
            typer.echo(f"{change.name:18}{change.at:20}{change.words}")
        return
    if unknown := sorted(set(names or ()) - known.keys()):
        raise LabError(f"there is no change {', '.join(unknown)}; 'scripts/motcua lab drift --list' names them")
    if not names and not every:
        raise LabError("there is no change to make; name one, or write --all")
    _root_only()
    for name in known if every else names or ():
        _make(known[name])


def _make(change: Drift) -> None:
    """Turn a device's knob, or do it as root on the machine."""
    _stands_or_say(change.machine)
    command = [*_hand(change.at), "set", *change.knob] if change.knob else [*_ssh(change.machine), change.command]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise LabError(f"{change.name} at {change.at}: {(done.stderr or done.stdout).strip()}; roll the lab out first")
    typer.echo(f"{change.at}: {change.words}")


@app.command()
def ntp(late: Annotated[float, typer.Option(help="seconds of silence first")] = 0) -> None:
    """Start the lab's time source anew."""
    _root_only()
    devices.start_ntp(DEVICES, late)


@app.command()
def power(
    name: Annotated[str, typer.Argument(metavar="MACHINE", help="for example centre or tan-dinh-router")],
    state: Annotated[str, typer.Argument(help="off or on")],
) -> None:
    """Cut a machine's power, or give it back and wait until it answers."""
    _root_only()
    if not _folder(name).is_dir():
        raise LabError(f"there is no machine {name}; 'scripts/motcua lab status' lists them")
    if state not in ("off", "on"):
        raise LabError(f"{state!r} is no state of power; write off or on")
    (machine.cut_power if state == "off" else machine.give_power)(name, _folder(name))


def _enter(node: str, command: list[str]) -> NoReturn:
    _root_only()
    if not command:
        raise LabError("there is no command to run; name one")
    _stands_or_say(node)
    environment = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    environment["ANSIBLE_CONFIG"] = str(ROOT / "ansible.cfg")
    password = LAB.parent / "secrets" / VAULT_PASSWORD
    if password.exists():
        environment.setdefault("ANSIBLE_VAULT_PASSWORD_FILE", str(password))
    here = subprocess.run(["ip", "netns", "identify", str(os.getpid())], capture_output=True, text=True, check=False).stdout.strip()
    entered = [] if here == PREFIX + node else ["ip", "netns", "exec", PREFIX + node]
    os.execvpe([*entered, *command][0], [*entered, *command], environment)


def _stands_or_say(node: str) -> None:
    if f"{PREFIX}{node}" in network.namespaces():
        return
    names = sorted(name.removeprefix(PREFIX) for name in network.namespaces())
    remedy = f"name one of {', '.join(names)}" if names else "build the lab with 'scripts/motcua lab up'"
    raise LabError(f"there is no {node} here; {remedy}")


def _root_only() -> None:
    if os.geteuid():
        raise LabError("the lab is made of machines and networks, which only root may build; run it with sudo")
