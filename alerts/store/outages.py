"""Which edges have fallen silent, and which outages are over."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, exists, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.cases.correlation import ANY_CAMERA
from alerts.cases.incident import State
from alerts.store.database import upsert_all
from alerts.store.schema import edges, incident_parts, incidents
from alerts.store.schema import hearing as rows

KIND = "edge_silent"
EDGES = "edges"  # the one row of `hearing`
GAP = timedelta(seconds=20)  # ingest tells every 5 to 10 s that it has heard all; after this it was away


class Silent(NamedTuple):
    """An edge that is heard no more, and when it was last."""

    edge: str
    area: str
    seen_at: datetime


class Hearing(NamedTuple):
    """All that the edges sent has been taken in `until` then, and that without a gap `since`."""

    until: datetime
    since: datetime


async def hearing(connection: AsyncConnection) -> Hearing | None:
    """How well the centre hears; None before it first did."""
    row = (await connection.execute(select(rows.c.until, rows.c.since).where(rows.c.what == EDGES))).first()
    return Hearing(*row) if row else None


async def note_hearing(connection: AsyncConnection, now: datetime) -> None:
    """Note that all has been taken in that edges sent up to now."""
    known = await hearing(connection)
    goes_on = known is not None and known.until <= now <= known.until + GAP
    since = known.since if known is not None and goes_on else now
    await upsert_all(connection, rows, ["what"], [{"what": EDGES, "until": now, "since": since}])


async def silent(connection: AsyncConnection, since: datetime) -> list[Silent]:
    """Edges last heard before `since` of which no incident says so: none that is open, and none of this very silence,
    which a person may have closed. One that never reported is not put up yet."""
    part = incident_parts.c
    told = exists().where(
        part.edge == edges.c.id,
        part.camera == ANY_CAMERA,
        part.incident == incidents.c.id,
        or_(_is_open(), part.last_at >= edges.c.seen_at),
    )
    query = select(edges.c.id, edges.c.area, edges.c.seen_at).where(edges.c.seen_at < since, not_(told))
    return [Silent(*row) for row in await connection.execute(query.order_by(edges.c.seen_at))]


async def over(connection: AsyncConnection, since: datetime) -> list[str]:
    """Ids of open outages all of whose edges were heard since then."""
    part = incident_parts.c
    away = (
        select(part.incident)
        .join(edges, edges.c.id == part.edge)
        .where(part.camera == ANY_CAMERA, or_(edges.c.seen_at.is_(None), edges.c.seen_at < since))
    )
    query = select(incidents.c.id).where(and_(_is_open(), incidents.c.kind == KIND, incidents.c.id.not_in(away)))
    return [row.id for row in await connection.execute(query.order_by(incidents.c.id))]


def _is_open() -> ColumnElement[bool]:
    return incidents.c.state != State.CLOSED
