from itertools import accumulate, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.pace import EARLY, Pace


def taken(pace: Pace, moments: list[float]) -> list[float]:
    return [moment for moment in moments if pace.due(moment)]


def steady(fps: float, seconds: float, start: float = 1000.0) -> list[float]:
    return [start + number / fps for number in range(round(fps * seconds))]


@pytest.mark.parametrize("camera_fps", [5.0, 7.0, 12.5, 15.0, 25.0, 29.97, 60.0])
def test_five_a_second_are_taken_whatever_the_camera_sends(camera_fps: float) -> None:
    assert len(taken(Pace(5), steady(camera_fps, 60))) == pytest.approx(300, abs=2)


def test_a_camera_slower_than_the_pace_loses_nothing() -> None:
    moments = steady(3, 20)
    assert taken(Pace(5), moments) == moments


@pytest.mark.parametrize("first", [0.0, 0.04, -0.04])
def test_a_camera_at_the_same_rate_loses_nothing_to_its_jitter(first: float) -> None:
    random = np.random.default_rng(5)
    late = [first, *random.uniform(-0.01, 0.01, 299)]
    moments = [moment + jitter for moment, jitter in zip(steady(5, 60), late, strict=True)]
    assert len(taken(Pace(5), moments)) >= 299


def test_after_a_gap_there_is_no_burst() -> None:
    pace = Pace(5)
    taken(pace, steady(25, 2))
    after = taken(pace, steady(25, 2, start=1030.0))
    assert after[0] == 1030.0
    assert min(later - earlier for earlier, later in pairwise(after)) > 0.15


def test_a_backlog_that_comes_at_once_counts_once() -> None:
    pace = Pace(5)
    assert taken(pace, [1000 + number * 1e-4 for number in range(50)]) == [1000.0]


def test_a_restart_makes_the_next_frame_due_even_if_it_is_an_earlier_one() -> None:
    pace = Pace(5)
    assert pace.due(1000.0)
    pace.restart()
    assert pace.due(998.0)
    assert not pace.due(998.1)
    assert pace.due(998.2)


def test_a_postponed_frame_makes_the_next_one_due_and_moves_nothing_after_it() -> None:
    pace = Pace(5)
    assert pace.due(1000.0)
    pace.postpone()
    assert pace.due(1000.04)
    assert not pace.due(1000.08)
    assert pace.due(1000.2)


def test_frames_that_come_late_are_looked_at_as_often_as_others() -> None:
    random = np.random.default_rng(7)
    moments = sorted(moment + late for moment, late in zip(steady(25, 60), random.exponential(0.05, 1500), strict=True))
    assert len(taken(Pace(5), moments)) >= 298


@given(st.floats(0.2, 30), st.lists(st.floats(0, 2), min_size=2, max_size=200), st.floats(0, 1e6))
def test_never_more_than_the_pace_in_any_time(fps: float, gaps: list[float], start: float) -> None:
    found = taken(Pace(fps), list(accumulate(gaps, initial=start)))
    assert len(found) <= fps * sum(gaps) + 1 + EARLY + 1e-3


@given(st.floats(0.5, 15), st.lists(st.floats(0.001, 0.03), min_size=100, max_size=300))
def test_close_to_the_pace_when_the_camera_is_faster(fps: float, gaps: list[float]) -> None:
    found = taken(Pace(fps), list(accumulate(gaps, initial=50.0)))
    assert len(found) >= fps * sum(gaps) - 1
