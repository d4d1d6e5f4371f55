"""Questions to edges over a real broker, and answers that nobody waits for."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from core.events import Answer, Command, decode, encode
from core.ids import new_id
from core.tasks import stop
from core.topics import topic
from ingest import link as link_module
from ingest.caller import Caller
from tests.brokers import RunningBroker
from tests.ingest.conftest import MqttEdge
from tests.patience import PATIENCE_S, until

SOON_S = 0.05


@pytest.fixture
async def caller(broker: RunningBroker, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Caller]:
    monkeypatch.setattr(link_module, "RETRY_S", 0.05)
    caller = Caller(broker.access)
    task = asyncio.create_task(caller.run())
    await asyncio.wait_for(caller.ready.wait(), PATIENCE_S)
    yield caller
    await stop(task)


@pytest.fixture
async def edge(edges: dict[str, MqttEdge]) -> MqttEdge:
    edge = edges["pos-1"]
    assert await edge.subscribe(topic("pos-1", "cmd")) == [True]
    return edge


async def question(edge: MqttEdge) -> Command:
    """The first command that an edge hears."""
    (first, *_) = await asyncio.to_thread(until, lambda: edge.received)
    return decode(Command, first[1])


async def test_an_edge_answers_whoever_asked(caller: Caller, edge: MqttEdge) -> None:
    asked = Command(id=new_id(), name="live", args={"camera": "gerbang"})
    asking = asyncio.create_task(caller.ask("pos-1", asked, PATIENCE_S))
    assert await question(edge) == asked
    answer = Answer(command=asked.id, ok=True, stream="sub", sdp="v=0")
    await edge.publish("live", encode(answer))
    assert await asking == answer


async def test_another_edge_cannot_answer_for_it(caller: Caller, edge: MqttEdge, edges: dict[str, MqttEdge]) -> None:
    asked = Command(id=new_id(), name="live")
    asking = asyncio.create_task(caller.ask("pos-1", asked, PATIENCE_S))
    await question(edge)
    forged = Answer(command=asked.id, ok=True, sdp="v=0 of another")
    await edges["pos-2"].publish("live", encode(forged))
    assert await asyncio.wait_for(caller.unasked(), PATIENCE_S) == ("pos-2", forged)
    await edge.publish("live", b"\xc1 no message at all")
    await edge.publish("live", encode(Answer(command=asked.id, ok=True, sdp="v=0")))
    answer = await asking
    assert answer
    assert answer.sdp == "v=0"


@pytest.mark.usefixtures("edge")
async def test_silence_is_an_answer_too_in_bounded_time(caller: Caller) -> None:
    assert await caller.ask("pos-1", Command(id=new_id(), name="live"), SOON_S) is None


async def test_an_answer_that_comes_too_late_is_nobodys(caller: Caller, edge: MqttEdge) -> None:
    asked = Command(id=new_id(), name="live")
    assert await caller.ask("pos-1", asked, SOON_S) is None
    late = Answer(command=asked.id, ok=True, sdp="v=0")
    await edge.publish("live", encode(late))
    assert await asyncio.wait_for(caller.unasked(), PATIENCE_S) == ("pos-1", late)


async def test_without_a_broker_nothing_is_asked(broker: RunningBroker) -> None:
    caller = Caller(broker.access)
    assert await caller.ask("pos-1", Command(id=new_id(), name="live"), PATIENCE_S) is None
    assert not await caller.tell("pos-1", Command(id=new_id(), name="live-end"))
