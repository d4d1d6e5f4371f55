"""Rows of cameras' rules: what runs, as the edges told it, and the orders that people gave."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from msgspec.structs import asdict
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.boxes.rule_order import Known, RuleOrder
from alerts.store.database import upsert
from alerts.store.schema import camera_rules, edges, events, incident_parts, media, rule_orders

NEWEST = 5  # incidents of a camera in which its newest picture is looked for

_ONLINE = select(edges.c.id).where(edges.c.online)
_DUE_ORDERS = (rule_orders.c.state == "waiting", rule_orders.c.due, rule_orders.c.edge.in_(_ONLINE))
_DUE_QUESTIONS = (camera_rules.c.due, camera_rules.c.edge.in_(_ONLINE))


async def save_order(connection: AsyncConnection, order: RuleOrder) -> None:
    """Write an order, or write it anew."""
    await connection.execute(upsert(connection, rule_orders, ["edge", "camera", "version"], asdict(order)))


async def replace_waiting(connection: AsyncConnection, order: RuleOrder) -> None:
    """Orders for the same camera that still wait give way to a newer one."""
    older = (
        rule_orders.c.edge == order.edge,
        rule_orders.c.camera == order.camera,
        rule_orders.c.version < order.version,
        rule_orders.c.state == "waiting",
    )
    await connection.execute(update(rule_orders).where(*older).values(state="replaced", due=False))


async def waiting(connection: AsyncConnection, only: Collection[str]) -> list[RuleOrder]:
    """The orders that these edges have not answered yet."""
    query = select(rule_orders).where(rule_orders.c.state == "waiting", rule_orders.c.edge.in_(only))
    return [RuleOrder(**row) for row in (await connection.execute(query)).mappings()]


async def orders_of(connection: AsyncConnection, edge: str, camera: str, limit: int = 50) -> list[RuleOrder]:
    """The orders for a camera, newest first."""
    query = select(rule_orders).where(rule_orders.c.edge == edge, rule_orders.c.camera == camera)
    found = await connection.execute(query.order_by(rule_orders.c.version.desc()).limit(limit))
    return [RuleOrder(**row) for row in found.mappings()]


async def last_version(connection: AsyncConnection, edge: str, camera: str) -> int:
    """The version of the newest order for a camera; 0 where there was none."""
    query = select(func.max(rule_orders.c.version)).where(rule_orders.c.edge == edge, rule_orders.c.camera == camera)
    return (await connection.execute(query)).scalar() or 0


async def order_by_command(connection: AsyncConnection, edge: str, command: str) -> RuleOrder | None:
    """The order that a command to an edge carries."""
    query = select(rule_orders).where(rule_orders.c.edge == edge, rule_orders.c.command == command)
    row = (await connection.execute(query)).mappings().first()
    return RuleOrder(**row) if row else None


async def known_by_command(connection: AsyncConnection, edge: str, command: str) -> Known | None:
    """The camera whose rules a command to an edge asks for."""
    query = select(camera_rules).where(camera_rules.c.edge == edge, camera_rules.c.asked == command)
    row = (await connection.execute(query)).mappings().first()
    return Known(**row) if row else None


async def known_of(connection: AsyncConnection, only: Collection[str]) -> dict[tuple[str, str], Known]:
    """What these edges told of their cameras' rules, by (edge, camera)."""
    query = select(camera_rules).where(camera_rules.c.edge.in_(only))
    return {(row["edge"], row["camera"]): Known(**row) for row in (await connection.execute(query)).mappings()}


async def save_known(connection: AsyncConnection, known: Known) -> None:
    """Note what an edge told of a camera's rules."""
    await connection.execute(upsert(connection, camera_rules, ["edge", "camera"], asdict(known)))


async def forget_known(connection: AsyncConnection, edge: str, camera: str) -> None:
    """Note that an edge tells nothing of a camera's rules any more."""
    await connection.execute(delete(camera_rules).where(camera_rules.c.edge == edge, camera_rules.c.camera == camera))


async def any_due(connection: AsyncConnection) -> bool:
    """Whether one of the two below would find something."""
    for column, conditions in ((rule_orders.c.edge, _DUE_ORDERS), (camera_rules.c.edge, _DUE_QUESTIONS)):
        if (await connection.execute(select(column).where(*conditions).limit(1))).first() is not None:
            return True
    return False


async def claim_orders(connection: AsyncConnection) -> list[RuleOrder]:
    """The orders that are to be sent to edges that are online; they are the caller's to send."""
    statement = update(rule_orders).where(*_DUE_ORDERS).values(due=False).returning(*rule_orders.c)
    return [RuleOrder(**row) for row in (await connection.execute(statement)).mappings()]


async def claim_questions(connection: AsyncConnection) -> list[Known]:
    """The cameras whose rules are to be asked for; they are the caller's to ask."""
    statement = update(camera_rules).where(*_DUE_QUESTIONS).values(due=False).returning(*camera_rules.c)
    return [Known(**row) for row in (await connection.execute(statement)).mappings()]


async def newest_picture(connection: AsyncConnection, edge: str, camera: str) -> tuple[str, datetime] | None:
    """(event, time of its frame) of a camera's newest picture that is stored."""
    seen: Any = (
        select(incident_parts.c.incident)
        .where(incident_parts.c.edge == edge, incident_parts.c.camera == camera)
        .order_by(incident_parts.c.last_at.desc())
        .limit(NEWEST)
    )
    query = (
        select(events.c.id, events.c.frame_at)
        .join(media, (media.c.event == events.c.id) & (media.c.kind == "snapshot"))
        .where(events.c.incident.in_(seen), events.c.edge == edge, events.c.camera == camera)
        .order_by(events.c.frame_at.desc())
        .limit(1)
    )
    row = (await connection.execute(query)).first()
    return (row[0], row[1]) if row else None
