"""Recordings on the time line: where they are, where they aren't, and that the picture is the one of the time that is shown."""

import re
import struct

import pytest
from playwright.sync_api import expect

from tests.browser import pictures
from tests.browser.pictures import until
from tests.browser.scenes import choose

CAMERA = "bac-lung-cam1"
SECONDS = "timeline => Number(timeline.getAttribute('aria-valuenow'))"


class Playback:
    def __init__(self, page, portal):
        self.page, self.portal = page, portal
        choose(page, CAMERA)
        page.get_by_role("button", name="Xem lại").click()
        page.get_by_label("Ngày", exact=True).fill(portal.yesterday)
        self.line = page.get_by_role("slider")
        self.video = page.locator(".playback video")
        expect(self.line.locator("rect.live").first).to_be_attached()

    def minutes(self):
        """Where the cursor stands, in minutes since 08:00."""
        return (self.line.evaluate(SECONDS) - self.portal.day.began_s) / 60

    def seen_minutes(self):
        """What the picture itself says."""
        clock = self.video.evaluate(pictures.READ_CLOCK)
        return clock and clock[0] / 60

    def zoom_to_recordings(self):
        """Until a minute is some pixels wide."""
        for _ in range(6):
            self.line.press("+")

    def click_minute(self, minute):
        rect = self.line.locator("rect.live").first
        first = rect.evaluate(
            "rect => [Number(rect.dataset.from), Number(rect.dataset.until), rect.getBoundingClientRect().left, rect.getBoundingClientRect().right]"
        )
        began, ended, left, right = first
        x = left + (self.portal.day.began_s + minute * 60 - began) / (ended - began) * (right - left)
        box = self.line.bounding_box()
        self.page.mouse.click(x, box["y"] + 20)


@pytest.fixture
def playing(visit, portal):
    return Playback(visit().enter("vanhanh"), portal)


def test_the_day_is_drawn_with_gaps_and_what_was_filled_in(playing):
    kinds = playing.line.locator("rect[data-from]").evaluate_all(
        "rects => rects.map(rect => [rect.getAttribute('class'), Number(rect.dataset.from), Number(rect.dataset.until)])"
    )
    began = playing.portal.day.began_s
    drawn = {
        kind: [((start - began) / 60, (end - began) / 60) for what, start, end in kinds if what == kind]
        for kind in ("live", "backfill", "gap")
    }
    assert drawn["live"] == [(0, 3), (6, 8), (9, 10)]
    assert drawn["backfill"] == [(3, 5)]
    assert drawn["gap"] == [(-480, 0), (5, 6), (8, 9), (10, 960)]
    fills = playing.line.evaluate(
        "line => ['live', 'backfill', 'gap'].map(kind => getComputedStyle(line.querySelector('rect.' + kind)).fill)"
    )
    assert len(set(fills)) == 3
    playing.page.get_by_text("Chỗ trống trong ngày").click()
    expect(playing.page.get_by_role("button", name="08:05:00 – 08:06:00")).to_be_visible()


def test_a_click_shows_the_picture_of_that_time(playing):
    until(playing.seen_minutes, 10, "a picture")
    playing.zoom_to_recordings()
    for minute in (1.5, 4.2, 7.1):
        playing.click_minute(minute)
        until(
            lambda minute=minute: playing.seen_minutes() and 0 <= playing.seen_minutes() - minute < 0.15,
            10,
            f"the picture of minute {minute}, not {playing.seen_minutes()}",
        )
        assert abs(playing.minutes() - playing.seen_minutes()) * 60 < 1.5
    expect(playing.page.locator(".clock")).to_have_text(re.compile(r"\d\d/\d\d/\d{4} 08:07:\d\d"))
    playing.click_minute(5.4)
    expect(playing.page.get_by_text(re.compile("Không có hình ghi lúc 08:05:2"))).to_be_visible()
    until(lambda: 6 <= playing.minutes() < 6.3, 5, "it goes on where there is a picture again")


def test_the_keyboard_moves_and_finds_the_gaps(playing):
    until(playing.seen_minutes, 10, "a picture")
    playing.page.get_by_role("button", name="Dừng").click()
    playing.line.focus()
    at = playing.minutes()
    for key, moved_s in [("ArrowRight", 10), ("ArrowRight", 20), ("ArrowUp", 80), ("ArrowLeft", 70), ("ArrowDown", 10)]:
        playing.line.press(key)
        until(lambda moved_s=moved_s: abs((playing.minutes() - at) * 60 - moved_s) <= 1, 3, f"{key}: {moved_s} s on")
    for minute in (5, 8, 10):
        playing.line.press("n")
        until(lambda minute=minute: abs(playing.minutes() - minute + 5 / 60) < 0.05, 5, f"just before the gap at minute {minute}")
    playing.line.press("n")
    expect(playing.page.get_by_text("Không còn chỗ trống nào")).to_be_visible()
    assert re.search(r"08:09:5\d", playing.line.get_attribute("aria-valuetext"))


def test_zoom_and_drag(playing):
    until(playing.seen_minutes, 10, "a picture")
    first = playing.line.locator("rect.live").first
    width = first.bounding_box()["width"]
    playing.zoom_to_recordings()
    wide = first.bounding_box()
    assert wide["width"] > 30 * width
    box = playing.line.bounding_box()
    playing.page.mouse.move(box["x"] + 300, box["y"] + 20)
    playing.page.mouse.down()
    playing.page.mouse.move(box["x"] + 200, box["y"] + 20, steps=4)
    before = playing.minutes()
    playing.page.mouse.up()
    assert abs(first.bounding_box()["x"] - wide["x"] + 100) < 5
    assert abs(playing.minutes() - before) < 0.1, "a drag isn't a click"


def test_speed(playing):
    until(playing.seen_minutes, 10, "a picture")
    playing.page.get_by_label("Tốc độ", exact=True).select_option("4")
    before, began = playing.seen_minutes(), playing.video.evaluate("() => performance.now()")
    until(lambda: (playing.seen_minutes() - before) * 60 > 8, 15, "it runs")
    took_s = (playing.video.evaluate("() => performance.now()") - began) / 1000
    assert 2.5 < 8 / took_s < 5


def test_a_snapshot_is_a_png_that_names_camera_and_time(playing, tmp_path):
    until(playing.seen_minutes, 10, "a picture")
    with playing.page.expect_download() as waiting:
        playing.page.locator(".playback .controls").get_by_role("button", name="Chụp ảnh").click()
    assert re.fullmatch(rf"{CAMERA}_{playing.portal.yesterday}_08-0\d-\d\d\.png", waiting.value.suggested_filename)
    waiting.value.save_as(tmp_path / "one.png")
    content = (tmp_path / "one.png").read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    assert (width, height) == (640, 386)


def test_full_screen_takes_the_watermark_along(playing):
    playing.page.locator(".playback .controls").get_by_role("button", name="Toàn màn hình").click()
    until(lambda: playing.page.evaluate("document.fullscreenElement !== null"), 5, "full screen")
    assert playing.page.evaluate("document.fullscreenElement.querySelector('.watermark span').textContent").startswith("Lê Minh Vận")
    playing.page.evaluate("document.exitFullscreen()")


def test_a_day_without_recordings_says_so(playing):
    playing.page.get_by_label("Ngày", exact=True).fill("2026-01-05")
    expect(playing.page.get_by_text("Ngày này không có hình ghi.")).to_be_visible()


def test_an_answer_that_comes_late_does_not_cover_the_day_chosen_after_it(visit, portal):
    """Else "nothing was recorded" would stand over a picture, and who watches wouldn't."""
    one, held = visit(), []
    page = one.enter("vanhanh")
    one.context.route("**/api/timeline/**", lambda route: route.continue_() if held else held.append(route))
    choose(page, CAMERA)
    page.get_by_role("button", name="Xem lại").click()
    until(lambda: (page.wait_for_timeout(50), held)[1], 5, "today is asked for")
    page.get_by_label("Ngày", exact=True).fill(portal.yesterday)
    page.wait_for_timeout(1000)
    held[0].continue_()
    until(lambda: page.locator(".playback video").evaluate(pictures.READ_CLOCK), 15, "yesterday's picture")
    expect(page.locator(".playback .message")).to_be_hidden()
    expect(page.locator(".playback .watermark")).to_be_visible()
    expect(page.locator(".clock")).to_have_text(re.compile("08:00"))


def test_leaders_without_playback_are_not_offered_it(visit):
    page = visit().enter("xa")
    choose(page, CAMERA)
    expect(page.get_by_role("button", name="Hình nét")).to_be_visible()
    expect(page.get_by_role("button", name="Xem lại")).to_have_count(0)
