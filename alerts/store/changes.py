"""Rows of what people changed in how the centre works: who, what, and how it was before and after. Never secrets.

Each row is sealed to the one before it, so that none can be changed, left out or added later without it showing.
"""

from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.store.incidents import within
from alerts.store.response_schema import changes
from core import seals

ROWS = 500  # read at once
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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
    """Write a change down; one that changed nothing is left out. Writers take turns (`Database.write`), so each finds
    the seal of the one before it."""
    before, after = _settled(change.before), _settled(change.after)
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
    seal = seals.seal(await last_seal(connection), content(values))
    await connection.execute(insert(changes).values(**values, seal=seal))


async def last_seal(connection: AsyncConnection) -> str:
    """That of the newest change; `seals.FIRST` where there is none."""
    query = select(changes.c.seal).order_by(changes.c.id.desc()).limit(1)
    return (await connection.execute(query)).scalar() or seals.FIRST


def content(row: Mapping[str, Any]) -> bytes:
    """What the seal of a change stands for: all but its number, as one line of JSON with its keys in order."""
    micros = (row["at"] - _EPOCH) // timedelta(microseconds=1)
    sealed = [micros, *(row[name] for name in ("user", "area", "what", "which", "before", "after"))]
    return msgspec.json.encode(sealed, order="sorted")


def _settled(value: Any) -> Any:
    """A value as it will be read back: as JSON has it."""
    return msgspec.json.decode(msgspec.json.encode(value))


async def every(connection: AsyncConnection) -> AsyncGenerator[dict[str, Any], None]:
    """All changes, oldest first."""
    stream = await connection.stream(select(changes).order_by(changes.c.id).execution_options(yield_per=ROWS))
    try:
        async for row in stream.mappings():
            yield dict(row)
    finally:
        await stream.close()


async def listed(
    connection: AsyncConnection, area: str, limit: int = 200, what: str = "", before: int | None = None
) -> list[dict[str, Any]]:
    """What was changed of and within an area, newest first; of one sort only, or before the change of that id only."""
    shown = [column for column in changes.c if column.name != "seal"]
    query = select(*shown).where(within(changes.c.area, area)).order_by(changes.c.id.desc()).limit(limit)
    if what:
        query = query.where(changes.c.what == what)
    if before is not None:
        query = query.where(changes.c.id < before)
    return [dict(row) for row in (await connection.execute(query)).mappings()]
