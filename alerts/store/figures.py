"""Rows for figures: each statement is one, however many incidents there are, and rows are counted as they come by.

A period is one of receipt: what the centre opened in it, also if it was closed later.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, func, or_, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.incident import Resolution
from alerts.reporting import health, load, residents
from alerts.reporting.cube import Cell, Cube, Key, Moments
from alerts.reporting.figures import Facts, Ronda, Site
from alerts.reporting.health import Health, Spell
from alerts.reporting.load import Load
from alerts.reporting.period import Period
from alerts.reporting.residents import Reports
from alerts.signal import HEALTH
from alerts.store.duty import AT_CONSOLES
from alerts.store.hooks import REPORTER
from alerts.store.incidents import within
from alerts.store.response_schema import camera_places, check_ins, notifications, reports, sites
from alerts.store.schema import cameras, edges, incident_log, incident_parts, incidents, users

CHUNK = 1000  # rows that are held at once
_HOUR = 3_600_000_000  # microseconds
_WIB_HOURS = 7


def micros(column: ColumnElement[Any]) -> ColumnElement[int]:
    """A time as it is stored: microseconds since 1970 UTC. Much cheaper than a datetime, where there are many."""
    return type_coerce(column, BigInteger)


async def pages(connection: AsyncConnection, query: Select[Any]) -> AsyncGenerator[Sequence[Any], None]:
    """The rows of a query, a thousand at a time: no more are held."""
    async with connection.stream(query, execution_options={"yield_per": CHUNK}) as result:
        async for page in result.partitions():
            yield page


def in_period(column: ColumnElement[datetime], period: Period) -> ColumnElement[bool]:
    return and_(column >= period.start, column < period.end)


def taken_at() -> ColumnElement[int]:
    """SQL: when somebody first took an incident, also if it was given back or handed over since; in microseconds."""
    first = (
        select(func.min(micros(incident_log.c.at)))
        .where(incident_log.c.incident == incidents.c.id, incident_log.c.action == "acknowledged")
        .scalar_subquery()
    )
    return func.coalesce(first, micros(incidents.c.acknowledged_at))


async def facts(connection: AsyncConnection, area: str, period: Period, now: datetime, most: int | None) -> Facts:
    """Everything that figures are made of."""
    names = await _camera_names(connection, area)
    wanting, missing = await _sites(connection, area)
    return Facts(
        cube=await cube(connection, area, period),
        cameras=names,
        reports=await _reports(connection, area, period),
        wanting=wanting,
        missing=missing,
        health=await _health(connection, area, period, now, len(names), most),
        load=await _load(connection, area, period, now),
        ronda=await _ronda(connection, area, period),
    )


async def cube(connection: AsyncConnection, area: str, period: Period) -> Cube:
    """The incidents of a period, counted."""
    row = incidents.c
    query = select(
        *(row.area, row.agency, row.edge, row.camera, row.rule, row.kind, row.family, row.severity, row.state),
        *(func.coalesce(row.resolution, ""), row.test, row.quiet.is_not(None), row.event_count, micros(row.opened_at)),
        *(micros(row.received_at), taken_at(), micros(row.verified_at), micros(row.dispatched_at)),
        *(micros(row.on_scene_at), micros(row.closed_at)),
    ).where(in_period(row.received_at, period), within(row.area, area))
    width = len(Key._fields)
    found: Cube = {}
    async with aclosing(pages(connection, query)) as stream:
        async for page in stream:
            for each in page:
                key = Key(*each[:width])
                cell = found.get(key) or found.setdefault(key, Cell(key.standing))
                hour = (each[width + 1] // _HOUR + _WIB_HOURS) % 24
                cell.add(each[width], hour, Moments(*each[width + 2 :]))
    return found


async def _camera_names(connection: AsyncConnection, area: str) -> dict[tuple[str, str], str]:
    query = select(cameras.c.edge, cameras.c.id, cameras.c.name).where(within(cameras.c.area, area))
    return {(edge, camera): name for edge, camera, name in await connection.execute(query)}


async def _sites(connection: AsyncConnection, area: str) -> tuple[int, list[Site]]:
    """How many sites must have a camera, and those that have none."""
    watched = select(camera_places.c.site).where(camera_places.c.site == sites.c.id).exists()
    query = (
        select(sites.c.id, sites.c.name, sites.c.area, watched)
        .where(sites.c.wants_camera, within(sites.c.area, area))
        .order_by(sites.c.area, sites.c.name)
    )
    found = (await connection.execute(query)).all()
    return len(found), [Site(row[0], row[1], row[2]) for row in found if not row[3]]


async def _reports(connection: AsyncConnection, area: str, period: Period) -> Reports:
    """What residents reported, but for what was a test, and for what applications report."""
    by_people = ~reports.c.user.startswith(REPORTER, autoescape=True)
    real = and_(in_period(reports.c.received_at, period), within(reports.c.area, area), ~incidents.c.test, by_people)
    joined = reports.join(incidents, incidents.c.id == reports.c.incident)
    people = select(func.count(reports.c.user.distinct())).select_from(joined).where(real)
    waited = micros(reports.c.answered_at) - micros(reports.c.received_at)
    query = (
        select(reports.c.kind, reports.c.urgent, reports.c.verdict, reports.c.rating, waited)
        .select_from(joined)
        .where(real)
    )
    tally = residents.Tally()
    async with aclosing(pages(connection, query)) as stream:
        async for page in stream:
            for row in page:
                tally.add(*row)
    return tally.reports(int((await connection.execute(people)).scalar_one()))


async def _health(
    connection: AsyncConnection, area: str, period: Period, now: datetime, known: int, most: int | None
) -> Health:
    part, row = incident_parts.c, incidents.c
    unreal = (Resolution.MERGED, Resolution.TEST, Resolution.FALSE)
    query = (
        select(part.edge, part.camera, micros(part.first_at), micros(row.closed_at))
        .join(incidents, row.id == part.incident)
        .where(
            *(row.family == HEALTH, ~row.test, part.edge != "", within(part.area, area), part.first_at < period.end),
            or_(row.closed_at.is_(None), row.closed_at >= period.start),
            func.coalesce(row.resolution, "").not_in(unreal),
        )
        .order_by(part.edge, part.camera, part.first_at)
    )
    tally = health.Tally(_as_micros(period.start), _as_micros(min(period.end, max(now, period.start))))
    async with aclosing(pages(connection, query)) as stream:
        async for page in stream:
            for each in page:
                tally.add(Spell(*each))
    state = select(func.count(), func.coalesce(func.sum(case((edges.c.online, 1), else_=0)), 0))
    total, online = (await connection.execute(state.where(within(edges.c.area, area)))).one()
    return health.health(tally.troubles(), _hours(period, now), known, int(total), int(online), most)


async def _load(connection: AsyncConnection, area: str, period: Period, now: datetime) -> Load:
    """What the people before consoles were told: of each incident once, however many channels told them."""
    told = notifications.c
    at = func.min(micros(told.sent_at)).label("at")
    query = (
        select(told.user, at)
        .join(incidents, incidents.c.id == told.incident)
        .where(
            *(in_period(incidents.c.received_at, period), within(incidents.c.area, area)),
            *(told.action == "trigger", told.role.in_(sorted(AT_CONSOLES)), told.sent_at.is_not(None)),
        )
        .group_by(told.user, told.incident)
        .order_by(told.user, at)
    )
    tally = load.Tally()
    async with aclosing(pages(connection, query)) as stream:
        async for page in stream:
            for console, moment in page:
                tally.add(console, moment)
    return tally.load(_hours(period, now))


async def _ronda(connection: AsyncConnection, area: str, period: Period) -> Ronda:
    query = (
        select(func.count(), func.count(check_ins.c.user.distinct()))
        .join(users, users.c.name == check_ins.c.user)
        .where(in_period(check_ins.c.at, period), within(users.c.area, area))
    )
    count, people = (await connection.execute(query)).one()
    return Ronda(int(count), int(people))


def _hours(period: Period, now: datetime) -> float:
    """How much of a period is over."""
    return max(0.0, (min(period.end, now) - period.start).total_seconds() / 3600)


def _as_micros(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)
