"""Who can reach what, computed from the rules: what single rules say, what the lab's matrix is, and what must hold of any."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired.pulls import recorded
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.matrix import plan_matrix
from ansible_collections.motcua.cctv.plugins.plugin_utils.reachability import World, reachability, world
from ansible_collections.motcua.cctv.plugins.plugin_utils.reachability.changes import watched
from ansible_collections.motcua.cctv.plugins.plugin_utils.reachability.machines import BY_ROWS
from ansible_collections.motcua.cctv.plugins.plugin_utils.reachability.nft import ruleset
from ansible_collections.motcua.cctv.plugins.plugin_utils.reachability.rules import Match, Packet, Ruleset, Translation
from ansible_collections.motcua.cctv.plugins.plugin_utils.reachability.world import Aim, Machine, Route, Spot

from cli.rendered import rendered

from .provinces import LAB, province, raw_site

# --- single rules ---------------------------------------------------------------------------------------------------------------

PACKET = Packet("lan", "wg0", IPv4Address("192.168.1.50"), IPv4Address("10.10.10.1"), "tcp", 443)


def forward(*rules, policy="drop", define=""):
    body = "\n".join(rules)
    text = f"flush ruleset\n{define}\ntable inet filter {{\nchain forward {{\ntype filter hook forward priority filter; policy {policy};\n{body}\n}}\n}}\n"
    return ruleset(text)


RULES = {
    "nothing is accepted": ([], "no"),
    "everything is": (["accept"], "yes"),
    "its port": (["tcp dport 443 accept"], "yes"),
    "a port among others": (["tcp dport { 80, 443 } accept"], "yes"),
    "a range of ports": (["tcp dport 400-500 accept"], "yes"),
    "another port": (["tcp dport { 80, 554 } accept"], "no"),
    "another protocol": (["udp dport 443 accept"], "no"),
    "its source": (["ip saddr { 10.0.0.1, 192.168.1.0/24 } accept"], "yes"),
    "another source": (["ip saddr 192.168.2.0/24 accept"], "no"),
    "its interfaces": (['iifname "lan" oifname { "wg0", "wg1" } accept comment "a } brace"'], "yes"),
    "another interface": (['iifname "wan" accept'], "no"),
    "the first that matches decides": (["ip daddr 10.10.10.1 drop", "accept"], "no"),
    "a drop of somebody else": (["ip saddr 192.168.1.11 drop", "accept"], "yes"),
    "an answer's rule is for no first packet": (["ct state established,related accept"], "no"),
    "nor is this one": (["tcp flags & syn == 0x0 accept"], "no"),
    "nor is a limit": (["ct state new add @busy { ip saddr ct count over 100 } reject with tcp reset", "accept"], "yes"),
    "a mark decides nothing": (["oifname { \"wg0\" } tcp sport { 22, 80 } meta priority set 2:10", "accept"], "yes"),
    "a ping is no connection": (["icmp type echo-request accept"], "no"),
    "what isn't understood may match": (["meta mark 7 accept"], "unknown"),
    "but not where the rest of it doesn't": (["tcp dport 22 meta mark 7 accept"], "no"),
    "nor where it makes no difference": (["meta mark 7 drop"], "no"),
    "nor where it comes too late": (["accept", "meta mark 7 drop"], "yes"),
    "a jump may lead anywhere": (["jump elsewhere"], "unknown"),
    "a negation isn't understood": (["ip saddr != 10.0.0.1 accept"], "unknown"),
    "nor a pattern of names": (['iifname "l*" accept'], "unknown"),
    "nor a set that stands elsewhere": (["ip saddr @trusted accept"], "unknown"),
}  # fmt: skip


@pytest.mark.parametrize(("rules", "verdict"), RULES.values(), ids=RULES.keys())
def test_a_rule(rules, verdict):
    assert forward(*rules).judge("forward", PACKET) == verdict


def test_a_defined_name_is_what_it_stands_for():
    assert forward("iifname $inside accept", define='define inside = { "lan", "x" }').judge("forward", PACKET) == "yes"
    assert forward("iifname $inside accept").judge("forward", PACKET) != "yes"


def test_every_chain_of_a_hook_has_to_let_a_packet_through():
    second = "chain more {\ntype filter hook forward priority filter - 5; policy accept;\nip daddr 10.10.10.1 drop\n}\n"
    text = f"table inet filter {{\nchain forward {{\ntype filter hook forward priority filter; policy accept;\n}}\n{second}}}\n"
    assert ruleset(text).judge("forward", PACKET) == "no"


def test_a_drop_before_the_routing_is_never_overlooked():
    text = "table inet filter {\nchain early {\ntype filter hook prerouting priority filter; policy accept;\nip saddr 192.168.1.50 drop\n}\n}\n"
    assert ruleset(text).judge("forward", PACKET) == "unknown"


@pytest.mark.parametrize("text", ["table inet filter {\nchain forward {\n", "}\n"])
def test_rules_that_do_not_hold_together_are_refused(text):
    with pytest.raises(ModelError, match=r"x: .*render them anew"):
        ruleset(text, where="x")


# --- the way of a packet --------------------------------------------------------------------------------------------------------

LAN, PREFIX, CENTRE = (IPv4Network(text) for text in ("192.168.1.0/24", "10.64.1.0/24", "10.10.10.0/24"))
ALL = IPv4Network("0.0.0.0/0")


def two_machines(sends=(PREFIX,), takes=(CENTRE,), home=True):
    """A hub and a router that let everything through: only routes, tunnels and addresses decide."""
    hub, router = IPv4Address("10.10.10.1"), IPv4Address("192.168.1.1")
    inwards = Translation(Match(to=(PREFIX,)), PREFIX, LAN)
    routes = (Route(CENTRE, "lan", segment="centre"), Route(PREFIX, "wg0", machine="router", arrives="wg0", sends=sends, takes=takes))
    back = (Route(LAN, "lan", segment="office"),) if home else (Route(ALL, "wg0", machine="hub", arrives="wg0"),)
    return World({
        "hub": Machine("hub", hub, frozenset({hub}), routes if home else (Route(ALL, "wg0", machine="router", arrives="wg0"),), Ruleset()),
        "router": Machine("router", router, frozenset({router}), back, Ruleset(arriving=(inwards,))),
    })  # fmt: skip


WAYS = {
    "to a translated address": (two_machines(), "10.64.1.64", "office", "192.168.1.64", "yes"),
    "to the machine behind it": (two_machines(), "10.64.1.1", "router", "192.168.1.1", "yes"),
    "to another host than is meant": (two_machines(), "10.64.1.64", "office", "192.168.1.65", "no"),
    "the near end sends nothing there": (two_machines(sends=(CENTRE,)), "10.64.1.64", "office", "192.168.1.64", "no"),
    "the far end takes nothing from here": (two_machines(takes=(LAN,)), "10.64.1.64", "office", "192.168.1.64", "no"),
    "nobody knows a way": (two_machines(), "172.16.0.1", "office", "192.168.1.64", "no"),
    "in a circle": (two_machines(home=False), "10.64.1.64", "office", "192.168.1.64", "no"),
}


@pytest.mark.parametrize(("passed", "to", "segment", "address", "verdict"), WAYS.values(), ids=WAYS.keys())
def test_a_way(passed, to, segment, address, verdict):
    aim = Aim(IPv4Address(to), "tcp", 554, (segment, IPv4Address(address)))
    assert passed.arrives(Spot("hub", "lan", IPv4Address("10.10.10.50")), aim) == verdict


def test_a_tunnel_that_takes_over_is_enough():
    passed = two_machines()
    hub = passed.machines["hub"]
    dead = replace(hub.routes[1], sends=())
    both = replace(hub, routes=(hub.routes[0], dead, hub.routes[1]))
    aim = Aim(IPv4Address("10.64.1.64"), "tcp", 554, ("office", IPv4Address("192.168.1.64")))
    spot = Spot("hub", "lan", IPv4Address("10.10.10.50"))
    assert World({**passed.machines, "hub": both}).arrives(spot, aim) == "yes"
    assert World({**passed.machines, "hub": replace(hub, routes=(dead,))}).arrives(spot, aim) == "no"


# --- the lab's province ---------------------------------------------------------------------------------------------------------


def computed(value, change=lambda texts: texts):
    planned = plan(value)
    hosts = {host.name: host for host in desired(value, planned)}
    passed = world(value, planned, hosts, change(rendered(hosts.values())))
    return planned, passed, reachability(value, planned, passed)


@pytest.fixture(scope="module")
def lab():
    value = load(LAB / "province.yml")
    return (value, *computed(value))


CAMERA = "tan-dinh-cam1"
PAIRS = {
    ("controller", f"{CAMERA}:rtsp"): "yes",
    ("controller", f"{CAMERA}:web"): "yes",
    ("centre-server", f"{CAMERA}:rtsp"): "yes",
    ("centre-server", f"{CAMERA}:web"): "no",
    ("centre-server", "lang-giang-nvr1:web"): "yes",  # what its recorder has kept is asked for over HTTP
    ("ioc-server", f"{CAMERA}:rtsp"): "yes",  # it shows live pictures while the storage centre is dead
    ("ioc-server", f"{CAMERA}:web"): "no",
    ("ioc-wall", f"{CAMERA}:rtsp"): "no",
    ("vms", f"{CAMERA}:rtsp"): "no",
    ("vms", "centre-server:rtsp"): "yes",
    ("profile", "centre-server:portal"): "yes",
    ("profile", "centre-server:ssh"): "no",
    ("profile", f"{CAMERA}:rtsp"): "no",
    ("tan-dinh-pc", "centre-server:portal"): "yes",
    ("tan-dinh-pc", "centre-server:ssh"): "no",
    ("tan-dinh-pc", "internet"): "yes",
    ("tan-dinh-pc", "tan-dinh-router:ssh"): "no",
    ("tan-dinh-pc", f"{CAMERA}:rtsp"): "no",  # a segment of their own
    ("xuong-lam-pc", "xuong-lam-cam1:rtsp"): "yes",  # flat
    ("xuong-lam-pc", f"{CAMERA}:rtsp"): "no",
    (CAMERA, "internet"): "no",
    (CAMERA, "centre-server:portal"): "no",
    (CAMERA, "tan-dinh-cam2:web"): "yes",  # one switch
    ("controller", "tan-dinh-router:ssh"): "yes",
    ("controller", "tan-dinh-pc:files"): "no",
    ("centre-server", "tan-dinh-pc:files"): "no",
    ("lang-giang-ftth", "lang-giang-router:ssh-ftth"): "no",
    ("lang-giang-tslcd", "lang-giang-cam1:rtsp"): "no",
    ("lang-giang-tslcd", "internet"): "no",
    ("centre-ftth", "centre-server:tunnel-ftth"): "yes",
    ("centre-ftth", "centre-server:ssh-ftth"): "no",
    ("centre-ftth", f"{CAMERA}:rtsp"): "no",
}  # fmt: skip


@pytest.mark.parametrize(("pair", "verdict"), PAIRS.items(), ids=lambda value: " ".join(value) if isinstance(value, tuple) else value)
def test_a_pair_of_the_lab(lab, pair, verdict):
    *_, found = lab
    assert found.verdict(*pair) == verdict


def test_everything_of_the_lab_can_be_told(lab):
    *_, found = lab
    assert not found.unknown


def test_what_the_matrix_allows_arrives_and_nobody_else_is_near_a_camera(lab):
    value, planned, _, found = lab
    pulled = {row["camera"] for row in recorded(value, planned)}
    for viewer, cameras in watched(value, planned, found).items():
        assert cameras == set(plan_matrix(value)[viewer].live) & pulled
    allowed = {"controller", "recorder", "operations"}
    for source, destination in found.reached:
        one, target = found.sources[source], found.destinations[destination]
        if target.kind in ("video", "web") and one.kind not in allowed:
            flat = value.sites[target.site].isolation == "flat"
            assert one.site == target.site, (source, destination)
            assert one.kind == "camera" or (one.kind == "office" and flat), (source, destination)


def test_removing_a_rule_that_opens_never_opens_anything(lab):
    value, planned, passed, found = lab
    most = found.reached | found.unknown
    lost = set()
    for name, machine in passed.machines.items():
        for hook, chains in machine.rules.chains.items():
            for number, chain in enumerate(chains):
                for index, rule in enumerate(chain.rules):
                    if rule.verdict == "yes":
                        less = replace(machine, rules=machine.rules.without(hook, number, index))
                        now = reachability(value, planned, World({**passed.machines, name: less}))
                        assert now.reached | now.unknown <= most, (name, rule)
                        lost |= found.reached - now.reached
    assert ("tan-dinh-pc", "centre-server:portal") in lost, "a rule that carries something was among them"


def test_a_rule_that_nobody_understands_is_never_no(lab):
    value, _, _, before = lab
    hub = "centre-server"

    def strange(texts):
        text, fragments = texts[hub]
        return {**texts, hub: (text.replace("ct state invalid drop", "meta mark 9 accept"), fragments)}

    *_, found = computed(value, strange)
    assert ("profile", "centre-server:ssh") in found.unknown
    assert before.reached <= found.reached | found.unknown


def test_a_machine_whose_rules_nobody_wrote_is_never_no(lab):
    value, *_ = lab
    *_, found = computed(value, lambda texts: {name: text for name, text in texts.items() if name != "ioc-server"})
    assert found.verdict("ioc-wall", "ioc-server:ssh") == "unknown"


# --- routers of other makers ----------------------------------------------------------------------------------------------------


def of_platform(platform, isolation="segment"):
    site = raw_site(1, isolation=isolation)
    site["router"] = {"platform": platform, "address": "192.168.1.1", "lan_interface": "bridge"}
    return province({"xa": site})


@pytest.mark.parametrize("platform", BY_ROWS)
def test_a_row_opens_what_the_rendered_rule_opens(platform):
    *_, rows = computed(of_platform(platform, "flat"))
    *_, text = computed(of_platform("linux", "flat"))
    for pair in text.reached | rows.reached:
        assert rows.verdict(*pair) in (text.verdict(*pair), "unknown"), pair
    for pair in rows.unknown:
        one, target = rows.sources[pair[0]], rows.destinations[pair[1]]
        assert one.site == "xa" and (one.kind == "line" or target.kind in ("internet", "router")), pair
    assert rows.verdict("controller", "xa-cam1:rtsp") == "yes"
    assert rows.verdict("xa-pc", "centre-server:portal") == "yes"
    assert rows.verdict("xa-pc", "centre-server:ssh") == "no"


@pytest.mark.parametrize("platform", ["fortios", "junos", "draytek", "ont"])
def test_a_router_that_is_not_ours_to_write_can_not_be_told(platform):
    *_, found = computed(of_platform(platform))
    assert found.verdict("controller", "xa-cam1:rtsp") == "unknown"
    assert found.verdict("profile" if "profile" in found.sources else "ioc-server", "xa-cam1:web") == "no", "the hub's own rules are known"


@pytest.mark.parametrize(("platform", "isolation", "verdict"), [
    ("linux", "segment", "no"), ("linux", "flat", "yes"), ("linux", "device", "unknown"), ("routeros", "segment", "unknown"), ("routeros", "flat", "yes"),
])  # fmt: skip
def test_an_office_pc_and_a_camera_of_one_lan(platform, isolation, verdict):
    site = of_platform(platform, isolation)
    if platform == "linux":
        site = province({"xa": raw_site(1, isolation=isolation)})
    *_, found = computed(site)
    assert found.verdict("xa-pc", "xa-cam1:rtsp") == verdict


def test_the_real_province_is_told_as_a_whole():
    value = load("inventory/bac_giang/province.yml")
    *_, found = computed(value)
    foreign = {
        pair
        for pair in found.reached | found.unknown
        if found.sources[pair[0]].site not in (None, found.destinations[pair[1]].site) and found.destinations[pair[1]].site is not None
    }
    assert not foreign, "no site reaches another"
