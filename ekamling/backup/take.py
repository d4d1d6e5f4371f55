"""Taking a backup of a centre while it runs."""

import asyncio
import gzip
import os
import shutil
from collections.abc import AsyncGenerator, Callable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import msgspec
from sqlalchemy import make_url

from alerts.store import dump
from alerts.store.database import Database
from core.clock import Clock
from core.errors import StorageError
from core.files import make_folder, sync_folder, write_durably
from ekamling.backup import vault
from ekamling.backup.vault import FORM, MANIFEST, MEDIA_LIST, PARTIAL, STAMP, Manifest, disk
from ekamling.settings import CentreSettings
from ingest.media import SUFFIX

NOTHING = (
    "the database holds no tables: there is nothing to back up; look at `data` and `database` in the configuration"
)

Say = Callable[[str], None]


def take(settings: CentreSettings, config: Path, backups: Path, clock: Clock, say: Say) -> tuple[Path, Manifest]:
    """Take one backup; returns its folder. StorageError where something cannot be read or written: then there is none.

    The database is read in one transaction, so it is of one moment, and nobody waits for it. Pictures and clips are
    copied after that: all that the rows name are among them, unless their time was over meanwhile.
    """
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        raise StorageError(NOTHING)  # opening it would make an empty one
    now = clock.now()
    folder = backups / now.strftime(STAMP)
    partial = backups / f"{folder.name}{PARTIAL}"
    with disk(backups):
        if folder.exists():
            raise StorageError(f"{folder}: is there already; try again in a second")
        for left_over in backups.glob(f"*{PARTIAL}"):
            shutil.rmtree(left_over)
        try:
            manifest = _written_into(partial, settings, config, now, say)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)  # it may be the very thing that fills the disk
            raise
        partial.rename(folder)
        sync_folder(backups)
    return folder, manifest


def _written_into(folder: Path, settings: CentreSettings, config: Path, now: datetime, say: Say) -> Manifest:
    """Write a whole backup into a folder; what it holds."""
    for name in ("tables", "keys", "config"):
        (folder / name).mkdir(parents=True)
    revision, counts = asyncio.run(_rows(settings, folder / "tables", say))
    copied = _media(Path(settings.data) / "media", folder.parent / "media", folder / MEDIA_LIST, say)
    _secrets(settings, config, folder)
    files = sorted(each for each in folder.rglob("*") if each.is_file())
    for path in files:
        _sync(path)
    manifest = Manifest(
        form=FORM,
        at=now,
        version=version("ekamling"),
        revision=revision,
        tables=counts,
        media=copied,
        files={str(path.relative_to(folder)): vault.sha256(path) for path in files},
    )
    write_durably(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
    return manifest


async def _rows(settings: CentreSettings, folder: Path, say: Say) -> tuple[str, dict[str, int]]:
    """Write the tables; returns the schema's revision, and how many rows each has."""
    database = await Database.open(settings.database_url, revision=None)
    counts = {}
    try:
        async with database.read() as connection:
            if await dump.is_empty(connection):
                raise StorageError(
                    "the database holds no tables: there is nothing to back up; look at the configuration"
                )
            for table in await dump.tables(connection):
                path = folder / f"{table.name}.jsonl.gz"
                counts[table.name] = await _written(path, dump.lines(connection, table))
                say(f"{table.name}: {counts[table.name]} rows")
            return await dump.revision(connection), counts
    finally:
        await database.close()


async def _written(path: Path, rows: AsyncGenerator[bytes, None]) -> int:
    count = 0
    with gzip.open(path, "wb", compresslevel=5) as file:
        async for line in rows:
            file.write(line)
            count += 1
    return count


def _media(source: Path, target: Path, names: Path, say: Say) -> int:
    """Copy what is not there yet, and write down all; returns how many there are."""
    found = [path for kind in SUFFIX for path in sorted((source / kind).glob("*/*"))]
    fresh = 0
    with gzip.open(names, "wt", encoding="ascii") as file:
        for number, path in enumerate(found, 1):
            name = path.relative_to(source)
            fresh += _copied(path, target / name)
            file.write(f"{name}\n")
            if number % 1000 == 0:
                say(f"{number} of {len(found)} pictures and clips")
    say(f"{len(found)} pictures and clips, {fresh} of them new")
    return len(found)


def _copied(path: Path, target: Path) -> bool:
    """Whether a file had to be copied."""
    if target.exists():
        return False
    make_folder(target.parent)
    partial = target.with_name(f"{target.name}.part")
    try:
        shutil.copyfile(path, partial)
        _sync(partial)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    partial.replace(target)
    sync_folder(target.parent)
    return True


def _secrets(settings: CentreSettings, config: Path, folder: Path) -> None:
    shutil.copyfile(config, folder / "config" / "centre.toml")
    for path in Path(settings.data).glob("*.key"):
        shutil.copyfile(path, folder / "keys" / path.name)
    for path in set(vault.secret_files(settings)):
        if path.is_file():
            kept = folder / vault.secret_name(path)
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, kept)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
