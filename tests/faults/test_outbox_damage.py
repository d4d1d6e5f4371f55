"""A damaged outbox lives on: what can be read of it waits, what comes later is kept, and somebody is told."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from core.events import Ack, Event, decode, encode
from edge import rebuilding
from edge.outbox import Outbox
from tests.edge.fakes import an_event, keep, opened
from tests.faults.damage import DAMAGES, FILE, SHM, WAL, Damage, flip, zeroed

COUNT = 100
EVERYTHING = 10_000


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[bool, tuple[Path, list[str]]]]:
    """An outbox with a hundred events, some pictures and a clip: all in the main file, and half in the other one."""
    made = {}
    for checkpointed in (True, False):
        folder = tmp_path_factory.mktemp("written")
        box = opened(folder / "box")
        ids = [box.record(an_event(), os.urandom(6000) if number < 5 else b"").id for number in range(COUNT)]
        keep(box, b"mp4", ids[0])
        copy = folder / "copy"
        if checkpointed:
            box.close()
            shutil.copytree(folder / "box", copy)
        else:  # as a power cut leaves it
            shutil.copytree(folder / "box", copy, ignore=shutil.ignore_patterns(SHM))
            box.close()
        made[checkpointed] = copy, ids
    yield made


def waiting(box: Outbox) -> list[Event]:
    """The events that will be sent."""
    bodies = [box.read("event", seq) for seq in box.waiting("event", EVERYTHING)]
    return [decode(Event, body) for body in bodies if body]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
def test_what_can_be_read_waits_and_what_comes_later_is_kept(
    damage: Damage,
    written: dict[bool, tuple[Path, list[str]]],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    original, ids = written[damage.checkpointed]
    folder = tmp_path / "box"
    shutil.copytree(original, folder)
    damage.do(folder)
    box = opened(folder)
    kept = waiting(box)
    for seq in box.waiting("snapshot", EVERYTHING):
        box.read("snapshot", seq)
    later = [box.record(an_event(), b"jpeg") for _ in range(3)]
    assert [event.id for event in waiting(box)] == [*(event.id for event in kept), *(event.id for event in later)]
    assert {event.stream for event in kept} <= {box.stream}
    assert {event.id for event in kept} <= set(ids)
    assert len(kept) >= damage.spares
    assert len({event.seq for event in [*kept, *later]}) == len(kept) + 3
    assert bool(caplog.records) == damage.told
    assert all("\n" not in record.getMessage() for record in caplog.records)
    status = box.status()
    assert status.recorded >= status.events + status.events_lost
    assert status.damaged == any("it is kept as" in record.getMessage() for record in caplog.records)
    assert box.forget(Ack(stream=box.stream, seqs=[event.seq for event in kept]))
    box.close()
    box = opened(folder)
    assert [event.id for event in waiting(box)] == [event.id for event in later]
    with closing(sqlite3.connect(folder / FILE)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    box.close()


def test_there_are_many_ways_to_be_damaged() -> None:
    assert len({damage.name for damage in DAMAGES}) == len(DAMAGES) >= 20


def test_damage_that_is_met_at_work_is_survived(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    box = opened(tmp_path)
    first = box.stream
    ids = [box.record(an_event(), b"").id for _ in range(COUNT)]
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        zeroed("events", 2)(tmp_path)
        db.execute("UPDATE meta SET clips_evicted = 7")  # so that the outbox trusts no page that it remembers
    kept = waiting(box)
    assert COUNT > len(kept) >= COUNT - 20
    assert {event.id for event in kept} <= set(ids)
    later = box.record(an_event(), b"jpeg")
    assert box.stream == later.stream != first
    assert waiting(box)[-1] == later
    status = box.status()
    assert status.events + status.events_lost == status.recorded == COUNT + 1
    assert status.clips_evicted == 7
    assert "it is kept as" in caplog.text
    box.close()


def test_no_number_is_given_out_twice_after_the_write_ahead_file_was_damaged(
    written: dict[bool, tuple[Path, list[str]]], tmp_path: Path
) -> None:
    """SQLite would forget what stands behind the damage, and the centre take the next event for a repeat."""
    original, _ = written[False]
    folder = tmp_path / "box"
    shutil.copytree(original, folder)
    flip(folder / WAL, (folder / WAL).stat().st_size - 100)
    box = opened(folder)
    events = waiting(box)
    numbers = {(event.stream, event.seq) for event in events}
    assert box.record(an_event(), b"jpeg").seq not in {seq for _, seq in numbers}
    with closing(sqlite3.connect(original.with_name("box") / FILE)) as db:
        assert (box.stream,) != db.execute("SELECT stream FROM meta").fetchone()
    box.close()


def test_a_file_without_checksums_is_taken_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """As version 0.1 wrote it."""
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.executescript(
            "CREATE TABLE meta (one INTEGER PRIMARY KEY CHECK (one = 1), stream TEXT NOT NULL, next_seq INTEGER"
            " NOT NULL, events_lost INTEGER NOT NULL DEFAULT 0, snapshots_evicted INTEGER NOT NULL DEFAULT 0,"
            " clips_evicted INTEGER NOT NULL DEFAULT 0);"
            "CREATE TABLE events (seq INTEGER PRIMARY KEY, body BLOB NOT NULL);"
            "CREATE TABLE snapshots (seq INTEGER PRIMARY KEY, event TEXT NOT NULL UNIQUE, body BLOB NOT NULL);"
        )
        event = replace(an_event(), stream="a" * 16, seq=7)
        db.execute("INSERT INTO meta (one, stream, next_seq) VALUES (1, ?, 8)", (event.stream,))
        db.execute("INSERT INTO events VALUES (7, ?)", (encode(event),))
        db.commit()
    box = opened(tmp_path)
    assert (box.stream, waiting(box)) == (event.stream, [event])
    assert box.record(an_event(), b"jpeg").seq == 8
    box.close()
    assert not caplog.records


def test_what_the_disk_has_changed_is_not_sent_but_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    box = opened(tmp_path)
    for _ in range(3):
        box.record(an_event(), b"jpeg")
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.execute("UPDATE events SET body = CAST(replace(body, 'person', 'parson') AS BLOB) WHERE seq = 2")
        db.execute("UPDATE snapshots SET body = zeroblob(9) WHERE seq = 1")
        db.commit()
    assert [box.read("event", seq) is not None for seq in (1, 2, 3)] == [True, False, True]
    assert [box.read("snapshot", seq) is not None for seq in (1, 2, 3)] == [False, True, True]
    status = box.status()
    assert (status.events, status.events_lost, status.snapshots, status.snapshots_evicted) == (2, 1, 2, 1)
    assert [record.getMessage().rpartition(": ")[2] for record in caplog.records] == [
        "event 2 is damaged on the disk and given up",
        "snapshot 1 is damaged on the disk and given up",
    ]
    box.close()


@pytest.mark.parametrize("moment", ["events", "pictures", "just before it is whole"])
def test_a_crash_while_a_damaged_outbox_is_read_loses_nothing(
    moment: str,
    written: dict[bool, tuple[Path, list[str]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original, ids = written[True]
    folder = tmp_path / "box"
    shutil.copytree(original, folder)
    (folder / WAL).write_bytes(b"no write-ahead file of anything" * 9)
    calls = 0

    def crash(name: str, after: int) -> None:
        real = getattr(rebuilding, name)

        def until_it_does(*arguments: object, **others: object) -> object:
            nonlocal calls
            calls += 1
            if calls > after:
                raise KeyboardInterrupt
            return real(*arguments, **others)

        monkeypatch.setattr(rebuilding, name, until_it_does)

    monkeypatch.setattr(rebuilding, "BATCH", 10)
    name, after = {"events": ("put_event", 35), "pictures": ("put_snapshot", 2)}.get(moment, ("sync_folder", 1))
    crash(name, after)
    for _ in range(2):  # and a second time, at the same place
        calls = 0
        with pytest.raises(KeyboardInterrupt):
            opened(folder)
    monkeypatch.undo()
    box = opened(folder)
    assert [event.id for event in waiting(box)] == ids
    assert len(box.waiting("snapshot", EVERYTHING)) == 5
    box.close()
    opened(folder).close()
