"""Periods are days in WIB; what is none is named in one line."""

from datetime import UTC, date, datetime

import pytest

from alerts.reporting.period import MAX_DAYS, Period, before, of_days, of_month
from core.errors import EkamlingError


def test_a_month_is_its_days_in_wib() -> None:
    month = of_month("2026-02")
    assert (month.first, month.last, month.days) == (date(2026, 2, 1), date(2026, 2, 28), 28)
    assert month.start == datetime(2026, 1, 31, 17, tzinfo=UTC)
    assert month.end == datetime(2026, 2, 28, 17, tzinfo=UTC)


def test_days_are_both_inside() -> None:
    assert of_days("2026-10-31", "2026-10-31").days == 1
    assert before(datetime(2026, 10, 31, 18, tzinfo=UTC), 2) == Period(date(2026, 10, 31), date(2026, 11, 1))


@pytest.mark.parametrize("month", ["2026-13", "2026-00", "0000-10", "9999-12", "2026-1", "10-2026", "", "2026-10\n"])
def test_what_is_no_month_is_said(month: str) -> None:
    with pytest.raises(EkamlingError, match="is not a month such as 2026-10"):
        of_month(month)


@pytest.mark.parametrize("day", ["2026-02-30", "20261001", "2026-W01-1", "2026-10-01T00:00:00", "0001-01-01", "x" * 99])
def test_what_is_no_day_is_said(day: str) -> None:
    with pytest.raises(EkamlingError, match="is not a day such as 2026-10-31; days are days in WIB"):
        of_days(day, "2026-10-31")


def test_a_period_runs_forward_and_not_for_ever() -> None:
    with pytest.raises(EkamlingError, match=r"ends \(2026-10-01\) before it begins \(2026-10-02\)"):
        of_days("2026-10-02", "2026-10-01")
    with pytest.raises(EkamlingError, match=f"ask for at most {MAX_DAYS}"):
        of_days("2000-01-01", "2026-10-01")
