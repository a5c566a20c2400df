"""Everyone can use the pages: by keyboard, with a screen reader, in the dark, on a phone. axe has to find nothing."""

from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.scenes import SCENES, choose

PHONE = {"width": 390, "height": 844}


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_axe_finds_nothing(visit, portal, scene):
    page = scene(visit(), portal)
    for theme, viewport in product(("light", "dark"), ({"width": 1280, "height": 800}, PHONE)):
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size(viewport)
        found = Axe().run(page)
        assert not found.response["violations"], found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out sideways"


def test_the_tree_by_keyboard(visit):
    page = visit().enter("huyen")
    focused = lambda: page.evaluate("document.activeElement.querySelector('.name')?.textContent")  # noqa: E731  a question that is asked more than once
    page.get_by_role("searchbox").focus()
    page.keyboard.press("Tab")
    assert focused() == "Tỉnh Bắc Giang"
    for key, name in [
        ("ArrowDown", "Huyện Lục Nam"),
        ("ArrowLeft", "Huyện Lục Nam"),
        ("End", "Huyện Lục Nam"),
        ("ArrowRight", "Huyện Lục Nam"),
        ("ArrowRight", "Xã Bắc Lũng"),
        ("ArrowRight", "Quầy tiếp nhận Xã Bắc Lũng"),
        ("ArrowDown", "Khu chờ Xã Bắc Lũng"),
        ("ArrowLeft", "Xã Bắc Lũng"),
        ("End", "Sảnh huyện Lục Nam"),
        ("Home", "Tỉnh Bắc Giang"),
        ("h", "Huyện Lục Nam"),
    ]:
        page.keyboard.press(key)
        assert focused() == name, key
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".tile[data-camera=bac-lung-cam1]")).to_be_visible()
    expect(page.locator(".tree [aria-selected=true]")).to_have_count(1)


def test_everything_is_reached_with_tab_and_seen_when_it_is(visit, portal):
    page = visit().enter("vanhanh")
    choose(page, "bac-lung-cam1")
    page.get_by_role("button", name="Xem lại").click()
    expect(page.locator("rect.gap").first).to_be_attached()
    page.evaluate("document.activeElement.blur()")
    wanted = (
        page.locator("button:visible, a:visible, input:visible, select:visible, summary:visible, [role=slider]").count() + 1
    )  # and the tree
    reached = set()
    for _ in range(wanted + 16):  # a date has parts, and the body comes between the last and the first
        page.keyboard.press("Tab")
        at, outline = page.evaluate(
            "[document.activeElement.outerHTML.slice(0, 120), getComputedStyle(document.activeElement).outlineStyle]"
        )
        if at.startswith("<body"):
            continue
        reached.add(at)
        inner = page.evaluate(
            "document.activeElement.matches('[role=treeitem]') && getComputedStyle(document.activeElement.querySelector('.label')).outlineStyle"
        )
        assert outline != "none" or inner == "solid", f"no visible focus: {at}"
    assert len(reached) >= wanted - 1, f"{wanted} can be used, only {len(reached)} are reached: {reached}"


def test_a_phone_has_the_list_behind_a_button(visit):
    page = visit(viewport=PHONE, has_touch=True, is_mobile=True).enter("xa")
    expect(page.get_by_role("tree")).to_be_hidden()
    page.get_by_role("button", name="Danh sách").tap()
    page.locator(".tree [data-camera=bac-lung-cam2] .label").tap()
    expect(page.get_by_role("tree")).to_be_hidden()
    expect(page.locator(".tile[data-camera=bac-lung-cam2]")).to_have_attribute("data-stream", "playing", timeout=10_000)


def test_who_wants_less_motion_gets_less(visit):
    page = visit(reduced_motion="reduce").enter("xa")
    assert page.locator(".tile .tools").first.evaluate("node => getComputedStyle(node).transitionDuration") in ("0s", "")
