"""The programs of role state, and a small province as they know it."""

import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader

sys.path[:0] = [folder for folder in ("roles/state/files", "roles/recorder/files") if folder not in sys.path]

NOW = 1_795_608_000.0  # 2026-11-25, 12:00 UTC


def program(name):
    """One of the role's programs as a module."""
    loader = SourceFileLoader(name.replace("-", "_"), f"roles/state/files/{name}")
    module = module_from_spec(spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def line(number, provider="VNPT", kind="ftth", gateway=None, **changes):
    return {
        "kind": kind, "provider": provider, "gateway": gateway, "tunnel": f"10.96.{int(kind == 'tslcd')}.{number}", "tunnel_kind": "wireguard",
        "interface": "wg0", "limit_kbps": 4000,
    } | changes  # fmt: skip


def site(number, lines=None, **changes):
    return {
        "name": f"Xã số {number}",
        "level": "commune",
        "parent": None,
        "units": [{"code": f"0{number}", "name": f"Đơn vị {number}", "from": "2023-09-01", "until": None}],
        "zones": ["counter", "entrance"],
        "router": f"10.64.{number}.1",
        "lines": {"ftth": line(number)} if lines is None else lines,
        "mutes": [],
    } | changes


def camera(of, number, **changes):
    return {
        "site": of, "name": f"Quầy {number}", "zone": "counter", "device": f"{of}-cam{number}", "host": "127.0.0.1", "port": 9, "bitrate_kbps": 2000,
    } | changes  # fmt: skip


def settings(sites, cameras, folder="/nowhere", **changes):
    return {
        "hub": "centre",
        "timezone": "Asia/Ho_Chi_Minh",
        "segment_seconds": 60,
        "live_root": f"{folder}/live",
        "run": f"{folder}/run",
        "history": f"{folder}/history.db",
        "gate": f"{folder}/gate.db",
        "centre_lines": {"ftth": ["203.0.113.123"], "tslcd": ["10.190.0.123"]},
        "sites": sites,
        "cameras": cameras,
    } | changes
