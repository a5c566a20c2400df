"""The audit's report in Chromium: nothing is asked of any network, every view fits a phone, the map and its links work by keyboard."""

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.report import render
from playwright.sync_api import expect

from tests.browser import reports


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The report of 1,540 devices, 30 % of them in trouble: its address and a finding of it."""
    province, findings, around = reports.whole()
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(findings, province, "vi", reports.WHEN, around), encoding="utf-8")
    return path.as_uri(), next(one for one in findings if one.status == "fail" and one.site == "yen-the")


@pytest.fixture
def page(chromium, made):
    """Opens the report as a file; nothing may be asked of a network or said on the console."""
    contexts, trouble = [], []

    def make(view="", **given):
        context = chromium.new_context(**{"viewport": {"width": 1440, "height": 900}} | given)
        contexts.append(context)
        opened = context.new_page()
        opened.on("request", lambda request: trouble.append(request.url) if not request.url.startswith("file:") else None)
        opened.on("console", lambda message: trouble.append(message.text) if message.type in ("error", "warning") else None)
        opened.on("pageerror", lambda error: trouble.append(str(error)))
        opened.goto(made[0] + view)
        return opened

    yield make
    for context in contexts:
        context.close()
    assert trouble == []


@pytest.mark.parametrize("view", ["", "#unit/07288", "#site/yen-the", "#device/{device}"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_view_is_wider_than_a_phone(page, made, view, language):
    opened = page(view.format(device=made[1].device), viewport={"width": 390, "height": 844})
    opened.locator(f"label[for=lang-{language}]").click()
    expect(opened.locator("html")).to_have_attribute("lang", language)
    assert opened.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_device_is_reached_from_the_map_by_keyboard_and_escape_leads_back(page, made):
    opened = page()
    unit = opened.locator("a.region[href='#unit/07288']")
    assert unit.get_attribute("aria-label").startswith("Xã Yên Thế: ")
    unit.focus()
    opened.keyboard.press("Enter")
    opened.locator("[id='unit/07288'] a[href='#site/yen-the']").click()
    opened.locator(f"[id='site/yen-the'] .devices a[href='#device/{made[1].device}']").click()
    device = opened.locator(f"[id='device/{made[1].device}']")
    expect(device).to_be_visible()
    expect(opened.locator("[id='site/yen-the'] > .about")).to_be_hidden()
    opened.keyboard.press("Escape")
    expect(opened.locator("[id='site/yen-the'] > .about")).to_be_visible()
    opened.keyboard.press("Escape")
    opened.keyboard.press("Escape")
    expect(opened.locator("#province")).to_be_visible()


def test_it_reads_without_scripts_in_both_languages(page, made):
    opened = page(f"#device/{made[1].device}", java_script_enabled=False)
    expect(opened.locator(f"[id='device/{made[1].device}']")).to_be_visible()
    expect(opened.locator("footer span[lang=en]")).to_be_hidden()
    opened.locator("label[for=lang-en]").click()
    expect(opened.locator("footer span[lang=en]")).to_be_visible()
    expect(opened.locator("footer span[lang=vi]")).to_be_hidden()


def test_a_cause_leads_to_its_devices(page):
    opened = page()
    opened.locator(".causes a").first.click()
    expect(opened.locator("[id='fail/1']")).to_be_in_viewport()
    expect(opened.locator("#province")).to_be_visible()


def test_paper_shows_every_site_in_trouble_and_nothing_folded(page, made):
    opened = page()
    opened.emulate_media(media="print")
    expect(opened.locator("[id='site/yen-the']")).to_be_visible()
    expect(opened.locator(f"[id='device/{made[1].device}']")).to_be_visible()
    hidden = opened.locator("[id='fail/1'] details .owners li").last
    assert hidden.evaluate("each => each.checkVisibility({ contentVisibilityAuto: true })")
