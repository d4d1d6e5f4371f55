"""The outbox, its acks and the store together, against a model: whatever a link, a crash or an old copy of the disk
does to them, every event that was recorded is stored once, and none is forgotten before it is.

10,000 steps in the long form (EKAMLING_FAULTS=full), some hundred in the short one.
"""

import asyncio
import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from alerts.store.database import Database
from alerts.store.schema import events
from core.events import Ack, Event, decode
from edge.outbox import Outbox
from ingest.sinks import Received
from tests.alerts.centre import EDGE, Centre
from tests.messages import AT, an_event

FULL = os.environ.get("EKAMLING_FAULTS") == "full"
EXAMPLES, STEPS = (200, 60) if FULL else (12, 40)
pytestmark = pytest.mark.timeout(1800 if FULL else 300)
CAMERAS = ("gerbang", "pos", "mushola")
EVERYTHING = 10_000
taken = Counter[str]()  # steps, over all examples


class LinkAndDisk(RuleBasedStateMachine):
    """One edge and one centre. What is `sent` and `acked` may come late, twice, in any order, or never."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="ekamling-nothing-lost-"))
        self.known_to_copy: set[str] = set()
        self.recorded: list[Event] = []
        self.excused: set[str] = set()  # taken away with the disk before anything was sent
        self.sent: list[bytes] = []
        self.acked: list[Ack] = []

    @initialize()
    def begin(self) -> None:
        self.box = self.opened()
        self.database = self.runner.run(Database.open(f"sqlite+aiosqlite:///{self.folder}/centre.sqlite3"))
        self.centre = Centre(self.database, self.folder)
        self.runner.run(self.centre.register())
        self.copy_the_disk()

    def opened(self) -> Outbox:
        return Outbox(self.folder / "edge", budget_bytes=2**24, clip_budget_bytes=2**20)

    def stored(self) -> list[tuple[str, str, int, str]]:
        """Id, stream, number and camera of all that the centre has."""

        async def read() -> list[tuple[str, str, int, str]]:
            async with self.database.read() as connection:
                rows = await connection.execute(
                    select(events.c.id, events.c.stream, events.c.seq, events.c.camera).order_by(
                        events.c.camera, events.c.stream, events.c.seq
                    )
                )
                return [(row.id, row.stream, row.seq, row.camera) for row in rows]

        return self.runner.run(read())

    def waiting(self) -> list[Event]:
        found = [self.box.read("event", seq) for seq in self.box.waiting("event", EVERYTHING)]
        return [decode(Event, body) for body in found if body]

    @rule(camera=st.sampled_from(CAMERAS), count=st.integers(1, 4))
    def record(self, camera: str, count: int) -> None:
        taken["record"] += 1
        self.recorded += [self.box.record(an_event(camera=camera, snapshot=None), b"") for _ in range(count)]

    @rule(limit=st.integers(1, 8))
    def send(self, limit: int) -> None:
        taken["send"] += 1
        bodies = [self.box.read("event", seq) for seq in self.box.waiting("event", limit)]
        self.sent += [body for body in bodies if body]

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), kept=st.booleans())
    def arrive(self, data: st.DataObject, kept: bool) -> None:
        """Some of what is on its way, in any order; `kept`: and once more, later."""
        taken["arrive"] += 1
        those = data.draw(st.lists(st.integers(0, len(self.sent) - 1), min_size=1, max_size=6, unique=True))
        self.deliver([self.sent[number] for number in those])
        if not kept:
            self.sent = [body for number, body in enumerate(self.sent) if number not in those]

    @precondition(lambda self: self.box.waiting("event", 1))
    @rule(limit=st.integers(1, 8))
    def travel(self, limit: int) -> None:
        """All the way at once; the ack is what may be late."""
        taken["travel"] += 1
        bodies = [self.box.read("event", seq) for seq in self.box.waiting("event", limit)]
        self.deliver([body for body in bodies if body])

    def deliver(self, bodies: list[bytes]) -> None:
        """As ingest does: the acks of what was committed, by stream."""
        them = [decode(Event, body) for body in bodies]
        self.runner.run(self.centre.sink.put_events([Received(EDGE, event, AT) for event in them]))
        for stream in {event.stream for event in them}:
            mine = [event for event in them if event.stream == stream]
            seqs, ids = [event.seq for event in mine], [event.id for event in mine]
            self.acked.append(Ack(stream=stream, seqs=seqs, events=ids))

    @precondition(lambda self: self.acked)
    @rule(data=st.data(), kept=st.booleans())
    def acknowledge(self, data: st.DataObject, kept: bool) -> None:
        taken["acknowledge"] += 1
        number = data.draw(st.integers(0, len(self.acked) - 1))
        self.box.forget(self.acked[number])
        if not kept:
            del self.acked[number]

    @rule(seqs=st.lists(st.integers(1, 50), max_size=5))
    def acknowledge_another_life(self, seqs: list[int]) -> None:
        taken["acknowledge another life"] += 1
        assert not self.box.forget(Ack(stream="f" * 16, seqs=seqs))

    @rule(messages=st.booleans())
    def lose(self, messages: bool) -> None:
        """All that is on its way, one way."""
        taken["lose"] += 1
        if messages:
            self.sent.clear()
        else:
            self.acked.clear()

    @rule()
    def start_again(self) -> None:
        taken["start again"] += 1
        self.box.close()
        self.box = self.opened()

    @rule()
    def copy_the_disk(self) -> None:
        taken["copy the disk"] += 1
        self.box.close()
        shutil.rmtree(self.folder / "copy", ignore_errors=True)
        shutil.copytree(self.folder / "edge", self.folder / "copy")
        self.box = self.opened()
        self.known_to_copy = {event.id for event in self.waiting()}

    @rule()
    def put_the_copy_back(self) -> None:
        """What was recorded since and has not arrived goes with the disk, unless it is on its way."""
        taken["put the copy back"] += 1
        self.box.close()
        shutil.rmtree(self.folder / "edge")
        shutil.copytree(self.folder / "copy", self.folder / "edge")
        self.box = self.opened()
        safe = {row[0] for row in self.stored()} | self.known_to_copy
        self.excused |= {event.id for event in self.recorded} - safe

    @invariant()
    def nothing_is_forgotten_before_it_is_stored(self) -> None:
        if self.recorded:
            stored = {row[0] for row in self.stored()}
            waiting = {event.id for event in self.waiting()}
            missing = {event.id for event in self.recorded} - stored - waiting - self.excused
            assert not missing, f"lost: {missing}"

    def teardown(self) -> None:
        try:
            if self.recorded:
                self.drain()
        finally:
            self.box.close()
            self.runner.run(self.database.close())
            self.runner.close()
            shutil.rmtree(self.folder)

    def drain(self) -> None:
        """The link is well at last."""
        while waiting := self.box.waiting("event", 50):
            self.deliver([body for seq in waiting if (body := self.box.read("event", seq))])
            for ack in self.acked:
                self.box.forget(ack)
        rows = self.stored()
        found = Counter(row[0] for row in rows)
        assert not [event for event, times in found.items() if times > 1]
        assert {event.id for event in self.recorded} - self.excused <= found.keys() <= {e.id for e in self.recorded}
        order = {event.id: number for number, event in enumerate(self.recorded)}
        for camera in CAMERAS:
            for stream in {row[1] for row in rows if row[3] == camera}:
                made = [order[row[0]] for row in rows if row[1] == stream and row[3] == camera]
                assert made == sorted(made), f"{camera}: the numbers are not the order in which events were made"


def test_whatever_happens_on_the_way_each_event_is_stored_once_and_none_is_lost(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run_state_machine_as_test(
        LinkAndDisk,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    with capsys.disabled():
        os.write(1, f"\n{sum(taken.values())} steps: {dict(taken)}\n".encode())
    assert not FULL or sum(taken.values()) >= 10_000
