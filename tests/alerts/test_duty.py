from datetime import UTC, date, datetime, time, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.people.duty import EVERY_DAY, ON_CALL, Absence, CheckIn, Roster, Shift, answering, begun, on_duty, present
from alerts.people.roles import Role
from tests.alerts.rosters import MONDAY, RT, a_person, at

SITI = a_person("siti", Role.RT, RT)
BUDI = a_person("budi", Role.RONDA, RT)
NOBODY = Roster.of()
SATURDAY_NIGHT = Shift(user="siti", days=frozenset({5}), start=time(22), end=time(5))


moments = st.timedeltas(timedelta(), timedelta(days=10_000)).map(lambda later: (MONDAY + later).astimezone(UTC))


def away(user: str, stand_in: str | None = None) -> Absence:
    return Absence(user=user, start=MONDAY, end=MONDAY + timedelta(days=7), stand_in=stand_in)


def test_every_role_is_on_call_or_is_not() -> None:
    assert set(ON_CALL) == set(Role)
    assert {role for role in Role if not ON_CALL[role]} == {Role.RESIDENT, Role.RONDA, Role.AUDITOR}


def test_who_has_no_shifts_is_on_call() -> None:
    assert on_duty(SITI, MONDAY, NOBODY)


def test_ronda_sleeps_until_it_checks_in() -> None:
    assert not on_duty(BUDI, MONDAY, NOBODY)
    here = Roster.of(check_ins=[CheckIn(user="budi", at=MONDAY, until=MONDAY + timedelta(hours=6))])
    assert not on_duty(BUDI, MONDAY - timedelta(seconds=1), here)
    assert on_duty(BUDI, MONDAY, here)
    assert not on_duty(BUDI, MONDAY + timedelta(hours=6), here)


def test_a_check_in_counts_for_its_own_user_only() -> None:
    here = Roster.of(check_ins=[CheckIn(user="siti", at=MONDAY, until=MONDAY + timedelta(hours=6))])
    assert not on_duty(BUDI, MONDAY, here)


@pytest.mark.parametrize(
    ("day", "clock", "there"),
    [
        (5, "21:59", False),
        (5, "22:00", True),
        (6, "04:59", True),
        (6, "05:00", False),
        (6, "22:00", False),
        (5, "04:00", False),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_begins(day: int, clock: str, there: bool) -> None:
    assert on_duty(SITI, at(day, clock), Roster.of(shifts=[SATURDAY_NIGHT])) is there


def test_the_night_of_sunday_ends_on_monday() -> None:
    sunday = frozenset({6})
    assert begun(sunday, time(22), time(5), at(7, "04:59")) == date(2026, 11, 29)
    assert begun(sunday, time(22), time(5), at(0, "04:59")) == date(2026, 11, 22)
    assert begun(sunday, time(22), time(5), at(0, "05:00")) is None


def test_days_and_times_are_those_of_western_indonesia_whatever_the_zone_of_now() -> None:
    shifts = Roster.of(shifts=[SATURDAY_NIGHT])
    assert on_duty(SITI, datetime(2026, 11, 28, 15, 0, tzinfo=UTC), shifts)  # 22:00 WIB
    assert not on_duty(SITI, datetime(2026, 11, 28, 22, 0, tzinfo=UTC), shifts)  # Sunday 05:00 WIB


def test_equal_times_are_a_whole_day() -> None:
    shift = Shift(user="siti", days=frozenset({0}), start=time(7), end=time(7))
    assert [on_duty(SITI, at(day, "07:00"), Roster.of(shifts=[shift])) for day in (0, 1)] == [True, False]
    assert on_duty(SITI, at(1, "06:59"), Roster.of(shifts=[shift]))


@given(
    st.frozensets(st.integers(0, 6)),
    st.times(),
    st.times(),
    moments,
)
def test_a_window_began_on_one_of_its_days_and_less_than_a_day_ago(
    days: frozenset[int], start: time, end: time, now: datetime
) -> None:
    day = begun(days, start, end, now)
    if day is not None:
        assert day.weekday() in days
        assert timedelta(0) <= now - datetime.combine(day, start, MONDAY.tzinfo) < timedelta(days=1)


@given(st.times(), st.times(), moments)
def test_a_window_and_the_rest_of_the_day_are_all_of_it(start: time, end: time, now: datetime) -> None:
    inside, outside = (begun(EVERY_DAY, *window, now) is not None for window in ((start, end), (end, start)))
    assert (inside and outside) if start == end else (inside != outside)


def test_a_shift_counts_from_its_first_day_to_its_last() -> None:
    shift = Shift(
        user="budi",
        days=EVERY_DAY,
        start=time(22),
        end=time(5),
        valid_from=date(2026, 11, 24),
        valid_until=date(2026, 11, 25),
    )
    nights = [on_duty(BUDI, at(day, "23:00"), Roster.of(shifts=[shift])) for day in range(4)]
    assert nights == [False, True, True, False]
    assert on_duty(BUDI, at(3, "04:59"), Roster.of(shifts=[shift])), "the last night ends on the day after"


def test_a_roster_that_ran_out_leaves_people_on_call() -> None:
    old = Shift(user="siti", days=EVERY_DAY, start=time(8), end=time(9), valid_until=date(2026, 11, 23))
    assert not on_duty(SITI, at(0, "10:00"), Roster.of(shifts=[old]))
    assert on_duty(SITI, at(1, "10:00"), Roster.of(shifts=[old]))


def test_who_is_absent_is_not_on_duty_even_when_checked_in() -> None:
    roster = Roster.of(
        check_ins=[CheckIn(user="siti", at=MONDAY, until=MONDAY + timedelta(hours=6))], absences=[away("siti")]
    )
    assert not on_duty(SITI, MONDAY, roster)
    assert answering(SITI, MONDAY, roster) is None
    assert on_duty(SITI, MONDAY + timedelta(days=7), roster), "an absence ends"


def test_a_stand_in_answers_for_who_is_absent_and_needs_no_turn_of_the_own() -> None:
    assert answering(SITI, MONDAY, Roster.of(absences=[away("siti", "budi")])) == "budi"


def test_nobody_stands_in_outside_the_shift_of_who_is_absent() -> None:
    roster = Roster.of(shifts=[SATURDAY_NIGHT], absences=[away("siti", "budi")])
    assert answering(SITI, at(5, "21:59"), roster) is None
    assert answering(SITI, at(5, "22:00"), roster) == "budi"


def test_a_stand_in_who_is_absent_too_hands_on() -> None:
    chain = [away("siti", "budi"), away("budi", "wati")]
    assert answering(SITI, MONDAY, Roster.of(absences=chain)) == "wati"
    assert answering(SITI, MONDAY, Roster.of(absences=[*chain, away("wati")])) is None


def test_stand_ins_who_wait_for_one_another_are_nobody() -> None:
    circle = [away("siti", "budi"), away("budi", "wati"), away("wati", "siti")]
    assert answering(SITI, MONDAY, Roster.of(absences=circle)) is None
    assert answering(SITI, MONDAY, Roster.of(absences=[away("siti", "siti")])) is None


def test_of_two_absences_the_one_with_a_stand_in_counts() -> None:
    for absences in ([away("siti"), away("siti", "budi")], [away("siti", "budi"), away("siti")]):
        assert answering(SITI, MONDAY, Roster.of(absences=absences)) == "budi"


@given(
    st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh") | st.none()), st.sampled_from("abcdefgh")
)
def test_whoever_answers_is_never_absent(stand_ins: dict[str, str | None], user: str) -> None:
    roster = Roster.of(absences=[away(each, stand_in) for each, stand_in in stand_ins.items()])
    assert present(user, MONDAY, roster) not in stand_ins


@pytest.mark.parametrize("change", [{"days": [7]}, {"start": "22:00:00+07:00"}])
def test_a_shift_with_a_day_or_a_time_that_is_none_is_refused(change: dict[str, object]) -> None:
    given = {"user": "siti", "days": [5], "start": "22:00:00", "end": "05:00:00"}
    assert msgspec.convert(given, Shift) == SATURDAY_NIGHT
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(given | change, Shift)
