"""The way in: the form, the code of those who need one, the invitation, the language, and the way out."""

import re

from playwright.sync_api import expect

from tests.browser import province


def fill(page, account, password=province.PASSWORD):
    page.get_by_label("Tài khoản").fill(account)
    page.get_by_label("Mật khẩu").fill(password)
    page.keyboard.press("Enter")


def test_a_leader_logs_in_and_out(visit, portal):
    page = visit().page
    page.goto("/")
    expect(page.get_by_label("Tài khoản")).to_be_focused()
    fill(page, "xa", "sai")
    expect(page.get_by_role("alert")).to_contain_text("không đúng")
    fill(page, "xa")
    expect(page.get_by_text("Nguyễn Thị Xuân").first).to_be_visible()
    page.get_by_role("button", name="Đăng xuất").click()
    expect(page.get_by_label("Tài khoản")).to_be_visible()
    assert not portal.sessions
    assert not [path for path in portal.asked if province.PASSWORD in path]


def test_an_operator_needs_a_code(visit):
    page = visit().page
    page.goto("/")
    fill(page, "vanhanh")
    code = page.get_by_label("Mã 6 số")
    expect(code).to_be_focused()
    code.fill("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("không đúng")
    code.fill(province.CODE)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Toàn tỉnh")).to_be_visible()


def test_who_tries_too_often_is_told_how_long_to_wait(visit, portal):
    page = visit().page
    page.goto("/")
    portal.wrong = 5
    fill(page, "xa")
    expect(page.get_by_role("alert")).to_have_text("Đã thử quá nhiều lần. Hãy chờ 40 giây rồi thử lại.")


def test_a_centre_that_cannot_be_reached_is_said_in_words(visit):
    one = visit()
    one.page.goto("/")
    one.context.route("**/api/login", lambda route: route.abort())
    fill(one.page, "xa")
    expect(one.page.get_by_role("alert")).to_contain_text("Không tới được máy chủ của trung tâm")


def test_an_invitation_with_a_code_is_used_once(visit, portal):
    page = visit().page
    page.goto("/enrol.html#giay-moi-1")
    expect(page.get_by_text("Chào Lê Minh Vận")).to_be_visible()
    assert "giay-moi" not in page.url, "the token stays in no history"
    qr = page.get_by_role("img", name="Mã QR")
    dark = qr.evaluate(
        "canvas => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data].filter(one => one === 0).length"
    )
    assert dark > 1000
    expect(page.get_by_text("JBSW Y3DP EHPK 3PXP")).to_be_visible()
    first, again, code = page.get_by_label("Mật khẩu mới"), page.get_by_label("Nhập lại mật khẩu"), page.get_by_label("Mã 6 số")
    for password, repeated, number, words in [
        ("mat-khau-rat-dai", "mat-khau-khac-han", province.CODE, "không giống nhau"),
        ("mat-khau-123", "mat-khau-123", province.CODE, "quá yếu"),
        ("mat-khau-rat-dai", "mat-khau-rat-dai", "000000", "Mã không đúng"),
    ]:
        first.fill(password)
        again.fill(repeated)
        code.fill(number)
        page.get_by_role("button", name="Kích hoạt").click()
        expect(page.get_by_role("alert")).to_contain_text(words)
    code.fill(province.CODE)
    page.get_by_role("button", name="Kích hoạt").click()
    expect(page.get_by_role("link", name="Đến trang đăng nhập")).to_be_visible()
    page.goto("/enrol.html#giay-moi-1")
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("không còn dùng được")


def test_an_invitation_without_a_code_shows_none(visit):
    page = visit().page
    page.goto("/enrol.html#giay-moi-2")
    expect(page.get_by_label("Mật khẩu mới")).to_be_visible()
    expect(page.get_by_role("img")).to_have_count(0)


def test_the_language_changes_and_is_remembered(visit):
    one = visit()
    page = one.enter("xa")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.reload()
    expect(page).to_have_title("One-stop cameras")
    expect(page.locator(".tree .state").first).to_have_text("live")
    page.get_by_role("button", name="Tiếng Việt").click()
    expect(page).to_have_title("Camera một cửa")


def test_both_languages_have_the_same_words(visit):
    page = visit().page
    page.goto("/")
    keys = page.evaluate("""async () => {
      const [{ vi }, { en }] = await Promise.all([import('/js/words.vi.js'), import('/js/words.en.js')]);
      return [vi, en].map(words => Object.entries(words).map(([key, said]) => [key, (said.match(/\\{\\w+\\}/g) ?? []).sort().join()]));
    }""")
    assert dict(keys[0]) == dict(keys[1])


def test_every_module_is_one_that_a_browser_takes(visit, portal):
    page = visit().page
    page.goto("/")
    from tests.browser.portal import PAGES

    for file in sorted(PAGES.glob("js/*.js")):
        said = page.evaluate("path => fetch(path).then(answer => answer.text())", f"/js/{file.name}")
        assert re.search(r"^(import|export) ", said, re.MULTILINE), file
        if file.stem not in ("watch", "wall", "province", "enrol"):
            page.evaluate("path => import(path)", f"/js/{file.name}")
