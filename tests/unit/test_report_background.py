"""What the report shows around the findings: the map of units, weeks, news, causes, rules and waivers."""

import json
from datetime import date, datetime, timedelta, timezone
from functools import partial

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue.requirements import requirements
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding
from ansible_collections.motcua.cctv.plugins.plugin_utils.history import Past
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Waiver
from ansible_collections.motcua.cctv.plugins.plugin_utils.outlines import Area, read_areas
from ansible_collections.motcua.cctv.plugins.plugin_utils.report import render
from ansible_collections.motcua.cctv.plugins.plugin_utils.report.background import Background, Day
from ansible_collections.motcua.cctv.plugins.plugin_utils.report.chart import map_of
from ansible_collections.motcua.cctv.plugins.plugin_utils.report.rules import open_questions, rules_of
from ansible_collections.motcua.cctv.plugins.plugin_utils.report.summary import accepted, by_feature
from ansible_collections.motcua.cctv.plugins.plugin_utils.report.trend import trend_of
from ansible_collections.motcua.cctv.plugins.plugin_utils.report.view import groups_of, places_of
from ansible_collections.motcua.cctv.plugins.plugin_utils.report.words import age

from .provinces import province, raw_site
from .test_report import Page

WHEN = datetime(2026, 11, 24, 7, 5, tzinfo=timezone(timedelta(hours=7)))
TODAY = WHEN.date()
UNIT = {"code": "07390", "name": "Xã Tân Dĩnh", "from": date(2025, 7, 1)}


def square(code, longitude, size=0.1):
    ring = ((longitude, 21.3), (longitude + size, 21.3), (longitude + size, 21.4), (longitude, 21.4))
    return Area(code, f"Xã {code}", (ring,))


def at(longitude):
    return {"coordinates": {"latitude": 21.35, "longitude": longitude}}


def drift(device, check="services.upnp", status="fail", expected=False, actual=True, **values):
    return Finding(device, device.rpartition("-")[0], check.partition(".")[0], check, status, expected, actual, **values)


@pytest.fixture(scope="module")
def three():
    """A site by its unit's code, one by where it stands, one outside every outline."""
    return province({"a": raw_site(1, units=[UNIT], **at(107.9)), "b": raw_site(2, **at(106.25)), "c": raw_site(3, **at(106.95))})


AREAS = (square("07390", 106.0), square("07400", 106.2), square("07410", 106.4), square("09999", 109.0))


# --- the map -----------------------------------------------------------------------------------------------------------


def test_a_site_belongs_to_the_unit_that_it_serves_else_to_the_one_in_which_it_stands(three):
    drawn = map_of(three, places_of(three, [drift("b-cam1")]), AREAS, TODAY)
    assert {region.code: [place.id for place in region.places] for region in drawn.regions} == {"07390": ["site/a"], "07400": ["site/b"]}
    assert {region.code: region.state for region in drawn.regions} == {"07390": "unseen", "07400": "fail"}
    assert [point.place.id for point in drawn.points] == ["site/c"]
    assert (len(drawn.empty), drawn.missing) == (1, 0)  # the neighbour without a site is drawn, what lies far away isn't


def test_before_a_unit_was_there_its_code_says_nothing(three):
    drawn = map_of(three, places_of(three, []), AREAS, date(2024, 1, 1))
    assert [region.code for region in drawn.regions] == ["07400"]
    assert {point.place.id for point in drawn.points} == {"site/a", "site/c"}


def test_every_unit_on_the_map_is_a_link_with_a_name_to_a_page_of_its_sites(three):
    page = render([drift("b-cam1"), drift("a-cam1", "device.reachable", "error")], three, "vi", WHEN, Background(AREAS))
    read = Page(page)
    regions = [attributes for tag, attributes in read.tags if tag == "a" and attributes.get("class") == "region"]
    assert {one["href"] for one in regions} == {"#unit/07390", "#unit/07400"}
    assert {link.removeprefix("#") for link in read.links} <= set(read.ids)
    (named,) = [one for one in regions if one["href"] == "#unit/07400"]
    assert (named["data-vi"], named["data-en"]) == ("Xã 07400: Sai lệch (1/1 điểm)", "Xã 07400: Different (1/1 sites)")
    assert named["aria-label"] == named["data-vi"]


def test_a_hole_isnt_inside_and_a_second_island_is():
    outer, hole = ((0, 0), (4, 0), (4, 4), (0, 4)), ((1, 1), (2, 1), (2, 2), (1, 2))
    island = ((10, 0), (11, 0), (11, 1), (10, 1))
    area = Area("1", "x", (outer, hole, island))
    assert [area.contains(*point) for point in ((3, 3), (1.5, 1.5), (10.5, 0.5), (6, 0.5))] == [True, False, True, False]


@pytest.mark.parametrize("text", ["{", "[]", '{"features": [{"properties": {}, "geometry": {"type": "Point", "coordinates": [1, 2]}}]}'])
def test_what_is_no_geojson_of_polygons_is_one_sentence(tmp_path, text):
    (tmp_path / "units.geojson").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"units\.geojson: is no GeoJSON of polygons; replace it, or remove it"):
        read_areas(tmp_path)


def test_codes_and_names_come_from_the_file(tmp_path):
    ring = [[106, 21], [107, 21], [107, 22], [106, 21]]
    feature = {"properties": {"code": "07390", "fullName": "Xã Tân Dĩnh"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    (tmp_path / "units.geojson").write_text(json.dumps({"features": [feature]}), encoding="utf-8")
    (area,) = read_areas(tmp_path)
    assert (area.code, area.name, len(area.rings)) == ("07390", "Xã Tân Dĩnh", 1)


# --- over time ---------------------------------------------------------------------------------------------------------


def day(number, failed, untold=0):
    return Day(date(2026, 11, 1) + timedelta(days=number), 13, failed, untold, 2)


def test_a_trend_is_compared_with_a_week_ago_and_broken_where_nobody_audited():
    trend = trend_of([day(0, 9), day(1, 8), day(12, 4), day(20, 6)])
    failed = next(spark for spark in trend.sparks if spark.status == "fail")
    assert (failed.now, failed.least, failed.most, failed.change) == (6, 4, 9, 2)
    assert failed.line.count("M") == 3
    assert [week.failed for week in trend.weeks] == [6, 4, 8, 9]


@pytest.mark.parametrize("days", [[], [day(0, 3)], [day(0, 3), day(0, 4)]])
def test_one_day_is_no_trend(days):
    assert trend_of(days) is None


def test_nothing_but_zeros_is_a_line_on_the_ground():
    trend = trend_of([day(0, 0), day(1, 0)])
    assert {spark.change for spark in trend.sparks} == {0}


@pytest.mark.parametrize(
    ("since", "said"), [("2026-11-23T07:06+07:00", ""), ("2026-11-22T00:00:00Z", "2 "), ("yesterday", ""), ("2026-11-01", "")]
)
def test_the_age_of_a_finding_is_said_in_whole_days(since, said):
    assert str(age(WHEN, since)).startswith(said) if said else age(WHEN, since) == ""


def test_news_link_to_what_is_still_there_and_name_what_isnt(three):
    came, gone = Past(drift("b-cam1"), WHEN.isoformat(), WHEN.isoformat(), None), Past(drift("old-cam9"), "2026-11-01", "2026-11-02", "x")
    page = render([drift("b-cam1")], three, "vi", WHEN, Background(before="2026-11-23T07:05+07:00", came=(came,), gone=(gone,)))
    news = page[page.index('id="news"') : page.index('id="causes"')]
    assert 'href="#device/b-cam1"' in news
    assert "23/11/2026 07:05" in news
    assert ("old-cam9" in news, 'href="#device/old-cam9"' in news) == (True, False)


def test_an_audit_without_anything_new_says_so(three):
    page = render([drift("b-cam1")], three, "en", WHEN, Background(before="2026-11-23T07:05+07:00"))
    assert "Nothing has changed." in page


# --- causes and features -----------------------------------------------------------------------------------------------


def test_groups_know_their_share_and_since_when(three):
    rows = [
        drift("a-cam1", since="2026-11-20"),
        drift("b-cam1", since="2026-11-02"),
        drift("b-cam2", "time.zone", expected="x", actual="y"),
    ]
    first, second = groups_of("fail", places_of(three, rows))
    assert (first.check, first.since, round(first.share, 2)) == ("services.upnp", "2026-11-02", 0.67)
    assert (second.since, round(second.share, 2)) == (None, 0.33)


def test_drift_is_counted_by_feature_as_missing_different_and_extra():
    rows = [
        drift("a-cam1", "users.view.role", expected="viewer", actual=None),
        drift("a-cam1", "users.hik.role", expected=None, actual="admin"),
        drift("a-cam2", "users.view.role", expected="viewer", actual="admin"),
        drift("a-cam2", "users.x.role", "error", actual="timed out"),
        drift("a-cam2", "services.p2p", "waived"),
        drift("a-cam2", "services.upnp", "pass"),
        Finding("a-cam2", "a", "rules", "HD-01", "fail"),
    ]
    table = {row.feature: dict(row.counts) for row in by_feature(rows)}
    assert table == {"users": {"missing": 1, "extra": 1, "different": 1, "error": 1}, "services": {"waived": 1}}


# --- rules -------------------------------------------------------------------------------------------------------------


def broken(device, check, status="fail", **values):
    return Finding(device, "a", "rules", check, status, **values)


def test_rules_are_said_in_the_law_of_the_day_worst_first():
    found = [broken("a-cam1", "MC-01"), broken("a-cam1", "CT23-05 CVE-2021-36260"), broken("a-cam1", "CT23-05 CVE-2017-7921")]
    rules = rules_of(found, {"MC-02": {"pass": 7, "skipped": 1}}, {"MC-01": "low", "CT23-05": "critical"}, TODAY)
    assert [(rule.id, rule.state, rule.counts["fail"]) for rule in rules] == [
        ("CT23-05", "fail", 1),
        ("MC-01", "fail", 1),
        ("MC-02", "pass", 0),
    ]
    known = {one.id: one for one in requirements(TODAY)}
    assert all(rule.source["vi"] == known[rule.id].source for rule in rules)
    old = rules_of(found, {}, {}, date(2023, 10, 1))
    assert "61/2018" in next(rule for rule in old if rule.id == "MC-01").source["vi"]
    assert "61/2018" not in next(rule for rule in rules if rule.id == "MC-01").source["vi"]


def test_a_rule_that_nothing_knows_isnt_lost():
    (rule,) = rules_of([broken("a-cam1", "NEW-01")], {}, {}, TODAY)
    assert (rule.text["vi"], rule.source["vi"], rule.severity) == ("NEW-01", "", "")


def test_open_questions_are_counted_and_are_no_rule():
    rows = [broken("a", "questions", "skipped", expected="MC-03, CT23-01"), broken("province", "questions", "skipped", expected="TC724-01")]
    assert open_questions(rows) == 3
    assert rules_of(rows, {}, {}, TODAY) == ()


def test_what_is_found_about_a_site_stands_with_the_site_and_counts_as_no_device(three):
    rows = [broken("b", "MC-01"), broken("province", "questions", "skipped", expected="MC-03"), broken("b-cam1", "rules", "error")]
    page = render(rows, three, "vi", WHEN, Background(tally={"MC-01": {"fail": 1, "pass": 2}}, severities={"MC-01": "high"}))
    assert 'id="other"' not in page
    assert 'id="rule/MC-01"' in page
    places = {place.id: place for top in places_of(three, rows) for place in top.all}
    assert (places["site/b"].state, places["site/a"].state) == ("fail", "unseen")
    assert sum(places["site/b"].counts.values()) == len(places["site/b"].devices)
    assert 'id="error/1"' in page  # rules that couldn't be judged stand with what couldn't be told


def test_waivers_say_who_and_until_when(three):
    waivers = {
        "soon": Waiver(devices=("b-*",), checks=("services.*",), reason="Cũ", approver="Nguyễn Văn A", until=date(2026, 12, 1)),
        "idle": Waiver(devices=("c-*",), checks=("*",), reason="Khác", approver="B", until=date(2026, 12, 1)),
    }
    whole = three.model_copy(update={"waivers": waivers})
    (row,) = accepted([drift("b-cam1", status="waived"), drift("b-cam2", status="waived"), drift("c-cam1")], whole)
    assert (row.name, row.waiver.approver, len(row.findings)) == ("soon", "Nguyễn Văn A", 2)
    page = render([drift("b-cam1", status="waived")], whole, "vi", WHEN)
    table = page[page.index('id="accepted"') :]
    assert "01/12/2026" in table[: table.index("</table>")]


# --- the page ----------------------------------------------------------------------------------------------------------


def test_everything_at_once_is_whole_and_in_both_languages(three):
    background = Background(
        AREAS, (day(0, 3), day(1, 4)), "2026-11-23", (Past(drift("b-cam1"), "x", "x", None),), (), {"MC-01": {"fail": 1}}
    )
    make = partial(
        render, [drift("b-cam1"), broken("b", "MC-01"), drift("a-nvr1", "device.reachable", "error")], three, "vi", WHEN, background
    )
    read = Page(make())
    assert not read.open
    assert len(read.ids) == len(set(read.ids))
    assert {link.removeprefix("#") for link in read.links} <= set(read.ids)
    assert read.pairs["vi"] == read.pairs["en"]
    assert make() == make()


def test_a_devices_page_says_what_it_is_and_since_when():
    cameras = {"cam1": {"vendor": "hikvision", "name": "Quầy 1", "address": "192.168.1.11", "model": "DS-2CD2143G2-I", "firmware": "V5.7.18", "build": "build 240826", "serial": "SER0001"}}  # fmt: skip
    one = province({"a": raw_site(1, cameras=cameras)})
    page = render([drift("a-cam1", since="2026-11-20T07:05+07:00", evidence="ISAPI, 07:04")], one, "vi", WHEN)
    article = page[page.index('id="device/a-cam1"') :]
    article = article[: article.index("</article>")]
    for said in ("DS-2CD2143G2-I", "V5.7.18 build 240826", "SER0001", "192.168.1.11", "20/11/2026 07:05", "ISAPI, 07:04"):
        assert said in article


@pytest.mark.parametrize(
    ("second", "times", "proofs"),
    [
        ({"since": "2026-11-20T07:05+07:00", "evidence": "ISAPI, 07:04"}, 1, 1),
        ({"since": "2026-11-21T07:05+07:00", "evidence": "ISAPI, 07:04"}, 2, 1),
        ({"since": "2026-11-20T07:05+07:00", "evidence": "ISAPI, 07:09"}, 1, 2),
        ({"since": "2026-11-21T07:05+07:00", "evidence": "ISAPI, 07:09"}, 2, 2),
        ({"status": "waived", "since": "2026-11-21T07:05+07:00", "evidence": "ISAPI, 07:04"}, 2, 1),
        ({"since": "2026-11-20T07:05+07:00"}, 1, 1),
    ],
)
def test_what_all_findings_of_a_device_share_is_said_once(second, times, proofs):
    one = province({"a": raw_site(1, cameras={"cam1": {"vendor": "hikvision", "name": "Quầy 1", "address": "192.168.1.11"}})})
    first = drift("a-cam1", since="2026-11-20T07:05+07:00", evidence="ISAPI, 07:04")
    page = render([first, drift("a-cam1", **{"check": "services.telnet"} | second)], one, "vi", WHEN)
    article = page[page.index('id="device/a-cam1"') :]
    article = article[: article.index("</article>")]
    assert (article.count("/11/2026 07:05"), article.count("ISAPI, 07:0")) == (times, proofs)


def test_the_head_of_a_printed_page_cant_leave_its_string(three):
    page = render([], three.model_copy(update={"name": 'Tỉnh "}<b>\\'}), "vi", WHEN)
    assert "<b>" not in page[: page.index("</style>")]
    assert 'content: "Tỉnh \\22 \\7d \\3c b\\3e \\5c "' in page
