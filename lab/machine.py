"""Whole machines: an overlay on the image, booted by systemd-nspawn in a namespace of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from lab.errors import LabError
from lab.network import PREFIX, run
from lab.topology import Node, Port

HERE = Path(__file__).resolve().parent
BOOT_SECONDS = 60
STOP_SECONDS = 20
RECORDINGS_MB = 16000  # sparse: an hour and a half of seven cameras


def prepare(node: Node, ports: Sequence[Port], image: Path, folder: Path, public_key: str) -> None:
    """Lay the machine's files: what a technician would have set up, and nothing that a role does."""
    root, upper, work = folder / "root", folder / "up", folder / "work"
    for path in (root, upper, work):
        path.mkdir(parents=True)
    run(["mount", "-t", "overlay", f"motcua-lab-{node.name}", "-o", f"lowerdir={image},upperdir={upper},workdir={work}", str(root)])
    (root / "etc/hostname").write_text(f"{node.name}\n")
    (root / "etc/hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {node.name}\n")
    (root / "root/.ssh/authorized_keys").write_text(public_key)
    run(["ssh-keygen", "-q", "-A", "-f", str(root)])
    for name, text in _networkd(node, ports).items():
        (root / "etc/systemd/network" / name).write_text(text)


def host_key(folder: Path) -> str:
    """The machine's public host key, as known_hosts wants it."""
    return " ".join((folder / "root/etc/ssh/ssh_host_ed25519_key.pub").read_text().split()[:2])


def _networkd(node: Node, ports: Sequence[Port]) -> dict[str, str]:
    files = {}
    for bridge, addresses in node.bridges.items():
        files[f"10-{bridge}.netdev"] = f"[NetDev]\nName={bridge}\nKind=bridge\n"
        files[f"20-{bridge}.network"] = f"[Match]\nName={bridge}\n[Network]\nConfigureWithoutCarrier=yes\n" + _addresses(addresses)
    for port in ports:
        bridge_line = f"Bridge={port.bridge}\n" if port.bridge else ""
        head = f"[Match]\nName={port.name}\n[Network]\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n"
        files[f"20-{port.name}.network"] = head + bridge_line + _addresses(port.addresses) + _routes(node, port)
    return files


def _addresses(addresses: Sequence[object]) -> str:
    return "".join(f"Address={address}\n" for address in addresses)


def _routes(node: Node, port: Port) -> str:
    """The routes whose gateway stands on this port's net."""
    own = [route for route in node.routes if any(route[1] in address.network for address in port.addresses)]
    return "".join(
        f"[Route]\nGateway={gateway}\n" + ("" if destination == "default" else f"Destination={destination}\n")
        for destination, gateway in own
    )


def start(name: str, folder: Path) -> None:
    """Boot a prepared machine; it runs on when this program ends."""
    binds = []
    if name == "centre":
        binds = [f"--bind={_disk(folder)}:/var/lib/motcua/recordings"]
    arguments = [name, str(folder / "root"), str(folder / "console.log"), *binds]
    if Path("/run/systemd/system").is_dir():
        command = ["systemd-run", "--quiet", f"--unit=motcua-lab-{name}", "--property=Delegate=yes", "--property=KillMode=mixed"]
        run([*command, str(HERE / "keeper"), *arguments])
        return
    keeper = subprocess.Popen(
        [str(HERE / "keeper"), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    (folder / "keeper.pid").write_text(str(keeper.pid))


def _disk(folder: Path) -> Path:
    """A disk of its own for the recordings, so that filling it fills nothing else."""
    image, mounted = folder / "recordings.ext4", folder / "recordings"
    mounted.mkdir()
    run(["truncate", "-s", f"{RECORDINGS_MB}M", str(image)])
    run(["mkfs.ext4", "-q", "-m", "0", str(image)])
    run(["mount", "-o", "loop", str(image), str(mounted)])
    return mounted


def wait_for_ssh(name: str) -> None:
    """Until the machine's sshd greets.

    :raises LabError: when it doesn't within a minute; the console's file is named.
    """
    end = time.monotonic() + BOOT_SECONDS
    while time.monotonic() < end:
        asked = ["ip", "netns", "exec", PREFIX + name, "nc", "-w", "1", "127.0.0.1", "22"]
        greeting = subprocess.run(asked, capture_output=True, stdin=subprocess.DEVNULL, timeout=10, check=False).stdout
        if greeting.startswith(b"SSH-"):
            return
        time.sleep(0.1)  # nothing signals a booting machine's first listening socket to the outside
    raise LabError(
        f"the machine {name} doesn't answer after {BOOT_SECONDS} s; its console is in /var/lib/motcua-lab/machines/{name}/console.log"
    )


def cut_power(name: str, folder: Path) -> None:
    """End a machine as a power cut does: nothing is told, nothing is written back."""
    (folder / "no-power").touch()
    _kill(pid for pid in _inside(name) if pid != _keeper(folder))


def give_power(name: str, folder: Path) -> None:
    """Let it boot again; returns when it answers."""
    (folder / "no-power").unlink(missing_ok=True)
    wait_for_ssh(name)


def stop(name: str, folder: Path) -> None:
    """Shut a machine down and take its files away; a machine that is half there as well."""
    if Path("/run/systemd/system").is_dir():
        subprocess.run(["systemctl", "stop", f"motcua-lab-{name}.service"], capture_output=True, check=False)
    pid = _keeper(folder)
    if pid:
        os.kill(pid, signal.SIGTERM)


def cleanup(name: str, folder: Path) -> None:
    """Wait for a stopped machine's end, then unmount and delete."""
    pid = _keeper(folder)
    end = time.monotonic() + STOP_SECONDS
    while pid and Path(f"/proc/{pid}").exists() and time.monotonic() < end:
        if _is_zombie(pid):
            break
        time.sleep(0.05)  # the keeper may be another program's child, so there is nothing to wait on
    _kill_strays(name)
    for mounted in (folder / "root", folder / "recordings"):
        while os.path.ismount(mounted):
            run(["umount", "-l", str(mounted)])
    for group in sorted(Path("/sys/fs/cgroup").glob(f"*/motcua-lab/{name}"), reverse=True):
        for path in sorted([group, *group.rglob("*")], key=lambda path: len(path.parts), reverse=True):
            if path.is_dir():
                _remove_group(path)
    shutil.rmtree(folder, ignore_errors=True)


def _remove_group(path: Path) -> None:
    end = time.monotonic() + 2
    while time.monotonic() < end:
        try:
            path.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.05)  # its last process is still being reaped
        else:
            return


def _keeper(folder: Path) -> int | None:
    """The keeper's process id, if it is still the keeper and not a later process with its number."""
    try:
        pid = int((folder / "keeper.pid").read_text())
        return pid if b"lab/keeper" in Path(f"/proc/{pid}/cmdline").read_bytes() else None
    except (OSError, ValueError):
        return None


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def _kill_strays(name: str) -> None:
    """What a killed `up` left: the machine's processes are those in its cgroups, all made by us."""
    _kill(_inside(name))


def _inside(name: str) -> set[int]:
    """The processes of a machine, its keeper among them."""
    groups = [*Path("/sys/fs/cgroup").glob(f"*/motcua-lab/{name}"), Path("/sys/fs/cgroup/motcua-lab") / name]
    return {int(pid) for group in groups for file in group.rglob("cgroup.procs") for pid in file.read_text().split()}


def _kill(pids: Iterable[int]) -> None:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
