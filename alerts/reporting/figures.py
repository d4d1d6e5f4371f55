"""All figures of an area and a period, put together from counted rows. Values in, values out; no database here."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from msgspec import Struct, structs

from alerts.ground import places
from alerts.reporting import load
from alerts.reporting.clocks import CLOCKS, Clock
from alerts.reporting.cube import Cube, Summary, nothing, summed
from alerts.reporting.days import Difference, Place, Way
from alerts.reporting.health import Health
from alerts.reporting.indicators import Indicator, indicators
from alerts.reporting.load import Load
from alerts.reporting.period import Period
from alerts.reporting.residents import Reports
from alerts.reporting.shares import Share, share
from core import areas

LEVELS_BELOW = 2  # areas shown below the one that was asked for: of a regency its districts and villages
MOST = 200  # cameras and rules that are listed, unless all are asked for


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


@dataclass(frozen=True)
class Earlier:
    """What was summed up before, and what has changed since; the figures of all other groups stay."""

    parts: Parts
    places: frozenset[Place]
    ways: frozenset[Way]
    told: bool


def earlier(parts: Parts, changed: Sequence[Difference]) -> Earlier:
    """What was summed up before some days changed."""
    return Earlier(
        parts,
        frozenset(place for each in changed for place in each.places),
        frozenset(way for each in changed for way in each.ways),
        any(each.told for each in changed),
    )


def parts(
    cube: Cube, area: str, clocks: Sequence[Clock] = CLOCKS, most: int | None = MOST, before: Earlier | None = None
) -> Parts:
    """Sum up the incidents of an area, `most` cameras and rules of it (None: all)."""
    by_area = _areas(cube, area, clocks, before)
    cameras, rules = _Ranking(cube, _CAMERA), _Ranking(cube, _RULE)
    return Parts(
        total=by_area[0].figures,
        hours=cube.hours(),
        areas=by_area,
        agencies=_agencies(cube, clocks, by_area[0].figures, before),
        cameras=cameras.worst(clocks, most, _unmoved(before.parts.cameras, before.places, _CAMERA) if before else {}),
        cameras_in_all=cameras.count,
        rules=rules.worst(clocks, most, _unmoved(before.parts.rules, before.places, _RULE) if before else {}),
        rules_in_all=rules.count,
        load=before.parts.load if before and not before.told else load.load(cube.told),
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


def _named(group: Group, cameras: dict[tuple[str, str], str]) -> Group:
    return structs.replace(group, name=cameras.get((group.edge, group.camera), group.camera))


def _areas(cube: Cube, top: str, clocks: Sequence[Clock], before: Earlier | None) -> list[Group]:
    """`top` and each area below it with everything in it, as deep as LEVELS_BELOW, by code."""
    chains = [chain(top, place.area) if place else [] for place in cube.places]
    moved = {area for place in before.places for area in chain(top, place.area)} if before else set()
    known = {group.area: group.figures for group in before.parts.areas if group.area not in moved} if before else {}
    found = {top: nothing(clocks)}
    for level in range(LEVELS_BELOW + 1):
        at_level = [chain[level] if len(chain) > level else None for chain in chains]
        found |= summed(cube, "place", at_level, known, clocks)
    return [Group(area=area, name=places.name(area), figures=found[area]) for area in sorted(found)]


@lru_cache(1 << 16)
def chain(top: str, area: str) -> list[str]:
    """The areas from `top` down to `area`, both with it; nothing where `area` lies elsewhere."""
    if not areas.contains(top, area):
        return []
    borders = [place for place, sign in enumerate(area) if sign in "./" and place >= len(top)]
    return [area[:border] for border in [*borders, len(area)] if border >= len(top)]


def _agencies(cube: Cube, clocks: Sequence[Clock], total: Summary, before: Earlier | None) -> list[Group]:
    names = {way.agency for way in cube.ways if way}
    if len(names) == 1:
        return [Group(agency=name, name=name, figures=total) for name in names]
    moved = {way.agency for way in before.ways} if before else set()
    known = {each.agency: each.figures for each in before.parts.agencies if each.agency not in moved} if before else {}
    found = summed(cube, "way", [way.agency if way else None for way in cube.ways], known, clocks)
    return [Group(agency=name, name=name, figures=found[name]) for name in sorted(found)]


_CAMERA, _RULE = 2, 3  # how many of edge, camera and rule name a part


class _Ranking:
    """The cameras, or the rules, that had an incident."""

    def __init__(self, cube: Cube, width: int) -> None:
        self._cube = cube
        self._keys = [place[1 : width + 1] if place and _is_named(place, width) else None for place in cube.places]
        self.count = len(set(self._keys) - {None})

    def worst(self, clocks: Sequence[Clock], most: int | None, known: dict[tuple[str, ...], Summary]) -> list[Group]:
        """Those with most false alarms, then most alarms; only theirs are summed up."""
        found = {key: (0, 0) for key in self._keys if key is not None}
        for place, false, alarms in self._cube.alarms_at:
            if (key := self._keys[place]) is not None:
                found[key] = found[key][0] - false, found[key][1] - alarms
        order = sorted(found, key=lambda key: (*found[key], key))[:most]
        among = set(order)
        keys = [key if key in among else None for key in self._keys]
        sums = summed(self._cube, "place", keys, known, clocks)
        return [_of(key, sums[key]) for key in order]


def _of(key: tuple[str, ...], figures: Summary) -> Group:
    edge, camera, rule = (*key, "")[:3]
    return Group(name="", edge=edge, camera=camera, rule=rule, figures=figures)


def _unmoved(groups: Sequence[Group], changed: Collection[Place], width: int) -> dict[tuple[str, ...], Summary]:
    """The cameras, or the rules, of which no incident has changed."""
    moved = {place[1 : width + 1] for place in changed}
    found = {(each.edge, each.camera, each.rule)[:width]: each.figures for each in groups}
    return {key: figures for key, figures in found.items() if key not in moved}


def _is_named(place: Place, width: int) -> bool:
    return bool(place.camera and (width == _CAMERA or place.rule))
