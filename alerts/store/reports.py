"""Rows of what residents reported."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import RowMapping, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.cases.incident import Incident, Resolution
from alerts.neighbours.reporter import MEMORY, SAME, Record
from alerts.store.response_schema import reports
from alerts.store.schema import incidents


class Report(Struct, frozen=True, kw_only=True):
    """One report as it is stored. `made_at` by the phone's clock: it may have waited for a network."""

    id: str
    user: str
    kind: str
    urgent: bool
    area: str
    text: str
    made_at: datetime
    received_at: datetime
    incident: str
    latitude: float | None = None
    longitude: float | None = None
    accuracy_m: float | None = None
    photo_sha256: str | None = None
    verdict: str | None = None
    answered_at: datetime | None = None
    rating: int | None = None
    rating_text: str = ""


async def add(connection: AsyncConnection, report: Report) -> None:
    await connection.execute(insert(reports).values(msgspec.structs.asdict(report)))


async def by_id(connection: AsyncConnection, report: str) -> Report | None:
    """One report."""
    row = (await connection.execute(select(reports).where(reports.c.id == report))).mappings().first()
    return Report(**row) if row else None


async def with_incident(connection: AsyncConnection, where: Any, limit: int = 50) -> list[RowMapping]:
    """Reports, newest first, each with the `number`, `state` and times of its incident."""
    columns = (incidents.c.number, incidents.c.state, incidents.c.acknowledged_at, incidents.c.verified_at)
    times = (incidents.c.dispatched_at, incidents.c.on_scene_at, incidents.c.closed_at)
    query = (
        select(reports, *columns, *times)
        .join(incidents, incidents.c.id == reports.c.incident)
        .where(where)
        .order_by(reports.c.received_at.desc())
        .limit(limit)
    )
    return list((await connection.execute(query)).mappings())


async def record(connection: AsyncConnection, user: str, now: datetime) -> Record:
    """What became of a person's reports lately."""
    query = (
        select(reports.c.verdict, func.count())
        .where(reports.c.user == user, reports.c.received_at > now - MEMORY, reports.c.verdict.is_not(None))
        .group_by(reports.c.verdict)
    )
    found: dict[str, int] = {verdict: count for verdict, count in await connection.execute(query)}
    return Record(found.get("resolved", 0), found.get("false", 0))


async def count_since(connection: AsyncConnection, user: str, since: datetime) -> int:
    """How many reports a person has sent since then."""
    query = select(func.count()).where(reports.c.user == user, reports.c.received_at > since)
    return int((await connection.execute(query)).scalar_one())


async def open_one(connection: AsyncConnection, user: str, kind: str, now: datetime) -> str | None:
    """The open incident that a person has reported as this kind lately."""
    query = (
        select(reports.c.incident)
        .join(incidents, incidents.c.id == reports.c.incident)
        .where(
            reports.c.user == user,
            reports.c.kind == kind,
            reports.c.received_at > now - SAME,
            incidents.c.state != "closed",
        )
        .order_by(reports.c.received_at.desc())
        .limit(1)
    )
    return (await connection.execute(query)).scalar_one_or_none()


async def set_photo(connection: AsyncConnection, report: str, sha256: str) -> None:
    await connection.execute(update(reports).where(reports.c.id == report).values(photo_sha256=sha256))


async def rate(connection: AsyncConnection, report: str, stars: int, text: str) -> None:
    await connection.execute(update(reports).where(reports.c.id == report).values(rating=stars, rating_text=text))


async def reporters(connection: AsyncConnection, incident: str) -> list[str]:
    """The users who reported an incident."""
    query = select(reports.c.user).where(reports.c.incident == incident).distinct()
    return list((await connection.execute(query)).scalars())


async def move(connection: AsyncConnection, incident: str, into: str) -> None:
    """Give the reports of a merged incident to the other."""
    await connection.execute(update(reports).where(reports.c.incident == incident).values(incident=into))


async def answer(connection: AsyncConnection, closed: Incident, now: datetime) -> None:
    """Note in the reports of a closed incident what it was; from then on the reporters see it."""
    if closed.resolution is not None and closed.resolution is not Resolution.MERGED:
        await connection.execute(
            update(reports)
            .where(reports.c.incident == closed.id)
            .values(verdict=closed.resolution.value, answered_at=now)
        )
