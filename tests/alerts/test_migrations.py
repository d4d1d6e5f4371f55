"""Migrations bring an empty database to exactly the schema that the code works with, and back."""

import asyncio
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, select, text

from alerts.store import schema
from alerts.store.database import MIGRATIONS, Database

A_CAMERA = """
    INSERT INTO cameras (edge, id, name, area, state, reason, fps, counts)
    VALUES ('pos-1', 'gerbang', 'Gerbang', '33.03', 'ok', '', 5, '{}')
"""


def differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_server_default": True})
    return list(compare_metadata(context, schema.metadata))


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def downgrade(connection: Connection, revision: str = "base") -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.downgrade(config, revision)


async def test_an_empty_database_is_brought_to_the_schema(empty_database_url: str) -> None:
    database = await Database.open(empty_database_url)
    async with database.read() as connection:
        assert await connection.run_sync(differences) == []
        assert await connection.run_sync(tables) == {*schema.metadata.tables, "alembic_version"}
    await database.close()


async def test_a_downgrade_leaves_nothing_and_can_be_undone(empty_database_url: str) -> None:
    database = await Database.open(empty_database_url)
    async with database.write() as connection:
        await connection.run_sync(downgrade)
        assert await connection.run_sync(tables) == {"alembic_version"}
    await database.close()
    database = await Database.open(empty_database_url)
    async with database.read() as connection:
        assert await connection.run_sync(differences) == []
    await database.close()


async def test_rows_of_the_first_version_are_kept(empty_database_url: str) -> None:
    database = await Database.open(empty_database_url)
    async with database.write() as connection:
        await connection.run_sync(downgrade, "0001")
        await connection.execute(text(A_CAMERA))
    await database.close()
    database = await Database.open(empty_database_url)
    async with database.read() as connection:
        assert await connection.run_sync(differences) == []
        (row,) = (await connection.execute(select(schema.cameras))).mappings()
        assert (row["name"], row["group"], row["mode"], row["troubles"]) == ("Gerbang", "", "", None)
    await database.close()


async def test_replicas_that_start_at_once_do_not_migrate_twice(empty_database_url: str) -> None:
    replicas = await asyncio.gather(*(Database.open(empty_database_url) for _ in range(4)))
    for replica in replicas:
        await replica.close()


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_numbers_of_the_feed_never_come_again_in_sqlite(database: Database) -> None:
    async with database.read() as connection:
        query = text("SELECT sql FROM sqlite_master WHERE name = 'feed'")
        assert "AUTOINCREMENT" in (await connection.execute(query)).scalar_one()
