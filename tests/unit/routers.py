"""A router's wish as the plan makes it, for the tests of all platforms: two lines, two hubs, both kinds of tunnel."""

import copy

from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.state import router_state

HUB_KEY = "hsU3hGQrSLwkwTIgB5Rm3pAFtRuGUnhQzNjPPzZ9ZlI="
SECRETS = {
    "tunnel/lang-giang/main": "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=",
    "tunnel/lang-giang/centre-ftth": "SPDKTmzCGbEJxPtzBEN4RJ3bsZOhyNn7TyDO6/kmhnE=",
    "tunnel/lang-giang/ioc-tslcd": "QPYh0k1S1kMGPJ8nS+vFAW2DlN0bZiyqgtt1ISyGFng=",
    "tunnel/lang-giang/ioc-ftth": "cCqkUHlLKUV+Bp1hJZ2fYj1e9W1hNwDvcKqAX2vQqG8=",
    "device/lang-giang-router/motcua": "Kh0ngAiBiet-2026",
    "device/lang-giang-router/snmp-auth": "SnmpXacThuc2026a",
    "device/lang-giang-router/snmp-privacy": "SnmpBaoMat2026bb",
}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ motcua"


def _tunnel(slot, hub, line, kind, interface, hub_address, endpoint, rank):
    return {
        "name": f"{hub}-{line}",
        "slot": slot,
        "kind": kind,
        "hub": hub,
        "line": line,
        "interface": interface,
        "address": f"10.96.0.{8 + slot}",
        "hub_address": hub_address,
        "endpoint": endpoint,
        "port": 51820,
        "mtu": 1380,
        "mss_bytes": 1340,
        "keepalive_seconds": 25,
        "hub_public_key": HUB_KEY if kind == "wireguard" else None,
        "secret": {"secret": "tunnel/lang-giang/main" if slot == 0 else f"tunnel/lang-giang/{hub}-{line}"},
        "local_id": f"{line}.lang-giang.lab.motcua",
        "remote_id": f"{hub}.lab.motcua",
        "reachable": [f"{hub_address}/32", "10.10.10.0/24", "10.10.20.0/24"],
        "rank": rank,
    }


WISH = {
    "host": "lang-giang-router",
    "site": "lang-giang",
    "accounts": [
        {
            "name": "motcua",
            "role": "admin",
            "keys": [KEY],
            "password": {"secret": "device/lang-giang-router/motcua"},
            "sources": ["10.10.10.50/32"],
        }
    ],
    "services": {
        "ssh": True, "telnet": False, "http": False, "https": False, "ftp": False, "api": False, "winbox": False,
        "upnp": False, "discovery": False, "ddns": False,
    },
    "management": ["10.10.10.50/32"],
    "zone": "Asia/Ho_Chi_Minh",
    "time_sources": ["10.190.0.123", "203.0.113.123", "10.96.0.2"],
    "lines": [
        {"name": "tslcd", "kind": "tslcd", "interface": "ether2", "gateway": "10.190.1.1", "mtu": 1500, "up_kbps": 20000, "down_kbps": 20000, "rank": 0, "internet": False},
        {"name": "ftth", "kind": "ftth", "interface": "ether1", "gateway": None, "mtu": 1492, "up_kbps": 40000, "down_kbps": 40000, "rank": 1, "internet": True},
    ],
    "lan": {"interface": "bridge", "address": "192.168.5.1/24"},
    "tunnels": [
        _tunnel(0, "centre", "tslcd", "ipsec", "ipsec0", "10.96.0.2", "10.190.0.10", 0),
        _tunnel(1, "centre", "ftth", "wireguard", "wg1", "10.96.0.1", "203.0.113.10", 1),
        _tunnel(2, "ioc", "tslcd", "ipsec", "ipsec2", "10.96.0.4", "10.190.0.20", 2),
        _tunnel(3, "ioc", "ftth", "wireguard", "wg3", "10.96.0.3", "203.0.113.20", 3),
    ],
    "translate": {"inside": "192.168.5.0/24", "outside": "10.64.1.0/24", "source": "192.168.5.1"},
    "firewall": {
        "input": [
            {"comment": "controller to router of lang-giang", "came_in": "tunnel", "from": ["10.10.10.50/32"], "protocol": "tcp", "ports": [22]},
            {"comment": "time for the office LAN", "came_in": "lan", "from": ["192.168.5.0/24"], "protocol": "udp", "ports": [123]},
        ],
        "forward": [
            {"comment": "controller to devices of lang-giang", "came_in": "tunnel", "from": ["10.10.10.50/32"], "to": ["192.168.5.5/32", "192.168.5.11/32"], "protocol": "tcp", "ports": [443, 554]},
            {"comment": "recorder to cameras of lang-giang", "came_in": "tunnel", "from": ["10.10.10.1/32", "10.10.20.2/32"], "to": ["192.168.5.5/32", "192.168.5.11/32"], "protocol": "tcp", "ports": [554]},
        ],
        "cameras": ["192.168.5.5", "192.168.5.11"],
        "portal": "10.10.10.1",
        "portal_ports": [443],
    },
    "shaping": [
        {"line": "tslcd", "interface": "ether2", "line_kbps": 20000, "video_kbps": 15000, "office_kbps": 5000},
        {"line": "ftth", "interface": "ether1", "line_kbps": 40000, "video_kbps": 20000, "office_kbps": 20000},
    ],
    "routing": {
        "mode": "bgp",
        "asn": 4200000001,
        "router_id": "10.96.0.8",
        "networks": ["10.64.1.0/24"],
        "neighbors": [
            {"tunnel": "centre-tslcd", "address": "10.96.0.2", "asn": 64901, "rank": 0},
            {"tunnel": "centre-ftth", "address": "10.96.0.1", "asn": 64901, "rank": 1},
            {"tunnel": "ioc-tslcd", "address": "10.96.0.4", "asn": 64902, "rank": 0},
            {"tunnel": "ioc-ftth", "address": "10.96.0.3", "asn": 64902, "rank": 1},
        ],
        "keepalive_seconds": 10,
        "hold_seconds": 30,
        "bfd": True,
        "bfd_interval_ms": 1000,
        "bfd_multiplier": 3,
    },
    "snmp": {
        "user": "motcua",
        "authentication": {"secret": "device/lang-giang-router/snmp-auth"},
        "privacy": {"secret": "device/lang-giang-router/snmp-privacy"},
        "sources": ["10.10.10.50/32"],
        "location": "Bộ phận Một cửa huyện Lạng Giang",
        "contact": "motcua",
    },
    "syslog": [{"address": "10.10.10.1", "port": 514}],
}  # fmt: skip


def wish(**changes):
    """A copy of the wish; each keyword replaces one of its keys."""
    return copy.deepcopy(WISH) | copy.deepcopy(changes)


def staged_wish(**changes):
    """The wish with the local way in that the plan gives every router."""
    made, source = wish(**changes), ["192.168.5.2/32"]
    password = {"secret": "device/lang-giang-router/breakglass"}
    made["accounts"] = [*made["accounts"], {"name": "breakglass", "role": "admin", "keys": [], "password": password, "sources": source}]
    opening = {"comment": "breakglass", "came_in": "lan", "from": source, "protocol": "tcp", "ports": [22]}
    made["firewall"] = {**made["firewall"], "input": [*made["firewall"]["input"], opening]}
    return made


def state(**changes):
    """The same as a RouterState whose secrets have values."""
    return router_state(wish(**changes), SECRETS.__getitem__)
