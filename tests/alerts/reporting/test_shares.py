"""Shares say what chance leaves open; percentiles are values that were there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.reporting.shares import Share, Times, share, times


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [  # Wilson's interval, worked out from its formula by hand for these
        (0, 0, Share(0, 0, None, None, None)),
        (0, 10, Share(0, 10, 0.0, 0.0, 0.2775)),
        (5, 10, Share(5, 10, 0.5, 0.2366, 0.7634)),
        (10, 10, Share(10, 10, 1.0, 0.7225, 1.0)),
        (22, 2072, Share(22, 2072, 0.0106, 0.0070, 0.0160)),
    ],
)
def test_a_share_has_wilson_s_interval(part: int, whole: int, expected: Share) -> None:
    assert share(part, whole) == expected


@given(st.integers(1, 500).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_the_interval_holds_the_share_and_stays_possible(counts: tuple[int, int]) -> None:
    found = share(*counts)
    assert found.share is not None and found.low is not None and found.high is not None
    assert 0 <= found.low <= found.share <= found.high <= 1


def test_percentiles_are_of_the_nearest_rank() -> None:
    assert times([]) == Times(0, None, None, None)
    assert times([7.0]) == Times(1, 7.0, 7.0, 7.0)
    assert times([float(second) for second in range(100, 0, -1)]) == Times(100, 50.0, 90.0, 95.0)
