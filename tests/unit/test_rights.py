"""Who may see what: how it is written down, the matrix that follows, and what centre, routers and firewall make of it."""

import json
import os
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path

import jinja2
import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.matrix import plan_matrix

AGREEMENT = {"paper": "Số 12/QCPH", "from": date(2026, 1, 1), "until": date(2026, 12, 31)}


@pytest.fixture(scope="module")
def provinces():
    return {name: load(f"inventory/{name}/province.yml") for name in ("lab", "bac_giang")}


@pytest.fixture
def inventory(tmp_path):
    """The lab's folder, to be written to."""
    shutil.copytree("inventory/lab", tmp_path / "lab", ignore=shutil.ignore_patterns("state", "secrets", "keys"))
    return tmp_path / "lab"


def said(inventory, viewer):
    """What is said of one more viewer, of whom only this is written."""
    content = {"viewers": {"x": {"name": "Ai đó", "watches": "lang-giang", **viewer}}}
    (inventory / "viewers.yml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    try:
        load(inventory / "province.yml")
    except ModelError as error:
        return str(error)
    return None


@pytest.mark.parametrize("viewer", [
    {}, {"playback": True}, {"watches": "all"}, {"kind": "ioc", "watches": "all"}, {"kind": "public_administration"},
    {"kind": "operator", "playback": True}, {"kind": "police", "agreement": AGREEMENT},
    {"kind": "police", "agreement": {**AGREEMENT, "until": AGREEMENT["from"]}},
], ids=str)  # fmt: skip
def test_what_may_be_written(inventory, viewer):
    assert said(inventory, viewer) is None


MISTAKES = {
    "police without a paper": ({"kind": "police"}, "agreement: is missing"),
    "an agreement of others": ({"agreement": AGREEMENT}, "agreement: only 'kind: police' has one"),
    "days the wrong way round": ({"kind": "police", "agreement": {**AGREEMENT, "until": date(2025, 1, 1)}}, "agreement.until: 2025-01-01 is before"),
    "no day": ({"kind": "police", "agreement": {**AGREEMENT, "until": "sometime"}}, "agreement.until: 'sometime' is wrong"),
    "no until": ({"kind": "police", "agreement": {"paper": "x", "from": date(2026, 1, 1)}}, "agreement.until: is missing"),
    "another kind": ({"kind": "guest"}, "kind: 'guest' is not known"),
    "a unit that isn't there": ({"watches": "nowhere"}, "watches: there is no site 'nowhere'"),
    "sits nowhere": ({"sits_at": "nowhere"}, "sits_at: there is no site 'nowhere'"),
    "an operator of a part": ({"kind": "operator", "watches": "tan-dinh"}, "watches: 'operator' sees all sites"),
    "recordings for the wall": ({"kind": "ioc", "watches": "all", "playback": True}, "playback: 'ioc' sees live pictures only"),
    "a misspelt key": ({"playbak": True}, "playbak: unknown key; did you mean 'playback'?"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_names_file_and_key(inventory, mistake):
    viewer, sentence = MISTAKES[mistake]
    message = said(inventory, viewer)
    assert message.startswith(f"{inventory}/viewers.yml: viewers.x.{sentence}") and "\n" not in message


# --- the matrix -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lab", "bac_giang"])
def test_the_whole_matrix(provinces, name):
    """Every viewer with every camera, live and recorded, said a second time in other words."""
    province = provinces[name]
    matrix = plan_matrix(province)
    assert matrix.keys() == province.viewers.keys()
    cameras = [(site, f"{site}-{camera}") for site, value in province.sites.items() for camera in value.cameras]
    kinds = set()
    for viewer, right in matrix.items():
        value = province.viewers[viewer]
        kinds.add(value.kind)
        for site, camera in cameras:
            below, above = False, site
            while above is not None and not below:
                below, above = above == value.watches, province.sites[above].parent
            live = value.kind in ("ioc", "operator", "public_administration") or value.watches == "all" or below
            recorded = live and (value.kind in ("operator", "police") or (value.kind == "leader" and value.playback))
            assert ((camera in right.live), (camera in right.playback)) == (live, recorded), (viewer, camera)
        assert (right.since is None) == (value.kind != "police") == (right.until is None)
    assert kinds >= {"leader", "ioc", "operator", "public_administration"} and (name != "lab" or "police" in kinds)


def test_the_portal_is_told_the_same(provinces):
    province = provinces["lab"]
    planned = plan(province)
    settings = next(host for host in desired(province, planned) if host.role == "hub").desired["portal"]["settings"]
    pulled = {camera["id"] for camera in settings["cameras"]}
    for viewer, right in plan_matrix(province).items():
        told = settings["viewers"][viewer]
        assert (set(told["live"]), set(told["playback"])) == (set(right.live) & pulled, set(right.playback) & pulled)
        days = {key: day.isoformat() for key, day in (("from", right.since), ("until", right.until)) if day}
        assert {key: told[key] for key in ("from", "until") if key in told} == days
    assert settings["watchers"] == [str(province.centres["ioc"].address)]
    assert "password" not in json.dumps(settings).lower()


# --- who reaches the portal -----------------------------------------------------------------------------------------------------


def rendered(role, template, **variables):
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(f"roles/{role}/templates"), trim_blocks=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template(template).render(ansible_managed="ours", **variables)


@pytest.fixture(scope="module")
def hosts(provinces):
    return {host.name: host.desired for host in desired(provinces["lab"], plan(provinces["lab"]))}


@pytest.fixture(scope="module")
def hub_rules(hosts):
    """The centre's rules, without those that each site brings."""
    text = rendered("firewall", "hub.nft.j2", firewall_config=hosts["centre-server"]["hub"])
    return text.replace('include "/etc/nftables.d/*.nft"', "")


def test_leaders_devices_reach_the_portal_and_nothing_else(hub_rules):
    rules = [line.strip() for line in hub_rules.splitlines() if "motcua-viewers" in line]
    assert [re.sub(" comment .*", "", rule) for rule in rules] == [
        'iifname "motcua-viewers" ip saddr 10.98.0.0/20 ip daddr 10.10.10.1 tcp dport { 443 } accept',
        'iifname "motcua-viewers" drop',
        'iifname "motcua-viewers" drop',
    ]
    chain = hub_rules[hub_rules.index("chain input") : hub_rules.index("chain forward")]
    before = chain[: chain.index('iifname "motcua-viewers" drop')]
    assert len(re.findall("accept", before.replace("policy", ""))) == 3, "established, loopback and the portal come before it, nothing else"
    forward = hub_rules[hub_rules.index("chain forward") :].splitlines()
    assert 'iifname "motcua-viewers" drop' in forward[2], "before everything"


def test_an_office_reaches_the_portal_and_a_camera_doesnt(hosts):
    for name, wish in hosts.items():
        if not name.endswith("-router"):
            continue
        firewall = wish["router"]["firewall"]
        assert (firewall["portal"], firewall["portal_ports"]) == ("10.10.10.1", [443])
        text = Path("roles/firewall/templates/router.nft.j2").read_text()
        assert text.index("a camera opens nothing by itself") < text.index('comment "the portal"')
    flows = {flow["comment"]: flow for flow in hosts["centre-server"]["hub"]["input"]}
    people = flows["portal for the offices and the centre's own LAN"]
    assert (people["from"], people["ports"]) == (["10.64.0.0/12", "10.10.10.0/24"], [443])


NAMESPACES = """
set -eu
ip link set lo up
ip netns add device-$$ && trap 'ip netns del device-$$' EXIT
ip link add motcua-viewers type veth peer name out netns device-$$
ip addr add 10.98.0.1/20 dev motcua-viewers && ip link set motcua-viewers up
ip addr add 10.10.10.1/24 dev lo
ip -n device-$$ addr add 10.98.0.2/20 dev out && ip -n device-$$ link set out up && ip -n device-$$ route add default via 10.98.0.1
ip link add cameras type dummy && ip addr add 10.64.1.11/24 dev cameras && ip link set cameras up
nft -f "$1"
python3 - <<'END' &
import socket, time
kept = []
for address, port in (("0.0.0.0", 443), ("0.0.0.0", 22), ("0.0.0.0", 80)):
    one = socket.socket(); one.bind((address, port)); one.listen(); kept.append(one)
print("listening", flush=True)
time.sleep(30)
END
server=$!
for _ in $(seq 100); do ss -Hltn | grep -q ':80 ' && break; sleep 0.05; done
ip netns exec device-$$ python3 - <<'END'
import socket
for target in (("10.10.10.1", 443), ("10.10.10.1", 22), ("10.10.10.1", 80), ("10.98.0.1", 443), ("10.64.1.11", 443)):
    try:
        socket.create_connection(target, 1).close()
        print(*target, "open", flush=True)
    except OSError:
        print(*target, "closed", flush=True)
END
kill $server
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes network namespaces")
def test_it_is_so_in_real_namespaces(hub_rules, tmp_path):
    """A veth stands for the tunnel; the rules are the rollout's."""
    (tmp_path / "hub.nft").write_text(hub_rules)
    # A mount namespace of its own, so that the name of the network namespace is nobody else's.
    command = ["unshare", "--net", "--mount", "sh", "-c", NAMESPACES, "sh", str(tmp_path / "hub.nft")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if line != "listening"] == [
        "10.10.10.1 443 open", "10.10.10.1 22 closed", "10.10.10.1 80 closed", "10.98.0.1 443 closed", "10.64.1.11 443 closed",
    ]  # fmt: skip
