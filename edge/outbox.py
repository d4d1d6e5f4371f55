"""The outbox: what an edge saw and the centre has not yet committed, on disk, so that no power cut loses it.

SQLite in WAL mode with `synchronous=FULL`: an event is on the disk when `record` returns. Only the centre's own ack
makes the outbox forget. The file has a page budget, because a full disk cannot free itself: when it is reached
snapshots go first, oldest first, then the oldest events, and both are counted and reported. Clips are files beside the
database with a budget of their own. A damaged file is set aside, what can be read of it waits on in a new one, under
new numbers in a new stream (numbers that the damage hides may have been sent), and what cannot be read is counted.
"""

import itertools
import logging
import threading
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from core.errors import StorageError
from core.events import Ack, Event, Media, OutboxStatus, Snapshot
from core.files import make_folder
from edge.clips import CLIPS, ClipFolder
from edge.outbox_file import (
    ASIDE,
    PAGE,
    Damaged,
    opened,
    put_event,
    put_snapshot,
    storage,
    stream_of,
    transaction,
    with_room,
)
from edge.rebuilding import rebuilt

LIVE_SHARE = 4  # one part in so many of what is sent at a time is for the newest, while a backlog waits
Channel = Literal["event", "snapshot"]
T = TypeVar("T")

log = logging.getLogger("edge.outbox")


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
        self._pages = budget_bytes // PAGE
        with storage(folder):
            make_folder(folder)  # or a power cut may take all of it
            make_folder(folder / CLIPS)
        try:
            self._db = opened(folder, self._pages)
        except Damaged as damage:
            self._db = rebuilt(folder, self._pages, damage)
        try:
            with storage(folder):
                self.stream = stream_of(self._db)
                self._sweep()
        except BaseException:
            self._db.close()
            raise

    def _sweep(self) -> None:
        """Remove the files that a crash left between the disk and the table of clips: nobody else ever would."""
        rows = self._db.execute("SELECT event, sha256 FROM clips").fetchall()
        for event, digest in rows:
            former = self.clip_folder.path(event)  # version 0.1 named a clip by its event
            if former.exists():
                former.rename(self.clip_folder.path(digest))
        self.clip_folder.sweep({digest for _, digest in rows})

    def _do(self, work: Callable[[], T]) -> T:
        """Read or change the file; where that finds it damaged, do it with a new one."""
        with self._lock:
            try:
                with storage(self._folder):
                    return work()
            except Damaged as damage:
                self._db.close()
                self._db = rebuilt(self._folder, self._pages, damage)
                self.stream = stream_of(self._db)
                with storage(self._folder):
                    return work()

    def _change(self, work: Callable[[], T]) -> T:
        """Change the file in one transaction, giving up what is least worth as long as there is no room for it."""

        def write() -> T:
            with transaction(self._db, self._folder):
                return work()

        return self._do(lambda: with_room(self._db, self._folder, write))

    def record(self, event: Event, jpeg: bytes) -> Event:
        """Number an event and put it, with its picture if it has one, on the disk; returns it as it will be sent."""
        try:
            return self._change(lambda: self._record(event, jpeg))
        except StorageError:
            with self._lock:
                self._refused += 1
            raise

    def _record(self, event: Event, jpeg: bytes) -> Event:
        numbered = put_event(self._db, self.stream, event)
        if jpeg:
            put_snapshot(self._db, numbered.seq, Snapshot(event=event.id, stream=self.stream, jpeg=jpeg))
        return numbered

    def waiting(self, channel: Channel, limit: int) -> list[int]:
        """Numbers of `limit` messages that wait, in the order in which to send them: all of them in their own order;
        where more wait than that the newest quarter first, so that what happens now overtakes a backlog."""
        live = limit // LIVE_SHARE

        def work() -> list[int]:
            table = f"{channel}s"
            oldest = self._db.execute(f"SELECT seq FROM {table} ORDER BY seq LIMIT ?", (limit + 1,)).fetchall()  # noqa: S608
            if len(oldest) <= limit:
                return [seq for (seq,) in oldest]
            newest = self._db.execute(f"SELECT seq FROM {table} ORDER BY seq DESC LIMIT ?", (live,)).fetchall()  # noqa: S608
            return list(dict.fromkeys(seq for (seq,) in [*reversed(newest), *oldest]))[:limit]

        return self._do(work)

    def read(self, channel: Channel, seq: int) -> bytes | None:
        """The message with that number as it crosses the wire; None when it was acknowledged or evicted meanwhile, or
        is given up, and counted, because it is no longer what was written."""
        row = self._do(
            lambda: self._db.execute(f"SELECT body, crc FROM {channel}s WHERE seq = ?", (seq,)).fetchone()  # noqa: S608
        )
        if row is None:
            return None
        body: bytes = row[0]
        if row[1] in (None, zlib.crc32(body)):  # nothing was noted before version 1 of the file
            return body
        self._give_up(channel, seq)
        return None

    def _give_up(self, channel: Channel, seq: int) -> None:
        """Count a message that the disk has changed: nobody would take it."""
        counter = "events_lost" if channel == "event" else "snapshots_evicted"

        def work() -> None:
            gone = self._db.execute(f"DELETE FROM {channel}s WHERE seq = ?", (seq,)).rowcount  # noqa: S608
            self._db.execute(f"UPDATE meta SET {counter} = {counter} + ?", (gone,))  # noqa: S608

        self._change(work)
        log.error("%s: %s %d is damaged on the disk and given up", self._folder, channel, seq)

    def forget(self, ack: Ack) -> bool:
        """Drop what the centre has committed; False (and nothing dropped) for an ack of another life of this outbox."""

        def work() -> bool:
            if ack.stream != self.stream:
                return False
            for seq, event in itertools.zip_longest(ack.seqs, ack.events[: len(ack.seqs)], fillvalue=""):
                named = f'"id":"{event}"'.encode() if event else b""
                self._db.execute("DELETE FROM events WHERE seq = ? AND instr(body, ?) > 0", (seq, named))
            self._db.executemany("DELETE FROM snapshots WHERE event = ?", [(event,) for event in ack.snapshots])
            return True

        return self._change(work)

    def add_clip(self, events: Sequence[str], clip: Media) -> None:
        """Keep a clip of some events, already in the folder, for upload; gives up the oldest ones over the budget."""
        with storage(self._folder):
            self.clip_folder.settle(clip.sha256)
        gone = self._change(lambda: self._add_clip(events, clip))
        with storage(self._folder):
            self.clip_folder.drop(gone)

    def _add_clip(self, events: Sequence[str], clip: Media) -> list[str]:
        """Note a clip; returns the hashes of those that were given up for it."""
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
        statement = "SELECT event, sha256, size FROM clips ORDER BY added LIMIT ?"
        rows = self._do(lambda: self._db.execute(statement, (limit,)).fetchall())
        return [PendingClip(event, self.clip_folder.path(digest), digest, size) for event, digest, size in rows]

    def forget_clips(self, events: Sequence[str], *, lost: bool = False) -> None:
        """Drop clips that the centre has committed; or, `lost` and counted, those that it will never have.

        A file goes with the last event that it belongs to.
        """
        names = [(event,) for event in events]

        def work() -> set[str]:
            rows = [self._db.execute("SELECT sha256 FROM clips WHERE event = ?", name).fetchone() for name in names]
            gone = self._db.executemany("DELETE FROM clips WHERE event = ?", names).rowcount
            self._db.execute("UPDATE meta SET clips_evicted = clips_evicted + ?", (gone if lost else 0,))
            kept = {digest for (digest,) in self._db.execute("SELECT DISTINCT sha256 FROM clips")}
            return {row[0] for row in rows if row} - kept

        gone = self._change(work)
        with storage(self._folder):
            self.clip_folder.drop(gone)

    def status(self) -> OutboxStatus:
        """How much waits, and what had to be given up."""
        return self._do(self._status)

    def _status(self) -> OutboxStatus:
        seq, lost, evicted, clips_evicted = self._db.execute(
            "SELECT next_seq, events_lost, snapshots_evicted, clips_evicted FROM meta"
        ).fetchone()
        events, snapshots, clips, size = self._db.execute(
            "SELECT (SELECT COUNT(*) FROM events), (SELECT COUNT(*) FROM snapshots), (SELECT COUNT(*) FROM clips),"
            " (SELECT COALESCE(SUM(size), 0) FROM (SELECT DISTINCT sha256, size FROM clips))"
        ).fetchone()
        pages, free = (self._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count"))
        return OutboxStatus(
            events=events,
            snapshots=snapshots,
            clips=clips,
            bytes=(pages - free) * PAGE + size,
            recorded=seq - 1,
            events_lost=lost + self._refused,
            snapshots_evicted=evicted,
            clips_evicted=clips_evicted,
            damaged=any(self._folder.glob(f"{ASIDE}*")),
        )

    def close(self) -> None:
        with self._lock:
            self._db.close()
