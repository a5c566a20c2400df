"""The report: one file that needs nothing else, says the same in two languages, and never calls silence a pass."""

import re
from collections import Counter
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding
from ansible_collections.motcua.cctv.plugins.plugin_utils.report import HERE, render
from ansible_collections.motcua.cctv.plugins.plugin_utils.report.chart import bar, map_of
from ansible_collections.motcua.cctv.plugins.plugin_utils.report.view import groups_of, places_of, worst
from ansible_collections.motcua.cctv.plugins.plugin_utils.report.words import WORDS, check, shown

from tests.unit.provinces import province, raw_site

WHEN = datetime(2026, 11, 24, 7, 5, tzinfo=timezone(timedelta(hours=7)))
VOID = {"meta", "input", "path", "rect", "circle", "use", "br", "link", "img"}


class Page(HTMLParser):
    """Elements in order, ids, links, and what is open at the end."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.links, self.open, self.pairs = [], [], [], [], Counter()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append((tag, values))
        if tag not in VOID:
            self.open.append(tag)
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "a":
            self.links.append(values["href"])
        if tag == "span" and "lang" in values:
            self.pairs[values["lang"]] += 1

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes nothing"


def large(count=220):
    """A province of 220 sites in ten districts, 1,540 devices, with coordinates."""
    cameras = {
        f"cam{index}": {"vendor": "hikvision", "name": f"Quầy số {index}", "address": f"192.168.1.{10 + index}", "zone": "counter"}
        for index in range(1, 6)
    }
    sites = {}
    for number in range(1, count + 1):
        district = (number - 1) % 10
        where = {"latitude": round(21.1 + district * 0.04 + number * 0.001, 4), "longitude": round(106.0 + (number % 37) * 0.02, 4)}
        parent = {"level": "district"} if number <= 10 else {"parent": f"site-{district + 1}"}
        sites[f"site-{number}"] = raw_site(number, name=f"Bộ phận Một cửa xã số {number}", coordinates=where, cameras=cameras, **parent)
    return province(sites)


def everything(province, **statuses):
    """One finding a device, passing unless its name says otherwise."""
    for site, value in province.sites.items():
        for device in ("router", *value.nvrs, *value.cameras):
            name = f"{site}-{device}"
            status = statuses.get(name.replace("-", "_"), "pass")
            key = {"pass": "declared", "fail": "services.upnp", "error": "reachable"}[status]
            expected, actual = {"pass": (None, None), "fail": (False, True), "error": (None, "no answer within 5 s")}[status]
            yield Finding(
                name,
                site,
                key.split(".", maxsplit=1)[0],
                key,
                status,
                expected,
                actual,
                evidence="motcua.cctv.device, 2026-11-24T00:05:00+00:00",
            )
    for centre in province.centres:
        yield Finding(f"{centre}-server", None, "device", "declared", "pass")


@pytest.fixture(scope="module")
def small():
    return province(
        {
            "lang-giang": raw_site(1, level="district"),
            "tan-dinh": raw_site(2, parent="lang-giang", coordinates={"latitude": 21.3, "longitude": 106.2}),
        }
    )


@pytest.fixture(scope="module")
def findings(small):
    return tuple(everything(small, tan_dinh_cam1="fail", tan_dinh_cam2="error"))


@pytest.fixture(scope="module")
def page(small, findings):
    return render(findings, small, "vi", WHEN)


def test_same_input_same_bytes(small, findings, page):
    assert render(reversed(findings), small, "vi", WHEN) == page


def test_it_is_whole_and_every_link_leads_somewhere(page):
    read = Page(page)
    assert not read.open
    assert len(read.ids) == len(set(read.ids))
    assert {link.removeprefix("#") for link in read.links} <= set(read.ids)
    assert {"province", "site/tan-dinh", "device/tan-dinh-cam1", "device/centre-server"} <= set(read.ids)


def test_it_needs_nothing_from_outside(page):
    assert not re.search(
        r"""(src|href|action)\s*=\s*["']?(?!#)|@import|url\((?!#hatch)|https?:|//[a-z]""",
        re.sub("'sha256-[^']+'", "", page).replace('href="#', ""),
    )
    assert "default-src 'none'" in page
    assert "style=" not in page


def test_both_languages_are_in_it(small, findings, page):
    pairs = Page(page).pairs
    assert pairs["vi"] == pairs["en"] > 50
    assert '<html lang="vi"' in page
    english = render(findings, small, "en", WHEN)
    assert '<html lang="en"' in english
    assert "07:05 ngày 24/11/2026" in page
    assert "07:05, 24 November 2026" in page


def test_every_text_has_both_languages():
    for part, rows in yaml.safe_load((HERE / "words.yml").read_text(encoding="utf-8")).items():
        for word, said in rows.items():
            assert set(said) == {"vi", "en"}, f"{part}.{word}"
            assert all(text.strip() for text in said.values())


def test_it_says_what_differs_and_what_could_not_be_told(page):
    province_view = page[page.index('id="province"') : page.index('id="site/')]
    assert "Có sai lệch so với khai báo" in province_view
    assert "Dịch vụ · UPnP" in province_view
    assert "no answer within 5 s" in province_view


def test_hostile_words_stay_words(small):
    hostile = "</code></pre></script><script>alert(1)</script><img src=x onerror=alert(1)>&amp;\"'"
    rows = [
        Finding(f"tan-dinh-{hostile}", "tan-dinh", hostile, hostile, status, hostile, [hostile], hostile, hostile)
        for status in ("fail", "error", "skipped")
    ]
    page = render(rows, small, "vi", WHEN)
    read = Page(page)
    assert not read.open
    assert page.count("<script>") == 1
    assert "<img" not in page


@pytest.mark.parametrize(
    ("states", "state"),
    [
        (["pass", "error"], "error"),
        (["fail", "error"], "fail"),
        (["pass", "unseen"], "pass"),
        (["unseen"], "unseen"),
        ([], "unseen"),
        (["waived", "pass"], "waived"),
    ],
)
def test_the_worst_state_speaks(states, state):
    assert worst(states) == state


def test_what_was_not_audited_is_not_a_pass(small):
    rows = [Finding("tan-dinh-cam1", "tan-dinh", "device", "declared", "pass")]
    states = {device.name: device.state for top in places_of(small, rows) for place in top.all for device in place.devices}
    assert states["tan-dinh-cam1"] == "pass"
    assert states["tan-dinh-cam2"] == "unseen"


def test_no_finding_is_lost_when_the_model_does_not_know_its_device(small):
    page = render([Finding("gone-cam1", "gone", "device", "reachable", "error", None, "no answer")], small, "vi", WHEN)
    assert 'id="device/gone-cam1"' in page
    assert 'id="other"' in page


def test_identical_differences_stand_together(small):
    rows = everything(small, tan_dinh_cam1="fail", tan_dinh_cam2="fail", lang_giang_cam1="fail")
    (group,) = groups_of("fail", places_of(small, tuple(rows)))
    assert (len(group.cases), group.sites) == (3, 2)


def test_errors_of_one_kind_stand_together_with_their_own_reasons(small):
    rows = [
        Finding(f"tan-dinh-cam{number}", "tan-dinh", "device", "reachable", "error", "answers", f"10.64.2.{number} is silent")
        for number in (1, 2)
    ]
    (group,) = groups_of("error", places_of(small, rows))
    assert not group.alike
    page = render(rows, small, "vi", WHEN)
    assert "10.64.2.1 is silent" in page[: page.index('id="site/')]


def test_a_map_needs_two_points_and_says_who_is_missing(small):
    assert map_of(small, places_of(small, ())) is None
    drawn = map_of(large(20), places_of(large(20), ()))
    assert (len(drawn.points), drawn.missing, drawn.few) == (20, 0, False)
    assert all(0 <= point.x <= drawn.width and 0 <= point.y <= drawn.height for point in drawn.points)


def test_sites_at_one_place_can_be_drawn():
    here = {"coordinates": {"latitude": 21.0, "longitude": 106.0}}
    twins = province({"a": raw_site(1, **here), "b": raw_site(2, **here)})
    assert len(map_of(twins, places_of(twins, ())).points) == 2


def test_a_bar_is_whole_and_hides_nobody():
    parts = list(bar({"pass": 1539, "fail": 1}))
    assert [state for state, _, _ in parts] == ["fail", "pass"]
    assert parts[0][2] > 1
    assert sum(width for _, _, width in parts) == pytest.approx(100, abs=0.1)


@pytest.mark.parametrize(
    ("key", "vietnamese", "english"),
    [
        ("services.upnp", "Dịch vụ · UPnP", "Service · UPnP"),
        ("users.motcua-view.password", "Tài khoản · motcua-view · mật khẩu", "Account · motcua-view · password"),
        ("streams.main.fps", "Luồng hình · chính · số khung hình/giây", "Stream · main · frames a second"),
    ],
)
def test_keys_are_said_in_words(key, vietnamese, english):
    assert check(key) == f'<span lang="vi">{vietnamese}</span><span lang="en">{english}</span>'


def test_a_task_keeps_its_english_name():
    assert check("Load the firewall") == '<bdi lang="en">Load the firewall</bdi>'


@pytest.mark.parametrize(
    ("value", "text"),
    [(25, "25"), (["10.0.0.1", 5], "10.0.0.1, 5"), ({"a": 1, "b": [2]}, "a: 1\nb: [2]"), ("<b>", "&lt;b&gt;"), (0, "0")],
)
def test_values_are_shown_as_readers_write_them(value, text):
    assert re.sub(r"</?(code|pre)>", "", shown(value)) == text


def test_nothing_and_switches_are_words():
    assert WORDS["values"]["nothing"]["vi"] in shown(None)
    assert WORDS["values"]["off"]["vi"] in shown(False)
    assert WORDS["values"]["on"]["vi"] in shown(True)


def test_a_whole_province_fits_and_reads(tmp_path):
    whole = large()
    page = render(everything(whole, **{f"site_{number}_cam1": "fail" for number in range(1, 60)}), whole, "vi", WHEN)
    (tmp_path / "report.html").write_text(page, encoding="utf-8")
    read = Page(page)
    assert sum(name.startswith("device/") for name in read.ids) == 1542
    assert len(page.encode()) < 5_000_000


PLAYS = ("rollout", "network", "devices", "centre", "audit")
QUIET = {"block", "import_role", "include_role", "import_tasks", "include_tasks", "meta", "assert", "debug", "import_playbook"}


def speaking_tasks():
    """The names of all tasks that can be a finding: those that change something, or may fail for more than a mistake in the model."""
    # No audit plays the role that schedules the audit.
    files = [
        *(file for file in Path("roles").glob("*/tasks/*.yml") if "schedule" not in file.parts),
        *Path("playbooks/tasks").glob("*.yml"),
    ]
    tasks = [task for file in files for task in yaml.safe_load(file.read_text(encoding="utf-8"))]
    plays = [
        play for file in Path("playbooks").glob("*.yml") if file.stem in PLAYS for play in yaml.safe_load(file.read_text(encoding="utf-8"))
    ]
    tasks += [task for play in plays for part in ("pre_tasks", "tasks", "post_tasks") for task in play.get(part, [])]
    for task in tasks:
        modules = {key.removeprefix("ansible.builtin.") for key in task}
        if not modules & QUIET and (task.get("changed_when") is not False or {"delegate_to", "until"} & set(task)):
            yield task["name"]


def test_every_task_that_can_be_a_finding_has_its_words():
    assert set(WORDS["tasks"]) == set(speaking_tasks())


def test_a_task_is_named_by_what_it_looks_after():
    said = check("Keep the cameras' recorders running: motcua-record@a-cam1.service")
    assert said == (
        '<span lang="vi">Tiến trình ghi hình của camera</span><span lang="en">Recorders of the cameras</span>: <code>motcua-record@a-cam1.service</code>'
    )
    assert "<script>" not in check("Keep the portal running: <script>")
