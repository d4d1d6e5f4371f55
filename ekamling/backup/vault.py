"""A folder of backups: one folder each, named by its time, and `media`, which they share, so that what has been copied
once is not copied again. A backup is its `manifest.json`; one without it was interrupted, and is no backup.

    BACKUPS/media/snapshot/ab/abcd….jpg
    BACKUPS/2026-11-23T020000Z/manifest.json      counts, and SHA-256 of the files below
                               tables/incidents.jsonl.gz
                               media.txt.gz       which pictures and clips belong to it
                               keys/answers.key   what the data folder keeps secret
                               config/centre.toml
                               config/secrets/…   the files that it names
"""

import gzip
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct, structs

from core.errors import StorageError

MANIFEST: Final = "manifest.json"
MEDIA_LIST: Final = "media.txt.gz"
PARTIAL: Final = ".partial"
STAMP: Final = "%Y-%m-%dT%H%M%SZ"
FORM: Final = 1


class Manifest(Struct, frozen=True, kw_only=True):
    """What a backup holds: the rows of each table, the pictures and clips, the SHA-256 of each file by its path."""

    form: int
    at: datetime
    version: str
    revision: str
    tables: dict[str, int]
    media: int
    files: dict[str, str]


def listed(backups: Path) -> list[Path]:
    """The whole backups of a folder, the oldest first."""
    return sorted(each.parent for each in backups.glob(f"*/{MANIFEST}") if not each.parent.name.endswith(PARTIAL))


def read(folder: Path) -> Manifest:
    """The manifest of a backup whose files are all as they were written; StorageError for any other."""
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise StorageError(f"{folder}: is no whole backup: {MANIFEST} cannot be read; choose another") from error
    if manifest.form != FORM:
        raise StorageError(f"{folder}: was written by E-Kamling {manifest.version}; restore it with that version")
    for name, digest in manifest.files.items():
        with disk(folder):
            if sha256(folder / name) != digest:
                raise StorageError(f"{folder / name}: is damaged: it is not what was written; choose another backup")
    return manifest


def thin(backups: Path, keep: int) -> int:
    """Remove all but the newest `keep` backups, and pictures and clips that belong to none; returns how many went."""
    old = listed(backups)[: -max(1, keep)]
    with disk(backups):
        for folder in old:
            (folder / MANIFEST).unlink()  # from here on it is no backup
            shutil.rmtree(folder)
        kept = {name for folder in listed(backups) for name in media_of(folder)} if old else set()
        for path in (backups / "media").glob("*/*/*") if old else ():
            if str(path.relative_to(backups / "media")) not in kept:
                path.unlink()
    return len(old)


def media_of(folder: Path) -> Iterator[str]:
    """Paths, within `media`, of the pictures and clips of a backup."""
    with gzip.open(folder / MEDIA_LIST, "rt", encoding="ascii") as file:
        for line in file:
            yield line.rstrip("\n")


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def secret_files(settings: Any) -> Iterator[Path]:
    """The files that settings name for secrets: every field that ends in `_file`."""
    if isinstance(settings, list):
        for each in settings:
            yield from secret_files(each)
    elif isinstance(settings, Struct):
        for field, value in structs.asdict(settings).items():
            if field.endswith("_file") and value:
                yield Path(value)
            else:
                yield from secret_files(value)


def secret_name(path: Path) -> str:
    """Where a secret file stands in a backup."""
    return f"config/secrets{path.absolute()}"


@contextmanager
def disk(place: Path) -> Iterator[None]:
    """Turn what the disk says into one line that names the file."""
    try:
        yield
    except (OSError, EOFError) as error:
        named, reason = getattr(error, "filename", None) or place, getattr(error, "strerror", None) or error
        raise StorageError(f"{named}: {reason}; a backup needs a folder of its own, with space") from error
