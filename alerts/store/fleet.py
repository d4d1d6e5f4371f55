"""Rows of edges and their cameras, as they last reported."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Select, and_, not_, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.boxes.order import Order
from alerts.store import orders
from alerts.store.database import upsert
from alerts.store.incidents import within
from alerts.store.schema import cameras, counters, edges
from core.events import CameraStatus, OutboxStatus, Status


async def register(connection: AsyncConnection, edge: str, name: str, area: str) -> None:
    """Note an edge of the configuration; what it reported stays."""
    if await edge_area(connection, edge):
        await connection.execute(update(edges).where(edges.c.id == edge).values(name=name, area=area))
        return
    values = {"id": edge, "name": name, "area": area, "online": False, "version": "", "outbox": {}}
    await connection.execute(upsert(connection, edges, ["id"], values))


async def edge_area(connection: AsyncConnection, edge: str) -> str | None:
    """Where an edge stands; None for an edge that is not registered."""
    return (await connection.execute(select(edges.c.area).where(edges.c.id == edge))).scalar_one_or_none()


async def online(connection: AsyncConnection, edge: str) -> bool | None:
    """Whether an edge is connected; None for one that is not registered."""
    return (await connection.execute(select(edges.c.online).where(edges.c.id == edge))).scalar_one_or_none()


async def note_status(connection: AsyncConnection, edge: str, status: Status, at: datetime) -> None:
    """Note a heartbeat. The broker's own word that an edge fell silent carries no time and changes only `online`."""
    values: dict[str, Any] = {"online": status.online}
    if status.at is not None:
        outbox = msgspec.to_builtins(status.outbox)
        values |= {"seen_at": at, "stream": status.stream, "version": status.version, "outbox": outbox}
    await connection.execute(update(edges).where(edges.c.id == edge).values(values))


async def note_camera(connection: AsyncConnection, edge: str, camera: CameraStatus, area: str, at: datetime) -> None:
    """Note how a camera is."""
    values = {
        "edge": edge,
        "id": camera.id,
        "name": camera.name,
        "area": area,
        "state": camera.state,
        "reason": camera.reason,
        "fps": camera.fps,
        "counts": msgspec.to_builtins(camera.counts),
        "seen_at": at,
        "group": camera.group,
        "mode": camera.mode,
        "troubles": camera.troubles,
    }
    await connection.execute(upsert(connection, cameras, ["edge", "id"], values))


async def note_mode(connection: AsyncConnection, edge: str, group: str, mode: str) -> None:
    """Note the mode that an edge has just put a group into; its next heartbeat says the same."""
    group_cameras = and_(cameras.c.edge == edge, cameras.c.group == group)
    await connection.execute(update(cameras).where(group_cameras).values(mode=mode))


async def camera_areas(connection: AsyncConnection, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Areas of cameras by (edge, id); of a camera that has not reported yet, its edge's."""
    of_edges = select(edges.c.id, edges.c.area).where(edges.c.id.in_({edge for edge, _ in wanted}))
    known = {edge: area for edge, area in await connection.execute(of_edges)}
    query = select(cameras.c.edge, cameras.c.id, cameras.c.area).where(
        tuple_(cameras.c.edge, cameras.c.id).in_(list(wanted))
    )
    found = {(edge, camera): area for edge, camera, area in await connection.execute(query)}
    return {(edge, camera): found.get((edge, camera)) or known.get(edge, "") for edge, camera in wanted}


async def camera_names(connection: AsyncConnection, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Names of cameras by (edge, id), of those that have reported."""
    query = select(cameras.c.edge, cameras.c.id, cameras.c.name).where(
        tuple_(cameras.c.edge, cameras.c.id).in_(list(wanted))
    )
    return {(edge, camera_id): name for edge, camera_id, name in await connection.execute(query)}


async def listed(connection: AsyncConnection, area: str, edge: str | None = None) -> list[dict[str, Any]]:
    """Edges as consoles show them: those within `area`, or that have a camera there.

    Each has its `cameras` within the area, of those that its last heartbeat named; its `orders`; and in `beyond` the
    groups that have cameras outside the area.
    """
    by_edge: dict[str, list[dict[str, Any]]] = {}
    seen = _reported(edge).where(within(cameras.c.area, area))
    found = await connection.execute(seen.order_by(cameras.c.name))
    names = tuple(found.keys())
    for values in found:  # thousands of them: dict(row) asks each row for its keys again
        row = dict(zip(names, values, strict=True))
        by_edge.setdefault(row["edge"], []).append(row)
    beyond: dict[str, set[str]] = {}
    watching = seen.with_only_columns(cameras.c.edge)
    outside = _reported(edge).where(not_(within(cameras.c.area, area)), cameras.c.edge.in_(watching))
    groups = outside.with_only_columns(cameras.c.edge, cameras.c.group).distinct()
    for watcher, group in await connection.execute(groups):
        beyond.setdefault(watcher, set()).add(group)
    waiting: dict[str, list[Order]] = {}
    for order in await orders.listed(connection, edge):
        waiting.setdefault(order.edge, []).append(order)
    inside = or_(within(edges.c.area, area), edges.c.id.in_(watching))
    return [
        {
            **row,
            "cameras": by_edge.get(row["id"], []),
            "orders": waiting.get(row["id"], []),
            "beyond": beyond.get(row["id"], set()),
        }
        for row in (await connection.execute(_of(select(edges).where(inside).order_by(edges.c.name), edge))).mappings()
    ]


def _reported(edge: str | None) -> Select[Any]:
    """Cameras that the last heartbeat of their edge named, of one edge or of all."""
    named = and_(cameras.c.edge == edges.c.id, cameras.c.seen_at >= edges.c.seen_at)
    return _of(select(cameras).join(edges, named), edge)


def _of(query: Select[Any], edge: str | None) -> Select[Any]:
    return query if edge is None else query.where(edges.c.id == edge)


async def count(connection: AsyncConnection, name: str, amount: int) -> None:
    """Add to a named counter."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(counters).values(name=name, value=amount)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + amount})
    )


async def counts(connection: AsyncConnection) -> dict[str, int]:
    """All named counters."""
    return {name: value for name, value in await connection.execute(select(counters.c.name, counters.c.value))}


def outbox_of(row: dict[str, Any]) -> OutboxStatus:
    """The outbox of an edge as it last reported."""
    return msgspec.convert(row["outbox"] or {}, OutboxStatus)
