"""A router that boots with dead DNS and a time source that answers late brings its tunnel up by itself.

A hub refuses handshakes that are older than the last it saw, so what counts is the stored clock and the order: stored clock, time, tunnel.
The lab can't move a machine's clock; the order is read from systemd.
"""

import time

from tests.lab.conftest import eventually, motcua

ROUTER = "tan-dinh-router"
LATE_S = 20
UNITS = ("motcua-clock.service", "motcua-time-wait.service", "wg-quick@wg0.service")


def ssh(*command):
    return motcua("lab", "ssh", ROUTER, *command)


def boot():
    """Which boot this is: when the machine's first process began; None while it doesn't answer."""
    asked = ssh("cat", "/proc/1/stat")
    return asked.text.rsplit(")", 1)[1].split()[19] if asked.code == 0 else None


def handshake():
    asked = ssh("wg", "show", "wg0", "latest-handshakes")
    words = asked.text.split()
    return int(words[-1]) if asked.code == 0 and words else 0


def test_the_stored_clock_is_young_and_kept():
    stored, now = (int(ssh(*command).text.split()[0]) for command in (("stat", "-c", "%Y", "/var/lib/motcua/clock"), ("date", "+%s")))
    assert now - stored < 1800, "the stored clock is older than half an hour"
    assert ssh("systemctl", "is-active", "motcua-clock-save.timer").text.strip() == "active"


def test_the_tunnel_comes_up_by_itself_after_a_boot_with_late_time_and_dead_dns():
    before = boot()
    assert before is not None
    assert motcua("lab", "ntp", "--late", str(LATE_S)).code == 0
    begun = time.monotonic()
    try:
        ssh("systemctl", "reboot")
        assert eventually(lambda: boot() not in (None, before), 60), "the router should boot"
        assert eventually(handshake, 120), "the tunnel should come up by itself"
        waited = time.monotonic() - begun
    finally:
        motcua("lab", "ntp")
    assert waited > LATE_S, "the tunnel came up before the time source answered"
    assert "nameserver" not in ssh("cat", "/etc/resolv.conf").text
    assert "the time is right" in ssh("journalctl", "-b", "-u", "motcua-time-wait", "--no-pager", "-o", "cat").text
    entered = [int(ssh("systemctl", "show", "-p", "ActiveEnterTimestampMonotonic", "--value", unit).text) for unit in UNITS]
    started = [int(ssh("systemctl", "show", "-p", "InactiveExitTimestampMonotonic", "--value", unit).text) for unit in UNITS]
    assert 0 < entered[0] <= started[1], "the stored clock comes before the time"
    assert 0 < entered[1] <= started[2], "the time comes before the tunnel"
