"""When a rule is armed: windows of the week, read in the edge's own time zone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from core.errors import EkamlingError
from edge.rules.calendar import Calendar

END_OF_DAY = 24 * 60
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday")
HOLIDAY = DAYS.index("holiday")
_WINDOW = re.compile(r"(?:(?P<days>[a-z,]+) )?(?P<start>[0-9]{2}:[0-9]{2})-(?P<end>[0-9]{2}:[0-9]{2})")


@dataclass(frozen=True)
class Window:
    """From `start` to `end` minutes after midnight on `days`; an `end` before `start` lies on the next day."""

    days: frozenset[int]
    start: int
    end: int

    def holds(self, today: frozenset[int], yesterday: frozenset[int], minute: int) -> bool:
        """`today` and `yesterday` are what each is: a day of the week, perhaps a holiday."""
        if self.start < self.end:
            return bool(today & self.days) and self.start <= minute < self.end
        evening = bool(today & self.days) and minute >= self.start
        morning = bool(yesterday & self.days) and minute < self.end
        return evening or morning


@dataclass(frozen=True)
class Schedule:
    """A set of windows; none at all means always."""

    windows: tuple[Window, ...] = ()

    @classmethod
    def parse(cls, texts: Sequence[str]) -> "Schedule":
        """Read `"22:00-05:00"` or `"sun,holiday 00:00-24:00"`; raises EkamlingError for a window that says nothing."""
        return cls(tuple(_window(text) for text in texts))

    def armed(self, moment: datetime, calendar: Calendar) -> bool:
        """Whether a rule is armed at `moment`, an aware time already in the calendar's zone."""
        if not self.windows:
            return True
        today, yesterday = _kinds(moment, calendar), _kinds(moment - timedelta(days=1), calendar)
        minute = moment.hour * 60 + moment.minute
        return any(window.holds(today, yesterday, minute) for window in self.windows)


def _window(text: str) -> Window:
    match = _WINDOW.fullmatch(text)
    if not match:
        raise EkamlingError(f'schedule: {text!r} is not of the form "22:00-05:00" or "sat,sun 22:00-05:00"')
    names = (match["days"] or ",".join(DAYS[:HOLIDAY])).split(",")
    unknown = [name for name in names if name not in DAYS]
    if unknown:
        raise EkamlingError(f"schedule: {text!r}: {unknown[0]!r} is not one of {', '.join(DAYS)}")
    start, end = _minutes(match["start"], text), _minutes(match["end"], text)
    if start == END_OF_DAY:
        raise EkamlingError(f"schedule: {text!r} begins at the end of a day; write 00:00 and the day after")
    if start == end:
        raise EkamlingError(f'schedule: {text!r} is never open; for a whole day write "00:00-24:00"')
    return Window(frozenset(DAYS.index(name) for name in names), start, end)


def _kinds(moment: datetime, calendar: Calendar) -> frozenset[int]:
    """What a day is, as indices of DAYS."""
    weekday = frozenset((moment.weekday(),))
    return weekday | {HOLIDAY} if calendar.holiday(moment.date()) else weekday


def _minutes(clock: str, text: str) -> int:
    if clock == "24:00":
        return END_OF_DAY
    try:
        moment = time.fromisoformat(clock)
    except ValueError as error:
        raise EkamlingError(f"schedule: {text!r}: {clock} is not a time of day") from error
    return moment.hour * 60 + moment.minute
