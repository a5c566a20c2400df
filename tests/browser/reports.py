"""Made-up audits of a whole province for the report in Chromium, for the pictures that people look at, and for the benchmark.

`python -m tests.browser.reports` writes pictures of the report into reports/pages/.
"""

import random
import sys
from datetime import datetime, timedelta, timezone
from itertools import product
from pathlib import Path

from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue.requirements import requirements
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding
from ansible_collections.motcua.cctv.plugins.plugin_utils.history import Past
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.outlines import read_areas
from ansible_collections.motcua.cctv.plugins.plugin_utils.report import render
from ansible_collections.motcua.cctv.plugins.plugin_utils.report.background import Background, Day

from tests.browser.centre import started

WHEN = datetime(2026, 11, 26, 7, 5, tzinfo=timezone(timedelta(hours=7)))
PROVINCE = Path("inventory/bac_giang/province.yml")
DEVICES = 1540
EVIDENCE = "motcua.cctv.audit, 2026-11-26T00:05:12+00:00"
# check, declared, actual, and how often it is seen
DRIFT = (
    ("services.upnp", False, True, 10),
    ("time.ntp", ["10.10.10.1"], ["pool.ntp.org"], 8),
    ("streams.main.fps", 15, 25, 7),
    ("overlay.text", "BỘ PHẬN MỘT CỬA", "CH 01", 6),
    ("streams.main.bitrate_kbps", 1024, 4096, 5),
    ("users.motcua-view.role", "viewer", None, 4),
    ("users.hikadmin.role", None, "admin", 2),
    ("access.rtsp_auth", "digest", "basic", 1),
)
SEVERITIES = ("critical", "high", "medium", "low")


def grown(province, devices=DEVICES):
    """The same province with more cameras at its sites, until it has so many devices."""
    sites, missing = dict(province.sites), devices - sum(1 + len(site.nvrs) + len(site.cameras) for site in province.sites.values())
    names = [name for name, site in sites.items() if site.cameras]
    for number in range(missing):
        name = names[number % len(names)]
        cameras = dict(sites[name].cameras)
        first = next(iter(cameras.values()))
        cameras[f"more{len(cameras)}"] = first.model_copy(update={"name": f"Quầy số {len(cameras) + 1}", "recorder": None})
        sites[name] = sites[name].model_copy(update={"cameras": cameras})
    return province.model_copy(update={"sites": sites})


def hosts(province):
    """(device, site) of everything that an audit asks."""
    return [(f"{name}-{key}", name) for name, site in province.sites.items() for key in ("router", *site.nvrs, *site.cameras)]


def found(province, share=0.3):
    """An audit in which a share of all devices has trouble, mostly several findings each."""
    chance, weights = random.Random(7), [often for *_, often in DRIFT]
    for device, site in hosts(province):
        since = (WHEN - timedelta(days=chance.choice([0, 1, 2, 5, 9, 40]))).isoformat(timespec="minutes")
        if chance.random() >= share:
            yield Finding(device, site, "device", "declared", "pass", evidence=EVIDENCE)
        elif chance.random() < 0.15:
            yield Finding(device, site, "device", "reachable", "error", "answers", "no answer within 5 s", since, EVIDENCE)
        else:
            for check, declared, actual, _ in {row[0]: row for row in chance.choices(DRIFT, weights, k=chance.randint(2, 5))}.values():
                yield Finding(device, site, check.partition(".")[0], check, "fail", declared, actual, since, EVIDENCE)
            yield Finding(device, site, "rules", chance.choice(requirements(WHEN.date())).id, "fail", since=since, evidence=EVIDENCE)


def background(province, findings):
    """Ten weeks of history with a gap, some news, and rules that were judged."""
    chance = random.Random(5)
    bad = [one for one in findings if one.status in ("fail", "error")]
    came, gone = ([Past(one, WHEN.isoformat(), WHEN.isoformat(), None) for one in chance.sample(bad, min(25, len(bad)))] for _ in range(2))
    days = [number for number in range(70, -1, -1) if not 30 < number < 41]
    trend = [Day((WHEN - timedelta(days=number)).date(), DEVICES, 120 + 2 * number, chance.randint(5, 40), 31) for number in days]
    judged = requirements(WHEN.date())[:40]
    tally = {one.id: {"pass": 900, "fail": sum(row.check == one.id for row in findings)} for one in judged}
    severities = {one.id: SEVERITIES[number % 4] for number, one in enumerate(judged)}
    before = (WHEN - timedelta(days=1)).isoformat(timespec="minutes")
    return Background(read_areas(PROVINCE.parent / "data"), tuple(trend), before, tuple(came), tuple(gone), tally, severities)


def whole(share=0.3):
    """Province, findings and background of the largest province that motcua is made for."""
    province = grown(load(PROVINCE, WHEN.date()))
    findings = tuple(found(province, share))
    return province, findings, background(province, findings)


def main():
    folder = Path("reports/pages")
    folder.mkdir(parents=True, exist_ok=True)
    province, findings, around = whole()
    (folder / "report.html").write_text(render(findings, province, "vi", WHEN, around), encoding="utf-8")
    troubled = next(one for one in findings if one.status == "fail")
    views = {"province": "", "unit": "#unit/07288", "site": f"#site/{troubled.site}", "device": f"#device/{troubled.device}"}
    with started() as browser:
        for (name, view), language, width, theme in product(views.items(), ("vi", "en"), (1440, 390), ("light", "dark")):
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
            context.add_init_script(f"localStorage.setItem('motcua-language', '{language}')")
            page = context.new_page()
            page.goto((folder / "report.html").absolute().as_uri() + view)
            page.screenshot(path=folder / f"report-{name}-{language}-{width}-{theme}.png", full_page=True)
            context.close()
        page = browser.new_page()
        page.goto((folder / "report.html").absolute().as_uri())
        page.pdf(path=folder / "report.pdf", prefer_css_page_size=True)
    sys.stdout.write(f"{folder}\n")


if __name__ == "__main__":
    main()
