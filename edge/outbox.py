"""The outbox: what an edge saw and the centre has not yet committed, on disk, so that no power cut loses it.

SQLite in WAL mode with `synchronous=FULL`: an event is on the disk when `record` returns. Only the centre's own ack
makes the outbox forget. The file has a page budget, because a full disk cannot free itself: when it is reached
snapshots go first, oldest first, then the oldest events, and both are counted and reported. Clips are files beside the
database with a budget of their own.
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from core.errors import StorageError
from core.events import Ack, Event, Media, OutboxStatus, Snapshot, encode
from edge.clips import ClipFolder

PAGE = 4096
CHECKPOINT_PAGES = 256  # small, so that the write-ahead file stays within the budget
EVICT = 16  # rows given up at a time when the budget is reached
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
    body BLOB NOT NULL                  -- the message as it crosses the wire
);
CREATE TABLE IF NOT EXISTS snapshots (
    seq INTEGER PRIMARY KEY,            -- of its event
    event TEXT NOT NULL UNIQUE,
    body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS clips (
    event TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    added INTEGER NOT NULL              -- order of arrival
);
"""


CLIPS = "clips"  # the folder of clips, inside that of the outbox
Channel = Literal["event", "snapshot"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PendingClip:
    """One clip that waits for upload."""

    event: str
    path: Path
    sha256: str
    size: int


class Outbox:
    """All methods may be called from any thread; they raise StorageError when the disk fails."""

    def __init__(self, folder: Path, *, budget_bytes: int, clip_budget_bytes: int) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._clip_budget = clip_budget_bytes
        self.clip_folder = ClipFolder(folder / CLIPS)
        self._refused = 0  # events lost to a failing disk since the start, which cannot be counted on it
        with _storage(folder):
            (folder / CLIPS).mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(folder / "outbox.sqlite3", check_same_thread=False, isolation_level=None)
            try:
                self.stream = self._prepare(budget_bytes // PAGE)
                self._sweep()
            except BaseException:
                self._db.close()
                raise

    def _prepare(self, pages: int) -> str:
        """Make the tables where they are missing; the name of this life of the outbox."""
        for pragma in (
            f"page_size = {PAGE}",
            "journal_mode = WAL",
            "synchronous = FULL",
            f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
            "busy_timeout = 5000",
            f"max_page_count = {pages}",
        ):
            self._db.execute(f"PRAGMA {pragma}").fetchall()
        self._db.executescript(SCHEMA)
        self._db.execute("INSERT OR IGNORE INTO meta (one, stream, next_seq) VALUES (1, ?, 1)", (os.urandom(8).hex(),))
        stream: str = self._db.execute("SELECT stream FROM meta").fetchone()[0]
        return stream

    def _sweep(self) -> None:
        """Remove the files that a crash left between the disk and the table of clips: nobody else ever would."""
        rows = self._db.execute("SELECT event, sha256 FROM clips").fetchall()
        for event, digest in rows:
            former = self.clip_folder.path(event)  # version 0.1 named a clip by its event
            if former.exists():
                former.rename(self.clip_folder.path(digest))
        self.clip_folder.sweep({digest for _, digest in rows})

    def record(self, event: Event, jpeg: bytes) -> Event:
        """Number an event and put it, with its picture if it has one, on the disk; returns it as it will be sent."""
        try:
            return self._with_room(lambda: self._record(event, jpeg))
        except StorageError:
            with self._lock:
                self._refused += 1
            raise

    def _with_room(self, write: Callable[[], T]) -> T:
        """Do a write, giving up what is least worth as long as there is no room for it."""
        while True:
            try:
                return write()
            except _BudgetReached:
                self._evict()

    def _record(self, event: Event, jpeg: bytes) -> Event:
        with self._transaction():
            (seq,) = self._db.execute("SELECT next_seq FROM meta").fetchone()
            self._db.execute("UPDATE meta SET next_seq = next_seq + 1")
            numbered = msgspec.structs.replace(event, stream=self.stream, seq=seq)
            self._db.execute("INSERT INTO events VALUES (?, ?)", (seq, encode(numbered)))
            if jpeg:
                body = encode(Snapshot(event=event.id, stream=self.stream, jpeg=jpeg))
                self._db.execute("INSERT INTO snapshots VALUES (?, ?, ?)", (seq, event.id, body))
        return numbered

    def _evict(self) -> None:
        """Give up the oldest snapshots, or events when there are none; StorageError when nothing is left to give."""
        with self._transaction():
            for table, counter in (("snapshots", "snapshots_evicted"), ("events", "events_lost")):
                gone = self._db.execute(
                    f"DELETE FROM {table} WHERE seq IN (SELECT seq FROM {table} ORDER BY seq LIMIT ?)",  # noqa: S608
                    (EVICT,),
                ).rowcount
                if gone:
                    self._db.execute(f"UPDATE meta SET {counter} = {counter} + ?", (gone,))  # noqa: S608
                    return
        raise StorageError(f"{self._folder}: the disk is full and the outbox has nothing to give up; free some space")

    def waiting(self, channel: Channel, limit: int) -> list[int]:
        """Numbers of the first `limit` messages that wait, in order."""
        with self._lock, _storage(self._folder):
            rows = self._db.execute(f"SELECT seq FROM {channel}s ORDER BY seq LIMIT ?", (limit,)).fetchall()  # noqa: S608
        return [seq for (seq,) in rows]

    def read(self, channel: Channel, seq: int) -> bytes | None:
        """The message with that number as it crosses the wire; None when it was acknowledged or evicted meanwhile."""
        with self._lock, _storage(self._folder):
            row = self._db.execute(f"SELECT body FROM {channel}s WHERE seq = ?", (seq,)).fetchone()  # noqa: S608
        return row[0] if row else None

    def forget(self, ack: Ack) -> bool:
        """Drop what the centre has committed; False (and nothing dropped) for an ack of another life of this outbox."""
        if ack.stream != self.stream:
            return False
        with self._transaction():
            self._db.executemany("DELETE FROM events WHERE seq = ?", [(seq,) for seq in ack.seqs])
            self._db.executemany("DELETE FROM snapshots WHERE event = ?", [(event,) for event in ack.snapshots])
        return True

    def add_clip(self, events: Sequence[str], clip: Media) -> None:
        """Keep a clip of some events, already in the folder, for upload; gives up the oldest ones over the budget."""
        with _storage(self._folder):
            self.clip_folder.settle(clip.sha256)
        gone = self._with_room(lambda: self._add_clip(events, clip))
        with _storage(self._folder):
            self.clip_folder.drop(gone)

    def _add_clip(self, events: Sequence[str], clip: Media) -> list[str]:
        """Note a clip; returns the hashes of those that were given up for it."""
        with self._transaction():
            for event in events:
                self._db.execute(
                    "INSERT OR REPLACE INTO clips SELECT ?, ?, ?, COALESCE(MAX(added), 0) + 1 FROM clips",
                    (event, clip.sha256, clip.size),
                )
            gone = self._clips_over_budget()
            lost = self._db.executemany("DELETE FROM clips WHERE sha256 = ?", [(digest,) for digest in gone]).rowcount
            self._db.execute("UPDATE meta SET clips_evicted = clips_evicted + ?", (max(0, lost),))
        return gone

    def _clips_over_budget(self) -> list[str]:
        """Hashes of the clips, newest first, from the one on that the budget does not hold."""
        rows = self._db.execute("SELECT sha256, size FROM clips GROUP BY sha256 ORDER BY MAX(added) DESC").fetchall()
        total, over = 0, []
        for digest, size in rows:
            total += size
            if total > self._clip_budget:
                over.append(digest)
        return over

    def clips(self, limit: int = 8) -> list[PendingClip]:
        """Clips that wait, oldest first."""
        with self._lock, _storage(self._folder):
            rows = self._db.execute("SELECT event, sha256, size FROM clips ORDER BY added LIMIT ?", (limit,)).fetchall()
        return [PendingClip(event, self.clip_folder.path(digest), digest, size) for event, digest, size in rows]

    def forget_clips(self, events: Sequence[str], *, lost: bool = False) -> None:
        """Drop clips that the centre has committed; or, `lost` and counted, those that it will never have.

        A file goes with the last event that it belongs to.
        """
        names = [(event,) for event in events]
        with self._transaction():
            rows = [self._db.execute("SELECT sha256 FROM clips WHERE event = ?", name).fetchone() for name in names]
            gone = self._db.executemany("DELETE FROM clips WHERE event = ?", names).rowcount
            self._db.execute("UPDATE meta SET clips_evicted = clips_evicted + ?", (gone if lost else 0,))
            kept = {digest for (digest,) in self._db.execute("SELECT DISTINCT sha256 FROM clips")}
        with _storage(self._folder):
            self.clip_folder.drop({row[0] for row in rows if row} - kept)

    def status(self) -> OutboxStatus:
        """How much waits, and what had to be given up."""
        with self._lock, _storage(self._folder):
            seq, lost, evicted, clips_evicted = self._db.execute(
                "SELECT next_seq, events_lost, snapshots_evicted, clips_evicted FROM meta"
            ).fetchone()
            events, snapshots, clips, size = self._db.execute(
                "SELECT (SELECT COUNT(*) FROM events), (SELECT COUNT(*) FROM snapshots), (SELECT COUNT(*) FROM clips),"
                " (SELECT COALESCE(SUM(size), 0) FROM (SELECT DISTINCT sha256, size FROM clips))"
            ).fetchone()
            used = (
                self._db.execute("PRAGMA page_count").fetchone()[0]
                - self._db.execute("PRAGMA freelist_count").fetchone()[0]
            )
        return OutboxStatus(
            events=events,
            snapshots=snapshots,
            clips=clips,
            bytes=used * PAGE + size,
            recorded=seq - 1,
            events_lost=lost + self._refused,
            snapshots_evicted=evicted,
            clips_evicted=clips_evicted,
        )

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock, _storage(self._folder):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # SQLite may have rolled back by itself, as it does when it is full
                    self._db.execute("ROLLBACK")
                raise


class _BudgetReached(StorageError):
    """The page budget (or the disk) has no room for another row."""


@contextmanager
def _storage(place: Path) -> Iterator[None]:
    """Turn failures of the disk into one line that names the place."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL  # errors of Python's own have no code
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        kind = _BudgetReached if full else StorageError
        raise kind(f"{place}: the outbox cannot be used: {reason}; free some space or mend the folder") from error
