"""Rows of what people changed in how the centre works: who, what, and how it was before and after. Never secrets."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.store.incidents import within
from alerts.store.response_schema import changes

COMMAND_LINE = "command line"  # as the user of a change that nobody signed in for


class Change(Struct, frozen=True, kw_only=True):
    """One change. `what` names the sort of thing (site, hook, area, …), `which` the one of that sort; `before` is None
    for what was not there, `after` for what is there no more."""

    user: str
    area: str
    what: str
    which: str
    before: Any = None
    after: Any = None


async def note(connection: AsyncConnection, change: Change, now: datetime) -> None:
    """Write a change down; one that changed nothing is left out."""
    before, after = msgspec.to_builtins(change.before), msgspec.to_builtins(change.after)
    if before == after:
        return
    values = {
        "at": now,
        "user": change.user,
        "area": change.area,
        "what": change.what,
        "which": change.which,
        "before": before,
        "after": after,
    }
    await connection.execute(insert(changes).values(values))


async def listed(
    connection: AsyncConnection, area: str, limit: int = 200, what: str = "", before: int | None = None
) -> list[dict[str, Any]]:
    """What was changed of and within an area, newest first; of one sort only, or before the change of that id only."""
    query = select(changes).where(within(changes.c.area, area)).order_by(changes.c.id.desc()).limit(limit)
    if what:
        query = query.where(changes.c.what == what)
    if before is not None:
        query = query.where(changes.c.id < before)
    return [dict(row) for row in (await connection.execute(query)).mappings()]
