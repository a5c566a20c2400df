"""The wall and the province's state, for those who watch all of it."""

import re
import time

from playwright.sync_api import expect

from tests.browser import province
from tests.browser.portal import PAGES


def test_the_wall_turns_through_the_chosen_groups(visit):
    page = visit(viewport={"width": 1920, "height": 1080}).enter("ioc", "/wall.html#groups=tan-dinh,cam-ly&size=3&seconds=30")
    expect(page.get_by_role("status")).to_have_text("Xã Cẩm Lý – 1/1")
    expect(page.locator(".tile")).to_have_count(2)
    page.clock.install()
    page.reload()
    expect(page.get_by_role("status")).to_have_text("Xã Cẩm Lý – 1/1")
    for words, tiles in [("Xã Tân Dĩnh – 1/2", 3), ("Xã Tân Dĩnh – 2/2", 2), ("Xã Cẩm Lý – 1/1", 2)]:
        page.clock.fast_forward(30_500)
        expect(page.get_by_role("status")).to_have_text(words)
        expect(page.locator(".tile")).to_have_count(tiles)
    page.get_by_role("button", name="Tạm dừng").click()
    page.clock.fast_forward(65_000)
    expect(page.get_by_role("status")).to_have_text("Xã Cẩm Lý – 1/1")


def test_the_walls_choice_is_kept_in_its_address(visit):
    page = visit().enter("ioc", "/wall.html#groups=cam-ly")
    page.get_by_text("Chọn nhóm").click()
    page.get_by_role("checkbox", name="Xã Cẩm Lý").uncheck()
    page.get_by_role("checkbox", name="Xã Hương Sơn").check()
    page.get_by_label("Số hình một lượt").fill("4")
    page.get_by_role("button", name="Bắt đầu").click()
    expect(page).to_have_url(re.compile(r"#groups=huong-son&size=4&seconds=20$"))
    expect(page.locator(".tile[data-camera^=huong-son]")).to_have_count(4)
    page.reload()
    expect(page.locator(".tile[data-camera^=huong-son]")).to_have_count(4)


def test_the_table_says_what_is_wrong_where_and_why(visit):
    page = visit().enter("ioc", "/province.html")
    row = page.locator("tr[data-site=cam-ly]")
    expect(row).to_contain_text("1 camera có vấn đề, do đường truyền")
    expect(row).to_contain_text("mất tín hiệu từ 08:12 ngày 26/11/2026, do đường truyền")
    expect(row).to_contain_text("vnpt đứt")
    expect(row).to_contain_text("viettel chưa rõ")
    expect(page.locator("tr[data-site=bac-lung]")).to_contain_text("bình thường")
    expect(page.locator("[data-figure=live] b")).to_have_text(f"{len(province.EVERY) - 3}/{len(province.EVERY)}")
    names = lambda: page.locator("tbody th").all_inner_texts()  # noqa: E731  a question that is asked more than once
    assert names()[:2] == ["Xã Cẩm Lý", "Xã Đông Hưng"], "the worst stands first"
    page.get_by_role("button", name="Đơn vị").click()
    expect(page.get_by_role("columnheader", name="Đơn vị")).to_have_attribute("aria-sort", "ascending")
    assert names()[0] == "Huyện Lạng Giang"
    page.get_by_label("Lọc theo tên").fill("dong hung")
    expect(page.get_by_text("1 đơn vị.")).to_be_visible()
    page.get_by_label("Lọc theo tên").fill("")
    page.get_by_label("Chỉ nơi có vấn đề").check()
    expect(page.locator("tbody tr")).to_have_count(2)


def test_old_figures_are_not_shown_as_if_they_were_true(visit, portal):
    page = visit().enter("ioc", "/province.html")
    expect(page.locator("tr[data-site=bac-lung]")).to_contain_text("bình thường")
    portal.written_s = time.time() - 3600
    expect(page.get_by_text("Số liệu đã cũ")).to_be_visible(timeout=8000)
    expect(page.locator("tr[data-site=bac-lung]")).to_contain_text("2 camera chưa rõ")


def test_leaders_are_refused_in_words_even_where_the_page_is_served(visit):
    one = visit()
    page = one.enter("xa")
    expect(page.get_by_role("link", name="Toàn tỉnh")).to_have_count(0)
    one.context.route("**/*.html", lambda route: route.fulfill(path=PAGES / route.request.url.rsplit("/", 1)[-1]))
    for name in ("wall", "province"):
        page.goto(f"/{name}.html")
        expect(page.get_by_role("alert")).to_contain_text("dành cho IOC và người vận hành")
