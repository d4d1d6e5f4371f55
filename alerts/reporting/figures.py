"""All figures of an area and a period, put together from counted rows. Values in, values out; no database here."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct, structs

from alerts.cases.incident import Resolution
from alerts.ground import places
from alerts.reporting import load
from alerts.reporting.clocks import CLOCKS, Clock
from alerts.reporting.cube import Cube, Summary, summaries
from alerts.reporting.days import Place
from alerts.reporting.health import Health
from alerts.reporting.indicators import Indicator, indicators
from alerts.reporting.load import Load
from alerts.reporting.period import Period
from alerts.reporting.residents import Reports
from alerts.reporting.shares import Share, share
from core import areas

LEVELS_BELOW = 2  # areas shown below the one that was asked for: of a regency its districts and villages
MOST = 200  # cameras and rules that are listed, unless all are asked for
AT_ONCE = 500  # groups that are summed up together


class Site(Struct, frozen=True):
    """A site that must have a camera and has none."""

    id: str
    name: str
    area: str


class Coverage(Struct, frozen=True):
    """Sites that must have a camera, and those of them where one stands."""

    covered: Share
    missing: list[Site]


class Ronda(Struct, frozen=True):
    """Check-ins of people of the area for a watch, and by how many of them."""

    check_ins: int
    people: int


@dataclass(frozen=True)
class Facts:
    """What the store counted. `cameras` are the names by (edge, id)."""

    cameras: dict[tuple[str, str], str]
    reports: Reports
    wanting: int  # sites that must have a camera
    missing: list[Site]
    health: Health
    hours: float  # of the period that are over
    ronda: Ronda


class Group(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Figures of one area, agency, camera or rule; only what names it is there."""

    name: str
    figures: Summary
    area: str = ""
    agency: str = ""
    edge: str = ""
    camera: str = ""
    rule: str = ""


class Figures(Struct, frozen=True, kw_only=True):
    """Everything. `hours`: alarms by the hour of day in WIB, 24 of them. `partial`: the period is not over yet.

    Of cameras and rules those with most false alarms come first; `cameras_in_all` and `rules_in_all` say how many there
    would be.
    """

    area: str
    area_name: str
    first: str
    last: str
    made_at: datetime
    partial: bool
    total: Summary
    hours: list[int]
    areas: list[Group]
    agencies: list[Group]
    cameras: list[Group]
    cameras_in_all: int
    rules: list[Group]
    rules_in_all: int
    reports: Reports
    coverage: Coverage
    health: Health
    load: Load
    ronda: Ronda
    indicators: list[Indicator]


@dataclass(frozen=True)
class Parts:
    """What is summed up from the incidents of an area and a period alone. Cameras and rules are without their names."""

    total: Summary
    hours: list[int]
    areas: list[Group]
    agencies: list[Group]
    cameras: list[Group]
    cameras_in_all: int
    rules: list[Group]
    rules_in_all: int
    load: Load


def parts(cube: Cube, area: str, clocks: Sequence[Clock] = CLOCKS, most: int | None = MOST) -> Parts:
    """Sum up the incidents of an area, `most` cameras and rules of it (None: all)."""
    by_area = _areas(cube, area, clocks)
    cameras, rules = _Ranking(cube, _CAMERA), _Ranking(cube, _RULE)
    return Parts(
        total=by_area[0].figures,
        hours=_hours(cube),
        areas=by_area,
        agencies=_agencies(cube, clocks),
        cameras=cameras.worst(clocks, most),
        cameras_in_all=len(cameras.names),
        rules=rules.worst(clocks, most),
        rules_in_all=len(rules.names),
        load=load.load(cube.rows.column["console"], cube.rows.column["told_at"]),
    )


def figures(facts: Facts, parts: Parts, asked: tuple[str, Period], now: datetime) -> Figures:
    """The figures of an area and a period."""
    area, period = asked
    coverage = Coverage(share(facts.wanting - len(facts.missing), facts.wanting), facts.missing)
    return Figures(
        area=area,
        area_name=places.name(area),
        first=period.first.isoformat(),
        last=period.last.isoformat(),
        made_at=now,
        partial=now < period.end,
        total=parts.total,
        hours=parts.hours,
        areas=parts.areas,
        agencies=parts.agencies,
        cameras=[_named(group, facts.cameras) for group in parts.cameras],
        cameras_in_all=parts.cameras_in_all,
        rules=[_named(group, facts.cameras) for group in parts.rules],
        rules_in_all=parts.rules_in_all,
        reports=facts.reports,
        coverage=coverage,
        health=facts.health,
        load=load.over(parts.load, facts.hours),
        ronda=facts.ronda,
        indicators=indicators(parts.total, facts.reports, coverage.covered, facts.ronda.check_ins),
    )


def _hours(cube: Cube) -> list[int]:
    found = Counter(map(cube.rows.column["hour"].__getitem__, cube.alarms))
    return [found[hour] for hour in range(24)]


def _named(group: Group, cameras: dict[tuple[str, str], str]) -> Group:
    return structs.replace(group, name=cameras.get((group.edge, group.camera), group.camera))


def _areas(cube: Cube, top: str, clocks: Sequence[Clock]) -> list[Group]:
    """`top` and each area below it with everything in it, as deep as LEVELS_BELOW, by code."""
    present = _present(cube)
    chains = [chain(top, place.area) if there else [] for place, there in zip(cube.places, present, strict=True)]
    found = [Group(area=top, name=places.name(top), figures=summaries(cube, [0] * len(cube.rows), 1, clocks)[0])]
    for level in range(1, LEVELS_BELOW + 1):
        inside = {chain[level] for chain in chains if len(chain) > level}
        number = {area: place for place, area in enumerate(sorted(inside))}
        group = cube.group([number[chain[level]] if len(chain) > level else -1 for chain in chains])
        sums = summaries(cube, group, len(number), clocks)
        found += [
            Group(area=area, name=places.name(area), figures=each) for area, each in zip(number, sums, strict=True)
        ]
    return sorted(found, key=lambda group: group.area)


def chain(top: str, area: str) -> list[str]:
    """The areas from `top` down to `area`, both with it; nothing where `area` lies elsewhere."""
    if not areas.contains(top, area):
        return []
    borders = [place for place, sign in enumerate(area) if sign in "./" and place >= len(top)]
    return [area[:border] for border in [*borders, len(area)] if border >= len(top)]


def _present(cube: Cube) -> list[bool]:
    """Of each place: is there an incident of it in these days?"""
    there = set(cube.rows.column["place"])
    return [number in there for number in range(len(cube.places))]


def _agencies(cube: Cube, clocks: Sequence[Clock]) -> list[Group]:
    names = sorted({cube.ways[way].agency for way in set(cube.rows.column["way"])})
    number = {name: place for place, name in enumerate(names)}
    of_way = [number.get(way.agency, -1) for way in cube.ways]
    sums = summaries(cube, [of_way[way] for way in cube.rows.column["way"]], len(names), clocks)
    return [Group(agency=name, name=name, figures=each) for name, each in zip(names, sums, strict=True)]


_CAMERA, _RULE = 2, 3  # how many of edge, camera and rule name a part


class _Ranking:
    """The cameras, or the rules, that had an incident."""

    def __init__(self, cube: Cube, width: int) -> None:
        number: dict[tuple[str, ...], int] = {}
        of_place = []
        for place, there in zip(cube.places, _present(cube), strict=True):
            named = there and _is_named(place, width)
            of_place.append(number.setdefault(place[1 : width + 1], len(number)) if named else -1)
        self.names = list(number)
        self._cube = cube
        self._group = cube.group(of_place)

    def worst(self, clocks: Sequence[Clock], most: int | None) -> list[Group]:
        """Those with most false alarms, then most alarms; only theirs are summed up."""
        cube, group = self._cube, self._group
        judged_false = {number for number, way in enumerate(cube.ways) if way.resolution == Resolution.FALSE}
        ways = cube.rows.column["way"]
        alarms = Counter(map(group.__getitem__, cube.alarms))
        false = Counter(group[row] for row in cube.alarms if ways[row] in judged_false)
        order = sorted(range(len(self.names)), key=lambda each: (-false[each], -alarms[each], self.names[each]))[:most]
        found = []
        for first in range(0, len(order), AT_ONCE):
            some = order[first : first + AT_ONCE]
            renumbered = [-1] * (len(self.names) + 1)  # the last is that of group -1
            for number, each in enumerate(some):
                renumbered[each] = number
            sums = summaries(cube, [renumbered[each] for each in group], len(some), clocks)
            found += [self._of(each, figures) for each, figures in zip(some, sums, strict=True)]
        return found

    def _of(self, number: int, figures: Summary) -> Group:
        edge, camera, rule = (*self.names[number], "")[:3]
        return Group(name="", edge=edge, camera=camera, rule=rule, figures=figures)


def _is_named(place: Place, width: int) -> bool:
    return bool(place.camera and (width == _CAMERA or place.rule))
