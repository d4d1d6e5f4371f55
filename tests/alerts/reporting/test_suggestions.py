"""What verdicts suggest: honest about small numbers, and never at the cost of a true one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.reporting.suggestions import LEAST, Suggestion, Verdict, suggestions


def said(*verdicts: Verdict) -> list[Suggestion]:
    return suggestions("pos-1", "gerbang", "halaman", verdicts)


def some(count: int, true: bool, score: float = 0.9, hour: int = 22) -> list[Verdict]:
    return [Verdict(score, hour, true)] * count


def test_below_ten_verdicts_nothing_is_said() -> None:
    assert said(*some(LEAST - 1, False)) == []
    assert said() == []


def test_a_score_that_parts_false_from_true_is_suggested() -> None:
    found = said(*some(5, True, 0.82), *some(12, False, 0.41), *some(3, False, 0.9))
    (score,) = [each for each in found if each.what == "min_score"]
    assert score.min_score == 0.45
    assert (score.removes_false.part, score.removes_false.whole) == (12, 15)
    assert (score.removes_true.part, score.removes_true.whole) == (0, 5)
    assert score.removes_true.high and score.removes_true.high > 0.4  # five are few, and the interval says so
    assert "0.45" in score.text["id"] and "12 of 15 false and 0 of 5 true" in score.text["en"]


def test_hours_with_false_ones_only_are_suggested_across_midnight_too() -> None:
    found = said(*some(6, True, 0.9, 12), *some(8, False, 0.9, 23), *some(8, False, 0.9, 1), *some(2, False, 0.9, 12))
    (hours,) = [each for each in found if each.what == "silence_hours"]
    assert (hours.from_hour, hours.until_hour, hours.removes_false.part) == (23, 2, 16)


def test_where_too_few_were_true_nothing_is_risked_but_a_look() -> None:
    (only,) = said(*some(20, False), *some(2, True))
    assert (only.what, only.removes_false.part, only.min_score) == ("look", 0, None)
    assert only.text["en"] == "Look at the zone and the view: only 2 of 22 were true."


def test_a_rule_that_is_mostly_right_is_left_alone() -> None:
    assert said(*some(30, True), *some(2, False)) == []


@pytest.mark.parametrize("few", [1, 2])
def test_what_removes_little_is_not_worth_saying(few: int) -> None:
    assert said(*some(20, True, 0.8), *some(few, False, 0.4), *some(20 - few, False, 0.9)) == []


verdicts = st.builds(Verdict, st.floats(0, 1), st.integers(0, 23), st.booleans())


@given(st.lists(verdicts, max_size=60))
def test_no_suggestion_would_have_cost_a_true_one(given_verdicts: list[Verdict]) -> None:
    for each in said(*given_verdicts):
        assert each.removes_true.part == 0
        assert each.verdicts == len(given_verdicts) >= LEAST
