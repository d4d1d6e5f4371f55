"""Rows of orders to sirens: what an edge was told to sound, until when that holds, and what it answered."""

from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.store.database import upsert
from alerts.store.schema import edges, siren_orders


class SirenOrder(Struct, frozen=True, kw_only=True):
    """One order to one edge. `due`: it is to be sent; `ok` is None until the edge has answered."""

    command: str
    edge: str
    notification: str
    incident: str
    args: dict[str, str]
    made_at: datetime
    expires_at: datetime
    due: bool = True
    answered_at: datetime | None = None
    ok: bool | None = None
    note: str = ""


async def save(connection: AsyncConnection, order: SirenOrder) -> None:
    """Write an order, or write it anew."""
    await connection.execute(upsert(connection, siren_orders, ["command"], asdict(order)))


async def of(connection: AsyncConnection, edge: str, notification: str) -> SirenOrder | None:
    """The order to an edge by which a notification is carried out."""
    found = siren_orders.c.edge == edge, siren_orders.c.notification == notification
    return await _one(connection, *found)


async def by_command(connection: AsyncConnection, edge: str, command: str) -> SirenOrder | None:
    """The order that a command to an edge carries."""
    return await _one(connection, siren_orders.c.edge == edge, siren_orders.c.command == command)


async def any_due(connection: AsyncConnection, now: datetime) -> bool:
    """Whether `claim` would find something."""
    return (await connection.execute(select(siren_orders.c.command).where(*_due(now)).limit(1))).first() is not None


async def claim(connection: AsyncConnection, now: datetime) -> list[SirenOrder]:
    """The orders that are to be sent and still hold; they are the caller's, and nobody else's, to send."""
    statement = update(siren_orders).where(*_due(now)).values(due=False).returning(*siren_orders.c)
    return [SirenOrder(**row) for row in (await connection.execute(statement)).mappings()]


def _due(now: datetime) -> tuple[Any, ...]:
    online = select(edges.c.id).where(edges.c.online)
    return siren_orders.c.due, siren_orders.c.expires_at > now, siren_orders.c.edge.in_(online)


async def _one(connection: AsyncConnection, *conditions: Any) -> SirenOrder | None:
    row = (await connection.execute(select(siren_orders).where(*conditions))).mappings().first()
    return SirenOrder(**row) if row else None
