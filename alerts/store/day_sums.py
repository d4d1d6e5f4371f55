"""Days of incidents, packed once and kept: what figures of a month are put together from.

`day_changes` counts every change that could alter a day's figures. The database itself does that, by triggers of
migration 0005: whoever changes a row, the count goes up in the same transaction. A kept day says at which count it was
made, and holds for as long as that is the count; it can be thrown away at any time.
"""

from contextlib import aclosing

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.reporting.days import FORM, NEVER, Sheet, Writer
from alerts.reporting.period import Period
from alerts.store.database import upsert
from alerts.store.duty import AT_CONSOLES
from alerts.store.figures import in_period, micros, pages, taken_at
from alerts.store.response_schema import day_changes, day_sums, notifications
from alerts.store.schema import incidents


async def changes(connection: AsyncConnection, period: Period) -> dict[int, int]:
    """The count of changes of each day of a period that has incidents, by the number of the day."""
    query = select(day_changes).where(day_changes.c.day.between(period.first_number, period.last_number))
    return {day: count for day, count in await connection.execute(query.order_by(day_changes.c.day))}


async def kept(connection: AsyncConnection, day: int, count: int) -> bytes | None:
    """The day as it was kept at that count of changes; None where it was not, or has changed since."""
    query = select(day_sums.c.content).where(
        day_sums.c.day == day, day_sums.c.changes == count, day_sums.c.form == FORM
    )
    return (await connection.execute(query)).scalar_one_or_none()


async def keep(connection: AsyncConnection, day: int, count: int, content: bytes) -> None:
    values = {"day": day, "changes": count, "form": FORM, "content": content}
    await connection.execute(upsert(connection, day_sums, ["day"], values))


async def counted(connection: AsyncConnection, day: Period) -> Sheet:
    """A day, from its incidents."""
    row, writer = incidents.c, Writer()
    later = (micros(row.verified_at), micros(row.dispatched_at), micros(row.on_scene_at), micros(row.closed_at))
    query = select(
        *(row.area, row.edge, row.camera, row.rule, row.agency, row.kind, row.family, row.severity, row.state),
        *(func.coalesce(row.resolution, ""), row.test, row.quiet.is_not(None), row.event_count, micros(row.opened_at)),
        *(micros(row.received_at), *(func.coalesce(at, NEVER) for at in (taken_at(), *later))),
    ).where(in_period(row.received_at, day))
    async with aclosing(pages(connection, query)) as stream:
        async for page in stream:
            writer.add(page)
    told = notifications.c
    telling = (
        select(row.area, told.user, func.min(micros(told.sent_at)))
        .join(incidents, row.id == told.incident)
        .where(
            *(in_period(row.received_at, day), told.action == "trigger"),
            *(told.role.in_(sorted(AT_CONSOLES)), told.sent_at.is_not(None)),
        )
        .group_by(row.area, told.user, told.incident)
    )
    async with aclosing(pages(connection, telling)) as stream:
        async for page in stream:
            writer.tell(page)
    return writer.sheet()
