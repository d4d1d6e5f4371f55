"""Rows of edges and their cameras, as they last reported."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Select, and_, bindparam, func, not_, or_, select, true, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.boxes.order import Order
from alerts.store import orders
from alerts.store.database import upsert_all
from alerts.store.incidents import within
from alerts.store.schema import cameras, counters, edges, sequences
from core.events import CameraStatus, OutboxStatus, Status


async def register(connection: AsyncConnection, configured: Sequence[tuple[str, str, str]]) -> None:
    """Note edges of the configuration, (id, name, area); what they reported stays."""
    known = {
        edge: (name, area)
        for edge, name, area in await connection.execute(select(edges.c.id, edges.c.name, edges.c.area))
    }
    new = [
        {"id": edge, "name": name, "area": area, "online": False, "version": "", "outbox": {}}
        for edge, name, area in configured
        if edge not in known
    ]
    await upsert_all(connection, edges, ["id"], new)
    moved = [
        {"of": edge, "as": name, "in": area}
        for edge, name, area in configured
        if known.get(edge, (name, area)) != (name, area)
    ]
    if moved:
        statement = update(edges).where(edges.c.id == bindparam("of"))
        await connection.execute(statement.values(name=bindparam("as"), area=bindparam("in")), moved)


async def edge_area(connection: AsyncConnection, edge: str) -> str | None:
    """Where an edge stands; None for an edge that is not registered."""
    return (await connection.execute(select(edges.c.area).where(edges.c.id == edge))).scalar_one_or_none()


async def edge_areas(connection: AsyncConnection, wanted: Collection[str]) -> dict[str, str]:
    """Where edges stand, of those that are registered."""
    query = select(edges.c.id, edges.c.area).where(edges.c.id.in_(set(wanted)))
    return {edge: area for edge, area in await connection.execute(query)}


async def online(connection: AsyncConnection, edge: str) -> bool | None:
    """Whether an edge is connected; None for one that is not registered."""
    return (await connection.execute(select(edges.c.online).where(edges.c.id == edge))).scalar_one_or_none()


async def note_statuses(connection: AsyncConnection, beats: Sequence[tuple[str, Status, datetime]]) -> None:
    """Note heartbeats, (edge, status, when it came), one an edge. The broker's own word that an edge fell silent
    carries no time and changes only `online`."""
    this = edges.c.id == bindparam("of")
    full = ("online", "seen_at", "stream", "version", "outbox")
    silent = [{"of": edge, "_online": status.online} for edge, status, _ in beats if status.at is None]
    told = [
        {
            "of": edge,
            "_online": status.online,
            "_seen_at": at,
            "_stream": status.stream,
            "_version": status.version,
            "_outbox": msgspec.to_builtins(status.outbox),
        }
        for edge, status, at in beats
        if status.at is not None
    ]
    for rows, names in ((silent, full[:1]), (told, full)):
        if rows:
            values = {name: bindparam(f"_{name}", type_=edges.c[name].type) for name in names}
            await connection.execute(update(edges).where(this).values(values), rows)


@dataclass(frozen=True, slots=True)
class SeenCamera:
    """A camera as its edge told of it, and where it stands."""

    edge: str
    area: str
    camera: CameraStatus
    at: datetime


async def note_cameras(connection: AsyncConnection, seen: Sequence[SeenCamera]) -> None:
    """Note how cameras are, each once."""
    rows = [
        {
            "edge": each.edge,
            "id": each.camera.id,
            "name": each.camera.name,
            "area": each.area,
            "state": each.camera.state,
            "reason": each.camera.reason,
            "fps": each.camera.fps,
            "counts": msgspec.to_builtins(each.camera.counts),
            "seen_at": each.at,
            "group": each.camera.group,
            "mode": each.camera.mode,
            "troubles": each.camera.troubles,
        }
        for each in seen
    ]
    await upsert_all(connection, cameras, ["edge", "id"], rows)


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


async def listed(
    connection: AsyncConnection, area: str | None, only: Collection[str] | None = None
) -> list[dict[str, Any]]:
    """Edges as consoles show them: those within `area`, or that have a camera there; everywhere, if it is None.

    Each has its `cameras` within the area, of those that its last heartbeat named; its `orders`; and in `beyond` the
    groups that have cameras outside the area.
    """
    by_edge: dict[str, list[dict[str, Any]]] = {}
    here = within(cameras.c.area, area) if area is not None else true()
    seen = _reported(only).where(here)
    found = await connection.execute(seen.order_by(cameras.c.name))
    names = tuple(found.keys())
    for values in found:  # thousands of them: dict(row) asks each row for its keys again
        row = dict(zip(names, values, strict=True))
        by_edge.setdefault(row["edge"], []).append(row)
    beyond: dict[str, set[str]] = {}
    watching = seen.with_only_columns(cameras.c.edge)
    outside = _reported(only).where(not_(here), cameras.c.edge.in_(watching))
    groups = outside.with_only_columns(cameras.c.edge, cameras.c.group).distinct()
    for watcher, group in await connection.execute(groups) if area is not None else ():
        beyond.setdefault(watcher, set()).add(group)
    waiting: dict[str, list[Order]] = {}
    for order in await orders.listed(connection, only):
        waiting.setdefault(order.edge, []).append(order)
    inside = or_(within(edges.c.area, area), edges.c.id.in_(watching)) if area is not None else true()
    numbered = and_(sequences.c.edge == edges.c.id, sequences.c.stream == edges.c.stream)
    columns = (edges, func.coalesce(sequences.c.stored, 0).label("stored"), sequences.c.rewound)
    found_edges = select(*columns).outerjoin(sequences, numbered).where(inside).order_by(edges.c.name)
    return [
        {
            **row,
            "cameras": by_edge.get(row["id"], []),
            "orders": waiting.get(row["id"], []),
            "beyond": beyond.get(row["id"], set()),
        }
        for row in (await connection.execute(_of(found_edges, only))).mappings()
    ]


def _reported(only: Collection[str] | None) -> Select[Any]:
    """Cameras that the last heartbeat of their edge named, of some edges or of all."""
    named = and_(cameras.c.edge == edges.c.id, cameras.c.seen_at >= edges.c.seen_at)
    columns = [column for column in cameras.c if column is not cameras.c.counts]  # which the console's list has not
    return _of(select(*columns).join(edges, named), only)


def _of(query: Select[Any], only: Collection[str] | None) -> Select[Any]:
    return query if only is None else query.where(edges.c.id.in_(only))


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
