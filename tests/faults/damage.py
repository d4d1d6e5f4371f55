"""Ways in which a file of the outbox may be damaged, each by its name."""

import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from edge.wal import FRAME, HEADER

PAGE = 4096
FILE, WAL, SHM = "outbox.sqlite3", "outbox.sqlite3-wal", "outbox.sqlite3-shm"
Deed = Callable[[Path], object]  # does it to the files of an outbox in a folder


@dataclass(frozen=True)
class Damage:
    """`spares` is how many of a hundred events must still be there; `told` whether somebody must hear of it."""

    name: str
    do: Deed
    spares: int = 100
    told: bool = True
    checkpointed: bool = True  # whether all was in the main file before, or much in the write-ahead file


def change(path: Path, offset: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(content)


def flip(path: Path, offset: int) -> None:
    """One bit of a byte."""
    change(path, offset, bytes([path.read_bytes()[offset] ^ 0x10]))


def cut(path: Path, size: int) -> None:
    with path.open("r+b") as file:
        file.truncate(size)


def pages(folder: Path, name: str) -> list[int]:
    """Numbers of the pages of a table or index, its root first."""
    with closing(sqlite3.connect(folder / FILE)) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    content = (folder / FILE).read_bytes()
    page = content[(root - 1) * PAGE : root * PAGE]
    if page[0] not in (2, 5):  # a leaf by itself
        return [root]
    (count,) = struct.unpack(">H", page[3:5])
    cells = struct.unpack(f">{count}H", page[12 : 12 + 2 * count])
    children = [struct.unpack(">I", page[cell : cell + 4])[0] for cell in cells]
    return [root, *children, struct.unpack(">I", page[8:12])[0]]


def zeroed(name: str, which: int) -> Deed:
    """A page of a table becomes zeros."""
    return lambda folder: change(folder / FILE, (pages(folder, name)[which] - 1) * PAGE, bytes(PAGE))


def garbled(name: str, which: int, offset: int) -> Deed:
    """Some bytes inside a page of a table or index become others."""
    return lambda folder: change(folder / FILE, (pages(folder, name)[which] - 1) * PAGE + offset, b"\xa5" * 16)


def pragma(statement: str) -> Deed:
    def do(folder: Path) -> None:
        with closing(sqlite3.connect(folder / FILE)) as db:
            db.execute(statement)
            db.commit()

    return do


def freelist(folder: Path) -> None:
    """The list of free pages leads out of the file."""
    with closing(sqlite3.connect(folder / FILE)) as db:
        db.execute("DELETE FROM snapshots")
        db.commit()
    trunk, count = struct.unpack(">II", (folder / FILE).read_bytes()[32:40])
    assert trunk and count
    change(folder / FILE, (trunk - 1) * PAGE, struct.pack(">II", 0x7FFFFFFF, 5))


def foreign(folder: Path) -> None:
    """The database of another program."""
    (folder / FILE).unlink()
    with closing(sqlite3.connect(folder / FILE)) as db:
        db.execute("CREATE TABLE bookmarks (url TEXT)")


def other_table(folder: Path) -> None:
    """Our names, other columns."""
    (folder / FILE).unlink()
    with closing(sqlite3.connect(folder / FILE)) as db:
        db.execute("CREATE TABLE meta (one INTEGER)")
        db.execute("CREATE TABLE events (number INTEGER, text TEXT)")


def foreign_wal(folder: Path) -> None:
    """The write-ahead file of another database."""
    other = folder / "other.sqlite3"
    with closing(sqlite3.connect(other, isolation_level=None)) as db:
        db.execute(f"PRAGMA page_size = {PAGE}")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE photographs (picture BLOB)")
        db.executemany("INSERT INTO photographs VALUES (zeroblob(?))", [(3000,)] * 20)
        (folder / WAL).write_bytes((folder / "other.sqlite3-wal").read_bytes())
    other.unlink()


def a_folder(folder: Path) -> None:
    (folder / FILE).unlink()
    (folder / FILE).mkdir()
    (folder / FILE / "letter").write_text("somebody else's")


def wal_frame(folder: Path) -> int:
    """Where a frame in the middle of the write-ahead file begins."""
    frames = ((folder / WAL).stat().st_size - HEADER) // (FRAME + PAGE)
    return HEADER + frames // 2 * (FRAME + PAGE)


DAMAGES = [
    Damage("header cut short", lambda folder: cut(folder / FILE, 60), spares=0),
    Damage("header of zeros", lambda folder: change(folder / FILE, 0, bytes(100))),
    Damage("bit flip in the magic", lambda folder: flip(folder / FILE, 3)),
    Damage("another page size", lambda folder: change(folder / FILE, 16, b"\x02\x00")),
    Damage("first page of zeros", lambda folder: change(folder / FILE, 0, bytes(PAGE))),
    Damage("empty file", lambda folder: cut(folder / FILE, 0), spares=0, told=False),
    Damage("nothing but zeros", lambda folder: (folder / FILE).write_bytes(bytes(20 * PAGE)), spares=0),
    Damage("a text", lambda folder: (folder / FILE).write_text("not a database\n" * 900), spares=0),
    Damage("cut in the middle of a page", lambda folder: cut(folder / FILE, 20 * PAGE + 1000), spares=10),
    Damage("last page torn", lambda folder: cut(folder / FILE, (folder / FILE).stat().st_size - 2000), spares=80),
    Damage("root of the events of zeros", zeroed("events", 0)),
    Damage("leaf of the events of zeros", zeroed("events", 2), spares=80),
    Damage("last leaf of the events of zeros", zeroed("events", -1), spares=80),
    Damage("cells of the events garbled", garbled("events", 2, 8), spares=80),
    Damage("an event's body changed", garbled("events", 2, PAGE - 100), spares=99),
    Damage("pictures of zeros", zeroed("snapshots", 0)),
    Damage("a picture's body changed", garbled("snapshots", 1, PAGE - 100)),
    Damage("index of the pictures garbled", garbled("sqlite_autoindex_snapshots_1", 0, 8)),
    Damage("index of the pictures of zeros", zeroed("sqlite_autoindex_snapshots_1", 0)),
    Damage("count of numbers of zeros", zeroed("meta", 0)),
    Damage("clips of zeros", zeroed("clips", 0)),
    Damage("list of free pages leads nowhere", freelist),
    Damage("written by a later version", pragma("PRAGMA user_version = 99")),
    Damage("the tables of another program", foreign, spares=0),
    Damage("tables of our names and other columns", other_table, spares=0),
    Damage("a table is missing", pragma("DROP TABLE events"), spares=0, told=False),
    Damage("the file may only be read", lambda folder: (folder / FILE).chmod(0o444), told=False),
    Damage("a folder in its place", a_folder, spares=0),
    Damage("write-ahead file of another database", foreign_wal),
    Damage("shared memory of garbage", lambda folder: (folder / SHM).write_bytes(b"\xa5" * 32768), told=False),
    Damage(
        "write-ahead file cut inside a frame",
        lambda folder: cut(folder / WAL, wal_frame(folder) + 300),
        spares=40,
        told=False,
        checkpointed=False,
    ),
    Damage(
        "bit flip in the write-ahead file",
        lambda folder: flip(folder / WAL, wal_frame(folder) + 999),
        checkpointed=False,
    ),
    Damage("header of the write-ahead file changed", lambda folder: flip(folder / WAL, 9), checkpointed=False),
    Damage(
        "zeros in the write-ahead file",
        lambda folder: change(folder / WAL, wal_frame(folder), bytes(512)),
        spares=99,
        checkpointed=False,
    ),
    Damage(
        "write-ahead file of zeros",
        lambda folder: change(folder / WAL, 0, bytes((folder / WAL).stat().st_size)),
        spares=0,
        told=False,
        checkpointed=False,
    ),
]
