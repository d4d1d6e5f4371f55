"""Incidents of some days, summed up into figures of an area, agency, camera or rule.

All groups of one sort are summed at once, column by column, and every percentile and share is that of the incidents
themselves.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

from msgspec import Struct

from alerts.cases.incident import Resolution
from alerts.reporting.clocks import Clock, Span
from alerts.reporting.days import LONGEST, SPANS, Day, Place, Way, joined, names
from alerts.reporting.frames import pl
from alerts.reporting.shares import Share, Times, share
from core import areas

AT_ONCE = 500  # groups that are summed up together
_MICROS = 1_000_000
_KINDS = 8  # of spans, at most: a time, its span and its group are one number, so that one sort puts all in order
_Named = TypeVar("_Named", Place, Way)
Key = Any  # what names a group


class Kept(Struct, frozen=True):
    """A clock, and how often work stayed within it: of all alarms for the answer, else of those that came so far."""

    clock: Clock
    kept: Share


class Summary(Struct, frozen=True, kw_only=True):
    """Figures of some incidents. `alarms` are those that people had to act on; `trouble` those of cameras and edges.

    `kinds`, `severities`, `states` and `resolutions` count alarms and trouble together. `precision`, `times` and
    `clocks` are of alarms only. Precision is resolved against false by the verdicts of people who closed them.
    """

    alarms: int
    trouble: int
    tests: int
    silenced: int
    merged: int
    signals: int
    verified: int
    kinds: dict[str, int]
    severities: dict[int, int]
    states: dict[str, int]
    resolutions: dict[str, int]
    precision: Share
    times: dict[str, Times]
    clocks: list[Kept]


class Cell(NamedTuple):
    """How many incidents there were of one way in a group, with how many signals, and how many of them verified."""

    way: Way
    incidents: int
    signals: int
    verified: int


@dataclass(frozen=True)
class Cube:
    """The incidents of an area and some days, as they stand in the frames of a `Day`. Its columns `place` and `way` are
    numbers, for places in these lists; what stands at a number that they do not have is None.
    """

    places: list[Place | None]
    ways: list[Way | None]
    rows: pl.DataFrame
    took: pl.DataFrame
    every_told: pl.DataFrame  # also what was told of other areas
    area: str

    @cached_property
    def told(self) -> pl.DataFrame:
        """What consoles were told."""
        inside = [name for name in names(self.every_told["area"]) if areas.contains(self.area, name)]
        return self.every_told.filter(pl.col("area").is_in(inside))

    @cached_property
    def cells(self) -> pl.DataFrame:
        """How many incidents, signals and verified ones there are of each way at each place."""
        counts = (pl.len().alias("count"), pl.col("signals").sum(), pl.col("verified").sum())
        both = pl.col("place").cast(pl.UInt64) * len(self.ways) + pl.col("way")
        found = self.rows.group_by(both.alias("both")).agg(*counts)
        return found.with_columns(place=pl.col("both") // len(self.ways), way=pl.col("both") % len(self.ways))

    @cached_property
    def alarms_at(self) -> list[tuple[int, int, int]]:
        """The numbers of places where there were alarms, with how many false ones and how many in all."""
        alarm = [number for number, way in enumerate(self.ways) if _is_alarm(way)]
        false = [number for number, way in enumerate(self.ways) if way and way.resolution == Resolution.FALSE]
        alarms, count = self.cells.filter(pl.col("way").is_in(alarm)), pl.col("count")
        judged_false = count.filter(pl.col("way").is_in(false)).sum().alias("false")
        return list(alarms.group_by("place").agg(judged_false, count.sum()).iter_rows())

    def hours(self) -> list[int]:
        """Alarms by the hour of day in WIB."""
        alarm = looked_up([_is_alarm(way) for way in self.ways], pl.Boolean(), self.rows["way"])
        found = dict(self.rows["hour"].filter(alarm).value_counts().iter_rows())
        return [found.get(hour, 0) for hour in range(24)]


def cube(days: Sequence[Day], area: str) -> Cube:
    """The incidents of some days that lie within an area."""
    rows, took, told = joined(days)
    every, ways = _listed(rows["place"], Place.named), _listed(rows["way"], Way.named)
    places = [place if place and areas.contains(area, place.area) else None for place in every]
    rows, took = (frame.with_columns(pl.col("place", "way").to_physical()) for frame in (rows, took))
    if places != every:
        wanted = [place is not None for place in places]
        rows, took = (frame.filter(looked_up(wanted, pl.Boolean(), frame["place"])) for frame in (rows, took))
    return Cube(places, ways, rows, took, told, area)


def summed(
    cube: Cube, column: str, keys: Sequence[Key | None], known: Mapping[Key, Summary], clocks: Sequence[Clock]
) -> dict[Key, Summary]:
    """The figures of each group: `keys` names the group of each place or way (as `column` says) of a cube, None where
    it belongs to none. Those that are `known` are taken as they are."""
    wanted = [key for key in dict.fromkeys(keys) if key is not None]
    missing = [key for key in wanted if key not in known]
    found = {key: known[key] for key in wanted if key in known}
    for first in range(0, len(missing), AT_ONCE):
        number = {key: place for place, key in enumerate(missing[first : first + AT_ONCE])}
        numbers = [number.get(key) for key in keys]
        cells = _cells(cube, column, numbers)
        took = _took(cube, column, numbers, len(number), clocks)
        found |= {key: _summary(cells[place], *took[place], clocks) for key, place in number.items()}
    return found


def nothing(clocks: Sequence[Clock]) -> Summary:
    """The figures where there was no incident."""
    return _summary([], dict.fromkeys(SPANS, _NONE), [0] * len(clocks), clocks)


def looked_up(values: Sequence[Any], kind: pl.DataType, numbers: pl.Series) -> pl.Series:
    """What stands at each of some places of a list."""
    return pl.Series(values, dtype=kind).gather(numbers)


def _listed(column: pl.Series, named: Callable[[str], _Named]) -> list[_Named | None]:
    """What the names in a column stand for, each at its number."""
    distinct = column.unique()
    found = dict(zip(distinct.to_physical().to_list(), distinct.cast(pl.String).to_list(), strict=True))
    return [named(found[number]) if number in found else None for number in range(max(found, default=-1) + 1)]


def _is_alarm(way: Way | None) -> bool:
    return way is not None and way.standing == "alarm"


def _cells(cube: Cube, column: str, numbers: Sequence[int | None]) -> defaultdict[int, list[Cell]]:
    """What there is in each group."""
    group = looked_up(numbers, pl.UInt32(), cube.cells[column]).alias("group")
    counts = cube.cells.with_columns(group).drop_nulls("group").group_by("group", "way")
    found: defaultdict[int, list[Cell]] = defaultdict(list)
    for number, way, *values in counts.agg(pl.col("count", "signals", "verified").sum()).iter_rows():
        if kind := cube.ways[way]:
            found[number].append(Cell(kind, *values))
    return found


def _took(
    cube: Cube, column: str, numbers: Sequence[int | None], groups: int, clocks: Sequence[Clock]
) -> list[tuple[dict[Span, Times], list[int]]]:
    """Of each group: percentiles of its times, and how many of them stayed within each clock."""
    ranked = _keyed(cube, column, numbers).sort()
    spans = [number * _KINDS + place for number in range(groups) for place in range(len(SPANS))]
    edges = pl.Series([span * LONGEST for span in [*spans, groups * _KINDS]], dtype=pl.Int64)
    starts = ranked.search_sorted(edges).to_list()
    percentiles = _percentiles(ranked, starts)
    kept = _kept_within(ranked, starts, groups, clocks)
    return [
        (dict(zip(SPANS, percentiles[first : first + len(SPANS)], strict=True)), kept[number])
        for number, first in enumerate(range(0, groups * len(SPANS), len(SPANS)))
    ]


def _keyed(cube: Cube, column: str, numbers: Sequence[int | None]) -> pl.Series:
    """Times with their span and group, of all that belong to a group."""
    everything = cube.places if column == "place" else cube.ways
    named = {number for number, each in zip(numbers, everything, strict=True) if each}
    of, took = cube.took[column], cube.took["took"]
    if named == {0}:
        return took
    if None in named:
        wanted = looked_up([number is not None for number in numbers], pl.Boolean(), of)
        of, took = of.filter(wanted), took.filter(wanted)
    offsets = [(number or 0) * _KINDS * LONGEST for number in numbers]
    return looked_up(offsets, pl.Int64(), of) + took


def _percentiles(ranked: pl.Series, starts: Sequence[int]) -> list[Times]:
    """p50, p90 and p95 by the nearest rank of what lies between each two of `starts`."""
    between = list(pairwise(starts))
    ranks = [
        start - (-(end - start) * percent // 100) - 1
        for start, end in between
        if end > start
        for percent in (50, 90, 95)
    ]
    values = iter((ranked.gather(ranks) % LONGEST).to_list())
    return [
        Times(end - start, *(round(next(values) / _MICROS, 1) for _ in range(3))) if end > start else _NONE
        for start, end in between
    ]


def _kept_within(ranked: pl.Series, starts: Sequence[int], groups: int, clocks: Sequence[Clock]) -> list[list[int]]:
    """Of each group how many times stayed within each clock."""
    places = [SPANS.index(clock.span) for clock in clocks]
    limits = [
        (number * _KINDS + place) * LONGEST + clock.seconds * _MICROS
        for number in range(groups)
        for clock, place in zip(clocks, places, strict=True)
    ]
    ends = iter(ranked.search_sorted(pl.Series(limits, dtype=pl.Int64), side="right").to_list())
    return [[next(ends) - starts[number * len(SPANS) + place] for place in places] for number in range(groups)]


def _summary(
    cells: Sequence[Cell], times: dict[Span, Times], within: Sequence[int], clocks: Sequence[Clock]
) -> Summary:
    standing: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    severities: Counter[int] = Counter()
    states: Counter[str] = Counter()
    resolutions: Counter[str] = Counter()
    verdicts: Counter[str] = Counter()
    signals = verified = 0
    for way, count, of_them, checked in cells:
        stands = way.standing
        standing[stands] += count
        signals += 0 if stands == "merged" else of_them  # those are its taker's
        if stands not in ("alarm", "trouble"):
            continue
        kinds[way.kind] += count
        severities[way.severity] += count
        states[way.state] += count
        resolutions[way.resolution] += count
        if stands == "alarm":
            verdicts[way.resolution] += count
            verified += checked
    good, bad = verdicts[Resolution.RESOLVED], verdicts[Resolution.FALSE]
    return Summary(
        alarms=standing["alarm"],
        trouble=standing["trouble"],
        tests=standing["test"],
        silenced=standing["silenced"],
        merged=standing["merged"],
        signals=signals,
        verified=verified,
        kinds=dict(sorted(kinds.items(), key=lambda item: (-item[1], item[0]))),
        severities=dict(sorted(severities.items())),
        states=dict(sorted(states.items())),
        resolutions={name: count for name, count in sorted(resolutions.items()) if name},
        precision=share(good, good + bad),
        times={span.value: took for span, took in times.items()},
        clocks=[
            Kept(clock, share(kept, standing["alarm"] if clock.span is Span.ANSWER else times[clock.span].count))
            for clock, kept in zip(clocks, within, strict=True)
        ],
    )


_NONE = Times(0, None, None, None)
