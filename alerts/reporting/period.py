"""The days that figures are about. They are days in WIB, as people here count them."""

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta

from msgspec import Struct

from alerts.people.duty import WIB
from core.errors import EkamlingError

MAX_DAYS = 3 * 366
_EPOCH = date(1970, 1, 1).toordinal()
_DAY = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_MONTH = re.compile(r"^([0-9]{4})-([0-9]{2})\Z")
_YEARS = range(1971, 9000)  # that the calendar of every zone has


class Period(Struct, frozen=True):
    """From the first moment of `first` to the last moment of `last`, both in WIB."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise EkamlingError(f"the period ends ({self.last}) before it begins ({self.first})")
        if self.days > MAX_DAYS:
            raise EkamlingError(f"a period of {self.days} days is too long; ask for at most {MAX_DAYS}")

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def first_number(self) -> int:
        """The number of its first day, counted from 1970-01-01."""
        return self.first.toordinal() - _EPOCH

    @property
    def last_number(self) -> int:
        return self.last.toordinal() - _EPOCH

    @property
    def start(self) -> datetime:
        """Its first moment, in UTC."""
        return _midnight(self.first)

    @property
    def end(self) -> datetime:
        """The first moment after it, in UTC."""
        return _midnight(self.last + timedelta(days=1))


def of_days(first: str, last: str) -> Period:
    """The period between two days as `2026-10-31`, both inside; raises EkamlingError for what is none."""
    return Period(_day(first), _day(last))


def of_month(month: str) -> Period:
    """A month as `2026-10`; raises EkamlingError for what is none."""
    found = _MONTH.match(month)
    year, number = (int(part) for part in found.groups()) if found else (0, 0)
    if year not in _YEARS or not 1 <= number <= 12:
        raise EkamlingError(f"{month!r} is not a month such as 2026-10")
    return Period(date(year, number, 1), date(year, number, calendar.monthrange(year, number)[1]))


def of_number(day: int) -> Period:
    """One day by its number, counted from 1970-01-01."""
    found = date.fromordinal(day + _EPOCH)
    return Period(found, found)


def before(now: datetime, days: int) -> Period:
    """The last so many days, today with them."""
    today = now.astimezone(WIB).date()
    return Period(today - timedelta(days=days - 1), today)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text) if _DAY.match(text) else None
    except ValueError:
        day = None
    if day is None or day.year not in _YEARS:
        raise EkamlingError(f"{text[:40]!r} is not a day such as 2026-10-31; days are days in WIB")
    return day


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), WIB).astimezone(UTC)
