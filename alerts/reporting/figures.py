"""All figures of an area and a period, put together from counted rows. Values in, values out; no database here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from alerts import places
from alerts.incident import Resolution
from alerts.reporting.clocks import CLOCKS, Clock
from alerts.reporting.cube import Cell, Cube, Key, Summary, summary
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

    cube: Cube
    cameras: dict[tuple[str, str], str]
    reports: Reports
    wanting: int  # sites that must have a camera
    missing: list[Site]
    health: Health
    load: Load
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


Cells = list[tuple[Key, Cell]]


def figures(
    facts: Facts, area: str, period: Period, now: datetime, clocks: Sequence[Clock] = CLOCKS, most: int | None = MOST
) -> Figures:
    """The figures of an area, `most` cameras and rules of it (None: all)."""
    cells = list(facts.cube.items())
    total = summary(cells, clocks)
    cameras, rules = _gathered(cells, _camera), _gathered(cells, _rule)
    coverage = Coverage(share(facts.wanting - len(facts.missing), facts.wanting), facts.missing)
    return Figures(
        area=area,
        area_name=places.name(area),
        first=period.first.isoformat(),
        last=period.last.isoformat(),
        made_at=now,
        partial=now < period.end,
        total=total,
        hours=_hours(cells),
        areas=_areas(cells, area, clocks),
        agencies=[
            Group(agency=agency, name=agency, figures=summary(found, clocks))
            for (agency,), found in sorted(_gathered(cells, lambda key: (key.agency,)).items())
        ],
        cameras=_of_cameras(facts, cameras, clocks, most),
        cameras_in_all=len(cameras),
        rules=_of_cameras(facts, rules, clocks, most),
        rules_in_all=len(rules),
        reports=facts.reports,
        coverage=coverage,
        health=facts.health,
        load=facts.load,
        ronda=facts.ronda,
        indicators=indicators(total, facts.reports, coverage.covered, facts.ronda.check_ins),
    )


def _hours(cells: Cells) -> list[int]:
    found = [0] * 24
    for _, cell in cells:
        if cell.standing == "alarm":
            for hour, count in cell.hours.items():
                found[hour] += count
    return found


def _areas(cells: Cells, top: str, clocks: Sequence[Clock]) -> list[Group]:
    """Each area below `top` with everything in it, as deep as LEVELS_BELOW, by code."""
    inside: dict[str, Cells] = {top: []}
    for key, cell in cells:
        for area in chain(top, key.area)[: LEVELS_BELOW + 1]:
            inside.setdefault(area, []).append((key, cell))
    return [
        Group(area=area, name=places.name(area), figures=summary(found, clocks))
        for area, found in sorted(inside.items())
    ]


def chain(top: str, area: str) -> list[str]:
    """The areas from `top` down to `area`, both with it; nothing where `area` lies elsewhere."""
    if not areas.contains(top, area):
        return []
    borders = [place for place, sign in enumerate(area) if sign in "./" and place >= len(top)]
    return [area[:border] for border in [*borders, len(area)] if border >= len(top)]


def _camera(key: Key) -> tuple[str, ...] | None:
    return (key.edge, key.camera) if key.camera else None


def _rule(key: Key) -> tuple[str, ...] | None:
    return (key.edge, key.camera, key.rule) if key.camera and key.rule else None


def _gathered(cells: Cells, key_of: Callable[[Key], tuple[str, ...] | None]) -> dict[tuple[str, ...], Cells]:
    """Cells by a part of their key, without those that have no such part."""
    found: dict[tuple[str, ...], Cells] = {}
    for key, cell in cells:
        group = key_of(key)
        if group is not None:
            found.setdefault(group, []).append((key, cell))
    return found


def _of_cameras(
    facts: Facts, found: dict[tuple[str, ...], Cells], clocks: Sequence[Clock], most: int | None
) -> list[Group]:
    """Figures of the cameras or rules with most false alarms, then most alarms; only theirs are summed up."""

    def order(group: tuple[str, ...]) -> tuple[int, int, tuple[str, ...]]:
        alarms = [(key, cell.count) for key, cell in found[group] if cell.standing == "alarm"]
        false = sum(count for key, count in alarms if key.resolution == Resolution.FALSE)
        return -false, -sum(count for _, count in alarms), group

    groups = []
    for names in sorted(found, key=order)[:most]:
        edge, camera, rule = (*names, "")[:3]
        name = facts.cameras.get((edge, camera), camera)
        groups.append(Group(name=name, edge=edge, camera=camera, rule=rule, figures=summary(found[names], clocks)))
    return groups
