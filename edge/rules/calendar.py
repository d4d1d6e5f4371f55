"""The edge's calendar: its time zone, and which days are holidays."""

from collections.abc import Collection
from datetime import date, datetime
from zoneinfo import ZoneInfo


class Calendar:
    """Days as the people of a place count them; `holidays` are the dates on which nobody works, Sundays aside."""

    def __init__(self, zone: ZoneInfo, holidays: Collection[date] = ()) -> None:
        self._zone = zone
        self._holidays = frozenset(holidays)

    def local(self, moment: datetime) -> datetime:
        """The same moment by the clock of the place."""
        return moment.astimezone(self._zone)

    def holiday(self, day: date) -> bool:
        """Whether it is one of the holidays."""
        return day in self._holidays
