"""Rows of the procedures' steps that were done."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.store.response_schema import procedure_steps as table


async def done(connection: AsyncConnection, incident: str) -> dict[str, dict[str, Any]]:
    """The steps that were done for an incident, by id, each with `at` and `who`."""
    query = select(table).where(table.c.incident == incident)
    return {row["step"]: dict(row) for row in (await connection.execute(query)).mappings()}


async def tick(
    connection: AsyncConnection, incident: str, step: str, is_done: bool, user: str, who: str, now: datetime
) -> bool:
    """Note a step as done, or as not done after all; False where it was noted so already."""
    if not is_done:
        gone = delete(table).where(table.c.incident == incident, table.c.step == step).returning(table.c.step)
        return (await connection.execute(gone)).first() is not None
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = dialect.insert(table).values(incident=incident, step=step, at=now, user=user, who=who)
    return (await connection.execute(row.on_conflict_do_nothing().returning(table.c.step))).first() is not None


async def move(connection: AsyncConnection, merged: str, into: str) -> None:
    """Count what was done for a merged incident for the one that took it in, with who did it; a step that is done
    there already stays as it is."""
    there = select(table.c.step).where(table.c.incident == into)
    mine = table.c.incident == merged
    await connection.execute(update(table).where(mine, table.c.step.not_in(there)).values(incident=into))
    await connection.execute(delete(table).where(mine))
