"""All rows of a database as lines of JSON, and back: what SQLite wrote PostgreSQL reads, and the other way round.

One object a row; a column that is NULL is left out. JSON columns stand as they are stored, times as the integers that
the schema keeps, bytes in base64.
"""

import base64
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from datetime import date, time
from itertools import chain, islice
from typing import Any, Final

import msgspec
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    MetaData,
    Select,
    Table,
    Text,
    cast,
    column,
    delete,
    insert,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import StorageError

FORGOTTEN: Final = frozenset({"sessions", "links", "sso_tries"})  # whoever was signed in signs in again
DERIVED: Final = frozenset({"day_sums", "hour_changes"})  # are worked out again, and kept by triggers
REVISIONS: Final = "alembic_version"
LEFT_OUT: Final = FORGOTTEN | DERIVED | {REVISIONS}
ROWS = 500  # read, and written, at once

_READ: dict[type, Callable[[Any], Any]] = {
    bytes: base64.b64decode,
    date: date.fromisoformat,
    time: time.fromisoformat,
}


async def tables(connection: AsyncConnection) -> list[Table]:
    """The tables that are kept, as the database has them, those that others refer to first."""
    return await connection.run_sync(_reflected)


async def revision(connection: AsyncConnection) -> str:
    """The schema's version."""
    query = select(column("version_num", Text)).select_from(text(REVISIONS))
    return str((await connection.execute(query)).scalar_one())


async def is_empty(connection: AsyncConnection) -> bool:
    """Whether a database has no tables at all."""
    return not await connection.run_sync(lambda sync: _metadata(sync).tables)


async def lines(connection: AsyncConnection, table: Table) -> AsyncGenerator[bytes, None]:
    """Each row of a table, in the order of its key."""
    stream = await connection.stream(_raw(table).execution_options(yield_per=ROWS))
    async for row in stream.mappings():
        content = {name: _written(value, table.c[name]) for name, value in row.items() if value is not None}
        yield msgspec.json.encode(content) + b"\n"


async def load(connection: AsyncConnection, table: Table, rows: Iterable[bytes]) -> int:
    """Put rows into a table in place of what it holds; returns their number. StorageError for a line that is no row."""
    await connection.execute(delete(table))
    count = 0
    for some in _batches(rows):
        content = [_row(line, table, count + number) for number, line in enumerate(some, 1)]
        await connection.execute(insert(table), content)
        count += len(content)
    await _count_on(connection, table)
    return count


def _batches(rows: Iterable[bytes]) -> Iterator[list[bytes]]:
    left = iter(rows)
    while some := list(islice(left, ROWS)):
        yield some


def _metadata(connection: Connection) -> MetaData:
    metadata = MetaData()
    metadata.reflect(connection)
    return metadata


def _reflected(connection: Connection) -> list[Table]:
    found = [table for table in _metadata(connection).sorted_tables if table.name not in LEFT_OUT]
    for each in chain.from_iterable(table.c for table in found):
        if isinstance(each.type, JSON):
            each.type = JSON(none_as_null=True)  # JSON's null and no value at all are two things
    return found


def _raw(table: Table) -> Select[Any]:
    wanted = [cast(each, Text).label(each.name) if isinstance(each.type, JSON) else each for each in table.c]
    return select(*wanted).order_by(*table.primary_key.columns)


def _written(value: Any, column: Column[Any]) -> Any:
    if isinstance(column.type, JSON):
        return msgspec.Raw(value.encode())
    return value  # msgspec writes bytes as base64, and dates and times as ISO 8601


def _row(line: bytes, table: Table, number: int) -> dict[str, Any]:
    try:
        given = msgspec.json.decode(line, type=dict[str, Any])
        unknown = given.keys() - table.c.keys()
        if unknown:
            raise ValueError(f"has no column {min(unknown)}")
        return {column.name: _value(given, column) for column in table.c}
    except (ValueError, msgspec.MsgspecError) as error:
        raise StorageError(f"table {table.name}, row {number} of the backup cannot be read: {error}") from error


def _value(given: dict[str, Any], column: Column[Any]) -> Any:
    if column.name not in given:
        return None
    value = given[column.name]
    if isinstance(column.type, JSON):
        return JSON.NULL if value is None else value
    return _READ.get(column.type.python_type, lambda each: each)(value)


async def _count_on(connection: AsyncConnection, table: Table) -> None:
    """Let PostgreSQL number new rows after the last of these, as SQLite does by itself."""
    if connection.dialect.name != "postgresql":
        return
    for key in table.primary_key.columns:
        sequence = await connection.scalar(
            text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": f'"{table.name}"', "column": key.name}
        )
        last = await connection.scalar(select(key).order_by(key.desc()).limit(1)) if sequence else None
        if last is not None:
            await connection.execute(text("SELECT setval(:sequence, :last)"), {"sequence": sequence, "last": last})
