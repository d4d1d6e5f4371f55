"""The feed: what consoles are told, in one order, kept long enough for a console that was away to catch up."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.store.incidents import around, within
from alerts.store.schema import feed

KEEP = timedelta(hours=24)


async def append(connection: AsyncConnection, at: datetime, kind: str, area: str, payload: dict[str, Any]) -> None:
    """Tell all consoles that may see `area`, from the moment the transaction commits."""
    await connection.execute(insert(feed).values(at=at, kind=kind, area=area, payload=payload))


async def append_all(
    connection: AsyncConnection, at: datetime, kind: str, entries: Sequence[tuple[str, dict[str, Any]]]
) -> None:
    """`append` for several at once: (area, payload) in their order."""
    rows = [{"at": at, "kind": kind, "area": area, "payload": payload} for area, payload in entries]
    if rows:
        await connection.execute(insert(feed), rows)


async def append_edge(connection: AsyncConnection, at: datetime, edge: str, area: str) -> None:
    """Tell that something of an edge in `area` changed; every console then looks at what it may see of it."""
    await append(connection, at, "edge", area, {"id": edge})


async def append_edges(connection: AsyncConnection, at: datetime, changed: Sequence[tuple[str, str]]) -> None:
    """`append_edge` for several at once: (area, edge) in their order."""
    await append_all(connection, at, "edge", [(area, {"id": edge}) for area, edge in changed])


async def last(connection: AsyncConnection) -> int:
    """Number of the newest entry; 0 for none."""
    return (await connection.execute(select(func.max(feed.c.id)))).scalar() or 0


async def reaches_back_to(connection: AsyncConnection, after: int) -> bool:
    """Whether every entry after `after` is still kept."""
    first = (await connection.execute(select(func.min(feed.c.id)))).scalar()
    newest = await last(connection)
    return after <= newest and (first is None or first <= after + 1)


async def since(
    connection: AsyncConnection, after: int, area: str, limit: int
) -> list[tuple[int, str, dict[str, Any]]]:
    """(number, kind, payload) of the entries after `after` that belong to `area`, in order.

    An edge watches cameras anywhere in its area, so its entries belong to the smaller areas in there, too. They name
    the edge only; what may be seen of it from an area is another question.
    """
    belongs = or_(within(feed.c.area, area), and_(feed.c.kind == "edge", around(feed.c.area, area)))
    query = (
        select(feed.c.id, feed.c.kind, feed.c.payload)
        .where(feed.c.id > after, belongs)
        .order_by(feed.c.id)
        .limit(limit)
    )
    return [(number, kind, payload) for number, kind, payload in await connection.execute(query)]


async def trim(connection: AsyncConnection, now: datetime) -> None:
    """Forget what is older than `KEEP`, but never the newest entry, whose number the feed continues from."""
    newest = select(func.max(feed.c.id)).scalar_subquery()
    await connection.execute(delete(feed).where(feed.c.at < now - KEEP, feed.c.id < newest))
