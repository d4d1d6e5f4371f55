"""How many alarms the people before consoles got, against what one person can work on."""

from collections import deque

from msgspec import Struct, structs

from alerts.reporting.frames import pl
from alerts.reporting.shares import Share, share

PER_HOUR = 6.0  # on average at most 1 in 10 minutes, as EEMUA 191 and ISA-18.2 have it
AT_MOST = 12.0  # twice that is the most that can be managed
FLOOD = 10  # and at most 10 in any 10 minutes
_WINDOW = 10 * 60 * 1_000_000  # microseconds


class Load(Struct, frozen=True, kw_only=True):
    """Alarms of the consoles, each incident counted once for each person who was told of it.

    `per_hour` is for one console, as if each that was told anything was staffed for all the `hours`: the centre does
    not know how long somebody sat there, so it is the least that it can have been. `worst_10_minutes` is of the one
    console that had it worst and does not depend on that. `floods`: ten-minute intervals with more than 10 alarms, of
    those with any. The limits are those of EEMUA 191 and ISA-18.2.
    """

    alarms: int
    consoles: int
    hours: float
    per_hour: float | None
    worst_10_minutes: int
    floods: Share
    wanted_per_hour: float = PER_HOUR
    manageable_per_hour: float = AT_MOST
    wanted_10_minutes: int = FLOOD


class Tally:
    """Takes alarms one after another, ordered by console and then by time, and keeps no more than ten minutes."""

    def __init__(self) -> None:
        self._console = ""
        self._recent: deque[int] = deque()
        self._interval, self._in_interval = -1, 0
        self._alarms = self._consoles = self._worst = self._intervals = self._floods = 0

    def add(self, console: str, at: int) -> None:
        """An alarm of a console at a time in microseconds."""
        if console != self._console:
            self._console, self._consoles = console, self._consoles + 1
            self._recent.clear()
            self._interval = -1
        while self._recent and self._recent[0] <= at - _WINDOW:
            self._recent.popleft()
        self._recent.append(at)
        self._alarms += 1
        self._worst = max(self._worst, len(self._recent))
        if at // _WINDOW != self._interval:
            self._interval, self._in_interval = at // _WINDOW, 0
            self._intervals += 1
        self._in_interval += 1
        self._floods += self._in_interval == FLOOD + 1

    def load(self, hours: float) -> Load:
        """What it came to in so many hours."""
        staffed = self._consoles * hours
        return Load(
            alarms=self._alarms,
            consoles=self._consoles,
            hours=round(hours, 1),
            per_hour=round(self._alarms / staffed, 3) if staffed else None,
            worst_10_minutes=self._worst,
            floods=share(self._floods, self._intervals),
        )


def load(told: pl.DataFrame) -> Load:
    """The same of many alarms at once, in any order: a row has the `console` that was told, and when (`at`, in
    microseconds). As of no hours yet: see `over`."""
    at, codes = told["at"], told["console"].to_physical()
    distinct = codes.unique().to_list()
    number = dict(zip(distinct, range(len(distinct)), strict=True))
    numbers = pl.Series([number.get(code) for code in range(max(distinct, default=-1) + 1)], dtype=pl.Int64)
    ends = told.select(first=pl.col("at").min() // _WINDOW, last=pl.col("at").max() // _WINDOW).fill_null(0)
    first, last = ends.row(0)
    # Console and moment are one number; one console is further from the next than a window is wide.
    ranked = (numbers.gather(codes) * ((last - first + 2) * _WINDOW) + (at - first * _WINDOW)).sort()
    a_run = (ranked // _WINDOW).rle().struct.field("len")
    return Load(
        alarms=len(told),
        consoles=len(distinct),
        hours=0.0,
        per_hour=None,
        worst_10_minutes=_worst(ranked, max(a_run.to_list(), default=0)),
        floods=share(int((a_run > FLOOD).sum()), len(a_run)),
    )


def _worst(ranked: pl.Series, least: int) -> int:
    """Most alarms of one console within ten minutes; they are `least` or more, and at most twice as many."""
    low, high = least, 2 * least  # ten minutes touch two intervals
    while low < high:
        middle = (low + high + 1) // 2
        if (ranked - ranked.shift(middle - 1) < _WINDOW).any():
            low = middle
        else:
            high = middle - 1
    return low


def over(load: Load, hours: float) -> Load:
    """The same load, of so many hours."""
    staffed = load.consoles * hours
    per_hour = round(load.alarms / staffed, 3) if staffed else None
    return structs.replace(load, hours=round(hours, 1), per_hour=per_hour)
