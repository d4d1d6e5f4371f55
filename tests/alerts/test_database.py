"""Reading and writing: consistent, all or nothing, one writer at a time, and clear when it fails."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, insert, select, text
from sqlalchemy.dialects.sqlite import dialect

from alerts.cases.incident import State
from alerts.store import feed, fleet, incidents, schema
from alerts.store.database import Database
from core.errors import StorageError
from tests.messages import AT


async def number(database: Database, name: str) -> int:
    async with database.read() as connection:
        return (await fleet.counts(connection)).get(name, 0)


async def test_what_was_written_is_there_and_what_failed_is_not(database: Database) -> None:
    async with database.write() as connection:
        await fleet.count(connection, "kept", 2)
    with pytest.raises(ZeroDivisionError):
        async with database.write() as connection:
            await fleet.count(connection, "undone", 1)
            _ = 1 // 0
    assert (await number(database, "kept"), await number(database, "undone")) == (2, 0)


async def test_a_reader_sees_one_state_however_long_it_looks(database: Database) -> None:
    async with database.read() as connection:
        before = await fleet.counts(connection)
        async with database.write() as other:
            await fleet.count(other, "meanwhile", 1)
        assert await fleet.counts(connection) == before
    assert await number(database, "meanwhile") == 1


async def test_writers_of_several_processes_lose_nothing(database: Database, database_url: str) -> None:
    async def add(writer: Database) -> None:
        for _ in range(10):
            async with writer.write() as connection:
                known = (await fleet.counts(connection)).get("sum", 0)
                await asyncio.sleep(0)
                await fleet.count(connection, "sum", 1)
                assert (await fleet.counts(connection))["sum"] == known + 1

    others = [await Database.open(database_url) for _ in range(3)]  # as other processes have them
    await asyncio.gather(*(add(writer) for writer in (database, *others)))
    assert await number(database, "sum") == 40
    for other in others:
        await other.close()


async def test_numbers_of_the_feed_become_visible_in_their_order(database: Database, database_url: str) -> None:
    async def write(writer: Database) -> None:
        for _ in range(10):
            async with writer.write() as connection:
                await feed.append(connection, AT, "incident", "33.03", {})
                await asyncio.sleep(0)
                await feed.append(connection, AT, "incident", "33.03", {})

    async def look(seen: list[int]) -> None:
        while len(seen) < 80:
            async with database.read() as connection:
                after = seen[-1] if seen else 0
                seen += [entry[0] for entry in await feed.since(connection, after, "33", 1000)]

    other, seen = await Database.open(database_url), list[int]()
    await asyncio.gather(write(database), write(other), write(database), write(other), look(seen))
    async with database.read() as connection:
        stored = [entry[0] for entry in await feed.since(connection, 0, "33", 1000)]
    assert seen == stored  # nothing appeared behind the reader's back
    await other.close()


async def test_a_database_that_cannot_be_opened_is_named_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"no-such/centre\.sqlite3: the database cannot be used: [^\n]+\Z"):
        await Database.open(f"sqlite+aiosqlite:///{tmp_path}/no-such/centre.sqlite3")
    with pytest.raises(StorageError, match=r"127\.0\.0\.1:1/x: the database cannot be used") as failed:
        await Database.open("postgresql+psycopg://kamling:secret@127.0.0.1:1/x")
    assert "secret" not in str(failed.value) and "\n" not in str(failed.value)


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "centre.sqlite3").write_bytes(b"not a database" * 100)
    with pytest.raises(StorageError, match=r"centre\.sqlite3: the database cannot be used: file is not a database\Z"):
        await Database.open(f"sqlite+aiosqlite:///{tmp_path}/centre.sqlite3")


async def test_readers_of_a_file_do_not_wait_for_its_writer(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/centre.sqlite3")
    async with database.read() as connection:
        assert (await connection.execute(text("PRAGMA journal_mode"))).scalar() == "wal"
        assert (await connection.execute(text("PRAGMA synchronous"))).scalar() == 2  # FULL: a commit is on the disk
    await database.close()


async def test_a_failure_of_the_engine_is_one_line(database: Database) -> None:
    with pytest.raises(StorageError, match=r"^[^\n]+: the database cannot be used: [^\n]+\Z"):
        async with database.write() as connection:
            for _ in range(2):
                await connection.execute(insert(schema.counters).values(name="twice", value=1))
    assert await number(database, "twice") == 0


@given(st.datetimes(timezones=st.timezones()).filter(lambda moment: 1 < moment.year < 9999))
def test_a_time_is_stored_exactly_to_the_microsecond(moment: datetime) -> None:
    column = schema.Time()
    stored = column.process_bind_param(moment, dialect())
    assert isinstance(stored, int)
    found = column.process_result_value(stored, dialect())
    assert found is not None and found.tzinfo is UTC
    assert found - moment == timedelta(0)


async def test_times_sort_as_they_passed_on_every_engine(database: Database) -> None:
    moments = [AT - timedelta(days=365 * 100), AT, AT + timedelta(microseconds=1), AT + timedelta(days=365 * 100)]
    async with database.write() as connection:
        for moment in reversed(moments):
            await feed.append(connection, moment, "incident", "33.03", {})
    async with database.read() as connection:
        query = select(schema.feed.c.at).order_by(schema.feed.c.at)
        assert list((await connection.execute(query)).scalars()) == moments


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_the_last_closed_incidents_are_found_without_sorting_all_others(database: Database) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        asked.append((statement, values))

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    async with database.read() as connection:
        await incidents.listed(connection, "33.03", (State.CLOSED,), 200)
        (statement, values) = next(each for each in asked if "FROM incidents" in each[0])
        plan = [str(row) for row in await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
    assert [step for step in plan if "incidents_by_closing" in step]
    assert not [step for step in plan if "TEMP B-TREE" in step]
