"""What can still be read in a damaged outbox: by its tables where they hold together, else out of the bare bytes."""

import re
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import WireError
from core.events import MAX_EVENT_BYTES, Event, Snapshot, decode

EVENT = re.compile(rb'\{"id":"[0-9a-f-]{36}","stream":"[^\x00]{1,%d}?"v":1\}' % MAX_EVENT_BYTES)
MOST_PROBES = 200_000  # of rows by their numbers, where the way from one to the next is broken
MOST = 2**53


@dataclass(slots=True)
class Salvaged:
    """What was found; `unreadable` counts numbers whose events should be there."""

    events: list[Event] = field(default_factory=list)
    clips: list[tuple[str, str, int, int]] = field(default_factory=list)
    counters: tuple[int, int, int] = (0, 0, 0)  # events lost, snapshots and clips evicted
    unreadable: int = 0


def salvage(path: Path) -> Salvaged:
    """Everything but the pictures. Some of it may be known to the centre already, which recognises it by its id."""
    found = Salvaged()
    events: dict[str, Event] = {}
    hidden: set[int] | None = None
    for address in _addresses(path):
        with suppress(sqlite3.Error), closing(_reader(address)) as db:
            rows, broken = _events(db)
            events |= {event.id: event for event in rows}
            hidden = broken if hidden is None else hidden & broken
            found.counters = max(found.counters, _counters(db))
            found.clips = found.clips or _clips(db)
    if hidden is None or hidden or _wal(path).exists():
        for event in _carved(path):
            events.setdefault(event.id, event)
    found.events = sorted(events.values(), key=lambda event: event.id)  # ids grow with time
    numbers = {event.seq for event in found.events}
    # What is older than all that could be read was most likely acknowledged.
    found.unreadable = sum(number > min(numbers, default=MOST) for number in (hidden or set()) - numbers)
    return found


def pictures(path: Path) -> Iterator[Snapshot]:
    """The pictures of a damaged outbox, oldest first; a repeat may be among them."""
    for address in _addresses(path):
        with suppress(sqlite3.Error), closing(_reader(address)) as db:
            for (number,) in db.execute("SELECT seq FROM snapshots ORDER BY seq").fetchall():
                with suppress(sqlite3.Error):
                    snapshot = _snapshot(db.execute("SELECT * FROM snapshots WHERE seq = ?", (number,)).fetchone())
                    if snapshot:
                        yield snapshot


def _addresses(path: Path) -> list[str]:
    """With what its write-ahead file has, and without it: that one may be the damaged one."""
    uri = path.absolute().as_uri()
    if not path.is_file():
        return []
    return [f"{uri}?mode=ro", f"{uri}?immutable=1"] if _wal(path).exists() else [f"{uri}?immutable=1"]


def _wal(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _reader(address: str) -> sqlite3.Connection:
    db = sqlite3.connect(address, uri=True)
    db.row_factory = sqlite3.Row
    return db


def _event(row: sqlite3.Row) -> Event | None:
    body = _sound(row)
    with suppress(WireError):
        return decode(Event, body) if body else None
    return None


def _snapshot(row: sqlite3.Row) -> Snapshot | None:
    body = _sound(row)
    with suppress(WireError):
        return decode(Snapshot, body) if body else None
    return None


def _sound(row: sqlite3.Row) -> bytes:
    """The body of a row, or nothing where it is not what was written."""
    body = row["body"]
    crc = row["crc"] if "crc" in row.keys() else None
    return body if isinstance(body, bytes) and crc in (None, zlib.crc32(body)) else b""


def _events(db: sqlite3.Connection) -> tuple[list[Event], set[int]]:
    """The events that can be read, and the numbers under which there may be others."""
    found: list[Event] = []
    broken: set[int] = set()
    after, last = -1, _last(db)
    while after < last and len(broken) < MOST_PROBES:
        try:
            for row in db.execute("SELECT * FROM events WHERE seq > ? ORDER BY seq", (after,)):
                after = row["seq"]
                event = _event(row)
                if event:
                    found.append(event)
                else:
                    broken.add(after)
            break
        except sqlite3.Error:  # the way on is broken: go one number further and try again
            after += 1
            broken.add(after)
    return found, broken


def _last(db: sqlite3.Connection) -> int:
    """The last number that an event may have; raises sqlite3.Error where nothing tells."""
    try:
        last = db.execute("SELECT next_seq FROM meta").fetchone()["next_seq"] - 1
    except (sqlite3.Error, TypeError):
        last = db.execute("SELECT MAX(seq) AS last FROM events").fetchone()["last"] or 0
    return last if isinstance(last, int) and 0 <= last < MOST else 0


def _counters(db: sqlite3.Connection) -> tuple[int, int, int]:
    row: Any = None
    with suppress(sqlite3.Error):
        row = db.execute("SELECT events_lost, snapshots_evicted, clips_evicted FROM meta").fetchone()
    if row is None or not all(isinstance(value, int) and 0 <= value < MOST for value in row):
        return 0, 0, 0
    return row[0], row[1], row[2]


def _clips(db: sqlite3.Connection) -> list[tuple[str, str, int, int]]:
    with suppress(sqlite3.Error):
        return [tuple(row) for row in db.execute("SELECT event, sha256, size, added FROM clips ORDER BY added")]
    return []


def _carved(path: Path) -> Iterator[Event]:
    """Events by the look of them, wherever they stand in the files."""
    for place in (path, _wal(path)):
        for match in EVENT.finditer(place.read_bytes()) if place.is_file() else ():
            with suppress(WireError):
                yield decode(Event, match.group())
