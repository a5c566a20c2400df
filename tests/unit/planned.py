"""Small provinces on disk with everything that documents speak of, and what their documents say."""

import io
import zipfile
from datetime import date

import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils import desired
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from docx import Document

from documents.publish import Wanted, publish
from documents.speech import Speech
from documents.subject import Subject

from .provinces import raw_province, raw_site

TODAY = date(2026, 11, 26)
STREAMS = {
    "main": {"codecs": ["h264", "h265"], "width": 1920, "height": 1080, "fps": 25, "bitrate_kbps": 4096},
    "sub": {"codecs": ["h264"], "width": 704, "height": 576, "fps": 25, "bitrate_kbps": 512},
}


def line(kind="ftth", **changes):
    base = {
        "kind": kind,
        "provider": "Viettel",
        "interface": "wan",
        "address": "cgnat",
        "up_mbps": 20,
        "down_mbps": 40,
        "p95_up_mbps": 2,
        "p95_down_mbps": 5,
    }
    return base | changes


def camera(number, **changes):
    base = {
        "vendor": "hikvision",
        "name": f"Quầy số {number}",
        "address": f"192.168.1.{10 + number}",
        "zone": "counter",
        "model": "DS-2CD2043G2-I",
    }
    return base | changes


def raw_sites():
    """A district, a commune with a line that is too small and equipment of every kind, a commune that nobody has looked at, a closed one."""
    units = [{"code": "217", "name": "Huyện Thử", "from": date(2023, 9, 1), "until": date(2025, 6, 30)}]
    units += [{"code": "07375", "name": "Xã Mới", "level": "commune", "from": date(2025, 7, 1)}]
    district = raw_site(
        1,
        name="Bộ phận Một cửa huyện Thử",
        level="district",
        units=units,
        coordinates={"latitude": 21.3, "longitude": 106.2},
        lines={
            "tslcd": line("tslcd", up_mbps=50, down_mbps=50, monthly_vnd=1234567, contract_mbps=50, measured=date(2026, 3, 9)),
            "ftth": line(up_mbps=90),
        },
        needs={"leaders_watch": 2, "cameras": 1, "remark": "Cần xem ban đêm"},
        office={"surveyed": date(2026, 3, 5), "surveyed_by": "Tổ 1", "counters": 4, "opens": "07:30", "closes": "17:00"},
        compliance={"open_to_internet": True, "level_decision": "12/QĐ-UBND"},
        sample=True,
    )
    small = raw_site(
        2,
        name="Bộ phận Một cửa xã Đồng Tiến",
        parent="huyen-thu",
        coordinates={"latitude": 21.35, "longitude": 106.3},
        lines={"ftth": line(up_mbps=4, down_mbps=20, p95_up_mbps=2.3)},
        switches={"sw1": {"name": "Bộ chuyển mạch tầng 1", "poe_ports_free": 2}},
        nvrs={
            "nvr1": {
                "vendor": "dahua", "name": "Đầu ghi", "address": "192.168.1.5", "channels": 4, "model": "NVR4104",
                "serial": "=1+1", "disks": [{"size_gb": 1000, "health": "ok"}, {"size_gb": 2000, "health": "failing"}],
            }
        },
        cameras={
            "cam1": camera(1, name="Quầy <tiếp nhận> & trả kết quả", streams=STREAMS, serial="SER0001", firmware="V5.5.0", build="build 180101", bought_year=2019),
            "cam2": camera(2, zone="waiting", streams=STREAMS, recorder="nvr1/1", condition="broken"),
            "cam3": {"vendor": "dahua", "name": "Cửa ra vào", "source": "nvr:nvr1/2", "zone": "entrance"},
            "cam4": camera(4, **{"class": "priority"}),
        },
        others={"other1": {"kind": "camera", "maker": "Yoosee", "name": "Camera Wi-Fi", "zone": "outdoor", "why": "chỉ kết nối đám mây nước ngoài"}},
        policy={"edge_days": 30},
    )  # fmt: skip
    bare = raw_site(
        3, name="Bộ phận Một cửa xã Xa", parent="huyen-thu", nvrs={}, cameras={}, lines={"ftth": line(p95_up_mbps=None, p95_down_mbps=None)}
    )
    closed = raw_site(4, name="Bộ phận Một cửa xã Cũ", parent="huyen-thu", retired=date(2023, 9, 2))
    return {"huyen-thu": district, "dong-tien": small, "xa": bare, "cu": closed}


def write_inventory(folder, sites=None, **province):
    """A province on disk; gives the path of its province.yml."""
    raw = raw_province({}) | {"name": "Tỉnh Thử"} | province
    del raw["sites"]
    (folder / "sites").mkdir(parents=True)
    (folder / "province.yml").write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    (folder / "sites" / "all.yml").write_text(yaml.safe_dump({"sites": sites or raw_sites()}, allow_unicode=True), encoding="utf-8")
    viewers = {
        "leader": {"name": "Chủ tịch huyện Thử", "watches": "huyen-thu", "sits_at": "huyen-thu", "screens": 2},
        "ioc": {"name": "IOC", "kind": "ioc", "watches": "all"},
    }
    if sites is None:
        (folder / "viewers.yml").write_text(yaml.safe_dump({"viewers": viewers}, allow_unicode=True), encoding="utf-8")
    (folder / "prices.yml").write_text(yaml.safe_dump({"prices_vnd": {"camera": 1234567, "router": 2900000}}), encoding="utf-8")
    return folder / "province.yml"


def subject_of(path, on=TODAY, language="vi"):
    province = load(path, on)
    return Subject(province, desired.plan(province), Speech(language))


def published(path, folder, on=TODAY, language="vi", pdf="none"):
    """Publish a province into a folder; gives its subject."""
    subject = subject_of(path, on, language)
    folder.mkdir(parents=True)
    publish(subject, path.parent, folder, Wanted(tuple(subject.province.sites), pdf))
    return subject


def text_of(path):
    """Everything that a Word file says, tables, heads and drawings included, one paragraph a line."""
    document = Document(str(path))
    parts = [document.element.body, *(section.header._element for section in document.sections)]
    return "\n".join("".join(run.text or "" for run in paragraph.iter(f"{W}t")) for part in parts for paragraph in part.iter(f"{W}p"))


W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def repacked(source, target, change):
    """A copy of a Word file whose document.xml went through ``change``."""
    with zipfile.ZipFile(source) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts["word/document.xml"] = change(parts["word/document.xml"].decode()).encode()
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(memory.getvalue())
