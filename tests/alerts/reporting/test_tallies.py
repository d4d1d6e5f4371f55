"""What is counted one row after another: alarms of consoles, trouble of cameras, reports of residents."""

from hypothesis import given
from hypothesis import strategies as st

from alerts.reporting import health, load, residents
from alerts.reporting.health import Spell, Trouble
from alerts.reporting.load import Load

SECOND = 1_000_000
HOUR = 3600 * SECOND


def the_load(alarms: list[tuple[str, int]], hours: float = 24) -> Load:
    tally = load.Tally()
    for console, second in alarms:
        tally.add(console, second * SECOND)
    return tally.load(hours)


def test_the_worst_ten_minutes_are_of_one_console() -> None:
    quiet = [("a", 600 * number) for number in range(1, 25)]
    busy = [("b", 5400 + 30 * number) for number in range(15)]
    found = the_load(quiet + busy)
    assert (found.alarms, found.consoles, found.per_hour) == (39, 2, round(39 / 48, 3))
    assert found.worst_10_minutes == 15
    assert (found.floods.part, found.floods.whole) == (1, 25)


def test_more_than_ten_in_an_interval_are_a_flood() -> None:
    found = the_load([("a", second) for second in range(11)])
    assert (found.floods.part, found.floods.whole, found.worst_10_minutes) == (1, 1, 11)


def test_nobody_told_is_no_load() -> None:
    assert (the_load([]).per_hour, the_load([]).worst_10_minutes, the_load([("a", 1)], 0).per_hour) == (None, 0, None)


@given(st.lists(st.integers(0, 5000), max_size=60))
def test_the_worst_window_is_what_counting_every_window_finds(seconds: list[int]) -> None:
    ordered = sorted(seconds)
    every = [sum(start <= other < start + 600 for other in ordered) for start in ordered]
    assert the_load([("a", second) for second in ordered]).worst_10_minutes == max(every, default=0)


def troubles(*spells: tuple[str, str, int, int | None]) -> list[Trouble]:
    tally = health.Tally(0, 100 * HOUR)
    for edge, camera, start, end in sorted(spells, key=lambda each: each[:3]):
        tally.add(Spell(edge, camera, start * HOUR, None if end is None else end * HOUR))
    return tally.troubles()


def test_trouble_that_overlaps_counts_once_and_only_within_the_period() -> None:
    found = troubles(("p", "a", -5, 2), ("p", "a", 1, 4), ("p", "a", 98, None), ("p", "b", 3, 5), ("p", "", 1, 2))
    assert found == [Trouble("p", "", 1, 1.0), Trouble("p", "a", 3, 6.0), Trouble("p", "b", 1, 2.0)]


def test_cameras_and_edges_are_told_apart_the_worst_first() -> None:
    found = health.health(troubles(("p", "a", 0, 1), ("p", "b", 0, 3), ("p", "", 0, 2)), 100, 4, 1, 1, 1)
    assert (found.trouble_hours, found.silent_hours, found.silent_times, found.camera_hours) == (4.0, 2.0, 1, 400)
    assert [each.camera for each in found.worst_cameras] == ["b"]


def test_reports_are_answered_or_wait() -> None:
    tally = residents.Tally()
    tally.add("thief", True, "resolved", 5, 1800 * SECOND)
    tally.add("thief", False, "false", None, 7200 * SECOND)
    tally.add("flood", False, None, None, None)
    found = tally.reports(2)
    assert (found.count, found.urgent, found.kinds, found.reporters) == (3, 1, {"thief": 2, "flood": 1}, 2)
    assert [each.part for each in (found.answered, found.within_hour, found.within_day)] == [2, 1, 2]
    assert (found.rating, found.ratings, found.verdicts) == (5.0, 1, {"false": 1, "resolved": 1})
    assert residents.Tally().reports(0).rating is None
