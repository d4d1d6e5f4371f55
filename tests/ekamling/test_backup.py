"""`ekamling backup` and `ekamling restore`: what a centre held is there again, or one line says why not."""

import asyncio
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from alerts.store.database import Database
from alerts.store.schema import incidents, sessions, users
from ekamling.cli import main
from tests.alerts.centre import VILLAGE, Centre
from tests.faults.small_disk import SmallDisk
from tests.messages import an_event

PICTURE = b"\xff\xd8 a picture"


class House:
    """A centre that has seen something, its configuration, and the folder of its backups."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.backups = folder / "backups"
        self.config = folder / "etc" / "centre.toml"
        self.secret = folder / "etc" / "secrets" / "pos-1"
        self.secret.parent.mkdir(parents=True)
        self.secret.write_text("rahasia pos")
        self.configure(self.config, "data")
        asyncio.run(self._live())

    def configure(self, path: Path, data: str, database: str = "") -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        edge = f'[[edges]]\nid = "pos-1"\nname = "Pos"\narea = "{VILLAGE}"\nsecret_file = "{self.secret}"\n'
        path.write_text(f'data = "{self.folder / data}"\ndatabase = "{database}"\n{edge}')
        return path

    def url(self, data: str = "data") -> str:
        return f"sqlite+aiosqlite:///{self.folder}/{data}/centre.sqlite3"

    async def _live(self) -> None:
        (self.folder / "data").mkdir()
        (self.folder / "data" / "answers.key").write_bytes(b"k" * 32)
        database = await Database.open(self.url())
        centre = Centre(database, self.folder / "data")
        await centre.register()
        media = centre.media.store("snapshot", PICTURE)
        await centre.put(an_event(snapshot=media))
        await centre.session("operator")
        await database.close()

    def run(self, capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
        """Exit status, and what was printed: the answer, or the line that says what is wrong."""
        status = main([str(each) for each in arguments])
        printed = capsys.readouterr()
        return status, printed.err if status else printed.out

    def backed_up(self, capsys: pytest.CaptureFixture[str]) -> Path:
        status, _ = self.run(capsys, "backup", self.backups, "--config", self.config)
        assert status == 0
        return max(self.backups.glob("2*"))


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """What `database` says for an empty one of each engine."""
    if request.param == "sqlite":
        yield ""
        return
    server = request.getfixturevalue("postgres_server")
    with server.database() as name:
        yield server.url(name)


async def told(url: str, *queries: Any) -> list[Any]:
    database = await Database.open(url, revision=None)
    try:
        async with database.read() as connection:
            return [(await connection.execute(query)).scalar_one() for query in queries]
    finally:
        await database.close()


def test_a_centre_is_put_back_on_either_engine(
    house: House, empty_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    backup = house.backed_up(capsys)
    config = house.configure(house.folder / "new" / "centre.toml", "new/data", empty_url)
    status, said = house.run(capsys, "restore", backup, "--config", config)
    assert (status, said.count("1 pictures and clips are back")) == (0, 1)
    queries = [select(func.count()).select_from(table) for table in (incidents, users, sessions)]
    assert asyncio.run(told(empty_url or house.url("new/data"), *queries)) == [1, 1, 0]  # all sign in again
    data = house.folder / "new" / "data"
    (picture,) = (data / "media" / "snapshot").glob("*/*")
    assert picture.read_bytes() == PICTURE
    assert (data / "answers.key").read_bytes() == b"k" * 32


def test_a_lost_machine_is_set_up_from_the_backup_alone(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.backed_up(capsys)
    shutil.rmtree(house.folder / "data")
    shutil.rmtree(house.folder / "etc")
    assert house.run(capsys, "restore", house.backups, "--config", house.config)[0] == 0
    assert house.secret.read_text() == "rahasia pos"
    assert asyncio.run(told(house.url(), select(func.count()).select_from(incidents))) == [1]


def test_pictures_are_copied_once_and_go_with_the_last_backup_that_has_them(
    house: House, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = house.backed_up(capsys)
    (picture,) = (house.backups / "media" / "snapshot").glob("*/*")
    written_at = picture.stat().st_mtime_ns
    first.rename(house.backups / "2026-01-01T000000Z")
    second = house.backed_up(capsys)
    assert picture.stat().st_mtime_ns == written_at
    second.rename(house.backups / "2026-01-02T000000Z")
    shutil.rmtree(house.folder / "data" / "media")  # their time was over
    status, said = house.run(capsys, "backup", house.backups, "--config", house.config, "--keep", 1)
    assert (status, said.count("2 old backups removed")) == (0, 1)
    assert len(list(house.backups.glob("2*"))) == 1 and not picture.exists()


def test_a_database_that_holds_something_is_left_alone(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    backup = house.backed_up(capsys)
    status, said = house.run(capsys, "restore", backup, "--config", house.config)
    assert status == 1 and "the database is not empty: nothing was changed" in said


def test_an_interrupted_backup_is_none(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    (house.backups / "2026-01-01T000000Z.partial" / "tables").mkdir(parents=True)
    (house.backups / "2026-01-02T000000Z").mkdir()
    status, said = house.run(capsys, "restore", house.backups, "--config", house.config)
    assert status == 1 and "holds no whole backup" in said
    house.backed_up(capsys)
    assert not list(house.backups.glob("*.partial"))


def test_a_full_disk_is_one_line_and_leaves_no_half_backup(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    disk = SmallDisk(house.backups, megabytes=1)
    disk.open()
    if not disk.mounted:
        pytest.skip("no file system may be mounted here")
    try:
        disk.fill(os.getpid())
        status, said = house.run(capsys, "backup", house.backups, "--config", house.config)
        assert status == 1 and re.fullmatch(r"ekamling: [^\n]*No space left on device[^\n]*\n", said)
        disk.free(os.getpid())
        assert not [each for each in house.backups.rglob("*") if each.is_file() or each.name.endswith(".partial")]
        house.backed_up(capsys)
    finally:
        disk.close()


@pytest.mark.parametrize(
    "name", ["tables/incidents.jsonl.gz", "media.txt.gz", "keys/answers.key", "config/centre.toml"]
)
def test_a_damaged_backup_is_refused_and_changes_nothing(
    house: House, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    backup = house.backed_up(capsys)
    content = bytearray((backup / name).read_bytes())
    content[len(content) // 2] ^= 1
    (backup / name).write_bytes(content)
    config = house.configure(house.folder / "new" / "centre.toml", "new/data")
    status, said = house.run(capsys, "restore", backup, "--config", config)
    assert status == 1 and f"{name}: is damaged" in said
    assert not (house.folder / "new" / "data" / "centre.sqlite3").exists()


def test_a_picture_that_is_gone_from_the_backup_is_named(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    backup = house.backed_up(capsys)
    (picture,) = (house.backups / "media" / "snapshot").glob("*/*")
    picture.unlink()
    config = house.configure(house.folder / "new" / "centre.toml", "new/data")
    status, said = house.run(capsys, "restore", backup, "--config", config)
    assert status == 1 and f"{picture}: is damaged or gone" in said


def test_a_backup_of_a_newer_version_is_refused(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    backup = house.backed_up(capsys)
    manifest = json.loads((backup / "manifest.json").read_text())
    (backup / "manifest.json").write_text(json.dumps({**manifest, "version": "9.0", "revision": "9999"}))
    config = house.configure(house.folder / "new" / "centre.toml", "new/data")
    status, said = house.run(capsys, "restore", backup, "--config", config)
    assert status == 1 and "the backup is of E-Kamling 9.0" in said
    assert asyncio.run(told(house.url("new/data"), text("SELECT count(*) FROM sqlite_master"))) == [0]


def test_a_backup_of_an_older_version_is_brought_up_to_date(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    old = house.configure(house.folder / "old" / "centre.toml", "old/data")
    (house.folder / "old" / "data").mkdir()

    async def last_year() -> None:
        database = await Database.open(house.url("old/data"), revision="0004")
        async with database.write() as connection:
            await connection.execute(text("INSERT INTO counters (name, value) VALUES ('events', 7)"))
        await database.close()

    asyncio.run(last_year())
    assert house.run(capsys, "backup", house.backups, "--config", old)[0] == 0
    new = house.configure(house.folder / "new" / "centre.toml", "new/data")
    assert house.run(capsys, "restore", house.backups, "--config", new)[0] == 0
    value, now = "SELECT value FROM counters", "SELECT version_num FROM alembic_version"
    (today,) = asyncio.run(told(house.url(), text(now)))
    assert asyncio.run(told(house.url("new/data"), text(value), text(now))) == [7, today]


def test_a_centre_that_never_ran_has_nothing_to_back_up(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    config = house.configure(house.folder / "new" / "centre.toml", "new/data")
    status, said = house.run(capsys, "backup", house.backups, "--config", config)
    assert status == 1 and "there is nothing to back up" in said
    assert not (house.folder / "new" / "data").exists() and not list(house.backups.glob("2*"))
