"""Rows of areas: the tree from the regency down to RW and RT."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.areas_tree import Place
from alerts.store.database import upsert
from alerts.store.incidents import within
from alerts.store.response_schema import places


async def load(connection: AsyncConnection, tree: Sequence[Place]) -> int:
    """Write a tree from the government's list; positions that people gave stay. The number of areas that were new or
    have another name now: 0 when the same tree is loaded again."""
    query = select(places.c.code, places.c.name, places.c.parent).where(places.c.code.in_([each.code for each in tree]))
    known = {code: (name, parent) for code, name, parent in await connection.execute(query)}
    fresh = [place for place in tree if known.get(place.code) != (place.name, place.parent)]
    for place in fresh:
        values = {"code": place.code, "name": place.name, "parent": place.parent}
        await connection.execute(upsert(connection, places, ["code"], values))
    return len(fresh)


async def save(connection: AsyncConnection, place: Place) -> None:
    await connection.execute(upsert(connection, places, ["code"], msgspec.structs.asdict(place)))


async def find(connection: AsyncConnection, code: str) -> Place | None:
    """One area."""
    row = (await connection.execute(select(places).where(places.c.code == code))).mappings().first()
    return Place(**row) if row else None


async def listed(connection: AsyncConnection, area: str) -> list[Place]:
    """An area and all within it, by their codes."""
    query = select(places).where(within(places.c.code, area)).order_by(places.c.code)
    return [Place(**row) for row in (await connection.execute(query)).mappings()]


async def roots(connection: AsyncConnection) -> list[Place]:
    """The regencies that were loaded."""
    query = select(places).where(places.c.parent.not_like("%.%")).order_by(places.c.code)
    return [Place(**row) for row in (await connection.execute(query)).mappings()]
