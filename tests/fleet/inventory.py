"""A fleet as a province that people could have written: what `ansible-playbook` and `motcua audit` run on."""

import base64
import subprocess
from pathlib import Path

import yaml

from tests.fleet.layout import site_id
from tests.fleet.models import MODELS, PASSWORD

SITES_IN_A_FILE = 50
LAN = "192.168.1"
# The emulated offices' interfaces: line and LAN.
INTERFACES = {
    "routeros7": ("routeros", "ether1", "bridge"),
    "routeros6": ("routeros", "ether1", "bridge"),
    "ios": ("ios", "GigabitEthernet0/0/0", "Vlan1"),
    "vyos14": ("vyos", "eth0", "eth2"),
    "openwrt": ("openwrt", "wan", "br-lan"),
}
STREAM = "/media/video1"  # only an ONVIF device itself knows it, so that a survey writes it down
HUB_KEY = "hsU3hGQrSLwkwTIgB5Rm3pAFtRuGUnhQzNjPPzZ9ZlI="
# There is no centre. Playbooks that are limited to the devices take it for rolled out in this run already, and don't look for its tunnels.
# What no real device has confirmed yet, these take.
CENTRE_IS_DONE = {"hubs": {"hub_public_key": {"stdout": HUB_KEY}}, "all": {"network_reaches": False, "motcua_experimental": True}}
WITHOUT_WIREGUARD = ("routeros6", "ios")


def write(layout, folder):
    """province.yml, sites/, secrets/, the controller's key, and fleet.json with the measures."""
    for name in ("sites", "secrets", "state", "run", "keys", "group_vars"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for old in (folder / "sites").glob("*.yml"):
        old.unlink()
    for first in range(1, layout.sites + 1, SITES_IN_A_FILE):
        sites = {site_id(site): site_of(layout, site) for site in range(first, min(first + SITES_IN_A_FILE, layout.sites + 1))}
        dump({"sites": sites}, folder / "sites" / f"{first:05}.yml")
    dump(province_of(layout, key(folder)), folder / "province.yml")
    (folder / "keys/centre.pub").write_text(HUB_KEY + "\n")
    for group, variables in CENTRE_IS_DONE.items():
        dump(variables, folder / f"group_vars/{group}.yml")
    master = {"master": base64.b64encode(bytes(range(32))).decode()}
    initial = {device.host: PASSWORD for site in range(1, layout.sites + 1) for device in layout.of_site(site) if device.role != "router"}
    dump(master | {"initial": initial}, folder / "secrets/devices.yml")
    dump(master, folder / "secrets/tunnels.yml")
    layout.write(folder)


def province_of(layout, public_key):
    """What is the same for all sites."""
    return {
        "plugin": "motcua.cctv.province",
        "id": "fleet",
        "name": "Tỉnh mô phỏng",
        "timezone": "Asia/Ho_Chi_Minh",
        "networks": {"sites": layout.network, "tunnels": "10.96.0.0/14", "tslcd": ["10.190.0.0/16"], "time_sources": {"ftth": ["203.0.113.123"]}},
        "masters": {"devices": "secrets/devices.yml", "tunnels": "secrets/tunnels.yml"},
        "ssh": {"user": "root", "private_key": "id_ed25519", "public_key": public_key, "known_hosts": "state/known_hosts"},
        "centres": {
            "centre": {
                "name": "Trung tâm",
                "kind": "storage",
                "lan": "127.128.10.0/24",
                "address": "127.128.10.1",
                "endpoints": {"ftth": "203.0.113.10", "tslcd": "10.190.0.10"},
                "controllers": ["127.128.10.50"],
            },
            "ioc": {"name": "IOC", "kind": "ioc", "lan": "127.128.20.0/24", "address": "127.128.20.2"},
        },
    }  # fmt: skip


def site_of(layout, site):
    """One office: a router, a recorder, and cameras of any vendor that it records."""
    devices = layout.of_site(site)
    platform, line, lan = INTERFACES[devices[0].kind]
    ftth = {
        "kind": "ftth", "provider": "VNPT", "interface": line, "address": "cgnat", "up_mbps": 20, "down_mbps": 40, "p95_up_mbps": 2,
    } | ({"tunnel": "ipsec"} if devices[0].kind in WITHOUT_WIREGUARD else {})  # fmt: skip
    return {
        "number": site,
        "name": f"Xã số {site}",
        "level": "commune",
        "isolation": "flat",
        "lan": f"{LAN}.0/24",
        "lines": {"ftth": ftth},
        "router": {"platform": platform, "address": f"{LAN}.1", "ssh_port": layout.port(devices[0]), "lan_interface": lan},
        "nvrs": {one.name: described(layout, one, "Đầu ghi") | {"channels": 8} for one in devices if one.role == "nvr"},
        "cameras": {
            one.name: described(layout, one, f"Quầy số {one.place}") | {"zone": "counter", "recorder": f"nvr1/{one.place}"}
            for one in devices
            if one.role == "camera"
        },
    }


def described(layout, device, name):
    """What people know of a camera or recorder."""
    model = MODELS[device.kind, device.role]
    where = {"address": f"{LAN}.{device.octet}", "port": layout.port(device)}
    return {"vendor": device.kind, "model": model, "name": name} | where | ({"stream_path": STREAM} if device.kind == "onvif" else {})


def key(folder):
    """The public half of the controller's key, which is made once."""
    private = folder / "id_ed25519"
    if not private.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "fleet", "-f", str(private)], check=True)
    return private.with_suffix(".pub").read_text().strip()


def dump(content, path):
    """YAML, as people's files are; quickly where there are many."""
    Path(path).write_text(yaml.dump(content, allow_unicode=True, sort_keys=False, Dumper=yaml.CSafeDumper), encoding="utf-8")
