from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import latency
from core.latency import Latencies, Percentiles, percentiles


def test_nothing_measured_is_no_figure() -> None:
    assert Latencies().percentiles() == Percentiles(None, None, None)


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, (1, 1, 1)), (2, (1, 2, 2)), (3, (2, 3, 3)), (20, (10, 19, 20)), (100, (50, 95, 99)), (1000, (500, 950, 990))],
)
def test_the_nearest_rank_of_whole_numbers(count: int, expected: tuple[float, float, float]) -> None:
    assert percentiles(range(count, 0, -1)) == Percentiles(*expected)


@given(st.lists(st.integers(0, 1000), min_size=1))
def test_a_percentile_is_the_least_value_that_so_many_stay_within(millis: list[int]) -> None:
    found = percentiles(millis)
    for percent, value in ((50, found.p50), (95, found.p95), (99, found.p99)):
        reached = [
            one
            for one in millis
            if Fraction(sum(other <= one for other in millis), len(millis)) >= Fraction(percent, 100)
        ]
        assert value == min(reached)


def test_seconds_are_reported_in_milliseconds_to_one_digit() -> None:
    measured = Latencies()
    measured.add(0.012_34)
    assert measured.percentiles() == Percentiles(12.3, 12.3, 12.3)


def test_old_measurements_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "KEEP", 3)
    measured = Latencies()
    for seconds in (9.0, 0.001, 0.001, 0.001):
        measured.add(seconds)
    assert measured.percentiles().p99 == 1.0
