# ruff: noqa: E402, F403  the assertions of an imported module are only explained when that is asked for before
"""The engine with OpenWrt, whose box is a real shell: see platformruns.py."""

import pytest

pytest.register_assert_rewrite("tests.unit.platformruns")

from tests.unit.platformruns import *
from tests.unit.platformruns import converged


@pytest.fixture(scope="module", params=["openwrt"])
def site(request, tmp_path_factory):
    with converged(request.param, tmp_path_factory.mktemp(request.param)) as one:
        yield one
