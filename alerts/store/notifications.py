"""Rows of notifications: one delivery to one recipient over one channel, leased while it is sent."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, bindparam, delete, func, not_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.notifiers.base import CALLS, Action
from alerts.store.response_schema import notifications
from alerts.store.schema import users

WAITING, SENT, DELIVERED, FAILED = "waiting", "sent", "delivered", "failed"


class Notification(Struct, frozen=True, kw_only=True):
    """One notification as it is stored."""

    id: str
    incident: str
    step: int | None
    user: str
    role: str
    channel: str
    address: str
    action: Action
    made_at: datetime
    due_at: datetime
    state: str = WAITING
    leased_until: datetime | None = None
    attempts: int = 0
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    answered_at: datetime | None = None
    provider_id: str = ""
    error: str = ""


async def add(connection: AsyncConnection, new: Sequence[Notification]) -> int:
    """Add notifications; one that is there already for its step, person, channel and action is not doubled. How many
    were new."""
    if not new:
        return 0
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(notifications).on_conflict_do_nothing().returning(notifications.c.id)
    return len((await connection.execute(statement, [msgspec.structs.asdict(each) for each in new])).all())


async def updates(connection: AsyncConnection, incident: str, user: str) -> list[Notification]:
    """The messages to somebody of more on an incident that they hold."""
    mine = (notifications.c.incident == incident, notifications.c.user == user, notifications.c.action == "update")
    return [Notification(**row) for row in (await connection.execute(select(notifications).where(*mine))).mappings()]


async def withdraw(connection: AsyncConnection, waiting: Sequence[str]) -> None:
    """Take back messages that nobody has begun to send, as if they had not been written: another says it all."""
    await connection.execute(
        delete(notifications).where(notifications.c.id.in_(waiting), notifications.c.state == WAITING)
    )


class Lane(Struct, frozen=True):
    """The channels that one worker sends over: some, or (`others`) all but these."""

    channels: tuple[str, ...]
    others: bool = False

    def holds(self) -> ColumnElement[bool]:
        inside = notifications.c.channel.in_(self.channels)
        return not_(inside) if self.others else inside


async def next_due(connection: AsyncConnection, lane: Lane) -> datetime | None:
    """When the next notification of a lane is to be sent."""
    query = select(func.min(notifications.c.due_at)).where(notifications.c.state == WAITING, lane.holds())
    found: datetime | None = (await connection.execute(query)).scalar_one()
    return found


async def bring_forward(connection: AsyncConnection, latest: datetime) -> int:
    """Let nothing that waits wait for longer than until then; returns how many would have."""
    late = update(notifications).where(notifications.c.state == WAITING, notifications.c.due_at > latest)
    return (await connection.execute(late.values(due_at=latest))).rowcount


async def lease(
    connection: AsyncConnection, lane: Lane, now: datetime, until: datetime, limit: int
) -> list[Notification]:
    """Take notifications that are due, to send them before `until`. If this process dies, they are due again then:
    while one is leased, its due time is the lease's end."""
    due = (
        select(notifications.c.id)
        .where(notifications.c.state == WAITING, notifications.c.due_at <= now, lane.holds())
        .order_by(notifications.c.due_at, notifications.c.id)
        .limit(limit)
    )
    statement = (
        update(notifications)
        .where(notifications.c.id.in_(due), notifications.c.state == WAITING, notifications.c.due_at <= now)
        .values(leased_until=until, due_at=until, attempts=notifications.c.attempts + 1)
        .returning(*notifications.c)
    )
    rows = [Notification(**row) for row in (await connection.execute(statement)).mappings()]
    return sorted(rows, key=lambda row: row.id)


async def settle(connection: AsyncConnection, leased: Notification, **values: Any) -> bool:
    """Note what became of a leased notification; False where the lease ran out and another has it."""
    statement = (
        update(notifications)
        .where(
            notifications.c.id == leased.id,
            notifications.c.attempts == leased.attempts,
            notifications.c.state == WAITING,
        )
        .values(values)
        .returning(notifications.c.id)
    )
    return (await connection.execute(statement)).first() is not None


async def settle_sent(connection: AsyncConnection, sent: Sequence[tuple[Notification, str]], now: datetime) -> None:
    """Note that leased notifications were sent, each with its provider's id; but for those whose lease ran out."""
    if not sent:
        return
    statement = (
        update(notifications)
        .where(
            notifications.c.id == bindparam("leased"),
            notifications.c.attempts == bindparam("attempt"),
            notifications.c.state == WAITING,
        )
        .values(state=SENT, sent_at=now, provider_id=bindparam("provider"), error="")
    )
    rows = [{"leased": each.id, "attempt": each.attempts, "provider": provider} for each, provider in sent]
    await connection.execute(statement, rows)


async def languages(connection: AsyncConnection, names: Collection[str]) -> dict[str, str]:
    """The language in which each of these users is written to; nothing for who is no user."""
    query = select(users.c.name, users.c.language).where(users.c.name.in_(names))
    return {name: language for name, language in await connection.execute(query)}


async def told(connection: AsyncConnection, incident: str) -> list[Notification]:
    """The notifications that told people of an incident."""
    query = select(notifications).where(notifications.c.incident == incident, notifications.c.action == "trigger")
    return [Notification(**row) for row in (await connection.execute(query)).mappings()]


async def reached(connection: AsyncConnection, wanted: Collection[str]) -> set[str]:
    """Those of some incidents of which somebody was told, or is to be."""
    query = select(notifications.c.incident).where(
        notifications.c.incident.in_(wanted), notifications.c.action == "trigger", notifications.c.state != FAILED
    )
    return set((await connection.execute(query.distinct())).scalars())


async def of_incident(connection: AsyncConnection, incident: str) -> list[dict[str, Any]]:
    """All notifications of an incident, oldest first."""
    query = select(notifications).where(notifications.c.incident == incident).order_by(notifications.c.id)
    return [dict(row) for row in (await connection.execute(query)).mappings()]


async def shown(connection: AsyncConnection, incident: str) -> list[dict[str, Any]]:
    """All notifications of an incident, oldest first, each with its person's name as people know it: None for an
    application."""
    named = notifications.outerjoin(users, users.c.name == notifications.c.user)
    query = select(notifications, users.c.display_name).select_from(named)
    rows = await connection.execute(query.where(notifications.c.incident == incident).order_by(notifications.c.id))
    return [dict(row) for row in rows.mappings()]


async def by_id(connection: AsyncConnection, notification: str) -> Notification | None:
    """One notification."""
    row = (await connection.execute(select(notifications).where(notifications.c.id == notification))).mappings().first()
    return Notification(**row) if row else None


async def note_answer(connection: AsyncConnection, notification: str, now: datetime) -> None:
    await connection.execute(
        update(notifications)
        .where(notifications.c.id == notification, notifications.c.answered_at.is_(None))
        .values(answered_at=now)
    )


async def note_delivery(connection: AsyncConnection, channel: str, provider_id: str, at: datetime) -> bool:
    """Note that a message has reached its recipient, by the id that the provider gave it."""
    statement = (
        update(notifications)
        .where(
            notifications.c.channel == channel,
            notifications.c.provider_id == provider_id,
            notifications.c.state == SENT,
        )
        .values(state=DELIVERED, delivered_at=at)
        .returning(notifications.c.id)
    )
    return (await connection.execute(statement)).first() is not None


async def note_failure(connection: AsyncConnection, channel: str, provider_id: str, reason: str) -> Notification | None:
    """Note that a message was taken and yet not delivered; the notification, None for one that is not known as sent."""
    statement = (
        update(notifications)
        .where(
            notifications.c.channel == channel,
            notifications.c.provider_id == provider_id,
            notifications.c.state == SENT,
        )
        .values(state=FAILED, error=reason)
        .returning(*notifications.c)
    )
    row = (await connection.execute(statement)).mappings().first()
    return Notification(**row) if row else None


async def cancel(connection: AsyncConnection, incident: str, note: str, actions: Collection[Action] = CALLS) -> None:
    """Take back what was not sent yet and calls people to a place where nobody is needed any more; or only some."""
    await connection.execute(
        update(notifications)
        .where(
            notifications.c.incident == incident,
            notifications.c.state == WAITING,
            notifications.c.action.in_(actions),
        )
        .values(state=FAILED, error=note)
    )
