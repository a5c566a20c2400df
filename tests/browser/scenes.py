"""Every page in every shape that differs, for axe and for the pictures that people look at."""

from playwright.sync_api import expect

from tests.browser.pictures import until


def choose(page, camera):
    """The camera alone, found by its unit's name as the tree of a whole province begins closed."""
    page.get_by_role("searchbox").fill(page.locator(f".tree [data-camera={camera}] .name").text_content())
    page.locator(f".tree [data-camera={camera}] .label").click()


def playing(page, count=1):
    for number in range(count):
        expect(page.locator(".tile").nth(number)).to_have_attribute("data-stream", "playing", timeout=15_000)
    return page


def login(visit, _portal):
    visit.page.goto("/")
    expect(visit.page.locator("form")).to_be_visible()
    return visit.page


def enrol(visit, _portal):
    visit.page.goto("/enrol.html#giay-moi-1")
    expect(visit.page.locator(".qr")).to_be_visible()
    return visit.page


def grid(visit, _portal):
    return playing(visit.enter("ioc"), 2)


def district(visit, _portal):
    page = visit.enter("huyen")
    page.locator(".sizes [data-size='9']").click()
    expect(page.locator(".tree .state[data-state=off]")).to_be_attached()
    return playing(page, 2)


def solo(visit, _portal):
    page = visit.enter("vanhanh")
    choose(page, "bac-lung-cam1")
    return playing(page)


def playback(visit, portal):
    page = solo(visit, portal)
    page.locator(".solo .controls button").last.click()
    page.locator("#day").fill(portal.yesterday)
    expect(page.locator("rect.live").first).to_be_attached()
    until(lambda: page.locator(".playback video").evaluate("video => video.readyState > 1"), 15, "a picture")
    for _ in range(6):
        page.get_by_role("slider").press("+")
    return page


def wall(visit, _portal):
    return playing(visit.enter("ioc", "/wall.html#groups=luc-nam,tan-dinh&size=6&seconds=600"), 2)


def wall_choice(visit, portal):
    page = wall(visit, portal)
    page.locator(".choose summary").click()
    return page


def province(visit, _portal):
    page = visit.enter("ioc", "/province.html")
    expect(page.locator("tbody tr").first).to_be_attached()
    return page


SCENES = [login, enrol, grid, district, solo, playback, wall, wall_choice, province]
