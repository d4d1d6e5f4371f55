"""Rows of silences and tests."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from sqlalchemy import insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.cases.incident import State
from alerts.cases.mutes import Mute
from alerts.cases.signal import Signal
from alerts.store.incidents import within
from alerts.store.response_schema import mutes
from alerts.store.schema import incidents


async def around(connection: AsyncConnection, signals: Iterable[Signal]) -> list[Mute]:
    """The silences and tests that may concern these signals."""
    times = [signal.at for signal in signals]
    if not times:
        return []
    query = select(mutes).where(mutes.c.since <= max(times), mutes.c.until > min(times))
    return [Mute(**row) for row in (await connection.execute(query)).mappings()]


async def add(connection: AsyncConnection, mute: Mute) -> None:
    await connection.execute(insert(mutes).values(msgspec.structs.asdict(mute)))


async def listed(connection: AsyncConnection, area: str, now: datetime) -> list[Mute]:
    """Silences and tests of and within an area that are not over, the first to end first."""
    query = (
        select(mutes)
        .where(within(mutes.c.area, area), mutes.c.until > now, mutes.c.ended_at.is_(None))
        .order_by(mutes.c.until)
    )
    return [Mute(**row) for row in (await connection.execute(query)).mappings()]


async def end(connection: AsyncConnection, mute: str, area: str, now: datetime) -> Mute | None:
    """End a silence before its time; None where there is none to end within `area`."""
    statement = (
        update(mutes)
        .where(mutes.c.id == mute, within(mutes.c.area, area), mutes.c.ended_at.is_(None), mutes.c.until > now)
        .values(ended_at=now)
        .returning(*mutes.c)
    )
    row = (await connection.execute(statement)).mappings().first()
    return Mute(**row) if row else None


async def outlived(connection: AsyncConnection, now: datetime) -> list[str]:
    """Open incidents whose silence or test is over."""
    over = select(mutes.c.id).where(or_(mutes.c.until <= now, mutes.c.ended_at.is_not(None)))
    query = select(incidents.c.id).where(incidents.c.state != State.CLOSED, incidents.c.quiet.in_(over))
    return list((await connection.execute(query)).scalars())
