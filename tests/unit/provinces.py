"""Provinces made up for tests, of any size."""

import re
import shutil
from pathlib import Path

from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province

LAB = Path("inventory/lab")


def raw_site(number, **changes):
    """One plausible commune as people would write it."""
    site = {
        "number": number,
        "name": f"Xã số {number}",
        "level": "commune",
        "isolation": "segment",
        "lan": "192.168.1.0/24",
        "lines": {
            "ftth": {
                "kind": "ftth",
                "provider": "VNPT",
                "interface": "wan",
                "address": "cgnat",
                "up_mbps": 20,
                "down_mbps": 40,
                "p95_up_mbps": 2,
            }
        },
        "router": {
            "platform": "linux",
            "address": "192.168.1.1",
            "lan_interface": "br-lan",
            "office_ports": ["lan"],
            "camera_ports": ["cam"],
        },
        "nvrs": {"nvr1": {"vendor": "hikvision", "name": "Đầu ghi", "address": "192.168.1.5", "channels": 8}},
        "cameras": {
            f"cam{index}": {"vendor": "hikvision", "name": f"Quầy {index}", "address": f"192.168.1.{10 + index}", "zone": "counter"}
            for index in range(1, 4)
        },
    }
    return site | changes


def raw_province(sites):
    """A province around raw sites."""
    return {
        "id": "test",
        "name": "Tỉnh thử",
        "timezone": "Asia/Ho_Chi_Minh",
        "networks": {"sites": "10.64.0.0/12", "tunnels": "10.96.0.0/18", "tslcd": ["10.190.0.0/16"]},
        "masters": {"devices": "secrets/devices.yml", "tunnels": "secrets/tunnels.yml"},
        "centres": {
            "centre": {
                "name": "Trung tâm",
                "kind": "storage",
                "lan": "10.10.10.0/24",
                "address": "10.10.10.1",
                "endpoints": {"ftth": "203.0.113.10", "tslcd": "10.190.0.10"},
                "controllers": ["10.10.10.50"],
            },
            "ioc": {"name": "IOC", "kind": "ioc", "lan": "10.10.20.0/24", "address": "10.10.20.2"},
        },
        "sites": sites,
    }


def province(sites):
    """The same as a validated value."""
    return Province.model_validate(raw_province(sites))


def unruled(folder):
    """The lab's province without its rules: what they say of a device has tests of its own."""
    province = folder / "lab" / "province.yml"
    if not province.exists():
        shutil.copytree(LAB, province.parent, ignore=shutil.ignore_patterns("state", "keys"))
        for file in province.parent.rglob("*.yml"):
            file.write_text(re.sub(r"profiles: \[[^]]*\]", "profiles: []", file.read_text(encoding="utf-8")), encoding="utf-8")
    return str(province)
