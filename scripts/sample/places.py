"""The places of the province and whose they were, from the lists in ``inventory/bac_giang/data``: 1 centre, 10 districts, 209 communes."""

from __future__ import annotations

import csv
import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

LETTER, FIRST_MERGERS, TWO_LEVELS = date(2023, 9, 1), date(2025, 1, 1), date(2025, 7, 1)
CENTRE = "hanh-chinh-cong"
# District -> the commune whose town its office stands in, and its wave of the rollout; the city and Lạng Giang are the pilot.
DISTRICTS = {
    "bac-giang": ("07210", 1), "yen-the": ("07288", 3), "tan-yen": ("07339", 3), "lang-giang": ("07375", 1), "luc-nam": ("07444", 3),
    "luc-ngan": ("07525", 4), "son-dong": ("07615", 4), "yen-dung": ("07681", 2), "viet-yen": ("07777", 2), "hiep-hoa": ("07840", 2),
}  # fmt: skip
Row = dict[str, str]


@dataclass
class Place:
    """A site without its equipment. ``remarks`` are the comments of a key: what the lists don't say and was assumed."""

    id: str
    number: int
    name: str
    level: str
    file: str
    wave: int
    row: Row
    parent: str | None = None
    units: list[dict[str, Any]] = field(default_factory=list)
    remarks: dict[str, str] = field(default_factory=dict)

    @property
    def coordinates(self) -> dict[str, float]:
        """The list's own point where it is sure of it, else its fallback."""
        sure = self.row["coord_quality"] == "ok"
        return {
            "latitude": float(self.row["lat" if sure else "lat_fallback"]),
            "longitude": float(self.row["lon" if sure else "lon_fallback"]),
        }


def places(data: Path) -> list[Place]:
    """Every site with its number, its units and their dates, in the order of the numbers, which never change."""
    rows = _read(data / "bacgiang_communes_2023_209.csv")
    units = {unit["code"]: unit["name"] for unit in _read(data / "bacninh_units_2025_07_99.csv") if unit["from_bac_giang"] == "1"}
    by_code = {row["commune_code_2023"]: row for row in rows}
    assumed = _assume_successors(rows)
    found = [_provincial(by_code["07210"])]
    found += [_district(by_code[town], name, wave) for name, (town, wave) in DISTRICTS.items()]
    found += _communes(rows)
    for number, place in enumerate(found, start=1):
        place.number = number
    _date_units(found)
    _two_levels(found, units)
    for place in found:
        if place.level == "commune" and place.row["commune_code_2023"] in assumed:
            place.remarks["units"] = "the list has no unit of 2025-07-01: the nearest commune's is assumed"
        if place.row["coord_quality"] != "ok":
            place.remarks["coordinates"] = f"rough, the fallback point: the list calls its own {place.row['coord_quality']}"
    return found


def slug(name: str) -> str:
    """A name as an id: ``Lạng Giang`` is ``lang-giang``."""
    plain = unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "D"))
    return re.sub(r"[^a-z0-9]+", "-", "".join(sign for sign in plain if not unicodedata.combining(sign)).lower()).strip("-")


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _bare(name: str) -> str:
    return re.sub(r"^(Phường|Xã|Thị trấn|Thị [xX]ã|Thành phố|Huyện) ", "", name)


def _served(name: str) -> str:
    """``Xã Tân Dĩnh`` as it stands within a sentence."""
    return name[0].lower() + name[1:]


def _provincial(row: Row) -> Place:
    return Place(CENTRE, 0, "Trung tâm Phục vụ hành chính công tỉnh Bắc Giang", "province", CENTRE, 1, row)


def _district(town: Row, name: str, wave: int) -> Place:
    title = f"Bộ phận Một cửa {_served(town['district_name_2023'])}"
    return Place(name, 0, title, "district", name, wave, town, CENTRE)


def _communes(rows: Sequence[Row]) -> Iterator[Place]:
    taken = {CENTRE, *DISTRICTS}
    for row in rows:
        district = slug(_bare(row["district_name_2023"]))
        name = slug(_bare(row["commune_name_2023"]))
        name = f"{name}-{district}" if name in taken else name
        taken.add(name)
        title = f"Bộ phận Một cửa {_served(row['commune_name_2023'])}"
        yield Place(name, 0, title, "commune", district, DISTRICTS[district][1], row, district)


def _assume_successors(rows: Sequence[Row]) -> set[str]:
    """Put communes whose unit of 2025-07-01 nobody has written down with the nearest commune of their district."""
    unknown = [row for row in rows if not row["unit_code_2025_07"]]
    for row in unknown:
        point = (float(row["lat_fallback"]), float(row["lon_fallback"]))
        known = [other for other in rows if other not in unknown and other["district_code_2023"] == row["district_code_2023"]]
        nearest = min(known, key=lambda other: math.dist(point, (float(other["lat_fallback"]), float(other["lon_fallback"]))))
        row |= {key: nearest[key] for key in ("unit_code_2025_07", "unit_name_2025_07")}
    return {row["commune_code_2023"] for row in unknown}


# --- the tree and its dates --------------------------------------------------------------------------------------------


def _date_units(found: Sequence[Place]) -> None:
    """The units until 2025-06-30: three levels, and the mergers of 2025-01-01 where they changed something."""
    last, day = TWO_LEVELS - timedelta(days=1), timedelta(days=1)
    codes = {place.id: place.row["district_code_2023"] for place in found if place.level == "district"}
    for place in found:
        before, after = _before(place), _after(place, codes)
        if before == after:
            place.units = [before | {"from": LETTER, "until": last}]
        else:
            place.units = [before | {"from": LETTER, "until": FIRST_MERGERS - day}, after | {"from": FIRST_MERGERS, "until": last}]


def _before(place: Place) -> dict[str, Any]:
    if place.level == "province":
        return {"code": "24", "name": "Tỉnh Bắc Giang"}
    return {"code": place.row[f"{place.level}_code_2023"], "name": place.row[f"{place.level}_name_2023"]}


def _after(place: Place, codes: Mapping[str, str]) -> dict[str, Any]:
    """The unit of 2025-01-01, with another parent where it came to another district that has an office here."""
    name = place.row["district_2025_01"].replace("Thị Xã", "Thị xã")
    district = slug(_bare(name))
    if place.level == "province" or not name:
        return _before(place)
    if place.level == "district" and district not in codes:
        place.remarks["units"] = f"{name} of 2025-01-01 had no office of its own among those of 2023"
        return _before(place)
    own = place.id if place.level == "district" else place.parent
    moved = {"parent": district} if district in codes and district != own else {}
    if place.level == "district":
        return {"code": codes[district], "name": name} | moved
    return {"code": place.row["unit_code_2025_01"], "name": place.row["unit_name_2025_01"]} | moved


def _two_levels(found: Sequence[Place], units: dict[str, str]) -> None:
    """The units since 2025-07-01: one main site each, right below the provincial one; the unit's other sites stand below it."""
    centre, *others = found
    centre.units.append({"code": "24", "name": "Tỉnh Bắc Ninh", "from": TWO_LEVELS})
    members: dict[str, list[Place]] = defaultdict(list)
    for place in others:
        members[place.row["unit_code_2025_07"]].append(place)
    for code, name in units.items():
        main = min(members[code], key=lambda place: _rank(place, code, name))
        for place in members[code]:
            parent = CENTRE if place is main else main.id
            place.units.append({"code": code, "name": name, "level": "commune", "parent": parent, "from": TWO_LEVELS})


def _rank(place: Place, code: str, name: str) -> int:
    """A district's office first, then the commune that has the unit's name, then its code."""
    called = (_bare(place.row["commune_name_2023"]), _bare(place.row["unit_name_2025_01"]))
    signs = (place.level == "district", called[0] == _bare(name), called[1] == _bare(name), place.row["commune_code_2023"] == code)
    return next((rank for rank, sign in enumerate(signs) if sign), len(signs))
