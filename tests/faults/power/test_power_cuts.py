"""Nothing that was promised is lost to a power cut, at whatever moment, and nothing is corrupt after it.

An edge's outbox and a centre's store work for a while under a recorder; then the record is played to a disk that keeps
what was synced and any part of the rest (see disk.py), the power goes at some moment, and the same code opens what is
left. The short form cuts some hundred times, the long form (EKAMLING_FAULTS=full) some thousand.
"""

import asyncio
import hashlib
import os
import random
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from shutil import rmtree

import pytest
from sqlalchemy import select

from alerts.store.schema import events, media
from core.events import Event, Snapshot, decode
from edge.outbox_file import ASIDE
from ingest.media import MediaFolder
from tests.faults.power import edge_work
from tests.faults.power.disk import Disk
from tests.faults.power.record import Step, built, recorded
from tests.faults.power.store import FILE, opened
from tests.messages import an_event

FULL = os.environ.get("EKAMLING_FAULTS") == "full"
pytestmark = pytest.mark.timeout(1800 if FULL else 300)
SEED = 7
EVERYTHING = 10_000
FIRST_CALLS = 20  # in which a database is made
EDGE_STEPS, EDGE_CUTS = (1_500, 3_000) if FULL else (250, 150)
CENTRE_STEPS, CENTRE_CUTS = (300, 1_000) if FULL else (60, 60)


@pytest.fixture(scope="module")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("recorder"))


def cut(record: Sequence[Step], times: int, folder: Path, look: Callable[[Path, list[str]], None]) -> None:
    """Play the record and cut the power so many times; what is left is looked at, with the marks up to then. A fifth of
    the cuts comes while the files are made."""
    chance = random.Random(SEED)  # noqa: S311
    disk = Disk(record)
    early = chance.choices(range(FIRST_CALLS), k=times // 5)
    for moment in sorted([*early, *chance.choices(range(len(record) + 1), k=times - times // 5)]):
        disk.play(moment)
        disk.cut(chance, folder)
        look(folder, disk.marks)
        rmtree(folder)


class Edge:
    """Looks at what is left of an outbox."""

    def __init__(self) -> None:
        self.seen = Counter[str]()

    def look(self, folder: Path, marks: list[str]) -> None:
        promised, pictures, clips, numbers, damaged = _of_edge(marks)
        before = (folder / edge_work.BOX / ASIDE).exists()
        with closing(edge_work.opened(folder / edge_work.BOX)) as box:
            bodies = {seq: box.read("event", seq) for seq in box.waiting("event", EVERYTHING)}
            them = {event.id: event for body in bodies.values() if body for event in [decode(Event, body)]}
            assert promised <= them.keys(), "lost"
            assert None not in bodies.values()
            shown = [box.read("snapshot", seq) for seq in box.waiting("snapshot", EVERYTHING)]
            here = {snapshot.event: snapshot.jpeg for body in shown if body for snapshot in [decode(Snapshot, body)]}
            for event, digest in pictures.items():
                assert hashlib.sha256(here[event]).hexdigest() == digest
            files = {clip.event: clip.path for clip in box.clips(EVERYTHING)}
            for path in files.values():
                assert path.stem == hashlib.sha256(path.read_bytes()).hexdigest(), "half a clip"
            assert clips.items() <= {event: path.stem for event, path in files.items()}.items()
            new = box.record(an_event(), b"")
            assert numbers.get((new.stream, new.seq), new.id) == new.id, "a number that was given out"
        self.seen["cuts"] += 1
        self.seen["events"] += len(promised)
        self.seen["set aside"] += not before and not damaged and (folder / edge_work.BOX / ASIDE).exists()


Promises = tuple[set[str], dict[str, str], dict[str, str], dict[tuple[str, int], str], bool]


def _of_edge(marks: list[str]) -> Promises:
    """Events, hashes of pictures and of clips by event, and numbers that were given, as the marks have it; and whether
    the file was damaged by the program itself."""
    recorded_events, pictures, clips = set[str](), dict[str, str](), dict[str, str]()
    numbers, damaged = dict[tuple[str, int], str](), False
    for mark in marks:
        match mark.split():
            case ["recorded", event, stream, seq, digest]:
                recorded_events.add(event)
                numbers[stream, int(seq)] = event
                if digest != "-":
                    pictures[event] = digest
            case ["clipped", event, digest]:
                clips[event] = digest
            case ["forgetting", event]:
                recorded_events.discard(event)
            case ["unpicturing", event]:
                pictures.pop(event, None)
            case ["unclipping", event]:
                clips.pop(event, None)
            case ["damaged"]:
                damaged = True
    return recorded_events, pictures, clips, numbers, damaged


def test_an_outbox_keeps_all_it_promised_through_every_power_cut(recorder: Path, tmp_path: Path) -> None:
    program = "tests.faults.power.edge_work"
    record = recorded(recorder, tmp_path / "disk", program, str(SEED), str(EDGE_STEPS))
    edge = Edge()
    cut(record, EDGE_CUTS, tmp_path / "left", edge.look)
    sys.stderr.write(f"power cuts of an edge: {dict(edge.seen)} over {len(record)} calls, 0 lost, 0 corrupt\n")
    assert edge.seen["cuts"] == EDGE_CUTS


class StoreOfCentre:
    """Looks at what is left of a centre's database and files."""

    def __init__(self) -> None:
        self.seen = Counter[str]()

    def look(self, folder: Path, marks: list[str]) -> None:
        words = [mark.split() for mark in marks]
        stored = {event for kind, event, *_ in words if kind == "stored"}
        filed = {(event, *what) for kind, event, *what in words if kind == "filed"}
        known, noted = asyncio.run(self._read(folder))
        assert stored <= known, "lost"
        assert filed <= noted, "lost"
        files = MediaFolder(folder / "media")
        for _, kind, digest in noted:
            content = files.path("clip" if kind == "clip" else "snapshot", digest).read_bytes()
            assert hashlib.sha256(content).hexdigest() == digest, "half a file"
        with closing(sqlite3.connect(folder / FILE)) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        self.seen.update(cuts=1, events=len(stored), files=len(filed))

    async def _read(self, folder: Path) -> tuple[set[str], set[tuple[str, str, str]]]:
        """Ids of events, and (event, kind, hash) of files, as the database has them."""
        database = await opened(folder)
        try:
            async with database.read() as connection:
                known = await connection.execute(select(events.c.id))
                noted = await connection.execute(select(media.c.event, media.c.kind, media.c.sha256))
                return set(known.scalars()), {(row.event, row.kind, row.sha256) for row in noted}
        finally:
            await database.close()


def test_a_centre_keeps_all_it_acknowledged_through_every_power_cut(recorder: Path, tmp_path: Path) -> None:
    program = "tests.faults.power.centre_work"
    record = recorded(recorder, tmp_path / "disk", program, str(SEED), str(CENTRE_STEPS))
    centre = StoreOfCentre()
    cut(record, CENTRE_CUTS, tmp_path / "left", centre.look)
    sys.stderr.write(f"power cuts of a centre: {dict(centre.seen)} over {len(record)} calls, 0 lost, 0 corrupt\n")
    assert centre.seen["cuts"] == CENTRE_CUTS
