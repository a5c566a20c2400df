"""What holds for all unit tests."""

import pytest
from hypothesis import settings

# A law holds on a slow machine too: how long an example takes is measured in tests/bench, and never asserted here.
settings.register_profile("laws", deadline=None)
settings.load_profile("laws")
# An imported module's assertions are only explained when that is asked for before anybody imports it.
pytest.register_assert_rewrite("tests.unit.platformruns")
