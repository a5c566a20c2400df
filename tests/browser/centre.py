"""The made-up centre and Debian's Chromium, for the tests and for the pictures that people look at."""

import os
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser import pictures, province
from tests.browser.day import Day
from tests.browser.portal import Portal

CHROMIUM = Path("/usr/bin/chromium")
HANOI = timedelta(hours=7)
# A camera that is off answers 404, a form that was refused 4xx: the browser notes these itself.
NOTED_BY_THE_BROWSER = "Failed to load resource"


@contextmanager
def centre(folder):
    """A running ``Portal`` whose footage is made in ``folder``: a live camera, and ten minutes of yesterday from 08:00."""
    yesterday = (datetime.now(UTC) + HANOI - timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)
    day = Day(pictures.recorded(folder / "recorded", 10), (yesterday - HANOI).timestamp())
    process, began_s = pictures.live(folder / "live")
    server = Portal(folder / "live", day)
    server.clock_began_s = began_s
    server.yesterday = f"{yesterday:%Y-%m-%d}"
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        process.terminate()
        process.wait()


@contextmanager
def started():
    """A running Chromium."""
    with sync_playwright() as playwright:
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*flags, "--disable-background-networking"])
        yield browser
        browser.close()


class Visit:
    """A viewer's browser: opens pages, and remembers what it must not see."""

    def __init__(self, browser, portal, **given):
        self.portal, self.trouble = portal, []
        self.context = browser.new_context(
            base_url=portal.origin, **{"locale": "vi-VN", "viewport": {"width": 1280, "height": 800}} | given
        )
        self.context.add_init_script(
            "addEventListener('securitypolicyviolation', e => console.error('CSP: ' + e.violatedDirective + ' ' + e.blockedURI))"
        )
        self.context.set_default_timeout(15_000)
        self.page = self.context.new_page()
        self.page.on("request", self._request)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.trouble.append(f"error: {error}"))

    def _request(self, request):
        if not request.url.startswith((self.portal.origin + "/", "blob:", "data:")):
            self.trouble.append(f"left the centre: {request.url}")

    def _console(self, message):
        if message.type in ("error", "warning") and NOTED_BY_THE_BROWSER not in message.text:
            self.trouble.append(f"console: {message.text}")

    def enter(self, account, path="/"):
        """Logged in without the form; gives the page."""
        code = {"code": province.CODE} if province.ACCOUNTS[account]["code"] else {}
        answer = self.context.request.post("/api/login", data={"account": account, "password": province.PASSWORD, **code})
        assert answer.ok
        self.page.goto(path)
        return self.page
