"""A new outbox in place of a damaged one, with all that can still be read of it."""

import itertools
import logging
import shutil
import sqlite3
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec

from core.events import Event
from core.files import sync_folder
from edge.clips import CLIPS, ClipFolder
from edge.outbox_file import (
    NAME,
    UNFINISHED,
    BudgetReached,
    Damaged,
    opened,
    put_event,
    put_snapshot,
    set_aside,
    storage,
    stream_of,
    transaction,
    with_room,
)
from edge.salvage import Salvaged, pictures, salvage

BATCH = 500  # rows that are taken over in one transaction

log = logging.getLogger("edge.outbox")


def rebuilt(folder: Path, pages: int, damage: Damaged) -> sqlite3.Connection:
    """Set the file aside and open a new one.

    Its events get new numbers in a new stream, for numbers that the damage hides may have been sent, and the centre
    takes a number that it knows for a repeat. What it has already it knows by its id. The new file is made in a folder
    beside and takes its place when it is whole: after a crash in between all of this is done again.
    """
    making = folder / UNFINISHED
    with storage(folder):
        again = making.exists()
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir()
        sync_folder(folder)
    aside = set_aside(folder, again=again)
    db = opened(making, pages)
    try:
        with storage(folder):
            found = salvage(aside)
            _forget_those_without_a_file(found, ClipFolder(folder / CLIPS))
        _note(db, folder, found)
        numbers = _take_events(db, folder, found.events)
        count = _take_pictures(db, folder, aside, numbers)
        with storage(folder):
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        db.close()
    with storage(folder):
        (making / NAME).replace(folder / NAME)
        sync_folder(folder)
        shutil.rmtree(making)
        sync_folder(folder)
    log.error(
        "%s; %d events and %d pictures are read from it, %d more events should be there; it is kept as %s",
        str(damage).partition(";")[0],
        len(found.events),
        count,
        found.unreadable,
        aside.name,
    )
    return opened(folder, pages)


def _forget_those_without_a_file(found: Salvaged, clips: ClipFolder) -> None:
    """What is read of pages that were given up names clips that were acknowledged long ago."""
    found.clips = [row for row in found.clips if any(clips.path(name).exists() for name in row[:2])]  # 0.1: by event


def _note(db: sqlite3.Connection, folder: Path, found: Salvaged) -> None:
    """What was lost counts as numbers of the new stream that were given up, so that the sum is right at the centre."""
    lost, snapshots, clips = found.counters
    lost += found.unreadable
    with transaction(db, folder):
        db.execute(
            "UPDATE meta SET next_seq = ?, events_lost = ?, snapshots_evicted = ?, clips_evicted = ?",
            (1 + lost, lost, snapshots, clips),
        )
        db.executemany("INSERT OR IGNORE INTO clips VALUES (?, ?, ?, ?)", found.clips)


def _take_events(db: sqlite3.Connection, folder: Path, events: Sequence[Event]) -> dict[str, int]:
    """Write events into the new file; their numbers by their ids."""
    stream, numbers = stream_of(db), dict[str, int]()

    def take(batch: Sequence[Event]) -> list[Event]:
        with transaction(db, folder):
            return [put_event(db, stream, event) for event in batch]

    for start in range(0, len(events), BATCH):
        taken = with_room(db, folder, partial(take, events[start : start + BATCH]))
        numbers |= {event.id: event.seq for event in taken}
    return numbers


def _take_pictures(db: sqlite3.Connection, folder: Path, aside: Path, numbers: dict[str, int]) -> int:
    """Write pictures into the new file as long as there is room; how many."""
    stream, count = stream_of(db), 0
    beside = itertools.count(0, -1)  # numbers for those whose event the centre has: they stay inside this file
    try:
        for snapshot in pictures(aside):
            with transaction(db, folder):
                seq = numbers.get(snapshot.event, next(beside))
                count += put_snapshot(db, seq, msgspec.structs.replace(snapshot, stream=stream))
    except BudgetReached:
        log.warning("%s: there is no room for the other pictures of the damaged outbox", folder)
    return count
