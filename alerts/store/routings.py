"""Versions of the routing: every one is kept, the newest counts."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.store.response_schema import routings
from alerts.telling.defaults import DEFAULT
from alerts.telling.routing_document import restored, to_json
from alerts.telling.rule import Routing


async def current(connection: AsyncConnection) -> Routing:
    """The routing that counts; the default one while nobody has written another."""
    query = select(routings.c.document).order_by(routings.c.version.desc()).limit(1)
    document = (await connection.execute(query)).scalar_one_or_none()
    return restored(document) if document else DEFAULT


async def version(connection: AsyncConnection) -> int:
    """Number of the version that counts; 0 for the default one."""
    query = select(routings.c.version).order_by(routings.c.version.desc()).limit(1)
    return (await connection.execute(query)).scalar_one_or_none() or 0


async def add(connection: AsyncConnection, routing: Routing, who: str, note: str, now: datetime) -> int:
    """Add a version; its number."""
    values = {"at": now, "who": who, "note": note, "document": to_json(routing)}
    result = await connection.execute(insert(routings).values(values).returning(routings.c.version))
    return int(result.scalar_one())


async def listed(connection: AsyncConnection) -> list[dict[str, Any]]:
    """All versions, newest first, without their documents."""
    query = select(routings.c.version, routings.c.at, routings.c.who, routings.c.note)
    return [dict(row) for row in (await connection.execute(query.order_by(routings.c.version.desc()))).mappings()]


async def by_version(connection: AsyncConnection, wanted: int) -> Routing | None:
    """One version."""
    query = select(routings.c.document).where(routings.c.version == wanted)
    document = (await connection.execute(query)).scalar_one_or_none()
    return restored(document) if document else None
