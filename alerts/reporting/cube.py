"""Incidents of some days, summed up into figures of an area, agency, camera or rule.

All groups of one sort are summed at once, column by column, and every percentile and share is that of the incidents
themselves.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from msgspec import Struct

from alerts.cases.incident import Resolution
from alerts.reporting.clocks import Clock, Span
from alerts.reporting.days import NEVER, SPANS, Columns, Names, Place, Way, joined
from alerts.reporting.shares import Share, Times, share
from core import areas

_MICROS = 1_000_000


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


@dataclass(frozen=True)
class Cube:
    """The incidents of an area and some days; the numbers in `rows` are places in these lists."""

    places: list[Place]
    ways: list[Way]
    rows: Columns

    @cached_property
    def alarms(self) -> list[int]:
        """The rows of incidents that people had to act on."""
        wanted = [way.standing == "alarm" for way in self.ways]
        return [row for row, way in enumerate(self.rows.column["way"]) if wanted[way]]

    @cached_property
    def verified(self) -> list[int]:
        """The rows of alarms that were verified."""
        verified = self.rows.column["verified"]
        return [row for row in self.alarms if verified[row]]

    @cached_property
    def signals(self) -> list[int]:
        """Of each row how many signals count: those of a merged incident are its taker's."""
        merged = [way.standing == "merged" for way in self.ways]
        columns = self.rows.column
        return [0 if merged[way] else count for way, count in zip(columns["way"], columns["signals"], strict=True)]

    @cached_property
    def spans(self) -> dict[Span, tuple[list[int], list[int]]]:
        """The rows of alarms that came so far, the quickest first, and how many microseconds each took."""
        found = {}
        for span in SPANS:
            took = self.rows.column[span]
            there = sorted((row for row in self.alarms if took[row] != NEVER), key=took.__getitem__)
            found[span] = there, [took[row] for row in there]
        return found

    def group(self, numbers: Sequence[int]) -> list[int]:
        """The group of each row, by the group (-1: none) of each place."""
        return [numbers[place] for place in self.rows.column["place"]]


def cube(days: Iterable[Columns], names: Names, area: str) -> Cube:
    """The incidents of some days that lie within an area."""
    places, rows = names.places, joined(days)
    wanted = [areas.contains(area, place.area) for place in places]
    return Cube(places, names.ways, rows if all(wanted) else rows.inside(wanted))


def summaries(cube: Cube, group: Sequence[int], groups: int, clocks: Sequence[Clock]) -> list[Summary]:
    """The figures of each group; `group` has the group of each row, -1 where it belongs to none."""
    ways: list[Counter[Way]] = [Counter() for _ in range(groups + 1)]  # the last is that of group -1, here and below
    for (number, way), count in Counter(zip(group, cube.rows.column["way"], strict=True)).items():
        ways[number][cube.ways[way]] += count
    signals = [0] * (groups + 1)
    for number, count in zip(group, cube.signals, strict=True):
        signals[number] += count
    verified = Counter(map(group.__getitem__, cube.verified))
    took = {span: _shared_out(cube, span, group, groups) for span in SPANS}
    return [
        _summary(ways[number], signals[number], verified[number], {span: took[span][number] for span in SPANS}, clocks)
        for number in range(groups)
    ]


def _shared_out(cube: Cube, span: Span, group: Sequence[int], groups: int) -> list[list[int]]:
    """What took how long in each group, the quickest first."""
    found: list[list[int]] = [[] for _ in range(groups + 1)]
    rows, took = cube.spans[span]
    for number, micros in zip(map(group.__getitem__, rows), took, strict=True):
        found[number].append(micros)
    return found


def _summary(
    ways: Counter[Way], signals: int, verified: int, took: dict[Span, list[int]], clocks: Sequence[Clock]
) -> Summary:
    standing: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    severities: Counter[int] = Counter()
    states: Counter[str] = Counter()
    resolutions: Counter[str] = Counter()
    verdicts: Counter[str] = Counter()
    for way, count in ways.items():
        standing[way.standing] += count
        if way.standing not in ("alarm", "trouble"):
            continue
        kinds[way.kind] += count
        severities[way.severity] += count
        states[way.state] += count
        resolutions[way.resolution] += count
        if way.standing == "alarm":
            verdicts[way.resolution] += count
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
        times={span.value: _times(took[span]) for span in SPANS},
        clocks=[_kept(clock, took[clock.span], standing["alarm"]) for clock in clocks],
    )


def _times(ranked: Sequence[int]) -> Times:
    """p50, p90 and p95 by the nearest rank."""
    if not ranked:
        return _NONE
    ranks = (-(-len(ranked) * percent // 100) - 1 for percent in (50, 90, 95))
    return Times(len(ranked), *(round(ranked[rank] / _MICROS, 1) for rank in ranks))


def _kept(clock: Clock, ranked: Sequence[int], alarms: int) -> Kept:
    within = bisect_right(ranked, clock.seconds * _MICROS)
    return Kept(clock, share(within, alarms if clock.span is Span.ANSWER else len(ranked)))


_NONE = Times(0, None, None, None)
