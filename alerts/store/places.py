"""Rows of areas: the tree from the regency down to RW and RT."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import ColumnElement, Select, Table, and_, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.cases.incident import State
from alerts.ground.areas_tree import Place
from alerts.store.database import upsert
from alerts.store.incidents import within
from alerts.store.response_schema import places, sites
from alerts.store.schema import cameras, edges, incidents, users


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


async def listed(connection: AsyncConnection, area: str, levels: int | None = None) -> list[Place]:
    """An area and all within it, or so many levels of that, by their codes."""
    which = within(places.c.code, area) if levels is None else _near(area, levels)
    query = select(places).where(which).order_by(places.c.code)
    return [Place(**row) for row in (await connection.execute(query)).mappings()]


def _near(area: str, levels: int) -> ColumnElement[bool]:
    """SQL: an area, and what lies up to so many levels below it."""
    found = places.c.code == area
    above: Select[tuple[str]] | None = None
    for _ in range(levels):
        parents = [area] if above is None else above
        found = or_(found, places.c.parent.in_(parents))
        each = places.alias()
        above = select(each.c.code).where(each.c.parent.in_(parents))
    return found


async def roots(connection: AsyncConnection) -> list[Place]:
    """The regencies that were loaded."""
    query = select(places).where(places.c.parent.not_like("%.%")).order_by(places.c.code)
    return [Place(**row) for row in (await connection.execute(query)).mappings()]


async def given(connection: AsyncConnection) -> dict[str, str]:
    """The names that people gave to RW and RT, by code."""
    query = select(places.c.code, places.c.name).where(places.c.code.contains("/", autoescape=True))
    return {code: name for code, name in await connection.execute(query)}


async def standing(connection: AsyncConnection, code: str) -> dict[str, int]:
    """How much of each sort still stands in an area: what is there at all only."""
    inside: dict[str, tuple[Table, ColumnElement[bool]]] = {
        "areas": (places, and_(within(places.c.code, code), places.c.code != code)),
        "edges": (edges, within(edges.c.area, code)),
        "cameras": (cameras, within(cameras.c.area, code)),
        "sites": (sites, within(sites.c.area, code)),
        "people": (users, and_(within(users.c.area, code), users.c.ended_at.is_(None))),
        "open incidents": (incidents, and_(within(incidents.c.area, code), incidents.c.state != State.CLOSED)),
    }
    found = {}
    for sort, (table, where) in inside.items():
        query = select(func.count()).select_from(table).where(where)
        found[sort] = int((await connection.execute(query)).scalar_one())
    return {sort: count for sort, count in found.items() if count}


async def remove(connection: AsyncConnection, code: str) -> None:
    await connection.execute(delete(places).where(places.c.code == code))
