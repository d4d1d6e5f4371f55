"""The outbox's file: its tables, how it is opened, how it is told that one is damaged, and how rows come and go."""

import os
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from core.errors import StorageError
from core.events import Event, Snapshot, encode
from core.files import sync_folder
from edge import wal

NAME = "outbox.sqlite3"
ASIDE = f"{NAME}.damaged"  # the last one that was found damaged, kept for who wants to look
UNFINISHED = f"{NAME}.making"  # folder of a new one that is not whole yet; as long as it is there the old one counts
WITH_IT = ("", "-wal", "-shm")  # the ends of the names that belong to one database
PAGE = 4096
EVICT = 16  # rows given up at a time when the budget is reached
CHECKPOINT_PAGES = 256  # small, so that the write-ahead file stays within the budget
VERSION = 1  # of the tables; files of before it was noted say 0 and have no checksums
SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    stream TEXT NOT NULL,               -- name of this life of the outbox
    next_seq INTEGER NOT NULL,          -- number of the next event
    events_lost INTEGER NOT NULL DEFAULT 0,
    snapshots_evicted INTEGER NOT NULL DEFAULT 0,
    clips_evicted INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY,
    body BLOB NOT NULL,                 -- the message as it crosses the wire
    crc INTEGER                         -- CRC-32 of it
);
CREATE TABLE IF NOT EXISTS snapshots (
    seq INTEGER PRIMARY KEY,            -- of its event
    event TEXT NOT NULL UNIQUE,
    body BLOB NOT NULL,
    crc INTEGER
);
CREATE TABLE IF NOT EXISTS clips (
    event TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    added INTEGER NOT NULL              -- order of arrival
);
"""
COLUMNS = {
    "meta": ["one", "stream", "next_seq", "events_lost", "snapshots_evicted", "clips_evicted"],
    "events": ["seq", "body", "crc"],
    "snapshots": ["seq", "event", "body", "crc"],
    "clips": ["event", "sha256", "size", "added"],
}
CHECKED = ("events", "snapshots")  # tables that came to have checksums
T = TypeVar("T")
LARGEST_WRITE = 64  # pages; a picture needs 13
DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class BudgetReached(StorageError):
    """The page budget (or the disk) has no room for another row."""


class Damaged(StorageError):
    """The file is not, or no longer, the outbox that was written."""


@contextmanager
def storage(place: Path) -> Iterator[None]:
    """Turn failures of the disk into one line that names the place."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        code = getattr(error, "sqlite_errorcode", 0)  # errors of Python's own have none
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        kind: type[StorageError] = StorageError
        if code == sqlite3.SQLITE_FULL:
            kind = BudgetReached
        elif code & 0xFF in DAMAGE:
            kind = Damaged
        raise kind(f"{place}: the outbox cannot be used: {reason}; free some space or mend the folder") from error


def opened(folder: Path, pages: int) -> sqlite3.Connection:
    """The outbox of a folder, made where there is none, with room for so many pages.

    Raises Damaged where something else is in its place, or not all of it is there.
    """
    path = folder / NAME
    with storage(folder):
        if (folder / UNFINISHED).exists():
            raise Damaged(f"{path}: was set aside and not read to its end")
        if path.is_dir():
            raise Damaged(f"{path}: is a folder")
        if wal.forgotten(path.with_name(f"{NAME}-wal")):
            raise Damaged(f"{path}: its write-ahead file is damaged")
        _check(path)
        db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        try:
            for pragma in (
                f"page_size = {PAGE}",
                "journal_mode = WAL",
                "synchronous = FULL",
                f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
                "busy_timeout = 5000",
                f"max_page_count = {pages}",
            ):
                db.execute(f"PRAGMA {pragma}").fetchall()
            _make_tables(db)
        except BaseException:
            db.close()
            raise
    return db


def _check(path: Path) -> None:
    """Raise Damaged for a file that is not the outbox.

    One that may write would mix in a write-ahead file that is none of this database's when it closes. Only a power cut
    in the moment in which the file was made leaves a journal, and that has to be rolled back first.
    """
    if not path.exists():
        return
    mode = "rw" if path.with_name(f"{NAME}-journal").exists() else "ro"
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True)
    try:
        _check_tables(path, db)
        _check_pages(path, db)
    finally:
        db.close()


def _check_tables(path: Path, db: sqlite3.Connection) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise Damaged(f"{path}: is of version {version}, and this program knows {VERSION}")
    names = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if names and "meta" not in names:
        raise Damaged(f"{path}: is the database of another program")
    for name in names & COLUMNS.keys():
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({name})")]
        if columns not in (COLUMNS[name], [column for column in COLUMNS[name] if column != "crc"]):
            raise Damaged(f"{path}: its table {name} is another")


def _check_pages(path: Path, db: sqlite3.Connection) -> None:
    (finding,) = db.execute("PRAGMA integrity_check(1)").fetchone()
    if finding != "ok":
        raise Damaged(f"{path}: {finding.splitlines()[-1]}")


def _make_tables(db: sqlite3.Connection) -> None:
    """Make what is missing, and the first row with the name of a new life."""
    db.execute("BEGIN IMMEDIATE")
    try:
        for statement in filter(str.strip, SCHEMA.split(";\n")):
            db.execute(statement)
        for name in CHECKED:
            if "crc" not in [row[1] for row in db.execute(f"PRAGMA table_info({name})")]:
                db.execute(f"ALTER TABLE {name} ADD COLUMN crc INTEGER")
        db.execute("INSERT OR IGNORE INTO meta (one, stream, next_seq) VALUES (1, ?, 1)", (os.urandom(8).hex(),))
        db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def set_aside(folder: Path, *, again: bool) -> Path:
    """Move a file that is damaged out of the way, in place of the last such; where it is now. `again`: a crash cut the
    last try short, and some of it may have been moved already."""
    aside = folder / ASIDE
    with storage(folder):
        if (folder / NAME).is_file() or not again:
            for end in WITH_IT:
                (folder / f"{ASIDE}{end}").unlink(missing_ok=True)
        for end in WITH_IT:
            there = folder / f"{NAME}{end}"
            if there.is_dir():  # somebody else's: never to be replaced
                there.rename(folder / f"{ASIDE}{end}.{os.urandom(4).hex()}")
            elif there.exists():
                there.replace(folder / f"{ASIDE}{end}")
        (folder / f"{ASIDE}-shm").unlink(missing_ok=True)  # made from the others when it is needed
        sync_folder(folder)
    return aside


@contextmanager
def transaction(db: sqlite3.Connection, folder: Path) -> Iterator[None]:
    """On the disk on return, undone on any exception."""
    with storage(folder):
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:  # SQLite may have rolled back by itself, as it does when it is full
                db.execute("ROLLBACK")
            raise


def with_room(db: sqlite3.Connection, folder: Path, write: Callable[[], T]) -> T:
    """Do a write, giving up what is least worth as long as the budget has no room for it.

    Where it is the disk that is full, nothing is given up: the file would not become smaller by it.
    """
    while True:
        try:
            return write()
        except BudgetReached:
            if not _budget_is_spent(db):
                raise
            _evict(db, folder)


def _budget_is_spent(db: sqlite3.Connection) -> bool:
    used, free, most = (
        db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "max_page_count")
    )
    return bool(used - free + LARGEST_WRITE > most)


def _evict(db: sqlite3.Connection, folder: Path) -> None:
    """Give up the oldest snapshots, or events when there are none; StorageError when nothing is left to give."""
    with transaction(db, folder):
        for table, counter in (("snapshots", "snapshots_evicted"), ("events", "events_lost")):
            gone = db.execute(
                f"DELETE FROM {table} WHERE seq IN (SELECT seq FROM {table} ORDER BY seq LIMIT ?)",  # noqa: S608
                (EVICT,),
            ).rowcount
            if gone:
                db.execute(f"UPDATE meta SET {counter} = {counter} + ?", (gone,))  # noqa: S608
                return
    raise StorageError(f"{folder}: the disk is full and the outbox has nothing to give up; free some space")


def stream_of(db: sqlite3.Connection) -> str:
    """The name of this life of the outbox."""
    stream: str = db.execute("SELECT stream FROM meta").fetchone()[0]
    return stream


def put_event(db: sqlite3.Connection, stream: str, event: Event) -> Event:
    """Number an event and note it, within a transaction; returns it as it will be sent."""
    (seq,) = db.execute("SELECT next_seq FROM meta").fetchone()
    db.execute("UPDATE meta SET next_seq = next_seq + 1")
    numbered = msgspec.structs.replace(event, stream=stream, seq=seq)
    body = encode(numbered)
    db.execute("INSERT INTO events (seq, body, crc) VALUES (?, ?, ?)", (seq, body, zlib.crc32(body)))
    return numbered


def put_snapshot(db: sqlite3.Connection, seq: int, snapshot: Snapshot) -> int:
    """Note the picture of an event, within a transaction; how many were added, for one that is here is left alone."""
    body = encode(snapshot)
    return db.execute(
        "INSERT OR IGNORE INTO snapshots (seq, event, body, crc) VALUES (?, ?, ?, ?)",
        (seq, snapshot.event, body, zlib.crc32(body)),
    ).rowcount
