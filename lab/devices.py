"""The emulated cameras and recorders and the lab's time source: one process each, in its device's own namespace."""

from __future__ import annotations

import hashlib
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import device_host
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Camera, Nvr, Province, Site

from lab.errors import LabError
from lab.network import PREFIX, run
from lab.topology import NO_GATEWAY, NTP, POE, TSLCD_NTP, WEB, poe_address

ROOT = Path(__file__).resolve().parent.parent
PYTHON = "/usr/bin/python3"  # the system's: GStreamer's bindings are Debian packages
READY_SECONDS = 30
# What installers leave on new devices; the lab's own, and worth nothing anywhere else.
FACTORY_PASSWORDS = {"hikvision": "hik12345", "dahua": "admin123"}
PRIVATE_PASSWORD = "poe12345"  # noqa: S105  a recorder chooses it for the cameras on its own PoE ports
VERSIONS = {
    "hikvision": {"firmware": "V5.7.18", "firmware_date": "build 240826"},
    "dahua": {"firmware": "2.840.0000000.28.R", "firmware_date": "2022-08-26"},
}
FRESH = {"hikvision": {"factory": True}}  # these are sold without any password
MAC_PREFIXES = {"hikvision": "44:19:b6", "dahua": "3c:ef:8c"}


def initial_passwords(province: Province) -> dict[str, str]:
    """The passwords that installers left, by host: what `motcua secrets init` puts into the vault for the lab."""
    return {config["name"]: config["factory_password"] for config in configs(province, Path()) if not config["private"]}


def configs(province: Province, folder: Path) -> list[dict[str, Any]]:
    """The emulators' settings, recorders last because they greet their cameras."""
    found = [config for name, site in province.sites.items() for config in _site(name, site, folder)]
    return sorted(found, key=lambda config: config["kind"].endswith("nvr"))


def _site(name: str, site: Site, folder: Path) -> Iterator[dict[str, Any]]:
    for key, camera in site.cameras.items():
        private = camera.through is not None
        address = poe_address(camera.through.number) if camera.through else camera.address
        host = device_host(name, key)
        gateway = POE.ip if private else None if host in NO_GATEWAY else site.router.address
        config = _config(host, camera, f"{camera.vendor}-camera", folder)
        config |= {"address": str(address), "gateway": None if gateway is None else str(gateway), "private": private}
        yield config | ({"factory_password": PRIVATE_PASSWORD} if private else {})
    for key, nvr in site.nvrs.items():
        host = device_host(name, key)
        config = _config(host, nvr, f"{nvr.vendor}-nvr", folder)
        config |= {"address": str(nvr.address), "gateway": str(site.router.address), "private": False}
        yield config | {"channels": list(_channels(key, site)), "records": True}


def _channels(nvr: str, site: Site) -> Iterator[Mapping[str, Any]]:
    """How the installer set the recorder up: every camera with its factory account."""
    for camera in site.cameras.values():
        channel = camera.recording_channel
        if channel is None or channel.nvr != nvr:
            continue
        private = camera.through is not None
        password = PRIVATE_PASSWORD if private else FACTORY_PASSWORDS[camera.vendor]
        address = str(poe_address(channel.number) if private else camera.address)
        label = f"Camera {channel.number:02d}"
        yield {"number": channel.number, "address": address, "user": "admin", "password": password, "name": label, "private": private}


def _config(host: str, device: Camera | Nvr, kind: str, folder: Path) -> dict[str, Any]:
    tail = hashlib.sha256(host.encode()).hexdigest()
    return {
        "name": host,
        "kind": kind,
        "prefix_length": 24,
        "mac": ":".join([MAC_PREFIXES[device.vendor], tail[:2], tail[2:4], tail[4:6]]),
        "serial": f"{device.model}{tail[:9].upper()}",
        "model": device.model,
        **VERSIONS[device.vendor],
        "factory_user": "admin",
        "factory_password": FACTORY_PASSWORDS[device.vendor],
        "clock_offset_s": -420,
        "pause_s": 3,
        "lock_s": 20,
        "ports": {"http": 80, "https": 443, "rtsp": 554},
        "state": str(folder / f"{host}.state.json"),
        "clips": "/var/cache/motcua-lab/clips",
        "control": str(control(folder, host)),
        "channels": [],
        "quirks": {},
    }


def control(folder: Path, host: str) -> Path:
    """The socket by which a hand reaches into an emulated device."""
    return folder / f"{host}.sock"


def start_all(province: Province, folder: Path) -> None:
    """Start every device, the time source and the Internet's server, and wait until each is ready.

    :raises LabError: when one isn't within half a minute; its log is named.
    """
    folder.mkdir(parents=True)
    start_ntp(folder)
    waiting = [("web", _start("web", "internet", folder, ["tests.emulators.web", str(WEB)]))]
    for config in configs(province, folder):
        path = folder / f"{config['name']}.json"
        path.write_text(json.dumps(config, ensure_ascii=False, indent=1), encoding="utf-8")
        waiting.append((config["name"], _start(config["name"], config["name"], folder, ["tests.emulators", str(path)])))
    for name, process in waiting:
        _wait_ready(name, process, folder)


def start_ntp(folder: Path, late_s: float = 0) -> None:
    """Start the time source on both nets; ``late_s`` is how long it keeps silent first."""
    stop(folder, "ntp")
    late = ["--late", str(late_s)] if late_s else []
    process = _start("ntp", "ntp", folder, ["tests.emulators.ntp", str(NTP), str(TSLCD_NTP.ip), *late])
    _wait_ready("ntp", process, folder)


def _start(name: str, node: str, folder: Path, module: list[str]) -> subprocess.Popen[bytes]:
    log = (folder / f"{name}.log").open("ab")
    command = ["ip", "netns", "exec", PREFIX + node, PYTHON, "-m", *module]
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": "/root", "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, start_new_session=True
    )
    (folder / f"{name}.pid").write_text(str(process.pid))
    return process


def _wait_ready(name: str, process: subprocess.Popen[bytes], folder: Path) -> None:
    assert process.stdout is not None
    end = time.monotonic() + READY_SECONDS
    said = b""
    while b"ready" not in said:
        readable, _, _ = select.select([process.stdout], [], [], max(0.0, end - time.monotonic()))
        piece = os.read(process.stdout.fileno(), 4096) if readable else b""
        if not piece:
            raise LabError(f"the emulated device {name} isn't ready; its log is {folder / name}.log")
        said += piece
    process.stdout.close()


def exchange(folder: Path, host: str, vendor: str, model: str, address: str | None) -> str:
    """Unplug an emulated device and plug another in, fresh from the box, with a key and a serial number of its own, which is returned.

    :param address: where it is on the LAN; None: where the old one was plugged in, which may have moved since.
    :raises LabError: when there is none of that name, or no emulator of that vendor.
    """
    path = folder / f"{host}.json"
    if not path.exists() or vendor not in FACTORY_PASSWORDS:
        raise LabError(f"{host}, {vendor}: name an emulated device and one of {', '.join(FACTORY_PASSWORDS)}")
    old = json.loads(path.read_text(encoding="utf-8"))
    stop(folder, host)
    tail = hashlib.sha256(f"{host} {vendor} {model}".encode()).hexdigest()
    new = old | {
        "name": f"{host}-{tail[:6]}",
        "kind": f"{vendor}-{old['kind'].rpartition('-')[2]}",
        "mac": ":".join([MAC_PREFIXES[vendor], tail[:2], tail[2:4], tail[4:6]]),
        "serial": f"{model}{tail[:9].upper()}",
        "model": model,
        **VERSIONS[vendor],
        "factory_password": FACTORY_PASSWORDS[vendor],
        "address": address or old["address"],
        "quirks": FRESH.get(vendor, {}),
        "state": str(folder / f"{host}-{tail[:6]}.state.json"),
    }
    path.write_text(json.dumps(new, ensure_ascii=False, indent=1), encoding="utf-8")
    if address is not None:
        _answer_also(host, f"{address}/{old['prefix_length']}")
    _wait_ready(host, _start(host, host, folder, ["tests.emulators", str(path)]), folder)
    return str(new["serial"])


def _answer_also(host: str, address: str) -> None:
    """Another address on the interface of a device's namespace, beside the one to which it may move."""
    inside = ["ip", "netns", "exec", PREFIX + host]
    shown = json.loads(run([*inside, "ip", "-j", "-4", "addr"]))
    interface = next(row["ifname"] for row in shown if row["ifname"] != "lo")
    subprocess.run([*inside, "ip", "addr", "replace", address, "dev", interface], check=True)


def stop_all(folder: Path) -> None:
    """End every emulator that was started from this folder."""
    for file in folder.glob("*.pid"):
        stop(folder, file.stem)


def stop(folder: Path, name: str) -> None:
    """End one process, if its number is still ours."""
    file = folder / f"{name}.pid"
    try:
        pid = int(file.read_text())
        if b"tests.emulators" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
    except (OSError, ValueError):
        pass
    file.unlink(missing_ok=True)
