"""Putting a centre back from a backup, on this machine or another, on the engine that it had or the other one."""

import asyncio
import gzip
from collections.abc import Callable
from pathlib import Path

from alembic.util import CommandError
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.store import database as store
from alerts.store import dump
from alerts.store.database import Database
from core.errors import StorageError
from core.files import make_folder, write_durably
from ekamling.backup import vault
from ekamling.backup.vault import Manifest, disk
from ekamling.folders import make_folder as make_data_folder
from ekamling.settings import CentreSettings

Say = Callable[[str], None]


def put_back_config(folder: Path, config: Path, say: Say) -> None:
    """Write the configuration where there is none."""
    with disk(config):
        if not config.exists():
            config.parent.mkdir(parents=True, exist_ok=True)
            write_durably(config, (folder / "config" / "centre.toml").read_bytes())
            say(f"{config}: written; look at its folders and addresses if this is another machine")


def restore(settings: CentreSettings, folder: Path, config: Path, say: Say) -> Manifest:
    """Put rows, pictures, clips, keys and secrets back; raises StorageError, and leaves a database that it has not
    filled wholly as empty as it was. The database must be empty: nothing is ever overwritten."""
    manifest = vault.read(folder)
    data = Path(settings.data)
    make_data_folder(data)
    _put_back_media(folder, data / "media", say)
    with disk(data):
        for path in (folder / "keys").iterdir():
            _unless_there(path, data / path.name)
    _put_back_secrets(settings, folder, config, say)
    asyncio.run(_put_back_rows(settings.database_url, folder, manifest, say))  # last: a centre with rows is a whole one
    return manifest


async def _put_back_rows(url: str, folder: Path, manifest: Manifest, say: Say) -> None:
    database = await Database.open(url, revision=None)
    try:
        async with database.write() as connection:
            if not await dump.is_empty(connection):
                raise StorageError("the database is not empty: nothing was changed; give the centre an empty one")
            await _migrate(connection, manifest.revision, manifest)
            await _load(connection, folder, manifest, say)
            await _migrate(connection, "head", manifest)
    finally:
        await database.close()


async def _load(connection: AsyncConnection, folder: Path, manifest: Manifest, say: Say) -> None:
    tables = await dump.tables(connection)
    strange = manifest.tables.keys() - {table.name for table in tables}
    if strange:
        raise StorageError(f"{folder}: holds a table {min(strange)} that its schema {manifest.revision} does not have")
    for table in tables:
        if table.name not in manifest.tables:
            continue
        with disk(folder), gzip.open(folder / "tables" / f"{table.name}.jsonl.gz", "rb") as file:
            count = await dump.load(connection, table, file)
        if count != manifest.tables[table.name]:
            raise StorageError(f"{folder}: {table.name} has {count} rows, not {manifest.tables[table.name]}")
        say(f"{table.name}: {count} rows")


async def _migrate(connection: AsyncConnection, revision: str, manifest: Manifest) -> None:
    try:
        await connection.run_sync(store.migrate, revision)
    except CommandError as error:
        raise StorageError(
            f"the backup is of E-Kamling {manifest.version}, whose tables ({manifest.revision}) are unknown here; "
            "install that version or a newer one"
        ) from error


def _put_back_media(folder: Path, target: Path, say: Say) -> None:
    """Copy the pictures and clips that are not there; each must be what its name says."""
    copied = 0
    with disk(target):
        for copied, name in enumerate(vault.media_of(folder), 1):
            source = folder.parent / "media" / name
            if not source.exists() or vault.sha256(source) != source.stem:
                raise StorageError(
                    f"{source}: is damaged or gone; copy it from another place, or restore another backup"
                )
            _unless_there(source, target / name)
            if copied % 1000 == 0:
                say(f"{copied} pictures and clips")
    say(f"{copied} pictures and clips")


def _put_back_secrets(settings: CentreSettings, folder: Path, config: Path, say: Say) -> None:
    """Write secret files that are gone, where they stood beside the configuration; for others say where they are."""
    home = config.absolute().parent
    for path in sorted(set(vault.secret_files(settings))):
        kept = folder / vault.secret_name(path)
        if path.exists() or not kept.is_file():
            continue
        if home in path.absolute().parents:
            with disk(path):
                _unless_there(kept, path)
        else:
            say(f"{path}: is missing; copy it from {kept}")


def _unless_there(source: Path, target: Path) -> None:
    if not target.exists():
        make_folder(target.parent)
        write_durably(target, source.read_bytes())
