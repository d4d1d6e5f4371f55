"""The connection to the database, SQLite or PostgreSQL, and the one way to change it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Table, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from core.errors import StorageError

MIGRATIONS = Path(__file__).parent / "migrations"
WRITERS_LOCK = 0x656B616D  # any fixed number of ours; see `write`
FILE_TRIES, FILE_RETRY_S = 100, 0.1


class Database:
    """Opened with `open`; `read` and `write` give connections. Failures of the engine become StorageError."""

    def __init__(self, engine: AsyncEngine, place: str) -> None:
        self.engine = engine
        self._place = place
        self._sqlite = engine.dialect.name == "sqlite"
        self._turn = asyncio.Lock()

    @classmethod
    async def open(cls, url: str, revision: str | None = "head") -> "Database":
        """Connect to `url` (sqlite+aiosqlite:///… or postgresql+psycopg://…) and bring its tables up to date, or to a
        `revision`; with None they stay as they are."""
        engine = create_async_engine(url, pool_pre_ping=not url.startswith("sqlite"))
        if engine.dialect.name == "sqlite":
            event.listen(engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(engine.sync_engine, "begin", _begin_sqlite)
        database = cls(engine, engine.url.render_as_string(hide_password=True))
        try:
            if database._sqlite:
                with _as_storage_error(database._place):
                    await _make_file(engine.url.database or "")
            if revision:
                async with database.write() as connection:  # whoever opens it at the same time waits for its turn
                    await connection.run_sync(migrate, revision)
        except BaseException:
            await database.close()
            raise
        return database

    async def close(self) -> None:
        await self.engine.dispose()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees one consistent state and changes nothing."""
        with _as_storage_error(self._place):
            async with self.engine.connect() as connection:
                if not self._sqlite:
                    await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction, committed on return and undone on any exception.

        Writers take turns: in SQLite by `BEGIN IMMEDIATE`, in PostgreSQL by one advisory lock. So the numbers of the
        feed become visible in their order (a reader that has seen 7 will never find a later 6), and two events cannot
        open two incidents. Batches keep the rate high. Writers of one process queue before they come to the database:
        it would let them in without order, and SQLite makes each of them ask again and again.
        """
        with _as_storage_error(self._place):
            async with self._turn, self.engine.connect() as connection:
                if self._sqlite:
                    await connection.execution_options(ekamling_write=True)
                async with connection.begin():
                    if not self._sqlite:
                        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": WRITERS_LOCK})
                    yield connection


@contextmanager
def _as_storage_error(place: str) -> Iterator[None]:
    """Turn the engine's exceptions into one line that names the database."""
    try:
        yield
    except DBAPIError as error:
        raise StorageError(f"{place}: the database cannot be used: {_first_line(error.orig)}") from error
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise StorageError(f"{place}: the database cannot be used: {_first_line(error)}") from error


def _first_line(error: BaseException | None) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def upsert(connection: AsyncConnection, table: Table, key: list[str], values: dict[str, Any]) -> Any:
    """The statement that inserts a row, or changes the one that has its key."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    changes = {name: value for name, value in values.items() if name not in key}
    return dialect.insert(table).values(values).on_conflict_do_update(index_elements=key, set_=changes)


async def upsert_all(connection: AsyncConnection, table: Table, key: list[str], rows: list[dict[str, Any]]) -> None:
    """The same for any number of rows; all must have the same columns."""
    if rows:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(table)
        changes = {name: statement.excluded[name] for name in rows[0] if name not in key}
        await connection.execute(statement.on_conflict_do_update(index_elements=key, set_=changes), rows)


def migrate(connection: Connection, revision: str = "head") -> None:
    """Bring the tables to a schema (today's), from any earlier one, within the transaction that the caller began."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


async def _make_file(path: str) -> None:
    """Make SQLite's file, in the mode that lets readers and a writer work at once; the file keeps it.

    Not through aiosqlite, whose thread writes a traceback of its own where there can be no file. And not by every
    connection: while others use the file SQLite refuses to change the mode at once, without waiting.
    """
    for tries_left in reversed(range(FILE_TRIES)):
        try:
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if not tries_left or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
        await asyncio.sleep(FILE_RETRY_S)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by us, below
    cursor = connection.cursor()
    for pragma in ("busy_timeout=10000", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("ekamling_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
