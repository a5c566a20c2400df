"""A power cut in the middle of a piece and of an entry: five times; tests/bench/test_recorder.py has fifty."""

import pytest

from tests.unit.footage import pictures
from tests.unit.powercut import can_mount, cut

ROUNDS = 5


@pytest.mark.skipif(not can_mount(), reason="mounting a loop file system needs root, mkfs.ext4 and loop devices")
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_after_a_power_cut_nothing_that_was_listed_is_lost(tmp_path, seed):
    before, after = cut(tmp_path, pictures(60) * 3, seed)
    assert after >= before > 0
