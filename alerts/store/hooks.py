"""Rows of webhooks: other applications that are told of incidents, or that report to us."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.cases.incident import Incident
from alerts.notifiers.base import Action
from alerts.store import notifications
from alerts.store.incidents import within
from alerts.store.notifications import Notification
from alerts.store.response_schema import hooks
from core import areas
from core.clock import Clock
from core.ids import new_id

CHANNEL = "webhook"
REPORTER = "app:"  # before the id of an application, where it stands as the user who reported


class Hook(Struct, frozen=True, kw_only=True):
    """One application. `out`: it is told; `in`: it reports, with `secret` as its key's hash."""

    id: str
    name: str
    direction: str
    url: str
    secret: str
    area: str
    kinds: list[str]
    severities: list[int]
    made_at: datetime
    who: str
    ended_at: datetime | None = None

    def wants(self, incident: Incident) -> bool:
        return (not self.kinds or incident.kind in self.kinds or incident.family in self.kinds) and (
            not self.severities or incident.severity in self.severities
        )


async def tell(
    connection: AsyncConnection, changed: Sequence[Incident], action: Action, now: datetime, clock: Clock
) -> None:
    """Queue the news of incidents for every application that wants it."""
    query = select(hooks).where(hooks.c.direction == "out", hooks.c.ended_at.is_(None))
    listening = [Hook(**row) for row in (await connection.execute(query)).mappings()]
    new = [
        Notification(
            id=new_id(clock),
            incident=incident.id,
            step=None,
            user=hook.name,
            role="application",
            channel=CHANNEL,
            address=hook.url,
            action=action,
            made_at=now,
            due_at=now,
        )
        for incident in changed
        for hook in listening
        if areas.contains(hook.area, incident.area) and hook.wants(incident)
    ]
    await notifications.add(connection, new)


async def add(connection: AsyncConnection, hook: Hook) -> None:
    await connection.execute(insert(hooks).values(msgspec.structs.asdict(hook)))


async def by_id(connection: AsyncConnection, hook: str) -> Hook | None:
    """One application that is not ended."""
    query = select(hooks).where(hooks.c.id == hook, hooks.c.ended_at.is_(None))
    row = (await connection.execute(query)).mappings().first()
    return Hook(**row) if row else None


async def by_secret(connection: AsyncConnection, secret: str) -> Hook | None:
    """The application that reports with a key of that hash."""
    query = select(hooks).where(hooks.c.secret == secret, hooks.c.direction == "in", hooks.c.ended_at.is_(None))
    row = (await connection.execute(query)).mappings().first()
    return Hook(**row) if row else None


async def listed(connection: AsyncConnection, area: str) -> list[dict[str, Any]]:
    """Applications of and within an area, without their secrets."""
    query = select(hooks).where(within(hooks.c.area, area), hooks.c.ended_at.is_(None)).order_by(hooks.c.made_at)
    rows = [dict(row) for row in (await connection.execute(query)).mappings()]
    return [{name: value for name, value in row.items() if name != "secret"} for row in rows]


async def end(connection: AsyncConnection, hook: str, area: str, now: datetime) -> bool:
    """Tell an application nothing more; False where there is none to end within `area`."""
    statement = (
        update(hooks)
        .where(hooks.c.id == hook, within(hooks.c.area, area), hooks.c.ended_at.is_(None))
        .values(ended_at=now)
        .returning(hooks.c.id)
    )
    return (await connection.execute(statement)).first() is not None
