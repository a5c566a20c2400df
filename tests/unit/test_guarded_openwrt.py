# ruff: noqa: F403  each platform has the same tests
"""The engine with OpenWrt, whose box is a real shell: see platformruns.py."""

import pytest

from tests.unit.platformruns import *
from tests.unit.platformruns import converged


@pytest.fixture(scope="module", params=["openwrt"])
def site(request, tmp_path_factory):
    with converged(request.param, tmp_path_factory.mktemp(request.param)) as one:
        yield one
