"""`motcua devices`: what works with which vendor, and who has seen it work, from the vendors' tables."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.motcua.cctv.plugins.plugin_utils.settings import Items, Setting
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors import VENDORS
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors.table import Vendor
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors.unsuited import UNSUITED

FILE = Path(__file__).resolve().parent.parent / "docs" / "devices.md"
ROLES = {"camera": "camera", "nvr": "recorder", "channel": "camera behind a recorder"}
HEAD = """# What works with which device

Made by `scripts/motcua devices` from the vendors' tables, and kept current by a test. *Recorded*: answers of real devices show it.
*Coded*: others' code does it with real devices. *Experimental*: no real device has confirmed it yet; it is only written with
`motcua_experimental: true` (a variable, or `experimental=true` ad hoc): try it on one before many.

Bảng này do `scripts/motcua devices` tạo từ bảng của từng hãng. *Recorded*: có bản ghi từ thiết bị thật. *Coded*: có chương trình của người
khác chạy với thiết bị thật. *Experimental*: chưa được thiết bị thật nào xác nhận; chỉ ghi khi có `motcua_experimental: true`, hãy thử trên
một thiết bị trước.
"""


def table(vendor: Vendor) -> str:
    """One vendor's part of the document."""
    rows = [_row(setting.key, setting, "read" if setting.read_only else "read, set", setting.firmware) for setting in vendor.settings]
    rows += [
        _row(f"{items.key}[]", items, "read" if all(one.read_only for one in items.settings) else "read, add, change, remove", "")
        for items in vendor.items
    ]
    lines = [f"| `{key}` | {roles} | {can} | {firmware} | {evidence} |" for key, roles, can, firmware, evidence in sorted(rows)]
    done = ", ".join(f"{name} ({evidence})" for name, evidence in vendor.operations.items())
    brands = f" Also sold as {', '.join(vendor.brands)}." if vendor.brands else ""
    about = f"Firmware: {vendor.firmware}.{brands} Factory account `{vendor.factory_user}`. Operations: {done}."
    head = ["", f"## {vendor.name}", "", about, "", "| key | at | can be | firmware | evidence |", "|---|---|---|---|---|"]
    return "\n".join([*head, *lines, ""])


def _row(key: str, entry: Setting | Items, can: str, firmware: str) -> tuple[str, str, str, str, str]:
    return key, ", ".join(ROLES[role] for role in entry.roles), can, firmware, entry.evidence


def document() -> str:
    """The whole document."""
    reasons = [f"- {kind.name}: {kind.reason}" for kind in UNSUITED]
    cannot = ["", "## What can't join", "", "Recognised by what it says, and named:", "", *reasons]
    return HEAD + "".join(map(table, VENDORS.values())) + "\n".join([*cannot, ""])


def devices() -> None:
    """Write docs/devices.md from the vendors' tables."""
    FILE.write_text(document(), encoding="utf-8")
