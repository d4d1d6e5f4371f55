"""From a person's wish to an edge over MQTT and back: nothing is lost, whoever was away."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from alerts.bell import Bell
from alerts.boxes.arming import Arming
from alerts.boxes.order import Mode
from alerts.cases.desk import Desk
from alerts.people.roles import Role
from alerts.sink import Sink
from alerts.store import fleet, orders
from alerts.store.database import Database
from alerts.store.people import User
from core.clock import SystemClock
from core.errors import StorageError
from core.events import Command, Reply, Status, decode, encode
from core.ids import new_id
from core.tasks import stop
from core.topics import topic
from ingest import consumer as consumer_module
from ingest import courier as courier_module
from ingest.consumer import Consumer
from ingest.courier import Courier
from ingest.intake import Intake, Sinks
from ingest.media import MediaFolder
from tests.brokers import RunningBroker
from tests.ingest.conftest import MqttEdge
from tests.messages import AT, a_camera, a_status
from tests.patience import GLANCE_S, PATIENCE_S, until

EDGE, GROUP = "pos-1", "blok-a"
SITI = User(name="siti", display_name="Siti", role=Role.OPERATOR, area="33.03", password_hash=None, created_at=AT)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer_module, "FETCH_S", 0.5)
    monkeypatch.setattr(courier_module, "RETRY_S", 0.05)


class Centre:
    """Ingest, the courier and the real store; `running` starts them, as often as one likes."""

    def __init__(self, broker: RunningBroker, database: Database, folder: Path) -> None:
        self.broker = broker
        self.database = database
        clock, bell = SystemClock(), Bell()
        self.bell = bell
        sink = Sink(database, bell, clock)
        self.arming = Arming(database, bell, clock)
        self.desk = Desk(database)
        sinks = Sinks(events=sink, media=sink, fleet=sink, tally=sink, replies=self.arming)
        self.intake = Intake(sinks, MediaFolder(folder / "media"), clock)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        consumer = Consumer(self.broker.access, self.intake)
        tasks = [asyncio.create_task(part.run()) for part in (consumer, Courier(self.broker.access, self.arming))]
        await asyncio.wait_for(consumer.ready.wait(), PATIENCE_S)
        try:
            yield
        finally:
            await stop(*tasks)

    async def want(self, mode: Mode) -> None:
        assert await self.arming.order(SITI, EDGE, GROUP, mode)

    async def group(self) -> dict[str, Any]:
        edges = await self.desk.edges(SITI)
        return next((group for edge in edges for group in edge["groups"]), {})

    async def is_sent(self) -> bool:
        async with self.database.read() as connection:
            return not await orders.any_due(connection)

    async def is_offline(self) -> bool:
        return not (await self.desk.edges(SITI))[0]["online"]

    async def is_refused(self) -> bool:
        return (await self.group())["refused"] is not None

    async def until(self, look: Callable[[], Awaitable[bool]]) -> None:
        """Wait until it is so."""
        async with asyncio.timeout(PATIENCE_S):
            heard = self.bell.rings
            while not await look():
                await self.bell.wait(heard, GLANCE_S)
                heard = self.bell.rings

    async def until_shown(self, mode: str) -> None:
        """Wait until consoles show that mode and nothing that waits."""

        async def is_shown() -> bool:
            group = await self.group()
            return group.get("mode") == mode and group["wanted"] is None

        await self.until(is_shown)


@pytest.fixture
async def centre(broker: RunningBroker, database: Database, tmp_path: Path) -> Centre:
    async with database.write() as connection:
        await fleet.register(connection, [(EDGE, "Pos satu", "33.03.05")])
    return Centre(broker, database, tmp_path)


async def beat(edge: MqttEdge, mode: str) -> None:
    now = SystemClock().now()
    await edge.publish("status", encode(a_status(a_camera(group=GROUP, mode=mode), at=now)))


async def say_goodbye(edge: MqttEdge) -> None:
    await edge.publish("status", encode(Status(online=False)))


async def listen(edge: MqttEdge) -> None:
    assert await edge.subscribe(topic(EDGE, "cmd")) == [True]


async def command(edge: MqttEdge, number: int = 1) -> Command:
    """The command with that number, now or soon."""
    await asyncio.to_thread(until, lambda: len(edge.received) >= number)
    name, payload = edge.received[number - 1]
    assert name == topic(EDGE, "cmd")
    return decode(Command, payload)


async def answer(edge: MqttEdge, asked: Command, ok: bool = True, message: str = "") -> None:
    await edge.publish("reply", encode(Reply(command=asked.id, ok=ok, message=message)))


async def test_an_order_reaches_an_edge_that_is_there_at_once(centre: Centre, edges: dict[str, MqttEdge]) -> None:
    edge = edges[EDGE]
    await listen(edge)
    async with centre.running():
        await beat(edge, "armed")
        await centre.until_shown("armed")
        await centre.want("night")
        asked = await command(edge)
        assert (asked.name, asked.args) == ("arm", {"group": GROUP, "mode": "night"})
        await answer(edge, asked)
        await centre.until_shown("night")


@pytest.mark.parametrize("restarted", [False, True])
async def test_an_order_reaches_an_edge_that_was_away_when_it_was_given(
    centre: Centre, edges: dict[str, MqttEdge], broker: RunningBroker, restarted: bool
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(centre.running())
        await beat(edges[EDGE], "armed")
        await centre.until_shown("armed")
        await say_goodbye(edges[EDGE])
        await centre.until(centre.is_offline)
        await edges[EDGE].stop()
        await centre.want("mudik")
        if restarted:
            await stack.aclose()
            await stack.enter_async_context(centre.running())
        back = MqttEdge(EDGE, broker.mqtt_port)
        assert await back.start()
        await listen(back)
        await beat(back, "armed")
        asked = await command(back)
        assert asked.args == {"group": GROUP, "mode": "mudik"}
        await answer(back, asked)
        await centre.until_shown("mudik")
        await back.stop()


async def test_a_command_that_reached_nobody_comes_again_with_the_next_heartbeat(
    centre: Centre, edges: dict[str, MqttEdge]
) -> None:
    edge = edges[EDGE]  # which does not listen to commands yet
    async with centre.running():
        await beat(edge, "armed")
        await centre.until_shown("armed")
        await centre.want("night")
        await centre.until(centre.is_sent)
        await listen(edge)
        await beat(edge, "armed")
        await answer(edge, await command(edge))
        await centre.until_shown("night")


async def test_a_refusal_is_shown(centre: Centre, edges: dict[str, MqttEdge]) -> None:
    edge = edges[EDGE]
    await listen(edge)
    async with centre.running():
        await beat(edge, "armed")
        await centre.until_shown("armed")
        await centre.want("night")
        await answer(edge, await command(edge), ok=False, message="the disk is full")
        await centre.until(centre.is_refused)
    group = await centre.group()
    assert (group["refused"]["reason"], group["wanted"]) == ("the disk is full", None)


class Stumbling:
    """A source whose database cannot be reached at first."""

    def __init__(self) -> None:
        self.asked = 0
        self.command = Command(id=new_id(), name="status")

    async def due(self) -> Sequence[tuple[str, Command]]:
        self.asked += 1
        if self.asked == 1:
            raise StorageError("the database cannot be used")
        if self.asked == 2:
            return [(EDGE, self.command)]
        return await asyncio.Future()


async def test_the_courier_outlives_a_database_that_fails(
    broker: RunningBroker, edges: dict[str, MqttEdge], caplog: pytest.LogCaptureFixture
) -> None:
    await listen(edges[EDGE])
    source = Stumbling()
    task = asyncio.create_task(Courier(broker.access, source).run())
    assert await command(edges[EDGE]) == source.command
    assert "the database cannot be used; commands wait" in caplog.text
    await stop(task)
