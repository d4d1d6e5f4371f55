"""Days of incidents, packed once and kept: what figures of a month are put together from.

`hour_changes` counts every change that could alter the figures of an hour. The database itself does that, by triggers
of migration 0007: whoever changes a row, the count goes up in the same transaction. A kept day says at which count each
of its hours was made, and where an hour has changed since only that hour is counted anew. It can be thrown away at any
time.
"""

from collections.abc import Collection, Iterator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.reporting.days import BETWEEN, FORM, HOURS, Day, Writer
from alerts.reporting.period import Period
from alerts.store.database import upsert
from alerts.store.duty import AT_CONSOLES
from alerts.store.figures import micros, pages, taken_at
from alerts.store.response_schema import day_sums, hour_changes, notifications
from alerts.store.schema import incidents

_HOUR_S = 3600
_WIB_HOURS = 7


async def changes(connection: AsyncConnection, period: Period) -> dict[int, int]:
    """The count of changes of each day of a period that has incidents, by the number of the day."""
    day = (hour_changes.c.hour + _WIB_HOURS) // HOURS
    first, last = _slots(period.first_number).start, _slots(period.last_number).stop - 1
    total = func.sum(hour_changes.c.changes)
    query = select(day, total).where(hour_changes.c.hour.between(first, last)).group_by(day).order_by(day)
    return {number: int(count) for number, count in await connection.execute(query)}


async def hours(connection: AsyncConnection, days: Collection[int]) -> dict[int, dict[int, int]]:
    """The count of changes of each hour of some days that has incidents, by the number of the day and that of the hour
    since 1970 UTC."""
    day = ((hour_changes.c.hour + _WIB_HOURS) // HOURS).label("day")
    first, last = _slots(min(days)).start, _slots(max(days)).stop - 1
    query = select(day, hour_changes).where(hour_changes.c.hour.between(first, last), day.in_(days)).order_by(day)
    found: dict[int, dict[int, int]] = {}
    for number, hour, count in await connection.execute(query):
        found.setdefault(number, {})[hour] = count
    return found


async def kept(connection: AsyncConnection, days: Collection[int]) -> dict[int, bytes]:
    """Days as they were kept last, by their number."""
    query = select(day_sums.c.day, day_sums.c.content).where(day_sums.c.day.in_(days), day_sums.c.form == FORM)
    return {day: content for day, content in await connection.execute(query)}


async def keep(connection: AsyncConnection, day: int, count: int, content: bytes) -> None:
    values = {"day": day, "changes": count, "form": FORM, "content": content}
    await connection.execute(upsert(connection, day_sums, ["day"], values))


async def counted(connection: AsyncConnection, slots: Collection[int]) -> Day:
    """Some hours, from their incidents."""
    row, writer = incidents.c, Writer()
    later = (row.verified_at, row.dispatched_at, row.on_scene_at, row.closed_at)
    query = select(
        *(_place(), _way(), row.event_count, micros(row.opened_at), micros(row.received_at)),
        *(taken_at(), *(micros(at) for at in later)),
    ).where(_within(slots))
    async with aclosing(pages(connection, query)) as stream:
        async for page in stream:
            writer.add(page)
    told = notifications.c
    telling = (
        select(row.area, micros(row.received_at), told.user, func.min(micros(told.sent_at)))
        .join(incidents, row.id == told.incident)
        .where(
            *(_within(slots), told.action == "trigger"),
            *(told.role.in_(sorted(AT_CONSOLES)), told.sent_at.is_not(None)),
        )
        .group_by(row.area, row.received_at, told.user, told.incident)
    )
    async with aclosing(pages(connection, telling)) as stream:
        async for page in stream:
            writer.tell(page)
    return writer.day()


def _slots(day: int) -> range:
    """The hours, since 1970 UTC, of a day in WIB."""
    first = day * HOURS - _WIB_HOURS
    return range(first, first + HOURS)


def _within(slots: Collection[int]) -> ColumnElement[bool]:
    """SQL: received in one of these hours."""
    return or_(*(_received(first, last) for first, last in _spells(slots)))


def _received(first: int, last: int) -> ColumnElement[bool]:
    start, end = (datetime.fromtimestamp(slot * _HOUR_S, UTC) for slot in (first, last + 1))
    return and_(incidents.c.received_at >= start, incidents.c.received_at < end)


def _spells(slots: Collection[int]) -> Iterator[tuple[int, int]]:
    """Hours that follow one another, as the first and the last of them."""
    ordered = sorted(slots)
    first = ordered[0]
    for slot, following in zip(ordered, [*ordered[1:], None], strict=True):
        if following != slot + 1:
            yield first, slot
            first = following or 0


def _place() -> ColumnElement[str]:
    """SQL: the name of an incident's place, as `alerts.reporting.days.Place` has it."""
    row = incidents.c
    return _joined(row.area, row.edge, row.camera, row.rule)


def _way() -> ColumnElement[str]:
    """SQL: the name of what an incident was, as `alerts.reporting.days.Way` has it."""
    row = incidents.c
    texts = (row.agency, row.kind, row.family, cast(row.severity, String), row.state, func.coalesce(row.resolution, ""))
    return _joined(*texts, *(case((truth, "1"), else_="0") for truth in (row.test, row.quiet.is_not(None))))


def _joined(*texts: ColumnElement[Any]) -> ColumnElement[str]:
    found = texts[0]
    for text in texts[1:]:
        found = found + BETWEEN + text
    return found
