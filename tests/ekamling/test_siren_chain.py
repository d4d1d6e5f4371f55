"""From a notification at the centre to a siren that sounds at the edge, over a real broker, and the answer back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from alerts.bell import Bell
from alerts.boxes.arming import Arming
from alerts.boxes.downlink import Downlink
from alerts.boxes.sirens import Sirens
from alerts.notifiers.base import DeliveryError
from alerts.notifiers.settings import SirenCode
from alerts.notifiers.siren import Siren as SirenChannel
from alerts.sink import Sink
from alerts.store import fleet, siren_orders
from alerts.store.database import Database
from core.clock import SystemClock
from core.events import Command, Reply, Status
from core.tasks import stop
from edge.publisher import Publisher
from edge.settings import CentreLink
from edge.siren import Siren
from edge.siren_settings import SirenSettings
from ingest import consumer as consumer_module
from ingest.consumer import Consumer
from ingest.courier import Courier
from ingest.intake import Intake, Sinks
from ingest.media import MediaFolder
from tests.alerts.notifiers.samples import a_message
from tests.brokers import EDGES, HOST, RunningBroker
from tests.edge.fakes import opened
from tests.edge.relay import RelayBox
from tests.patience import GLANCE_S, PATIENCE_S

EDGE = "pos-1"
CODES = (SirenCode("33.03", "thief", "2-2-2"),)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer_module, "FETCH_S", 0.5)


class Centre:
    """Ingest, the courier, the store and the siren's channel."""

    def __init__(self, broker: RunningBroker, database: Database, folder: Path) -> None:
        self.database = database
        self.clock, bell = SystemClock(), Bell()
        sink = Sink(database, bell, self.clock)
        self.sirens = Sirens(database, bell, self.clock)
        downlink = Downlink(bell, [Arming(database, bell, self.clock), self.sirens])
        sinks = Sinks(events=sink, media=sink, fleet=sink, tally=sink, replies=downlink)
        intake = Intake(sinks, MediaFolder(folder / "media"), self.clock)
        self._consumer, self._courier = Consumer(broker.access, intake), Courier(broker.access, downlink)
        self.channel = SirenChannel(self.sirens.command, CODES, safe="1-7-1", seconds=30)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(part.run()) for part in (self._consumer, self._courier)]
        await asyncio.wait_for(self._consumer.ready.wait(), PATIENCE_S)
        try:
            yield
        finally:
            await stop(*tasks)

    async def until_online(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                async with self.database.read() as connection:
                    if await fleet.online(connection, EDGE):
                        return
                await asyncio.sleep(GLANCE_S)


class Edge:
    """An edge without cameras."""

    def __init__(self, broker: RunningBroker, folder: Path, settings: SirenSettings) -> None:
        clock = SystemClock()
        link = CentreLink(mqtt_host=HOST, url="http://127.0.0.1:1", secret_file="unused", mqtt_port=broker.mqtt_port)
        self._outbox = opened(folder / "edge")
        self.publisher = Publisher(EDGE, link, EDGES[EDGE], self._outbox, clock, self)
        self.siren = Siren(settings, folder, clock, self.publisher.reply)

    def status(self, *, online: bool) -> Status:
        return Status(online=online, at=SystemClock().now())

    def answer(self, command: Command) -> Reply | None:
        self.siren.take(command)
        return None

    def start(self) -> None:
        self.siren.start()
        self.publisher.start()

    def stop(self) -> None:
        self.siren.stop()
        self.publisher.stop(Status(online=False))
        self._outbox.close()


@pytest.fixture
async def box() -> AsyncIterator[RelayBox]:
    relay = RelayBox()
    yield relay
    await asyncio.to_thread(relay.close)


@pytest.fixture
async def centre(broker: RunningBroker, database: Database, tmp_path: Path) -> Centre:
    async with database.write() as connection:
        await fleet.register(connection, [(EDGE, "Pos satu", "33.03.05")])
    return Centre(broker, database, tmp_path)


@contextlib.asynccontextmanager
async def edge_at_work(
    broker: RunningBroker, folder: Path, settings: SirenSettings, centre: Centre
) -> AsyncIterator[Edge]:
    edge = Edge(broker, folder, settings)
    await asyncio.to_thread(edge.start)
    try:
        await centre.until_online()
        yield edge
    finally:
        await asyncio.to_thread(edge.stop)


async def test_an_alarm_sounds_once_and_ends_with_its_incident(
    centre: Centre, broker: RunningBroker, tmp_path: Path, box: RelayBox
) -> None:
    async with centre.running(), edge_at_work(broker, tmp_path, box.settings(), centre) as edge:
        alarm = a_message(kind="thief")
        receipt = await centre.channel.send(EDGE, alarm)
        assert receipt.provider_id == f"{EDGE}:{alarm.id}"
        assert edge.siren.sounds()
        await centre.channel.send(EDGE, alarm)  # as after a crash before the receipt was written
        assert box.asked.count("GET /on") == 1
        await centre.channel.send(EDGE, a_message(id="n-2", action="resolve", kind="thief"))
        assert box.asked[-2:] == ["GET /off", "GET /on"]  # silent, then all is safe
        async with centre.database.read() as connection:
            order = await siren_orders.of(connection, EDGE, alarm.id)
    assert order is not None
    assert (order.ok, order.args["pattern"], order.args["seconds"]) == (True, "2-2-2", "30")


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_what_the_edge_refuses_is_a_permanent_error_in_its_words(
    centre: Centre, broker: RunningBroker, tmp_path: Path, box: RelayBox
) -> None:
    box.status = 500
    async with centre.running(), edge_at_work(broker, tmp_path, box.settings(), centre):
        with pytest.raises(DeliveryError, match="siren: edge pos-1 cannot sound: the relay answered 500") as refused:
            await centre.channel.send(EDGE, a_message())
    assert refused.value.permanent


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_an_edge_that_was_away_does_not_sound_later(
    centre: Centre, broker: RunningBroker, tmp_path: Path, box: RelayBox
) -> None:
    with pytest.raises(DeliveryError, match="edge pos-1 is not connected") as away:
        await centre.channel.send(EDGE, a_message())
    assert not away.value.permanent
    async with centre.running(), edge_at_work(broker, tmp_path, box.settings(), centre):
        assert await centre.sirens.claimed() == []
    assert "GET /on" not in box.asked


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_an_edge_that_nobody_knows_is_a_permanent_error(centre: Centre) -> None:
    with pytest.raises(DeliveryError, match="no edge is called pos-9") as unknown:
        await centre.channel.send("pos-9", a_message())
    assert unknown.value.permanent


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_an_alarm_whose_incident_is_closed_is_not_sounded(centre: Centre) -> None:
    with pytest.raises(DeliveryError, match="was closed before") as late:
        await centre.channel.send(EDGE, a_message(state="closed"))
    assert late.value.permanent
