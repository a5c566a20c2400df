"""The lists that people choose from, and the forms of addresses, channels and disks: each with what the form shows for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Any

from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors import VENDORS, complaint

from .kinds import Choice, Parsed, Several, Wrong, folded
from .number import Number, unmistakable

# A brand that stands with a condition ("EZVIZ with ISAPI") is not promised to anybody who reads a label.
BRANDS = {name: [brand for brand in vendor.brands if " with " not in brand] for name, vendor in VENDORS.items()}


def vendor_of(maker: str) -> str | None:
    """The vendor whose devices carry that name, None when there is none or only some of them are."""
    names = {folded(name): name for name in VENDORS} | {folded(brand): name for name, brands in BRANDS.items() for brand in brands}
    return names.get(folded(maker))


YES_NO = Choice({True: "Có", False: "Không"}, {"yes": True, "no": False, "đúng": True, "sai": False, "1": True, "0": False})
LEVEL = Choice(
    {"province": "Cấp tỉnh", "district": "Cấp huyện", "commune": "Cấp xã"}, {"tỉnh": "province", "huyện": "district", "xã": "commune"}
)
ISOLATION = Choice(
    {
        "segment": "Cổng riêng trên router",
        "device": "Chung mạng, chặn từng thiết bị",
        "flat": "Chung mạng, không chặn được",
    }
)
ZONE = Choice(
    {
        "counter": "Quầy giao dịch",
        "waiting": "Khu vực chờ",
        "entrance": "Cửa ra vào",
        "outdoor": "Ngoài trời",
        "storage": "Kho lưu trữ",
    },
    {"quầy": "counter", "cửa": "entrance", "kho": "storage"},
)
ZONES = Several(ZONE)
CAMERA_CLASS = Choice({"standard": "Thường", "priority": "Ưu tiên"})
VENDOR = Choice(
    {name: f"{name} ({', '.join(brands)})" if brands else name for name, brands in BRANDS.items()},
    {brand: name for name, brands in BRANDS.items() for brand in brands},
    complaint,
)
LINE_KIND = Choice({"tslcd": "TSLCD cấp II", "ftth": "Internet cáp quang (FTTH)"})
PLATFORM = Choice(
    {
        "linux": "Linux",
        "routeros": "MikroTik RouterOS",
        "ios": "Cisco IOS",
        "vyos": "VyOS",
        "openwrt": "OpenWrt",
        "fortios": "Fortinet FortiOS",
        "junos": "Juniper Junos",
        "draytek": "DrayTek Vigor",
        "ont": "Modem/ONT của nhà mạng",
    },
    {"mikrotik": "routeros", "cisco": "ios", "fortinet": "fortios", "juniper": "junos", "modem": "ont"},
)
CONDITION = Choice({"good": "Tốt", "worn": "Đã xuống cấp", "broken": "Hỏng"})
SCHEME = Choice({"https": "https", "http": "http"})
STREAM = Choice({"main": "Luồng chính", "sub": "Luồng phụ", "third": "Luồng thứ ba"})
CODECS = Several(Choice({"h264": "H.264", "h265": "H.265"}))
OTHER_KIND = Choice({"camera": "Camera", "recorder": "Đầu ghi", "other": "Thiết bị khác"})
HEALTH = Choice({"ok": "tốt", "failing": "sắp hỏng"}, {"ok": "ok", "hỏng": "failing", "lỗi": "failing"})


def _mac(text: str) -> str:
    digits = re.sub(r"[-:. ]", "", text).lower()
    if not re.fullmatch(r"[0-9a-f]{12}", digits):
        raise ValueError(text)
    return ":".join(digits[index : index + 2] for index in range(0, 12, 2))


def _clock(text: str) -> str:
    found = re.fullmatch(r"(\d{1,2})(?:[:hH.](\d{2})?(?::00)?)?(?: ?giờ)?", text)
    if not found or int(found[1]) > 23 or int(found[2] or 0) > 59:
        raise ValueError(text)
    return f"{int(found[1]):02}:{int(found[2] or 0):02}"


def _line_address(text: str) -> str:
    if folded(text) in ("cgnat", "ip động"):
        return "cgnat"
    if "/" not in text:
        raise Wrong("the length of its net is missing")
    return str(IPv4Interface(text))


def _channel(text: str) -> str:
    found = re.fullmatch(r"([a-z0-9-]+) ?/ ?([1-9]\d*)", text.lower())
    if not found:
        raise ValueError(text)
    return f"{found[1]}/{found[2]}"


def _source(text: str) -> str:
    return "direct" if folded(text) in ("trực tiếp", "direct") else f"nvr:{_channel(text.lower().removeprefix('nvr:'))}"


def _phone(text: str) -> str:
    if not re.fullmatch(r"[0+][\d .()-]{7,30}", text):
        raise Wrong("a telephone number begins with 0 or +, which a spreadsheet drops unless the cell is text")
    return text


def _disks(text: str) -> list[dict[str, Any]]:
    return [_disk(part.strip()) for part in text.split(";") if part.strip()]


def _disk(text: str) -> dict[str, Any]:
    found = re.fullmatch(r"([\d.,]+(?: \d{3})*)(?: ?(GB|TB))?(?: (\D+))?", text, re.IGNORECASE)
    if not found:
        raise ValueError(text)
    size = Number().read(found[1]) * (1000 if (found[2] or "").upper() == "TB" else 1)
    return {"size_gb": size} | ({"health": HEALTH.read(found[3])} if found[3] else {})


def _shown_disks(disks: Any) -> str:
    return "; ".join(_shown_disk(disk) for disk in disks)


def _shown_disk(disk: Mapping[str, Any]) -> str:
    return f"{unmistakable(disk['size_gb'])} GB" + (f" {HEALTH.write(disk['health'])}" if disk.get("health") else "")


ADDRESS = Parsed(lambda text: str(IPv4Address(text)), "192.168.1.64")
NETWORK = Parsed(lambda text: str(IPv4Network(text)), "192.168.1.0/24")
LINE_ADDRESS = Parsed(_line_address, "10.190.1.2/24, or cgnat where the provider gives a private, changing one")
MAC = Parsed(_mac, "4c:bd:8f:12:34:56")
CLOCK = Parsed(_clock, "07:30")
PHONE = Parsed(_phone, "0204 3854 123")
CHANNEL = Parsed(_channel, "nvr1/3")
SOURCE = Parsed(_source, "nvr1/3, or 'trực tiếp'", lambda value: "trực tiếp" if value == "direct" else str(value).removeprefix("nvr:"))
INTERFACES = Parsed(lambda text: [part for part in re.split(r"[;, ]+", text) if part], "lan1; lan2", "; ".join)
DISKS = Parsed(_disks, "4000 GB; 4000 GB sắp hỏng", _shown_disks)
