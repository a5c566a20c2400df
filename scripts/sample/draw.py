"""One office's dice, and the devices that it draws: what people would write about them, as far as they have looked."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from ipaddress import IPv4Network
from typing import Any

from scripts.sample import models as table
from scripts.sample.models import Model

SEED = "Bắc Giang 2023"
SURVEYS = date(2023, 9, 11)  # the first of them
FIRST_ADDRESSES = (11, 64, 101, 108, 201)  # where installers begin with cameras
OUI = {"hikvision": "4c:bd:8f", "dahua": "3c:ef:8c", "uniview": "48:ea:63", "axis": "ac:cc:8e", "hanwha": "00:09:18", "onvif": "00:12:17"}
DISKS = {16: 2, 32: 8}  # channels -> disks, where it isn't one


class Draw:
    """The dice and the counters of one site. Serials and MAC addresses come from its number, so that none is there twice."""

    def __init__(self, number: int, level: str) -> None:
        self.dice = random.Random(f"{SEED}/{number}")  # noqa: S311  a sample, not a secret
        self.number, self.level = number, level
        self.known = self.one_of(table.KNOWN) if level == "commune" else "surveyed"
        self.surveyed = SURVEYS + timedelta(days=number % 40)
        self.lan = IPv4Network(self.one_of(table.LANS))
        self.first = self.dice.choice(FIRST_ADDRESSES)
        self._devices = 0

    def one_of(self, shares: Mapping[Any, int]) -> Any:
        """A key, as often as its share says."""
        return self.dice.choices(list(shares), list(shares.values()))[0]

    def row(self, rows: Sequence[Any]) -> Any:
        """A row of a table, as often as its share says."""
        return self.dice.choices(rows, [row.share if isinstance(row, Model) else row[0] for row in rows])[0]

    def maybe(self, percent: float) -> bool:
        """True as often as the percentage says."""
        return self.dice.random() * 100 < percent

    def between(self, low: float, high: float, digits: int = 1) -> float:
        """A measurement."""
        return round(self.dice.uniform(low, high), digits)

    def number_of(self, size: int) -> int:
        """A number under ``size`` that only this device of the province has, and that doesn't look like a counter."""
        return ((self.number * 64 + self._devices) * 7_919_081 + 30_251_977) % size  # a prime: no two are equal

    def papers(self, model: str | None, serial: str, **looked_up: str | None) -> dict[str, Any]:
        """What is known of a device: everything, its label, or nothing."""
        if self.known == "little":
            return {}
        found = {"model": model, "serial": serial} if self.known == "surveyed" or self.maybe(60) else {"model": model}
        return found | (looked_up if self.known == "surveyed" else {})

    def cameras(self, count: int, models: Sequence[Model], start: int = 0, alike: int = 80, **way: str) -> dict[str, Any]:
        """Cameras, ``alike`` percent of one model: most are bought at once. ``way``: source or recorder, its channel as {}."""
        usual, order = self.row(models), self.dice.choice(table.ORDERS)
        found = {}
        for index in range(start, start + count):
            model = usual if self.maybe(alike) else self.row(models)
            zone = order[index] if index < len(order) else self.one_of(table.LATER)
            zone = None if self.known == "little" and self.maybe(40) else zone  # nobody has said it yet
            channel = {key: value.format(index - start + 1) for key, value in way.items()}
            more = {key: value for key, value in model.more.items() if key == "stream_path" or "source" not in way}
            camera = self.device(model) | more | ({} if "source" in way else {"address": str(self.lan[self.first + index])}) | channel
            camera |= {"name": self._name(index, zone, order), "zone": zone}
            camera |= {"class": "priority"} if self.level != "commune" and zone == "counter" else {}
            camera |= {"streams": self._streams(model)} if self.known == "surveyed" and self.maybe(85) else {}
            found[f"cam{index + 1}"] = camera
        return found

    def _name(self, index: int, zone: str | None, order: Sequence[str | None]) -> str:
        if zone is None:
            return f"Camera {index + 1}"
        names = table.WATCHED[zone]
        early = index < len(order)
        return names[order[:index].count(zone)] if early else f"{names[index % len(names)]} ({index + 1})"

    def recorder(self, model: Model, host: int = 5, name: str = "Đầu ghi") -> dict[str, Any]:
        """A recorder at an address of the LAN; its disks and its oldest footage where somebody has looked."""
        found = self.device(model) | {"address": str(self.lan[host]), "name": name, **model.more}
        if self.known == "surveyed":
            count = DISKS.get(model.more["channels"], 1)
            size_gb = self.one_of({1000: 5, 2000: 4, 4000: 2} if count == 1 else {4000: 2, 6000: 1})
            found["disks"] = [{"size_gb": size_gb, "health": "failing" if self.maybe(6) else "ok"} for _ in range(count)]
            found["oldest_footage"] = self.surveyed - timedelta(days=self.dice.randint(4, 32))
        return found

    def device(self, model: Model) -> dict[str, Any]:
        """Maker, papers, age and state. An analogue camera has no firmware and no address."""
        self._devices += 1
        if not model.runs:
            return {"vendor": model.vendor, "model": None if self.known == "little" else model.name or None}
        firmware, _, build = self.dice.choice(model.runs).partition("|")
        low = f"{self.number_of(2**24):06x}"
        mac = ":".join([OUI[model.vendor], low[:2], low[2:4], low[4:]])
        serials = {"axis": mac.replace(":", "").upper(), "dahua": f"{self.number_of(2**16):04X}B1DPAZ{low.upper()}"}
        papers = self.papers(model.name, serials.get(model.vendor, f"D{self.number_of(10**8):08}"), mac=mac, firmware=firmware, build=build)
        papers |= {"bought_year": min(2023, model.bought + self.dice.randint(-1, 1))} if self.known != "little" and self.maybe(80) else {}
        papers |= {"condition": self.one_of({"good": 88, "worn": 9, "broken": 3})} if self.known == "surveyed" else {}
        papers |= {"conformity": f"CO-CQ {self.number_of(10**5):05} (mẫu)"} if self.known == "surveyed" and self.maybe(10) else {}
        return {"vendor": model.vendor} | papers

    def _streams(self, model: Model) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, text in (("main", model.main), ("sub", model.sub), ("third", model.third)):
            if text:
                width, height, fps = (int(part) for part in text.replace("@", "x").split("x"))
                kbps = self.dice.choice((2048, 3072, 4096)) if name == "main" else 512
                found[name] = {"codecs": model.codecs.split(), "width": width, "height": height, "fps": fps, "bitrate_kbps": kbps}
        return found

    def other(self, index: int, maker: str, model: str | None, why: str) -> dict[str, Any]:
        """A camera that can't join; it watches something all the same."""
        zone = ("counter", "waiting", "entrance")[(index - 1) % 3]
        return {"kind": "camera", "maker": maker, "model": model, "name": f"Camera {index}", "zone": zone, "why": why}
