from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import EkamlingError
from edge.rules.calendar import Calendar
from edge.rules.schedule import DAYS, Schedule

ZONE = ZoneInfo("Asia/Jakarta")
PLAIN = Calendar(ZONE)
MONDAY = datetime(2026, 11, 23, tzinfo=ZONE)
WEEK = 7 * 24 * 60


def at(day: str, clock: str) -> datetime:
    """A moment of the week that begins on MONDAY."""
    hour, minute = (int(part) for part in clock.split(":"))
    return MONDAY + timedelta(days=DAYS.index(day), hours=hour, minutes=minute)


def armed(texts: list[str], day: str, clock: str) -> bool:
    return Schedule.parse(texts).armed(at(day, clock), PLAIN)


def test_no_window_means_always() -> None:
    assert Schedule.parse([]).armed(MONDAY, PLAIN)


@pytest.mark.parametrize(
    ("clock", "open_"), [("07:59", False), ("08:00", True), ("16:59", True), ("17:00", False), ("00:00", False)]
)
def test_a_window_is_open_from_its_first_minute_until_its_last_is_over(clock: str, open_: bool) -> None:
    assert armed(["08:00-17:00"], "wed", clock) is open_


def test_the_last_second_of_a_window_belongs_to_it() -> None:
    assert Schedule.parse(["08:00-17:00"]).armed(at("wed", "16:59") + timedelta(seconds=59.999), PLAIN)


@pytest.mark.parametrize(
    ("day", "clock", "open_"),
    [
        ("sat", "21:59", False),
        ("sat", "22:00", True),
        ("sun", "04:59", True),
        ("sun", "05:00", False),
        ("sun", "22:00", False),
        ("sat", "04:00", False),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_begins(day: str, clock: str, open_: bool) -> None:
    assert armed(["sat 22:00-05:00"], day, clock) is open_


def test_the_night_of_sunday_ends_on_monday() -> None:
    assert armed(["sun 22:00-05:00"], "mon", "04:59")
    assert not armed(["sun 22:00-05:00"], "sun", "04:59")


def test_a_whole_day_ends_at_24() -> None:
    assert armed(["sat,sun 00:00-24:00"], "sun", "23:59")
    assert not armed(["sat,sun 00:00-24:00"], "mon", "00:00")


def test_a_window_may_end_at_midnight() -> None:
    assert armed(["22:00-24:00"], "mon", "23:59")
    assert armed(["22:00-00:00"], "mon", "23:59")
    assert not armed(["22:00-00:00"], "tue", "00:00")


def test_any_of_several_windows_is_enough() -> None:
    texts = ["22:00-05:00", "sat,sun 12:00-13:00"]
    assert [armed(texts, day, "12:30") for day in ("fri", "sat", "sun", "mon")] == [False, True, True, False]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("08:00-08:00", "is never open; for a whole day write"),
        ("sat 24:00-05:00", "begins at the end of a day; write 00:00 and the day after"),
        ("24:00-00:00", "begins at the end of a day"),
        ("25:00-26:00", "25:00 is not a time of day"),
        ("08:60-09:00", "08:60 is not a time of day"),
        ("8:00-9:00", "is not of the form"),
        ("08:00", "is not of the form"),
        ("", "is not of the form"),
        ("sat 08:00-09:00 ", "is not of the form"),
        ("08:00-09:00\n", "is not of the form"),
        ("sab 08:00-09:00", "'sab' is not one of mon, tue"),
        ("mon,,tue 08:00-09:00", "'' is not one of mon, tue"),
        ("mon;tue 08:00-09:00", "is not of the form"),
        ("Mon 08:00-09:00", "is not of the form"),
        ("٠٨:00-09:00", "is not of the form"),
    ],
)
def test_a_window_that_says_nothing_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(EkamlingError, match=complaint) as refused:
        Schedule.parse(["22:00-05:00", text])
    assert str(refused.value).startswith("schedule: ")


def clock_of(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


windows = st.tuples(st.sets(st.integers(0, 6)), st.integers(0, 24 * 60 - 1), st.integers(0, 24 * 60)).filter(
    lambda window: window[1] != window[2]
)


@given(st.lists(windows, min_size=1, max_size=4), st.lists(st.integers(0, WEEK - 1), max_size=50))
def test_windows_open_exactly_the_minutes_that_they_cover(
    chosen: list[tuple[set[int], int, int]], moments: list[int]
) -> None:
    covered = set[int]()
    texts = []
    for days, start, end in chosen:
        named = ",".join(DAYS[day] for day in sorted(days))
        texts.append(f"{named} {clock_of(start)}-{clock_of(end)}".strip())
        length = (end - start) if start < end else end - start + 24 * 60
        for day in days or range(7):
            covered |= {(day * 24 * 60 + start + minute) % WEEK for minute in range(length)}
    schedule = Schedule.parse(texts)
    edges = {
        (minute + step) % WEEK
        for minute in {day * 24 * 60 + s for _, s, _ in chosen for day in range(7)}
        for step in (-1, 0)
    }
    for minute in {*moments, *edges}:
        assert schedule.armed(MONDAY + timedelta(minutes=minute), PLAIN) == (minute in covered)


def test_a_holiday_is_a_day_of_its_own_and_keeps_its_weekday() -> None:
    wednesday = MONDAY + timedelta(days=2)
    calendar = Calendar(ZONE, [wednesday.date()])
    schedule = Schedule.parse(["sun,holiday 22:00-05:00", "wed 12:00-13:00"])
    assert schedule.armed(wednesday + timedelta(hours=23), calendar)
    assert schedule.armed(wednesday + timedelta(hours=28), calendar)
    assert schedule.armed(wednesday + timedelta(hours=12), calendar)
    assert not schedule.armed(wednesday + timedelta(hours=4), calendar)
    assert not schedule.armed(wednesday + timedelta(hours=23), PLAIN)


def test_a_window_without_days_is_open_on_holidays_too() -> None:
    assert Schedule.parse(["08:00-17:00"]).armed(at("wed", "09:00"), Calendar(ZONE, [at("wed", "09:00").date()]))
