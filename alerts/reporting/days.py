"""One day of incidents as columns: exact, small, and summed up by the hundred thousand in milliseconds.

A day is a `Sheet` where it is stored; in memory it is three frames of polars. What names a row, a `Place` and a `Way`,
is one text each, of which a frame holds the number. Nothing is rounded: whatever is summed up from a day is what its
rows say.
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from alerts.cases.incident import Resolution
from alerts.cases.signal import HEALTH
from alerts.reporting.clocks import Span
from alerts.reporting.frames import pl
from core.errors import StorageError

FORM = 2  # of a stored sheet; one of another form is summed anew
HOURS = 24
KNOWN = 1 << 16  # names that are remembered
BETWEEN = "\x1f"  # the parts of a name; no part but an agency's could hold it
SPANS = tuple(Span)
_HOUR = 3_600_000_000  # microseconds
_WIB_HOURS = 7
_NAMED = {"place": pl.Categorical(), "way": pl.Categorical(), "slot": pl.Int32()}
_ROWS = {**_NAMED, "hour": pl.UInt8(), "signals": pl.Int32(), "verified": pl.Boolean()}
_TOOK = {**_NAMED, "took": pl.Int64()}
_TOLD = {"area": pl.Categorical(), "console": pl.Categorical(), "slot": pl.Int32(), "at": pl.Int64()}
_STEPS = ("claimed", "verified", "dispatched", "arrived", "closed")
LONGEST = 1 << 46  # microseconds, 2.2 years: what took longer took so long
# Who does a later step has answered, too: steps may be skipped.
_ENDS = {
    Span.ANSWER: ("opened", "answered"),
    Span.HANDLING: ("answered", "dispatched"),
    Span.DISPATCH: ("opened", "dispatched"),
    Span.ARRIVE: ("opened", "arrived"),
    Span.CLOSE: ("opened", "closed"),
}
_SEEN = ("signals", "seen", "opened", *_STEPS)


class Place(NamedTuple):
    """Where an incident was, and who spoke: `edge`, `camera` and `rule` are empty where no camera did."""

    area: str
    edge: str
    camera: str
    rule: str

    @staticmethod
    @lru_cache(KNOWN)
    def named(name: str) -> "Place":
        """The place of a name: its parts with BETWEEN between them."""
        return Place(*name.split(BETWEEN))


class Way(NamedTuple):
    """What an incident was, and what became of it."""

    agency: str
    kind: str
    family: str
    severity: int
    state: str
    resolution: str
    test: bool
    quiet: bool

    @staticmethod
    @lru_cache(KNOWN)
    def named(name: str) -> "Way":
        """The way of a name: its parts with BETWEEN between them, truths as 0 and 1."""
        agency, kind, family, severity, state, resolution, test, quiet = name.rsplit(BETWEEN, 7)
        return Way(agency, kind, family, int(severity), state, resolution, test == "1", quiet == "1")

    @property
    def standing(self) -> str:
        """merged, test, silenced, trouble (of a camera or an edge) or alarm: the work of people."""
        if self.resolution == Resolution.MERGED:
            return "merged"
        if self.test or self.resolution == Resolution.TEST:
            return "test"
        if self.quiet or self.resolution == Resolution.SILENCED:
            return "silenced"
        return "trouble" if self.family == HEALTH else "alarm"


class Sheet(Struct, frozen=True):
    """A day as it is stored: at which count of changes each of its hours was, and its frames in one of Arrow's format,
    so that their names are there once; the column `frame` says whose a row is."""

    hours: Mapping[int, int]
    frames: bytes


class Day(NamedTuple):
    """Incidents, one a row of `rows`: `place` and `way` by name, `slot` (the hour of its receipt, since 1970 UTC),
    `hour` (of the day in WIB, in which it was seen), `signals`, and whether `verified`.

    How long it took people, one a row of `took` for each span that an alarm came to: `place`, `way` and `slot` of the
    alarm, and in `took` its microseconds and LONGEST times the number of the span.

    What consoles were told, one a row of `told`: of an incident of which `area` and `slot`, whom (`console`), and when
    (`at`, in microseconds).
    """

    rows: pl.DataFrame
    took: pl.DataFrame
    told: pl.DataFrame

    def of(self, slots: Iterable[int], wanted: bool = True) -> "Day":
        """What came in some hours; with `wanted` false what came in all others."""
        inside = pl.col("slot").is_in(list(slots))
        return Day(*(frame.filter(inside if wanted else ~inside) for frame in self))


def joined(days: Sequence[Day]) -> Day:
    """Days, or parts of one, together."""
    return Day(*(pl.concat(frames) for frames in zip(NOTHING, *days, strict=True)))


class Difference(NamedTuple):
    """Where two states of a day differ: in incidents of which places and ways, and whether in what was told."""

    places: frozenset[Place]
    ways: frozenset[Way]
    told: bool


def difference(before: Day, after: Day) -> Difference:
    """Where two states of a day, or of some hours of it, differ."""
    rows, took, told = (_uneven(*frames) for frames in zip(before, after, strict=True))
    named = pl.concat([rows.select("place", "way"), took.select("place", "way")])
    places = frozenset(Place.named(name) for name in names(named["place"]))
    return Difference(places, frozenset(Way.named(name) for name in names(named["way"])), not told.is_empty())


def names(column: pl.Series) -> list[str]:
    """The names in a column, each once."""
    return column.unique().cast(pl.String).to_list()


class Writer:
    """Takes the rows of a day or of a part of it, page by page."""

    def __init__(self) -> None:
        self._parts: list[Day] = []

    def add(self, page: Sequence[Sequence[Any]]) -> None:
        """Rows of incidents: the names of place and way, signals, and in microseconds: when it was seen, when the
        centre opened it, and when it was claimed, verified, dispatched, arrived and closed (None: it was not)."""
        kinds = {"place": pl.String, "way": pl.String, **dict.fromkeys(_SEEN, pl.Int64)}
        raw, opened = _frame(page, kinds), pl.col("opened")
        raw = raw.with_columns(slot=opened // _HOUR, answered=pl.min_horizontal(*_STEPS))
        rows = raw.with_columns(
            hour=(pl.col("seen") // _HOUR + _WIB_HOURS) % HOURS, verified=pl.col("verified").is_not_null()
        )
        alarm = [name for name in raw["way"].unique() if Way.named(name).standing == "alarm"]
        alarms = raw.lazy().filter(pl.col("way").is_in(alarm))
        took = [
            alarms.select("place", "way", "slot", took=_between(start, end) + span * LONGEST)
            for span, (start, end) in enumerate(map(_ENDS.__getitem__, SPANS))
        ]
        times = pl.concat(took).drop_nulls().collect()
        self._parts.append(Day(_shaped(rows, _ROWS), _shaped(times, _TOOK), NOTHING.told))

    def tell(self, page: Sequence[Sequence[Any]]) -> None:
        """What consoles were told: the incident's area and when the centre opened it, who was told, and when."""
        raw = _frame(page, {"area": pl.String, "opened": pl.Int64, "console": pl.String, "at": pl.Int64})
        made = raw.with_columns(slot=pl.col("opened") // _HOUR)
        self._parts.append(Day(NOTHING.rows, NOTHING.took, _shaped(made, _TOLD)))

    def day(self) -> Day:
        """The day, when all rows were taken."""
        return joined(self._parts)


def packed(day: Day, hours: Mapping[int, int]) -> bytes:
    """A day as it is stored, with the count of changes of each of its hours."""
    frames = [frame.with_columns(frame=pl.lit(number, pl.UInt8)) for number, frame in enumerate(day)]
    out = io.BytesIO()
    pl.concat(frames, how="diagonal", rechunk=True).write_ipc(out, compression="lz4")
    return msgspec.msgpack.encode({"hours": hours, "frames": out.getvalue()})


def unpacked(content: bytes) -> tuple[Day, Mapping[int, int]]:
    """A day that was stored; raises StorageError for what is none."""
    try:
        sheet = msgspec.msgpack.decode(content, type=Sheet)
        frames = pl.read_ipc(sheet.frames)
        parts = [frames.filter(pl.col("frame") == number).select(*kinds) for number, kinds in enumerate(_KINDS)]
    except (msgspec.MsgspecError, pl.exceptions.PolarsError) as error:
        raise StorageError(
            f"a day's figures are damaged ({error}); empty the table day_sums, they are made anew"
        ) from error
    return Day(*parts), sheet.hours


def _between(start: str, end: str) -> pl.Expr:
    return (pl.col(end) - pl.col(start)).clip(0, LONGEST - 1)


def _frame(page: Sequence[Sequence[Any]], kinds: dict[str, Any]) -> pl.DataFrame:
    columns: list[Any] = list(zip(*page, strict=True)) if page else [()] * len(kinds)
    return pl.DataFrame(
        [pl.Series(name, values, kind) for (name, kind), values in zip(kinds.items(), columns, strict=True)]
    )


def _shaped(frame: pl.DataFrame, kinds: dict[str, Any]) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(kind) for name, kind in kinds.items())


def _uneven(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """The rows that one of two has more often than the other."""
    both = pl.concat([before.with_columns(times=pl.lit(-1)), after.with_columns(times=pl.lit(1))])
    return both.group_by(before.columns).agg(pl.col("times").sum()).filter(pl.col("times") != 0)


_KINDS = (_ROWS, _TOOK, _TOLD)
NOTHING = Day(*(pl.DataFrame(schema=kinds) for kinds in _KINDS))
