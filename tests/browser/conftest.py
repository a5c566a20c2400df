"""Debian's Chromium before the portal's pages. Every page that a test opens is watched: no request may leave the centre, nothing may be said
on the console, and nothing may break the content security policy."""

import pytest

from tests.browser.centre import CHROMIUM, Visit, centre, started


@pytest.fixture(scope="session")
def portal(tmp_path_factory):
    with centre(tmp_path_factory.mktemp("centre")) as server:
        yield server


@pytest.fixture(scope="session")
def chromium():
    if not CHROMIUM.exists():
        pytest.skip("Debian's Chromium isn't installed: scripts/setup --dev installs it")
    with started() as browser:
        yield browser


@pytest.fixture
def visit(chromium, portal):
    """Makes a ``Visit``; what it was given goes to the browser's context."""
    visits = []

    def make(**given):
        portal.reset()
        visits.append(Visit(chromium, portal, **given))
        return visits[-1]

    yield make
    for one in visits:
        one.context.close()
        assert one.trouble == []
