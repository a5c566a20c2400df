"""The machines' root file system: a Debian with every package that a role asks for, cached by what it was made from."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from lab.errors import LabError

CACHE = Path("/var/cache/motcua-lab")
RELEASE = "bookworm"
PACKAGES = (  # noqa: SIM905  to be read as a list
    "systemd systemd-sysv dbus libpam-systemd openssh-server python3 python3-apt sudo iproute2 iputils-ping nftables "
    "ca-certificates netbase procps less locales tzdata wireguard-tools wireguard-go chrony ffmpeg nginx-light curl conntrack "
    "tcpdump iperf3 sqlite3 openssl frr frr-pythontools strongswan-swanctl charon-systemd libcharon-extra-plugins "
    "libstrongswan-standard-plugins libstrongswan-extra-plugins python3-gi gir1.2-gst-rtsp-server-1.0 "
    "gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad python3-argon2 python3-aiohttp "
    "prometheus prometheus-alertmanager prometheus-node-exporter prometheus-blackbox-exporter"
).split()
# Roles switch these on; a fresh machine must not have them running. openssh's socket stays off so that the daemon is the one that listens.
RECIPE = """
systemctl --root "$1" disable nginx.service chrony.service nftables.service iperf3.service apt-daily.timer apt-daily-upgrade.timer
systemctl --root "$1" disable frr.service strongswan.service
systemctl --root "$1" disable prometheus.service prometheus-alertmanager.service
systemctl --root "$1" disable prometheus-node-exporter.service prometheus-blackbox-exporter.service
systemctl --root "$1" disable systemd-timesyncd.service 2>/dev/null || true
systemctl --root "$1" enable systemd-networkd.service ssh.service
systemctl --root "$1" mask systemd-networkd-wait-online.service
: > "$1/etc/machine-id"
rm -f "$1"/etc/ssh/ssh_host_* "$1/etc/resolv.conf" "$1/etc/apt/sources.list.d"/*.list
: > "$1/etc/resolv.conf"
install -d -m 700 "$1/root/.ssh"
# In a container only the host may set the clock: chrony measures and serves without setting it (-x).
install -d "$1/etc/systemd/system/chrony.service.d" "$1/etc/systemd/system.conf.d"
cat > "$1/etc/systemd/system/chrony.service.d/container.conf" <<'CHRONY'
[Unit]
ConditionCapability=
[Service]
EnvironmentFile=
ExecStart=
ExecStart=!/usr/sbin/chronyd -F 1 -x
CHRONY
# Where the kernel has no WireGuard: many threads for a few packets would cost wireguard-go half as much again.
printf '[Manager]\nDefaultEnvironment=GOMAXPROCS=1\n' > "$1/etc/systemd/system.conf.d/lab.conf"
"""


def image() -> Path:
    """The root file system's folder; made when it isn't there yet, which takes a minute or two.

    :raises LabError: when it can't be made.
    """
    key = hashlib.sha256("\n".join((RELEASE, RECIPE, *PACKAGES)).encode()).hexdigest()[:16]
    ready = CACHE / f"image-{key}"
    if ready.is_dir():
        return ready
    CACHE.mkdir(parents=True, exist_ok=True)
    making = CACHE / f"making-{key}"
    shutil.rmtree(making, ignore_errors=True)
    command = ["mmdebstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", "--mode=root"]
    command += ["--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/man/*", RELEASE, str(making)]
    _run(command)
    _run(["sh", "-eu", "-c", RECIPE, "sh", str(making)])
    making.rename(ready)
    return ready


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise LabError(f"{command[0]} is not installed; run scripts/setup") from None
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise LabError(f"{command[0]}: the machines' image can't be made ({reason}); check that the Debian mirror answers and run it again")
