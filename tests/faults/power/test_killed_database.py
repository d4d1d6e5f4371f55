"""What ingest acknowledged stands in PostgreSQL, once, though its processes are killed while they commit.

The kill comes some thousandths of a second after COMMIT was sent. Then the edge's messages come again, as they do when
no ack was given, until all of them are acknowledged. EKAMLING_FAULTS=full kills 60 times, the short form 6 times.
"""

import os
import random
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from sqlalchemy import event as events_of
from sqlalchemy import func, select

from alerts.store.database import Database
from alerts.store.schema import events, media
from core.events import Media, Snapshot, encode
from core.ids import new_id
from core.topics import subject
from ingest.intake import Intake, Message, Sinks, Verdict
from tests import postgres
from tests.alerts.centre import EDGE, Centre
from tests.messages import an_event

FULL = os.environ.get("EKAMLING_FAULTS") == "full"
KILLS = 60 if FULL else 6
pytestmark = pytest.mark.timeout(900 if FULL else 120)
SEED = 11
LATEST_S = 0.004  # from COMMIT sent to the kill; one takes 1 to 5 ms
PICTURE = b"\xff\xd8\xff\xe0"


@pytest.fixture
def server() -> Iterator[postgres.Server]:
    with postgres.server(durable=True) as server:
        yield server


class Killer:
    """Kills the server a moment after one of the next commits has begun."""

    def __init__(self, server: postgres.Server, chance: random.Random) -> None:
        self._server = server
        self._chance = chance
        self._commits_left = 0
        self._thread: threading.Thread | None = None

    def arm(self) -> None:
        self._commits_left = self._chance.choice((1, 2))
        self._thread = None

    def committing(self, _connection: Any) -> None:
        self._commits_left -= 1
        if self._commits_left == 0:
            self._thread = threading.Thread(target=self._kill, args=(self._chance.uniform(0, LATEST_S),))
            self._thread.start()

    def _kill(self, after_s: float) -> None:
        sleep(after_s)
        self._server.kill()

    def done(self) -> bool:
        """Whether it killed; then the server runs again."""
        if self._thread is None:
            return False
        self._thread.join()
        self._server.start()
        return True


def batch(chance: random.Random) -> list[Message]:
    """Some events and their pictures."""
    found = list[Message]()
    for _ in range(chance.choice((1, 5, 50))):
        jpeg = PICTURE + chance.randbytes(200)
        event = an_event(id=new_id(), snapshot=Media.of(jpeg))
        picture = Snapshot(event=event.id, stream=event.stream, jpeg=jpeg)
        found += [Message(subject(EDGE, "event"), encode(event)), Message(subject(EDGE, "snapshot"), encode(picture))]
    return found


class Promised:
    """What was acknowledged."""

    def __init__(self) -> None:
        self.events = set[str]()
        self.pictures = set[str]()

    async def send(self, intake: Intake, messages: list[Message]) -> list[Message]:
        """Hand over messages; those that are to come again."""
        outcome = await intake.handle(messages)
        for _, ack in outcome.acks:
            self.events.update(ack.events)
            self.pictures.update(ack.snapshots)
        again = (Verdict.RETRY, Verdict.EARLY)
        return [message for message, verdict in zip(messages, outcome.verdicts, strict=True) if verdict in again]


async def stored(database: Database) -> tuple[Counter[str], Counter[str]]:
    """How often each event, and each event's picture, stands in the database."""
    async with database.read() as connection:
        rows = await connection.execute(select(events.c.id, func.count()).group_by(events.c.id))
        noted = await connection.execute(select(media.c.event, func.count()).group_by(media.c.event))
        return Counter({row[0]: row[1] for row in rows}), Counter({row[0]: row[1] for row in noted})


async def test_what_was_acknowledged_stands_though_postgresql_was_killed(
    server: postgres.Server, tmp_path: Path
) -> None:
    chance, promised, seen = random.Random(SEED), Promised(), Counter[str]()  # noqa: S311
    killer = Killer(server, chance)
    with server.database() as name:
        database = await Database.open(server.url(name))
        centre = Centre(database, tmp_path)
        await centre.register()
        sink = centre.sink
        intake = Intake(Sinks(events=sink, media=sink, fleet=sink, tally=sink), centre.media, centre.clock)
        events_of.listen(database.engine.sync_engine, "commit", killer.committing)
        while seen["kills"] < KILLS:
            killer.arm()
            messages, before = batch(chance), len(promised.events)
            left = await promised.send(intake, messages)
            if not killer.done():
                continue
            known, noted = await stored(database)
            assert promised.events <= known.keys(), "lost"
            assert promised.pictures <= noted.keys(), "lost"
            seen.update(kills=1, cut=bool(left), silent=len(known) > len(promised.events))
            while left:
                left = await promised.send(intake, left)
            seen["events"] += len(promised.events) - before
        known, noted = await stored(database)
        assert known == Counter(promised.events)
        assert noted == Counter(promised.pictures)
        await database.close()
    sys.stderr.write(f"kills of PostgreSQL while it commits: {dict(seen)}, 0 lost, 0 doubled\n")
    assert seen["cut"] >= KILLS // 4
