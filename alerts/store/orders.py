"""Rows of orders to edges, one a group, and the log of what became of them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.boxes.order import Order
from alerts.store.database import upsert
from alerts.store.schema import edges, order_log, orders


async def save(connection: AsyncConnection, order: Order) -> None:
    """Put an order in the place of what stood there for its group."""
    await connection.execute(upsert(connection, orders, ["edge", "group"], msgspec.structs.asdict(order)))


async def remove(connection: AsyncConnection, order: Order) -> None:
    """Forget an order, unless a newer one stands in its place."""
    await connection.execute(delete(orders).where(orders.c.edge == order.edge, orders.c.command == order.command))


async def listed(connection: AsyncConnection, only: Collection[str] | None = None) -> list[Order]:
    """The orders of some edges or of all, those that were refused included."""
    query = select(orders).order_by(orders.c.edge, orders.c.group)
    found = await connection.execute(query if only is None else query.where(orders.c.edge.in_(only)))
    return [_order(row) for row in found.mappings()]


async def find(connection: AsyncConnection, edge: str, group: str) -> Order | None:
    """The order for a group."""
    query = select(orders).where(orders.c.edge == edge, orders.c.group == group)
    row = (await connection.execute(query)).mappings().first()
    return _order(row) if row else None


async def by_command(connection: AsyncConnection, edge: str, command: str) -> Order | None:
    """The order that a command to an edge carries."""
    query = select(orders).where(orders.c.edge == edge, orders.c.command == command)
    row = (await connection.execute(query)).mappings().first()
    return _order(row) if row else None


_ONLINE = select(edges.c.id).where(edges.c.online)
_DUE = (orders.c.due, orders.c.refusal.is_(None), orders.c.edge.in_(_ONLINE))


async def any_due(connection: AsyncConnection) -> bool:
    """Whether `claim` would find something."""
    return (await connection.execute(select(orders.c.edge).where(*_DUE).limit(1))).first() is not None


async def claim(connection: AsyncConnection, now: datetime) -> list[Order]:
    """The orders that are to be sent to edges that are online; they are the caller's, and nobody else's, to send."""
    statement = update(orders).where(*_DUE).values(due=False, sent_at=now).returning(*orders.c)
    return [_order(row) for row in (await connection.execute(statement)).mappings()]


async def log(connection: AsyncConnection, order: Order, at: datetime, who: str, action: str, note: str = "") -> None:
    """Write down who did what with an order: given, taken, refused."""
    values = {"edge": order.edge, "group": order.group, "mode": order.mode}
    await connection.execute(insert(order_log).values(**values, at=at, who=who, action=action, note=note))


async def history(connection: AsyncConnection, edge: str, group: str, limit: int = 100) -> list[dict[str, Any]]:
    """What was done with the orders for a group, newest first."""
    query = select(order_log).where(order_log.c.edge == edge, order_log.c.group == group)
    found = await connection.execute(query.order_by(order_log.c.id.desc()).limit(limit))
    return [dict(row) for row in found.mappings()]


def _order(row: RowMapping) -> Order:
    return Order(**row)
