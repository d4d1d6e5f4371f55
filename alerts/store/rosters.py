"""Rows of shifts, check-ins and absences, as people write them; `alerts.store.duty` reads who is on duty."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.people.duty import Absence, CheckIn, Shift
from alerts.store.duty import bits_of, days_of
from alerts.store.response_schema import absences, check_ins, shifts


async def shifts_of(connection: AsyncConnection, user: str) -> list[Shift]:
    """The shifts of one person, in the order in which they were written."""
    rows = await connection.execute(select(shifts).where(shifts.c.user == user).order_by(shifts.c.id))
    names = ("user", "start", "end", "valid_from", "valid_until")
    return [Shift(**{name: row[name] for name in names}, days=days_of(row["days"])) for row in rows.mappings()]


async def set_shifts(connection: AsyncConnection, user: str, turns: Iterable[Shift]) -> None:
    """Put these shifts in the place of a person's earlier ones."""
    await connection.execute(delete(shifts).where(shifts.c.user == user))
    rows = [
        {
            "user": user,
            "days": bits_of(turn.days),
            "start": turn.start,
            "end": turn.end,
            "valid_from": turn.valid_from,
            "valid_until": turn.valid_until,
        }
        for turn in turns
    ]
    if rows:
        await connection.execute(insert(shifts), rows)


async def add_check_in(
    connection: AsyncConnection, check_in: CheckIn, latitude: float | None, longitude: float | None
) -> None:
    values = {"user": check_in.user, "at": check_in.at, "until": check_in.until}
    await connection.execute(insert(check_ins).values(**values, latitude=latitude, longitude=longitude))


async def check_in_of(connection: AsyncConnection, user: str, now: datetime) -> CheckIn | None:
    """The check-in of a person that is not over; of several the one that lasts longest."""
    query = select(check_ins.c.at, check_ins.c.until).where(check_ins.c.user == user, check_ins.c.until > now)
    row = (await connection.execute(query.order_by(check_ins.c.until.desc()).limit(1))).first()
    return CheckIn(user=user, at=row.at, until=row.until) if row else None


async def end_check_ins(connection: AsyncConnection, user: str, now: datetime) -> datetime | None:
    """End what a person has checked in for; until when that would have been, None for who was not there."""
    open_ones = (check_ins.c.user == user, check_ins.c.until > now)
    until: datetime | None = (await connection.execute(select(func.max(check_ins.c.until)).where(*open_ones))).scalar()
    await connection.execute(update(check_ins).where(*open_ones).values(until=now))
    return until


async def absences_of(connection: AsyncConnection, user: str, now: datetime) -> list[dict[str, Any]]:
    """A person's absences that are not over, the first to begin first."""
    query = select(absences).where(absences.c.user == user, absences.c.end > now)
    return [dict(row) for row in (await connection.execute(query.order_by(absences.c.start, absences.c.id))).mappings()]


async def add_absence(connection: AsyncConnection, absence: Absence, reason: str) -> int:
    """Add an absence; its number."""
    values = {"user": absence.user, "start": absence.start, "end": absence.end, "stand_in": absence.stand_in}
    statement = insert(absences).values(**values, reason=reason).returning(absences.c.id)
    return int((await connection.execute(statement)).scalar_one())


async def end_absence(connection: AsyncConnection, user: str, absence: int, now: datetime) -> dict[str, Any] | None:
    """End an absence that has begun, forget one that is to come; as it was, None where there is none to end."""
    one = (absences.c.id == absence, absences.c.user == user, absences.c.end > now)
    row = (await connection.execute(select(absences).where(*one))).mappings().first()
    if row is None:
        return None
    later = row["start"] > now
    await connection.execute(delete(absences).where(*one) if later else update(absences).where(*one).values(end=now))
    return dict(row)


async def forget(connection: AsyncConnection, user: str, now: datetime) -> None:
    """Take somebody who left off all rosters."""
    await end_check_ins(connection, user, now)
    await connection.execute(delete(shifts).where(shifts.c.user == user))
    await connection.execute(delete(absences).where(absences.c.user == user, absences.c.start > now))
