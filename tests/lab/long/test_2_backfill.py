"""Ten minutes without a tunnel, and the day is whole all the same."""

from tests.lab.test_a_backfill import by_hand, filled

__all__ = ["by_hand"]
SECONDS = 600


def test_ten_minutes_that_were_missed_are_brought_in():
    filled(SECONDS)
