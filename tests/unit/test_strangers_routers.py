"""Clients that nobody here wrote, against the emulated routers: netmiko's drivers log in, read and configure; ntc-templates parse what is shown."""

import contextlib
import hashlib

import netmiko
import paramiko
import pytest
from ntc_templates.parse import parse_output

from tests.emulators.routers.openwrt_sandbox import available
from tests.emulators.routers.server import PASSWORD, USER, emulated

sandboxed = pytest.mark.skipif(not available(), reason="this machine gives no namespaces for a shell of its own")
VYOS = [pytest.param("vyos14", marks=sandboxed), pytest.param("vyos13", marks=sandboxed)]


@contextlib.contextmanager
def connected(router, driver):
    """A login that ends without netmiko's own farewell, which waits up to ten seconds for prompts that don't come any more."""
    connection = netmiko.ConnectHandler(device_type=driver, host=router.host, port=router.port, username=USER, password=PASSWORD)
    try:
        yield connection
    finally:
        connection.remote_conn_pre.close()


@pytest.mark.parametrize("driver", ["cisco_ios", "cisco_xe"])
def test_netmikos_cisco_drivers_configure_and_save(driver):
    with emulated("ios") as router, connected(router, driver) as connection:
        said = connection.send_config_set(["interface Loopback64", "description motcua:thử", "ip address 10.64.0.1 255.255.255.255"])
        assert "% Invalid" not in said
        assert connection.find_prompt() == "router#"
        assert "[OK]" in connection.save_config()
        shown = connection.send_command("show running-config | section Loopback64")
        version = parse_output(platform="cisco_ios", command="show version", data=connection.send_command("show version"))
        brief = parse_output(
            platform="cisco_ios", command="show ip interface brief", data=connection.send_command("show ip interface brief")
        )
        router.power_cut()
        assert "interface Loopback64" in router.export()
    assert shown.splitlines() == ["interface Loopback64", " description motcua:thử", " ip address 10.64.0.1 255.255.255.255"]
    assert (version[0]["hostname"], version[0]["version"], version[0]["hardware"]) == ("router", "17.9.4a", ["ISR1111-4P"])
    assert {"interface": "Loopback64", "ip_address": "10.64.0.1", "status": "up", "proto": "up"} in brief


def test_netmiko_sees_a_refused_line_of_ios():
    with emulated("ios") as router, connected(router, "cisco_ios") as connection, pytest.raises(netmiko.exceptions.ConfigInvalidException):
        connection.send_config_set(["interface Tunnel64", "tunnel colour red"], error_pattern="% Invalid input")


def test_netmiko_pages_through_ios_when_nobody_turns_pages_off():
    with emulated("ios") as router, connected(router, "cisco_ios") as connection:
        connection.send_command("terminal length 24")
        connection.write_channel("show running-config\n")
        said = connection.read_until_pattern("--More--")
        for _ in range(40):
            connection.write_channel(" ")
            said += connection.read_until_pattern(r"--More--|router#")
            if said.endswith("router#"):
                break
    assert said.count("--More--") > 2
    assert "ntp server 203.0.113.123" in said


@pytest.mark.parametrize("kind", VYOS)
def test_netmikos_vyos_driver_configures_commits_and_saves(kind):
    """1.4's own script prints no "Done", which netmiko waits for; the configuration is saved all the same."""
    with emulated(kind) as router, connected(router, "vyos") as connection:
        interfaces = parse_output(platform="vyatta_vyos", command="show interfaces", data=connection.send_command("show interfaces"))
        said = connection.send_config_set(["set interfaces ethernet eth2 description 'Văn phòng'", "set system time-zone Asia/Ho_Chi_Minh"])
        said += connection.commit()
        with contextlib.nullcontext() if kind == "vyos13" else pytest.raises(ValueError, match="Save failed"):
            assert "Done" in connection.save_config()
        shown = connection.send_command("show configuration commands")
        router.power_cut()
        kept = router.export()
    assert [one["interface"] for one in interfaces] == ["eth0", "eth1", "eth2", "lo"]
    assert "not valid" not in said
    for text in (shown, kept):
        assert "set interfaces ethernet eth2 description 'Văn phòng'" in text
        assert "set system time-zone 'Asia/Ho_Chi_Minh'" in text


@sandboxed
def test_netmiko_sees_a_failed_commit_of_vyos():
    with emulated("vyos14") as router, connected(router, "vyos") as connection:
        connection.send_config_set(["set interfaces wireguard wg64 address 10.96.0.8/32"])
        with pytest.raises(ValueError, match="Wireguard private-key not defined"):
            connection.commit()


@sandboxed
def test_netmikos_linux_driver_works_on_openwrt():
    with emulated("openwrt") as router, connected(router, "linux") as connection:
        assert connection.send_command("uci get network.lan.ipaddr").strip() == "192.168.1.1"
        assert "OpenWrt" in connection.send_command("cat /etc/openwrt_release")
        connection.send_command("uci set system.@system[0].hostname=lang-giang && uci commit system")
        assert connection.send_command("uci -q get system.@system[0].hostname").strip() == "lang-giang"


@sandboxed
def test_paramiko_runs_programs_on_openwrt_with_input_and_status():
    with emulated("openwrt") as router, paramiko.SSHClient() as client:
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        client.connect(router.host, router.port, USER, PASSWORD, look_for_keys=False, allow_agent=False)
        given, said, _ = client.exec_command("cat > /etc/motcua.test; md5sum < /etc/motcua.test; exit 3")
        given.write("Một cửa\n")
        given.channel.shutdown_write()
        assert said.read().decode().split()[0] == hashlib.md5("Một cửa\n".encode()).hexdigest()
        assert said.channel.recv_exit_status() == 3
        assert (router.box.sandbox.root / "etc/motcua.test").read_text(encoding="utf-8") == "Một cửa\n"
