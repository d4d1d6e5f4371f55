"""The centre's database in tests: a fresh one for each, SQLite and a real PostgreSQL."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from alerts.store.database import Database
from tests import postgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    with postgres.server() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: postgres.Server) -> Iterator[str]:
    """Name of a database whose tables are up to date, to be copied."""

    async def bring_up_to_date() -> None:
        await (await Database.open(postgres_server.url(name))).close()

    with postgres_server.database() as name:
        asyncio.run(bring_up_to_date())
        yield name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file whose tables are up to date, to be copied."""
    path = tmp_path_factory.mktemp("template") / "centre.sqlite3"

    async def bring_up_to_date() -> None:
        await (await Database.open(f"sqlite+aiosqlite:///{path}")).close()

    asyncio.run(bring_up_to_date())
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty_database_url(engine_name: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of a database without any table, on each engine."""
    if engine_name == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/centre.sqlite3"
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    with server.database() as name:
        yield server.url(name)


@pytest.fixture
def database_url(engine_name: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of a fresh database, on each engine."""
    if engine_name == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "centre.sqlite3")
        yield f"sqlite+aiosqlite:///{tmp_path}/centre.sqlite3"
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    with server.database(request.getfixturevalue("postgres_template")) as name:
        yield server.url(name)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The centre's database, on each engine."""
    database = await Database.open(database_url)
    yield database
    await database.close()
