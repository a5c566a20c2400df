"""What an emulated RouterOS says of itself: its hardware, its version, and what it works out of its entries."""

from __future__ import annotations

import re

from tests.emulators.routers import routeros_clock as clocks

BOARDS = {
    7: ("RB750Gr3", "hEX", "MIPS 1004Kc V2.15", "mmips", 3.1, 16.0),
    6: ("RB750r2", "hEX lite", "MIPS 24Kc V7.4", "mipsbe", 5.2, 16.0),
}
FULL_KIB = 24


def header(box):
    """The comments that an export begins with."""
    major = box.schema.major
    day = clocks.date_of(box.clock, major if tuple(map(int, box.version.split(".")[:2])) >= (7, 10) else 6)
    own = {"software id": "ABCD-1234", "model": BOARDS[major][0], "serial number": "HE908XYZ123"} | box.said_of_itself
    return [
        f"# {day} {box.clock:%H:%M:%S} by RouterOS {box.version}", f"# software id = {own['software id']}", "#", f"# model = {own['model']}",
        f"# serial number = {own['serial number']}",
    ]  # fmt: skip


def worked_out(box, path, item):
    """Read-only fields of an entry."""
    fields = item.fields
    where = " ".join(path)
    if where == "ip address":
        whole = fields["address"] if "/" in fields["address"] else fields["address"] + "/32"
        return {"address": whole, "actual-interface": fields.get("interface", "")}
    if where == "system scheduler":
        return {"run-count": str(box.clock_now.runs.get(item.number, 0)), "next-run": box.clock_now.next_run(item)}
    if where == "system script":
        return {"run-count": str(box.script_runs.get(item.number, 0))}
    if where == "interface wireguard peers":
        return {
            "current-endpoint-address": fields.get("endpoint-address", ""),
            "current-endpoint-port": fields.get("endpoint-port", "0"),
        }
    if where == "ip route":
        return {"active": "no" if fields.get("disabled") == "yes" else "yes", "static": "yes"}
    if path[:1] == ("interface",) and len(path) == 2:
        return {"type": {"ethernet": "ether", "wireguard": "wg"}.get(path[1], path[1])}
    return {}


def page(box, path):
    """What the router says of itself in menus without settings."""
    board = BOARDS[box.schema.major]
    free = f"{FULL_KIB:.1f}KiB" if "full_flash" in box.quirks else f"{board[4] * 1024:.1f}KiB"
    pages = {
        "system resource": {
            "uptime": clocks.uptime_of(box.clock_now.uptime), "version": f"{box.version} ({'stable' if box.schema.major >= 7 else 'long-term'})",
            "build-time": "2024-11-26 12:09:40" if box.schema.major >= 7 else "Nov/26/2024 12:09:40", "factory-software": "6.46.3",
            "free-memory": "188.2MiB", "total-memory": "256.0MiB", "cpu": board[2], "cpu-count": "4", "cpu-frequency": "880MHz",
            "cpu-load": "3%", "free-hdd-space": free, "total-hdd-space": f"{board[5]:.1f}MiB", "write-sect-since-reboot": "1844",
            "write-sect-total": "120944", "bad-blocks": "0%", "architecture-name": board[3], "board-name": board[1], "platform": "MikroTik",
        },
        "system routerboard": {"routerboard": "yes", "model": board[0], "serial-number": box.said_of_itself.get("serial number", "HE908XYZ123"),
                               "firmware-type": "mt7621L", "current-firmware": box.version, "upgrade-firmware": box.version},
        "system license": {"software-id": box.said_of_itself.get("software id", "ABCD-1234"), "nlevel": "4", "features": ""},
        "system device-mode": {"mode": "home" if "device_mode_home" in box.quirks else "enterprise"},
        "system clock": {"time": f"{box.clock:%H:%M:%S}", "date": clocks.date_of(box.clock, box.schema.major)}
        | {"time-zone-autodetect": "yes", "time-zone-name": "manual", "gmt-offset": "+07:00"} | box.one(("system", "clock")).fields,
    }  # fmt: skip
    return pages.get(" ".join(path))


def ports(config):
    """The hardware's ports, as far as an export names them; five at least."""
    found = set(re.findall(r"\b((?:ether|sfp-sfpplus|sfp|combo)\d+)\b", config)) | {f"ether{number}" for number in range(1, 6)}
    return sorted(found, key=lambda name: (re.sub(r"\d", "", name), int(re.sub(r"\D", "", name))))
