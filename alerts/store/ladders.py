"""Rows of the ladders' steps: what is due when, claimed by exactly one worker."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import bindparam, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.store.response_schema import steps

WAITING, HELD, DONE, SKIPPED = "waiting", "held", "done", "skipped"  # held: counts from a claim that nobody has made

NOBODY = "!nobody"  # note of a step at which nobody was on duty: pages word it; no user has such a name


class StepRow(Struct, frozen=True, kw_only=True):
    """One step of one incident's ladder. `step` is JSON of `alerts.telling.routing.Step`."""

    id: int
    incident: str
    ladder: int
    position: int
    due_at: datetime
    state: str
    step: str
    rule: str
    done_at: datetime | None
    note: str


class NewLadder(Struct, frozen=True):
    """A ladder for an incident: (due time, step as JSON) in their order; without a due time a step is held."""

    incident: str
    rule: str
    due: Sequence[tuple[datetime | None, str]]


async def add(connection: AsyncConnection, new: Sequence[NewLadder], now: datetime) -> None:
    """Add ladders, one to each of some incidents, above those that these have."""
    wanted = [ladder.incident for ladder in new]
    highest = select(steps.c.incident, func.max(steps.c.ladder)).where(steps.c.incident.in_(wanted))
    before = {incident: ladder for incident, ladder in await connection.execute(highest.group_by(steps.c.incident))}
    rows = [
        {
            "incident": ladder.incident,
            "ladder": before.get(ladder.incident, 0) + 1,
            "position": position,
            "due_at": at or now,
            "state": WAITING if at else HELD,
            "step": step,
            "rule": ladder.rule,
            "note": "",
        }
        for ladder in new
        for position, (at, step) in enumerate(ladder.due)
    ]
    if rows:
        await connection.execute(insert(steps), rows)


async def next_due(connection: AsyncConnection) -> datetime | None:
    """When the next step is due."""
    query = select(func.min(steps.c.due_at)).where(steps.c.state == WAITING)
    found: datetime | None = (await connection.execute(query)).scalar_one()
    return found


async def ahead(connection: AsyncConnection, now: datetime) -> list[StepRow]:
    """The steps that wait for their time."""
    query = select(steps).where(steps.c.state == WAITING, steps.c.due_at > now)
    return [StepRow(**row) for row in (await connection.execute(query)).mappings()]


async def reschedule(connection: AsyncConnection, moved: Sequence[tuple[int, datetime]]) -> None:
    """Give steps that wait another time: (id, due time)."""
    statement = (
        update(steps)
        .where(steps.c.id == bindparam("step_id"), steps.c.state == WAITING)
        .values(due_at=bindparam("then"))
    )
    if moved:
        await connection.execute(statement, [{"step_id": step, "then": due} for step, due in moved])


async def claim(connection: AsyncConnection, now: datetime, limit: int) -> list[StepRow]:
    """Take the steps that are due, the earliest first; nobody else gets them, once the transaction commits."""
    due = (
        select(steps.c.id)
        .where(steps.c.state == WAITING, steps.c.due_at <= now)
        .order_by(steps.c.due_at, steps.c.id)
        .limit(limit)
    )
    statement = (
        update(steps)
        .where(steps.c.id.in_(due), steps.c.state == WAITING)
        .values(state=DONE, done_at=now)
        .returning(*steps.c)
    )
    rows = [StepRow(**row) for row in (await connection.execute(statement)).mappings()]
    return sorted(rows, key=lambda row: (row.due_at, row.id))


async def settle(connection: AsyncConnection, settled: Sequence[tuple[int, str, str]]) -> None:
    """Say what became of claimed steps: (id, state, note)."""
    statement = (
        update(steps).where(steps.c.id == bindparam("step_id")).values(state=bindparam("now"), note=bindparam("why"))
    )
    rows = [{"step_id": step, "now": state, "why": note[:200]} for step, state, note in settled]
    if rows:
        await connection.execute(statement, rows)


async def hasten(connection: AsyncConnection, after: Collection[StepRow], now: datetime) -> set[tuple[str, int]]:
    """Make the next waiting step of the same ladder due at once; the ladders, (incident, number), that have one."""
    of_ladders = tuple_(steps.c.incident, steps.c.ladder).in_({(row.incident, row.ladder) for row in after})
    query = select(steps.c.id, steps.c.incident, steps.c.ladder, steps.c.position, steps.c.due_at)
    waiting = (await connection.execute(query.where(of_ladders, steps.c.state == WAITING))).all()
    moved, found = [], set[tuple[str, int]]()
    for row in after:
        behind = [
            each
            for each in waiting
            if (each.incident, each.ladder) == (row.incident, row.ladder) and each.position > row.position
        ]
        if behind:
            following = min(behind, key=lambda each: each.position)
            found.add((row.incident, row.ladder))
            moved += [(following.id, now)] if following.due_at > now else []
    await reschedule(connection, moved)
    return found


async def skip_rest(connection: AsyncConnection, incident: str, note: str, now: datetime) -> None:
    """Take all waiting steps of an incident away: nobody need be told any more."""
    await connection.execute(
        update(steps)
        .where(steps.c.incident == incident, steps.c.state.in_((WAITING, HELD)))
        .values(state=SKIPPED, done_at=now, note=note)
    )


async def by_id(connection: AsyncConnection, step: int) -> StepRow | None:
    """One step."""
    row = (await connection.execute(select(steps).where(steps.c.id == step))).mappings().first()
    return StepRow(**row) if row else None


async def held(connection: AsyncConnection, incident: str) -> list[StepRow]:
    """The steps that count from a claim."""
    query = select(steps).where(steps.c.incident == incident, steps.c.state == HELD)
    return [StepRow(**row) for row in (await connection.execute(query)).mappings()]


async def let_go(connection: AsyncConnection, due: Sequence[tuple[int, datetime]]) -> None:
    """Give held steps their due times."""
    held_one = steps.c.id == bindparam("step_id"), steps.c.state == HELD
    statement = update(steps).where(*held_one).values(state=WAITING, due_at=bindparam("then"))
    if due:
        await connection.execute(statement, [{"step_id": step, "then": at} for step, at in due])


async def of_incident(connection: AsyncConnection, incident: str) -> list[dict[str, Any]]:
    """All steps of an incident, in their order."""
    query = select(steps).where(steps.c.incident == incident).order_by(steps.c.ladder, steps.c.position)
    return [dict(row) for row in (await connection.execute(query)).mappings()]
