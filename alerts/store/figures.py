"""Rows for figures: each statement is one, however many incidents there are, and rows are counted as they come by.
Incidents themselves are counted by the day: see `alerts.store.day_sums`.

A period is one of receipt: what the centre opened in it, also if it was closed later.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, func, literal, or_, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.cases.incident import Resolution
from alerts.cases.signal import HEALTH
from alerts.reporting import health, residents
from alerts.reporting.figures import Facts, Ronda, Site
from alerts.reporting.health import Health, Spell
from alerts.reporting.period import Period
from alerts.reporting.residents import Reports
from alerts.store.hooks import REPORTER
from alerts.store.incidents import within
from alerts.store.response_schema import camera_places, check_ins, reports, sites
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
    """Everything that figures are made of beside the incidents themselves."""
    names = await _camera_names(connection, area)
    wanting, missing = await _sites(connection, area)
    return Facts(
        cameras=names,
        reports=await _reports(connection, area, period),
        wanting=wanting,
        missing=missing,
        health=await _health(connection, area, period, now, len(names), most),
        hours=_hours(period, now),
        ronda=await _ronda(connection, area, period),
    )


async def _camera_names(connection: AsyncConnection, area: str) -> dict[tuple[str, str], str]:
    query = select(cameras.c.edge, cameras.c.id, cameras.c.name).where(within(cameras.c.area, area))
    return {(edge, camera): name for edge, camera, name in await connection.execute(query)}


async def _sites(connection: AsyncConnection, area: str) -> tuple[int, list[Site]]:
    """How many sites must have a camera, and those that have none."""
    watched = select(camera_places.c.site).where(camera_places.c.site.is_not(None))  # once, not for each site
    query = (
        select(sites.c.id, sites.c.name, sites.c.area, sites.c.id.in_(watched))
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
    trouble = (
        select(row.id, row.closed_at)
        .where(
            row.family == literal(HEALTH, literal_execute=True),  # as the index of them has it
            ~row.test,
            or_(row.closed_at.is_(None), row.closed_at >= period.start),
            func.coalesce(row.resolution, "").not_in(unreal),
        )
        .cte("trouble")
        .prefix_with("MATERIALIZED")  # they are few: or else SQLite goes through the parts of all incidents
    )
    query = (
        select(part.edge, part.camera, micros(part.first_at), micros(trouble.c.closed_at))
        .select_from(trouble.join(incident_parts, part.incident == trouble.c.id))
        .where(part.edge != "", within(part.area, area), part.first_at < period.end)
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
