"""Rows of who watched which camera live, from when until when, and why it ended."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.cases.mutes import Mute
from alerts.store.incidents import within
from alerts.store.response_schema import mutes, viewings
from alerts.store.schema import edges


class Viewing(Struct, frozen=True, kw_only=True):
    """One view. `stream`: main, sub or pictures. `started_at`: when the edge agreed; None while it was only asked.
    `session` is the hash of the session's token. `seen_at`: when a picture was asked for last, of pictures only."""

    id: str
    user: str
    who: str
    role: str
    session: str
    edge: str
    camera: str
    area: str
    stream: str
    incident: str | None
    asked_at: datetime
    until: datetime
    started_at: datetime | None = None
    seen_at: datetime | None = None
    ended_at: datetime | None = None
    ended_why: str = ""


async def add(connection: AsyncConnection, viewing: Viewing) -> None:
    await connection.execute(insert(viewings).values(msgspec.structs.asdict(viewing)))


async def change(connection: AsyncConnection, viewing: str, **values: Any) -> Viewing | None:
    """Change a view that has not ended, and give it back; None where there is none."""
    statement = update(viewings).where(viewings.c.id == viewing, viewings.c.ended_at.is_(None))
    row = (await connection.execute(statement.values(values).returning(*viewings.c))).mappings().first()
    return Viewing(**row) if row else None


async def find(connection: AsyncConnection, viewing: str) -> Viewing | None:
    row = (await connection.execute(select(viewings).where(viewings.c.id == viewing))).mappings().first()
    return Viewing(**row) if row else None


async def going_on(connection: AsyncConnection) -> list[Viewing]:
    """All that have not ended."""
    query = select(viewings).where(viewings.c.ended_at.is_(None)).order_by(viewings.c.id)
    return [Viewing(**row) for row in (await connection.execute(query)).mappings()]


async def listed(connection: AsyncConnection, area: str, limit: int) -> list[Viewing]:
    """Views of cameras within an area, the newest first."""
    query = select(viewings).where(within(viewings.c.area, area)).order_by(viewings.c.asked_at.desc()).limit(limit)
    return [Viewing(**row) for row in (await connection.execute(query)).mappings()]


async def online(connection: AsyncConnection, wanted: Collection[str]) -> set[str]:
    """Which of some edges are online."""
    query = select(edges.c.id).where(edges.c.id.in_(list(wanted)), edges.c.online)
    return set((await connection.execute(query)).scalars())


async def tests(connection: AsyncConnection, now: datetime) -> list[Mute]:
    """The tests that go on now, wherever."""
    query = select(mutes).where(
        mutes.c.purpose == "test", mutes.c.since <= now, mutes.c.until > now, mutes.c.ended_at.is_(None)
    )
    return [Mute(**row) for row in (await connection.execute(query)).mappings()]
