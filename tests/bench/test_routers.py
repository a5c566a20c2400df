"""How long it takes to read and compare a province's routers: 220 emulated RouterOS with a round trip of 20 ms, with one `ansible-playbook`;
beside it a bare SSH client that runs the same reads, Ansible doing nothing, and the modules of community.routeros and cisco.ios. Times are
printed, never asserted. `python -m pytest -s tests/bench/test_routers.py` prints the figures; MOTCUA_BENCH_DEVICES gives it fewer.
"""

import json
import re

import pytest

from tests.bench.contenders import Contenders
from tests.bench.measure import SIZES, played
from tests.bench.rows import Told
from tests.emulators.routers.routeros_schema import PUBLISHED
from tests.fleet.console import USER
from tests.fleet.layout import Layout
from tests.fleet.running import fleet

ROUTERS, RTT_MS, FORKS = max(1, SIZES[-1] // 7), 20, 25
PEERS = min(25, ROUTERS)  # a router by its collection's modules costs seconds of CPU
TRIES = 3
PRINTING = {"ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"}
NOTHING = {"ansible.builtin.debug": {"msg": "nothing"}}
APPLY, COMPARE = ({"motcua.cctv.router": {}, "check_mode": mode} for mode in (False, True))
ROUTEROS = {
    "routeros_command": {"community.routeros.command": {"commands": ["/export"]}},
    "routeros_facts": {"community.routeros.facts": {"gather_subset": ["default", "config"]}},
}
IOS = {
    "ios_command": {"cisco.ios.ios_command": {"commands": ["show running-config"]}},
    "ios_facts": {"cisco.ios.ios_facts": {"gather_subset": ["default", "config"]}},
}
RESULT = re.compile(r"(?ms)^(s\d{5}-router) \| (?:SUCCESS|CHANGED) => (\{.*?^\})")
needs_peers = pytest.mark.skipif(not PUBLISHED.exists(), reason="scripts/dev_collections hasn't been run")


def routers_only(folder, kind, count, **ports):
    """A fleet of as many sites without cameras."""
    kinds = {"router": [kind], "nvr": ["hikvision"], "camera": []}
    return fleet(folder, Layout(devices=2 * count, cameras=0, rtt_ms=RTT_MS, kinds=kinds, **ports))


def results(folder):
    """What the task said of each router."""
    return {host: json.loads(text) for host, text in RESULT.findall((folder / "log").read_text())}


def ours(running, folder, task, *, count=None):
    """What our own task costs with the first so many routers."""
    count = count or len(running.of("router"))
    hosts = "routers" if count == len(running.of("router")) else ",".join(device.host for device in running.of("router")[:count])
    return played(running.province, [("routers", [task])], count, folder, hosts=hosts, **PRINTING)


def converged(running, folder):
    """Roll out until there is nothing to do."""
    for _ in range(TRIES):
        ours(running, folder, APPLY)
        if not any(result["changed"] for result in results(folder).values()):
            return
    raise AssertionError(f"after {TRIES} rollouts there is something to do: {(folder / 'log').read_text()[-2000:]}")


def theirs(running, folder, task, count, system, user):
    """What a collection's own module costs with the first so many routers."""
    layout = running.layout
    hosts = {
        device.host: {"ansible_host": layout.address(device), "ansible_port": layout.port(device)}
        for device in running.of("router")[:count]
    }
    variables = {
        "ansible_connection": "ansible.netcommon.network_cli", "ansible_network_os": system, "ansible_user": user, "ansible_become": False,
        "ansible_network_cli_ssh_type": "paramiko", "ansible_ssh_private_key_file": str(running.folder / "id_ed25519"),
    }  # fmt: skip
    (folder / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": variables}}))
    (folder / "ansible.cfg").write_text("[defaults]\nhost_key_checking = False\n")
    environment = {
        "ANSIBLE_CONFIG": str(folder / "ansible.cfg"), "ANSIBLE_COLLECTIONS_PATH": ".venv/dev_collections", "ANSIBLE_HOME": str(folder / "home"),
        "ANSIBLE_PERSISTENT_CONNECT_TIMEOUT": "120", "ANSIBLE_PERSISTENT_COMMAND_TIMEOUT": "120",
        "ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.yaml",
    }  # fmt: skip
    return played(folder / "hosts.json", [("all", [task])], count, folder, hosts="all", **PRINTING, **environment)


@pytest.fixture(scope="module")
def mikrotiks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mikrotiks")
    with routers_only(folder / "fleet", "routeros7", ROUTERS) as running:
        converged(running, folder)
        yield running


def test_comparing_all_routers(mikrotiks, tmp_path):
    told = Told("routers", rtt_ms=RTT_MS)
    idle = played(mikrotiks.province, [("routers", [NOTHING])], ROUTERS, tmp_path, hosts="routers")
    mikrotiks.listen()
    cost = ours(mikrotiks, tmp_path, COMPARE)
    compared = results(tmp_path)
    print(f"\nRouterOS 7, as declared; round trip {RTT_MS} ms; {FORKS} forks")
    floor = told("floor", Contenders(mikrotiks, tmp_path, devices=mikrotiks.of("router")).client("floor", FORKS))
    told("router", cost, floor)
    told("nothing", idle, floor)
    assert len(compared) == ROUTERS
    assert [host for host, result in compared.items() if result["changed"] or result["commands"]] == []


@needs_peers
@pytest.mark.parametrize("what", ROUTEROS)
def test_the_modules_of_community_routeros(what, mikrotiks, tmp_path):
    mine = ours(mikrotiks, tmp_path, COMPARE, count=PEERS)
    if what == "routeros_command":
        Told("router_modules", rtt_ms=RTT_MS)("router", mine)
    cost = Told("router_modules", rtt_ms=RTT_MS)(
        what, theirs(mikrotiks, tmp_path, ROUTEROS[what], PEERS, "community.routeros.routeros", "motcua+cet1024w")
    )
    print(f"to ours: {cost.times(mine)}")
    assert len(results(tmp_path)) == PEERS


@needs_peers
def test_the_modules_of_cisco_ios(tmp_path):
    with routers_only(tmp_path / "fleet", "ios", PEERS, https=8643, ssh=2222) as running:
        told = Told("router_modules", rtt_ms=RTT_MS)
        ours(running, tmp_path, COMPARE)  # the first contact
        mine = told("ios_router", ours(running, tmp_path, COMPARE))
        for what, task in IOS.items():
            cost = told(what, theirs(running, tmp_path, task, PEERS, "cisco.ios.ios", USER))
            print(f"to ours: {cost.times(mine)}")
            assert len(results(tmp_path)) == PEERS
