"""Made-up provinces of any size for the benches: an office has a router, a recorder and eight cameras, ten devices."""

import random

import yaml

from tests.unit.provinces import raw_province, raw_site

SITES_IN_A_FILE = 22
CAMERAS = 8


def raw_office(number, chance, cameras=CAMERAS):
    """One office: its line, its traffic and its firmware differ from all others', so that nothing is planned once for many."""
    up_mbps = round(chance.uniform(2, 30), 2)
    site = raw_site(number)
    line = {"up_mbps": up_mbps, "p95_up_mbps": chance.choice([None, round(up_mbps * chance.uniform(0, 0.5), 2)])}
    site["lines"] = {"ftth": site["lines"]["ftth"] | line}
    first = site["cameras"]["cam1"]
    site["cameras"] = {
        f"cam{index}": first
        | {
            "name": f"Quầy {index}",
            "address": f"192.168.1.{10 + index}",
            "serial": f"S{number}cam{index}",
            "model": "DS-2CD2043G2-I",
            "firmware": "V5.5.800",
            "build": f"2{chance.randrange(100_000):05}",
        }
        for index in range(1, cameras + 1)
    }
    return site


def write_province(folder, count, cameras=CAMERAS):
    """A province of so many offices as people keep it; the path of its province.yml."""
    chance = random.Random(count)
    raw = raw_province({})
    raw["networks"] |= {"sites": "11.0.0.0/8", "tunnels": "12.0.0.0/8"}
    (folder / "sites").mkdir(parents=True)
    (folder / "province.yml").write_text(yaml.dump({"plugin": "motcua.cctv.province", **{key: raw[key] for key in raw if key != "sites"}}))
    for first in range(1, count + 1, SITES_IN_A_FILE):
        numbers = range(first, min(first + SITES_IN_A_FILE, count + 1))
        part = {"sites": {f"site-{number}": raw_office(number, chance, cameras) for number in numbers}}
        (folder / f"sites/{first:05}.yml").write_text(yaml.dump(part, allow_unicode=True, Dumper=yaml.CSafeDumper))
    return folder / "province.yml"
