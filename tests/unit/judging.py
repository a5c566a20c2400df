"""A province in which every rule of the catalogue passes, with what an audit reads of its devices, and changes to it."""

import copy
from dataclasses import replace
from datetime import date

from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue.rules import PROFILES
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.rules import judge
from ansible_collections.motcua.cctv.plugins.plugin_utils.snapshots import Snapshot

from .provinces import raw_province, raw_site

TODAY = date(2026, 11, 26)
PAPERS = {"conformity": "QC-0123/2026", "bought_year": 2026, "microphone": False}
STREAMS = {f"streams.{stream}.audio": False for stream in ("main", "sub")}
READ = {
    "identity.model": "DS-2CD2143G2-I",
    "identity.firmware": "V5.7.18",
    "identity.build": "build 240826",
    "time.mode": "ntp",
    "time.ntp": ["192.168.1.1"],
    **dict.fromkeys(("services.upnp", "services.p2p", "services.telnet", "services.ssh", "services.snmp", "services.discovery"), False),
    "services.https": True,
    "services.onvif": True,
    "access.lockout": True,
    "access.tls_min": "1.2",
    "certificate.expires": "2099-11-26T00:00:00+00:00",
    "users.admin.role": "admin",
    "users.motcua-view.role": "viewer",
    "onvif_users.motcua-onvif.role": "viewer",
}
VALUES = {
    "a-cam1": {**READ, **STREAMS, "access.rtsp_auth": "digest"},
    "a-cam3": STREAMS,
    "a-nvr1": {**READ, "identity.model": "DS-7608NXI-K2"},
}


def raw():
    """The province as people would write it: a camera, a recorder, a camera behind it, a router that isn't Linux."""
    lines = {
        "ftth": raw_site(1)["lines"]["ftth"] | {"up_mbps": 50, "p95_down_mbps": 5},
        "tslcd": {
            "kind": "tslcd", "provider": "VNPT", "interface": "ether2", "address": "10.190.1.2/24", "gateway": "10.190.1.1",
            "up_mbps": 50, "down_mbps": 50, "p95_up_mbps": 2, "p95_down_mbps": 2,
        },
    }  # fmt: skip
    site = raw_site(
        1,
        lines=lines,
        router={
            "platform": "routeros", "model": "CCR2004", "firmware": "7.20.1", "address": "192.168.1.1", "lan_interface": "bridge",
            "office_ports": ["ether3"], "camera_ports": ["ether4"],
        },
        nvrs={"nvr1": raw_site(1)["nvrs"]["nvr1"] | {"model": "DS-7608NXI-K2", **{key: PAPERS[key] for key in ("conformity", "bought_year")}}},
        cameras={
            "cam1": {"vendor": "hikvision", "name": "Quầy", "address": "192.168.1.11", "zone": "counter", "model": "DS-2CD2143G2-I", **PAPERS},
            "cam3": {"vendor": "hikvision", "name": "Cửa", "source": "nvr:nvr1/3", "zone": "entrance", "model": "DS-2CD2143G2-I", **PAPERS},
        },
        zones=["counter", "entrance"],
        recording_notice=date(2026, 9, 1),
        office={"surveyed": date(2026, 9, 1)},
        power={"ups": True, "temperature_c": 25, "humidity_percent": 60, "rack_locked": True},
        compliance={"passwords_changed": True, "open_to_internet": False, "sign_present": True},
    )  # fmt: skip
    whole = raw_province({"a": site})
    return whole | {"viewers": {"a": {"name": "Lãnh đạo xã", "watches": "a"}}, "policy": {"profiles": list(PROFILES)}}


def read():
    """What an audit read of every device, by its name."""
    return {name: Snapshot(name, dict(values)) for name, values in VALUES.items()}


def written(path, value):
    """A change of what people wrote: ``sites.a.power.ups``; None removes the key."""

    def change(whole, snapshots):
        *above, last = path.split(".")
        node = whole
        for part in above:
            node = node[part]
        if value is None:
            node.pop(last, None)
        else:
            node[last] = value
        return snapshots

    return change


def says(device, key, value):
    """A device says another value; None: it doesn't say the key."""

    def change(_, snapshots):
        values = {name: one for name, one in snapshots[device].values.items() if name != key} | ({} if value is None else {key: value})
        return snapshots | {device: replace(snapshots[device], values=values)}

    return change


def lacks(device, key, how="unknown", why="HTTP 500"):
    """A device of which a key, or a list with all its rows, can't be told, or which doesn't have it."""

    def change(_, snapshots):
        one = snapshots[device]
        values = {name: value for name, value in one.values.items() if name != key and not name.startswith(f"{key}.")}
        return snapshots | {device: replace(one, values=values, **{how: {**getattr(one, how), key: why}})}

    return change


# A camera of 2016 whose hole is certain and known to be exploited.
OLD = {"identity.model": "DS-2CD2032F-I", "identity.firmware": "V5.4.0", "identity.build": "build 160401"}


def silent(device):
    """A device of which nothing was read."""
    return lambda _, snapshots: {name: one for name, one in snapshots.items() if name != device}


def judged(*changes, on=TODAY, profiles=(), heard=None):
    """What the rules say after the changes."""
    whole, snapshots = copy.deepcopy(raw()), read()
    for change in changes:
        snapshots = change(whole, snapshots)
    province = Province.model_validate(whole)
    return judge(province, plan(province), snapshots, on, profiles, heard)
