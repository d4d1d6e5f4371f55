"""From an edge's MQTT to the database and back: nothing lost, nothing doubled, whatever dies in between."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from alerts.bell import Bell
from alerts.sink import Sink
from alerts.store import fleet
from alerts.store.database import Database
from alerts.store.schema import events
from core.clock import SystemClock
from core.events import Ack, Event, Snapshot, decode, encode
from core.tasks import stop
from ingest import consumer as consumer_module
from ingest.consumer import EARLY_TRIES, Consumer
from ingest.intake import Intake, Message, Outcome, Sinks
from ingest.media import MediaFolder
from tests.brokers import EDGES, RunningBroker
from tests.ingest.conftest import MqttEdge
from tests.ingest.fakes import MemoryStore
from tests.messages import JPEG, STREAM, an_event
from tests.patience import PATIENCE_S, until


@pytest.fixture
def engine_name() -> str:
    return "sqlite"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that gives a message again soon, and a consumer that looks again soon."""
    monkeypatch.setattr(consumer_module, "ACK_WAIT_S", 1.0)
    monkeypatch.setattr(consumer_module, "FETCH_S", 0.5)
    monkeypatch.setattr(consumer_module, "RETRY_S", 0.1)


class Centre:
    """Ingest and the real store behind it."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.sink = Sink(database, Bell(), SystemClock())
        self.media = MediaFolder(folder / "media")
        self.intake = Intake(Sinks(self.sink, self.sink, self.sink, self.sink), self.media, SystemClock())

    async def stored(self) -> list[str]:
        async with self.database.read() as connection:
            return list((await connection.execute(select(events.c.id).order_by(events.c.seq))).scalars())

    async def counts(self) -> dict[str, int]:
        async with self.database.read() as connection:
            return await fleet.counts(connection)


@pytest.fixture
async def centre(database: Database, tmp_path: Path) -> Centre:
    centre = Centre(database, tmp_path)
    async with database.write() as connection:
        for edge in EDGES:
            await fleet.register(connection, [(edge, edge, "33.03.05")])
    return centre


@contextlib.asynccontextmanager
async def consuming(broker: RunningBroker, intake: Intake, wait: bool = True) -> AsyncIterator[asyncio.Task[None]]:
    """A consumer that runs; cancelling it is as sudden as killing its process."""
    consumer = Consumer(broker.access, intake)
    task = asyncio.create_task(consumer.run())
    try:
        if wait:
            await asyncio.wait_for(consumer.ready.wait(), PATIENCE_S)
        yield task
    finally:
        await stop(task)


def acked(edge: MqttEdge) -> list[int]:
    """Numbers that the centre has acknowledged to an edge, in the order of their acks."""
    return [seq for _, payload in edge.received for seq in decode(Ack, payload).seqs]


async def send(edge: MqttEdge, *several: Event) -> None:
    for event in several:
        await edge.publish("event", encode(event))


async def until_acked(edge: MqttEdge, *several: Event, times: int = 1) -> None:
    """Wait until each has been acknowledged so often."""
    await asyncio.to_thread(until, lambda: all(acked(edge).count(event.seq) >= times for event in several))


async def test_events_are_stored_and_acknowledged_to_the_edge_that_sent_them(
    broker: RunningBroker, edges: dict[str, MqttEdge], centre: Centre
) -> None:
    first, second = an_event(), an_event()
    async with consuming(broker, centre.intake):
        await send(edges["pos-1"], first)
        await send(edges["pos-2"], second)
        await until_acked(edges["pos-1"], first)
        await until_acked(edges["pos-2"], second)
    assert await centre.stored() == [first.id, second.id]
    for edge, event in (("pos-1", first), ("pos-2", second)):
        ack = Ack(stream=STREAM, seqs=[event.seq], events=[event.id])
        assert [(name, decode(Ack, body)) for name, body in edges[edge].received] == [(f"ek/v1/{edge}/ack", ack)]


async def test_a_picture_is_stored_and_acknowledged(
    broker: RunningBroker, edges: dict[str, MqttEdge], centre: Centre
) -> None:
    edge, event = edges["pos-1"], an_event()
    async with consuming(broker, centre.intake):
        await send(edge, event)
        await until_acked(edge, event)
        await edge.publish("snapshot", encode(Snapshot(event=event.id, stream=STREAM, jpeg=JPEG)))
        await asyncio.to_thread(until, lambda: len(edge.received) == 2)
    assert decode(Ack, edge.received[1][1]) == Ack(stream=STREAM, snapshots=[event.id])


async def test_a_picture_that_overtakes_its_event_need_not_be_sent_again(
    broker: RunningBroker, edges: dict[str, MqttEdge], centre: Centre
) -> None:
    edge, event = edges["pos-1"], an_event()
    async with consuming(broker, centre.intake):
        await edge.publish("snapshot", encode(Snapshot(event=event.id, stream=STREAM, jpeg=JPEG)))
        await asyncio.sleep(0.2)
        await send(edge, event)
        await asyncio.to_thread(until, lambda: len(edge.received) == 2)
    assert {tuple(decode(Ack, body).snapshots) for _, body in edge.received} == {(), (event.id,)}


async def test_a_picture_whose_event_never_comes_is_given_up(
    broker: RunningBroker, edges: dict[str, MqttEdge], tmp_path: Path
) -> None:
    intake, event = Counting(MemoryStore(), tmp_path), an_event()
    async with consuming(broker, intake):
        await edges["pos-1"].publish("snapshot", encode(Snapshot(event=event.id, stream=STREAM, jpeg=JPEG)))
        await asyncio.to_thread(until, lambda: intake.given == EARLY_TRIES)
        await asyncio.sleep(0.5)
    assert intake.given == EARLY_TRIES


async def test_what_was_sent_while_no_consumer_ran_is_taken_in_later(
    broker: RunningBroker, edges: dict[str, MqttEdge], centre: Centre
) -> None:
    async with consuming(broker, centre.intake):
        pass  # the stream stands from here on
    await send(edges["pos-1"], event := an_event())
    async with consuming(broker, centre.intake):
        await until_acked(edges["pos-1"], event)
    assert await centre.stored() == [event.id]


async def test_a_repeat_is_acknowledged_again_and_counted(
    broker: RunningBroker, edges: dict[str, MqttEdge], centre: Centre
) -> None:
    edge, event = edges["pos-1"], an_event()
    async with consuming(broker, centre.intake):
        await send(edge, event, event, event)
        await until_acked(edge, event, times=3)
        await send(edge, last := an_event())
        await until_acked(edge, last)
    assert await centre.stored() == [event.id, last.id]
    assert await centre.counts() == {"duplicates": 2}


class Counting(Intake):
    """An intake that knows how much it was given."""

    def __init__(self, store: MemoryStore, folder: Path) -> None:
        super().__init__(Sinks(store, store, store, store), MediaFolder(folder / "media"), SystemClock())
        self.given = 0

    async def handle(self, batch: Sequence[Message]) -> Outcome:
        self.given += len(batch)
        return await super().handle(batch)


async def test_consumers_share_the_work(broker: RunningBroker, edges: dict[str, MqttEdge], tmp_path: Path) -> None:
    edge, store = edges["pos-1"], MemoryStore()
    first, second = Counting(store, tmp_path), Counting(store, tmp_path)
    sent: list[Event] = []
    async with consuming(broker, first), consuming(broker, second):
        async with asyncio.timeout(PATIENCE_S):
            while not (first.given and second.given):
                sent.append(an_event())
                await send(edge, sent[-1])
        await until_acked(edge, *sent)
    assert first.given + second.given == len(sent) == len(store.events)
    assert store.counts == {}


class Dying(Intake):
    """An intake whose process dies after the commit, before it could say so."""

    def __init__(self, real: Intake) -> None:
        self.real = real
        self.committed = asyncio.Event()

    async def handle(self, batch: Sequence[Message]) -> Outcome:
        await self.real.handle(batch)
        self.committed.set()
        return await asyncio.Future()


async def test_a_consumer_killed_between_commit_and_ack_loses_and_doubles_nothing(
    broker: RunningBroker, edges: dict[str, MqttEdge], centre: Centre
) -> None:
    edge, event = edges["pos-1"], an_event()
    dying = Dying(centre.intake)
    async with consuming(broker, dying) as task:
        await send(edge, event)
        await asyncio.wait_for(dying.committed.wait(), PATIENCE_S)
        task.cancel()
    assert (await centre.stored(), acked(edge)) == ([event.id], [])
    async with consuming(broker, centre.intake):
        await until_acked(edge, event)
    assert (await centre.stored(), await centre.counts()) == ([event.id], {"duplicates": 1})


async def test_work_goes_on_after_the_broker_was_down(
    broker: RunningBroker, edges: dict[str, MqttEdge], centre: Centre, caplog: pytest.LogCaptureFixture
) -> None:
    edge, before, after = edges["pos-1"], an_event(), an_event()
    async with consuming(broker, centre.intake) as task:
        await send(edge, before)
        await until_acked(edge, before)
        await asyncio.to_thread(broker.stop)
        await asyncio.to_thread(broker.start)
        assert await asyncio.wait_for(edge.answered.get(), PATIENCE_S)
        assert await edge.subscribe("ek/v1/pos-1/ack") == [True]
        await send(edge, after)
        await until_acked(edge, after)
        assert not task.done()
    assert await centre.stored() == [before.id, after.id]
    assert not [record for record in caplog.records if record.exc_info]  # one line a failure, no traceback


async def test_a_consumer_waits_for_a_broker_that_is_not_there_yet(
    broker: RunningBroker, centre: Centre, caplog: pytest.LogCaptureFixture
) -> None:
    await asyncio.to_thread(broker.stop)
    async with consuming(broker, centre.intake, wait=False) as task:
        await asyncio.to_thread(until, lambda: "the broker" in caplog.text)
        await asyncio.to_thread(broker.start)
        edge, event = MqttEdge("pos-1", broker.mqtt_port), an_event()
        assert await edge.start() and await edge.subscribe("ek/v1/pos-1/ack") == [True]
        async with asyncio.timeout(PATIENCE_S):
            while not acked(edge):  # sent again, as an edge does, until the stream stands
                await send(edge, event)
                await asyncio.sleep(0.1)
        await edge.stop()
        assert not task.done()
    assert await centre.stored() == [event.id]


async def test_what_cannot_be_stored_is_given_again(
    broker: RunningBroker, edges: dict[str, MqttEdge], tmp_path: Path
) -> None:
    edge, store, event = edges["pos-1"], MemoryStore(), an_event()
    store.broken = {"events"}
    intake = Counting(store, tmp_path)
    async with consuming(broker, intake):
        await send(edge, event)
        await asyncio.to_thread(until, lambda: intake.given >= 3)
        assert acked(edge) == []
        store.broken = set()
        await until_acked(edge, event)
    assert (len(store.events), store.counts) == (1, {})


async def test_what_is_refused_is_never_given_again(
    broker: RunningBroker, edges: dict[str, MqttEdge], tmp_path: Path
) -> None:
    edge, store, good = edges["pos-1"], MemoryStore(), an_event()
    intake = Counting(store, tmp_path)
    async with consuming(broker, intake):
        await edge.publish("event", b"rubbish")
        await edge.publish("snapshot", b"rubbish")
        await send(edge, good)
        await until_acked(edge, good)
        await asyncio.sleep(consumer_module.ACK_WAIT_S * 1.5)  # what was not settled would come now
        assert intake.given == 3
    assert store.counts == {"refused": 2}
