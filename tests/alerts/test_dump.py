"""A database as lines: whatever its rows hold comes back the same, on the same engine and on the other one."""

import asyncio
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Column, Table, insert, null, select

from alerts.store import dump
from alerts.store.database import Database
from alerts.store.response_schema import contacts
from alerts.store.schema import users
from core.errors import StorageError
from tests import postgres
from tests.messages import AT

ROWS = 3
VALUES: dict[type, tuple[Any, ...]] = {
    str: ("Pos Ronda \u201cMelati\u201d", "", "line\nline \\ \U0001f6a8"),
    int: (0, -1, 2**62),
    float: (0.1, -7.388, 1e-300),
    bool: (True, False, True),
    bytes: (b"", b"\x00\xff", bytes(range(256))),
    date: (date(2026, 11, 23), date(1970, 1, 1), date(2099, 12, 31)),
    time: (time(22, 0), time(0, 0), time(23, 59, 59)),
}
DOCUMENTS: tuple[Any, ...] = ({"a": [1, None, 0.25, "é"]}, JSON.NULL, [])


@pytest.fixture(params=["sqlite", "postgresql"])
def other_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of an empty database, of each engine."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/other.sqlite3"
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    with server.database() as name:
        yield server.url(name)


def a_value(column: Column[Any], number: int) -> Any:
    """A value of the column's type; a key gets what makes it unlike the other rows'."""
    if isinstance(column.type, JSON):
        return DOCUMENTS[number]
    if column.primary_key or column.foreign_keys or column.unique:
        return number + 1 if column.type.python_type is int else f"{column.name[:4]}-{number}"
    if column.nullable and number == 1:
        return None
    return VALUES[column.type.python_type][number]


def a_row(table: Table, number: int) -> dict[str, Any]:
    row = {column.name: a_value(column, number) for column in table.c}
    for foreign in table.foreign_keys:
        target = foreign.column
        row[foreign.parent.name] = a_value(target, number)
    for name, value in row.items():
        if isinstance(value, str):
            row[name] = value[: getattr(table.c[name].type, "length", None)]
    return row


async def filled(database: Database) -> None:
    """Three rows of everything."""
    async with database.write() as connection:
        for table in await dump.tables(connection):
            await connection.execute(table.delete())
            small = {column.name for column in table.c if str(column.type) == "INTEGER"}
            for number in range(ROWS):
                row = a_row(table, number)
                row.update({name: value % 1000 for name, value in row.items() if name in small and value is not None})
                await connection.execute(insert(table).values(row))


async def written(database: Database) -> dict[str, list[bytes]]:
    async with database.read() as connection:
        return {
            each.name: [line async for line in dump.lines(connection, each)] for each in await dump.tables(connection)
        }


async def test_everything_comes_back_the_same(database: Database, other_url: str) -> None:
    await filled(database)
    before = await written(database)
    assert len(before) >= 30 and {len(lines) for lines in before.values()} == {ROWS}
    other = await Database.open(other_url)
    try:
        async with other.write() as connection:
            for table in await dump.tables(connection):
                assert await dump.load(connection, table, before[table.name]) == ROWS
        assert await written(other) == before
    finally:
        await other.close()


async def test_new_rows_are_numbered_after_the_old_ones(database: Database) -> None:
    await filled(database)
    before = await written(database)
    async with database.write() as connection:
        for table in reversed(await dump.tables(connection)):
            await connection.execute(table.delete())
        for table in await dump.tables(connection):
            await dump.load(connection, table, before[table.name])
        user = (await connection.execute(select(users.c.name).limit(1))).scalar_one()
        values = {"user": user, "channel": "sms", "address": "x", "position": 0, "added_at": AT, "gone_at": null()}
        await connection.execute(insert(contacts).values(values))
        assert (await connection.execute(select(contacts.c.id).order_by(contacts.c.id))).scalars().all() == [1, 2, 3, 4]


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"no_such_column": 1}', b'{"name": 1'])
async def test_a_line_that_is_no_row_is_named(database: Database, line: bytes) -> None:
    async with database.write() as connection:
        table = next(each for each in await dump.tables(connection) if each.name == "counters")
        with pytest.raises(StorageError, match="table counters, row 2 of the backup cannot be read"):
            await dump.load(connection, table, [b'{"name":"a","value":1}', line])


def test_sessions_and_links_are_left_out(sqlite_template: Path) -> None:
    async def names() -> set[str]:
        database = await Database.open(f"sqlite+aiosqlite:///{sqlite_template}", revision=None)
        try:
            async with database.read() as connection:
                return {table.name for table in await dump.tables(connection)}
        finally:
            await database.close()

    found = asyncio.run(names())
    assert "users" in found and not found & dump.FORGOTTEN
