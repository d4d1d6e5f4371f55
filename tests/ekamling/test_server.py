"""The centre in one process: everything joined, up together, down together."""

import asyncio
import base64
import contextlib
import hashlib
import json
import os
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx_sse import aconnect_sse
from msgspec.structs import replace

from alerts.settings import HttpSettings
from core.errors import ConfigError, EkamlingError, ServiceError, StorageError
from core.events import Ack, Event, Snapshot, decode, encode
from core.process import descendants
from core.topics import topic
from ekamling.demo_site import free_ports
from ekamling.people import accounts, link_url
from ekamling.server import serve
from ekamling.settings import CentreSettings
from ingest import broker as broker_module
from ingest.settings import BrokerSettings, EdgeAccount
from tests.brokers import EDGES
from tests.ingest.conftest import MqttEdge
from tests.messages import JPEG, MP4, STREAM, a_camera, a_status, an_event
from tests.patience import PATIENCE_S

EDGE = "pos-1"
LOST_AT_FIRST_S = 0.2  # an edge sends again what came before the broker kept anything


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> CentreSettings:
    """A centre with one edge, on free ports."""
    http_port, mqtt_port, port, monitor_port = free_ports(4)
    (tmp_path / "secret").write_text(EDGES[EDGE])
    return CentreSettings(
        data=str(tmp_path / "centre"),
        database=database_url,
        http=HttpSettings(port=http_port),
        broker=BrokerSettings(mqtt_port=mqtt_port, port=port, monitor_port=monitor_port),
        edges=[EdgeAccount(id=EDGE, name="Pos satu", area="33.03.05", secret_file=str(tmp_path / "secret"))],
    )


@contextlib.asynccontextmanager
async def serving(settings: CentreSettings) -> AsyncIterator[asyncio.Task[None]]:
    """The centre, up; ended as an administrator ends it, if it has not ended by itself."""
    up = asyncio.Event()
    running = asyncio.create_task(serve(settings, lambda _url: up.set()))
    waiting = asyncio.create_task(up.wait())
    await asyncio.wait([running, waiting], timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    try:
        if not running.done():
            yield running
    finally:
        if not running.done():
            signal.raise_signal(signal.SIGTERM)
        await running


@contextlib.asynccontextmanager
async def console(settings: CentreSettings) -> AsyncIterator[httpx.AsyncClient]:
    """An operator who came by a link."""
    async with accounts(settings) as people:
        with contextlib.suppress(EkamlingError):  # there already, from before a restart
            await people.add("siti", "Siti", "operator", "33.03")
        token = link_url(settings, await people.link("siti")).partition("#token=")[2]
    async with httpx.AsyncClient(base_url=settings.http.url, trust_env=False) as client:
        assert (await client.post("/api/v1/session/link", json={"token": token})).status_code == 200
        yield client


@contextlib.asynccontextmanager
async def an_edge(settings: CentreSettings) -> AsyncIterator[MqttEdge]:
    edge = MqttEdge(EDGE, settings.broker.mqtt_port)
    assert await edge.start()
    assert await edge.subscribe(topic(EDGE, "ack")) == [True]
    yield edge
    await edge.stop()


async def deliver(edge: MqttEdge, message: Event | Snapshot) -> None:
    """Send until the centre's own ack has come, as an edge does."""
    wanted = message.seq if isinstance(message, Event) else message.event

    def acked() -> bool:
        acks = [decode(Ack, payload) for _, payload in edge.received]
        return any(wanted in (*ack.seqs, *ack.snapshots) for ack in acks)

    async with asyncio.timeout(PATIENCE_S):
        while not acked():
            await edge.publish(type(message).__name__.lower(), encode(message))
            await asyncio.sleep(LOST_AT_FIRST_S)


async def upload(settings: CentreSettings, event: Event) -> int:
    """Send a clip as the edge does; the HTTP status."""
    digest = base64.b64encode(hashlib.sha256(MP4).digest()).decode()
    headers = {"Content-Range": f"bytes 0-{len(MP4) - 1}/{len(MP4)}", "Repr-Digest": f"sha-256=:{digest}:"}
    async with httpx.AsyncClient(base_url=settings.http.url, auth=(EDGE, EDGES[EDGE]), trust_env=False) as client:
        return (await client.put(f"/edge/v1/clips/{event.id}", content=MP4, headers=headers)).status_code


async def test_an_event_goes_all_the_way_from_the_edge_to_a_console(settings: CentreSettings) -> None:
    event = an_event(clip_follows=True)
    async with serving(settings), console(settings) as operator, an_edge(settings) as edge:
        await deliver(edge, event)
        await edge.publish("status", encode(a_status(a_camera())))
        async with aconnect_sse(operator, "GET", "/api/v1/stream") as source:
            async with contextlib.aclosing(source.aiter_sse()) as messages:
                told = [json.loads(message.data) async for message in first(messages, "incident")]
        await deliver(edge, Snapshot(event=event.id, stream=STREAM, jpeg=JPEG))
        assert await upload(settings, event) == 201
        (incident,) = (await operator.get("/api/v1/incidents")).json()["incidents"]
        assert told[0]["id"] == incident["id"]
        assert (incident["snapshot_event"], incident["clip_event"]) == (event.id, event.id)
        assert (await operator.get(f"/api/v1/events/{event.id}/snapshot.jpg")).content == JPEG
        assert (await operator.get(f"/api/v1/events/{event.id}/clip.mp4")).content == MP4


async def first(messages: AsyncIterator[Any], kind: str) -> AsyncIterator[Any]:
    async for message in messages:
        if message.event == kind:
            yield message
            return


async def test_a_restart_forgets_nothing_and_stores_nothing_twice(settings: CentreSettings) -> None:
    event = an_event()
    for _ in range(2):
        async with serving(settings), console(settings) as operator, an_edge(settings) as edge:
            await deliver(edge, event)
            (incident,) = (await operator.get("/api/v1/incidents")).json()["incidents"]
            assert (incident["event_count"], incident["last_event"]["id"]) == (1, event.id)


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_all_of_it_even_while_consoles_look(
    settings: CentreSettings, signum: signal.Signals
) -> None:
    async with serving(settings) as running, console(settings) as operator:
        async with operator.stream("GET", "/api/v1/stream") as answer:
            assert answer.status_code == 200
            signal.raise_signal(signum)
            await asyncio.wait_for(asyncio.shield(running), PATIENCE_S)
    assert not any(listens(port) for port in ports(settings))


def ports(settings: CentreSettings) -> list[int]:
    broker = settings.broker
    return [settings.http.port, broker.mqtt_port, broker.port, broker.monitor_port]


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_a_centre_whose_broker_dies_goes_on_with_another(settings: CentreSettings) -> None:
    before = set(descendants(os.getpid()))
    async with serving(settings):
        (broker,) = set(descendants(os.getpid())) - before
        os.kill(broker, signal.SIGKILL)
        async with an_edge(settings) as edge:
            await deliver(edge, an_event())


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_a_centre_whose_broker_dies_again_and_again_stops_and_says_so(
    settings: CentreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_module, "MOST_ENDS", 1)
    before = set(descendants(os.getpid()))
    with pytest.raises(
        ServiceError, match=r"\Athe broker ended unexpectedly \(the broker ended [^\n]+; the centre stops\Z"
    ):
        async with serving(settings) as running:
            (broker,) = set(descendants(os.getpid())) - before
            os.kill(broker, signal.SIGKILL)
            await asyncio.wait([running], timeout=PATIENCE_S)
    assert not listens(settings.http.port)


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("position", range(4))
async def test_a_port_that_is_taken_is_told_in_one_line(settings: CentreSettings, position: int) -> None:
    number = ports(settings)[position]
    with socket.create_server(("127.0.0.1", number)):
        with pytest.raises(ServiceError, match=rf"\Aport {number} on 127.0.0.1 cannot be used [^\n]+\Z"):
            async with serving(settings):
                pass


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_what_cannot_be_used_is_told_before_anything_runs(settings: CentreSettings, tmp_path: Path) -> None:
    (tmp_path / "a-file").write_text("")
    with pytest.raises(StorageError, match="a-file"):
        async with serving(replace(settings, data=str(tmp_path / "a-file" / "centre"))):
            pass
    with pytest.raises(StorageError, match=r"none/x\.sqlite3: the database cannot be used"):
        async with serving(replace(settings, database=f"sqlite+aiosqlite:///{tmp_path}/none/x.sqlite3")):
            pass
    (tmp_path / "secret").unlink()
    with pytest.raises(ConfigError, match="edge pos-1: secret_file"):
        async with serving(settings):
            pass
    assert not any(listens(port) for port in ports(settings))
