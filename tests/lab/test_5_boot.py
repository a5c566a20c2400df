"""A router that boots with dead DNS and a time source that answers late brings its tunnel up by itself."""

import time

from tests.lab.conftest import motcua

ROUTER = "tan-dinh-router"


def ssh(*command):
    return motcua("lab", "ssh", ROUTER, *command)


def eventually(question, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if question():
            return True
        time.sleep(1)
    return False


def test_the_stored_clock_comes_before_the_time_and_the_time_before_the_tunnel():
    after = {
        unit: ssh("systemctl", "show", "-p", "After", "--value", unit).text.split()
        for unit in ("wg-quick@wg0.service", "motcua-time-wait.service")
    }
    assert "motcua-time-wait.service" in after["wg-quick@wg0.service"]
    assert "motcua-clock.service" in after["motcua-time-wait.service"]
    stored, now = (int(ssh(*command).text.split()[0]) for command in (("stat", "-c", "%Y", "/var/lib/motcua/clock"), ("date", "+%s")))
    assert now - stored < 1800, "the stored clock is older than half an hour"


def test_the_tunnel_comes_up_by_itself_after_a_boot_with_late_time_and_dead_dns():
    assert motcua("lab", "ntp", "--late", "20").code == 0
    try:
        boot = ssh(
            "cat",
            "/proc/sys/kernel/random/boot_id",
        ).text
        first = ssh("systemctl", "show", "-p", "UserspaceTimestampMonotonic", "--value", "--system").text
        ssh("systemctl", "reboot")
        assert eventually(
            lambda: ssh("systemctl", "show", "-p", "UserspaceTimestampMonotonic", "--value", "--system").text not in ("", first), 60
        ), boot
        assert eventually(lambda: ssh("wg", "show", "wg0", "latest-handshakes").text.strip().split("\t")[-1] not in ("", "0"), 120)
        assert "nameserver" not in ssh("cat", "/etc/resolv.conf").text
    finally:
        motcua("lab", "ntp")
    order = ssh(
        "journalctl", "-b", "--no-pager", "-o", "short-monotonic", "-u", "motcua-clock", "-u", "motcua-time-wait", "-u", "wg-quick@wg0"
    ).text
    places = [order.find(unit) for unit in ("motcua-clock", "motcua-time-wait", "wg-quick")]
    assert -1 not in places
    assert places == sorted(places), order
