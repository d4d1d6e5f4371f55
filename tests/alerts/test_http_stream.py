"""The live stream over a real web server: everything once, in order, and only to those who may see it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from httpx_sse import ServerSentEvent, aconnect_sse

from alerts.bell import Bell
from alerts.http import stream
from alerts.sink import Sink
from alerts.store import feed
from alerts.store.database import Database
from core.clock import SystemClock
from ekamling.web import WebServer, listen
from ingest.sinks import Received
from tests.alerts.centre import EDGE, VILLAGE, Centre
from tests.messages import AT, a_camera, a_status, an_event

HERE = "/api/v1/stream"
only_sqlite = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)


class Served:
    """A centre that answers on a port."""

    def __init__(self, centre: Centre, address: str) -> None:
        self.centre = centre
        self.address = address

    @contextlib.asynccontextmanager
    async def console(self, role: str = "operator", area: str = "33.03") -> AsyncIterator[httpx.AsyncClient]:
        cookies = await self.centre.session(role, area)
        async with httpx.AsyncClient(base_url=self.address, cookies=cookies, trust_env=False, timeout=10) as client:
            yield client


@pytest.fixture
async def served(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick_hashes: None
) -> AsyncIterator[Served]:
    """Looks and pings often, so that no test waits."""
    monkeypatch.setattr(stream, "LOOK_S", 0.05)
    monkeypatch.setattr(stream, "PING_S", 0.1)
    with contextlib.closing(listen("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        centre = Centre(database, tmp_path, address, SystemClock())
        await centre.register()
        server = WebServer(centre.app)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        await server.up.wait()
        yield Served(centre, address)
        centre.stream.close()
        server.should_exit = True
        await running


@contextlib.asynccontextmanager
async def following(
    console: httpx.AsyncClient, after: int = 0, headers: dict[str, str] | None = None
) -> AsyncIterator[AsyncIterator[ServerSentEvent]]:
    """The messages of a stream, pings included."""
    async with aconnect_sse(console, "GET", HERE, params={"after": after}, headers=headers or {}) as source:
        async with contextlib.aclosing(source.aiter_sse()) as messages:
            yield messages


async def next_of(messages: AsyncIterator[ServerSentEvent], *kinds: str) -> ServerSentEvent:
    async for message in messages:
        if message.event in kinds:
            return message
    raise AssertionError(f"the stream ended before any of {kinds}")


async def test_nothing_is_skipped_or_doubled_while_many_write_and_consoles_come_and_go(
    served: Served, database_url: str
) -> None:
    other = await Database.open(database_url)  # as another process has it, whose bell nobody here hears
    foreign = Sink(other, Bell(), SystemClock())

    async def write(sink: Sink, camera: str) -> None:
        for _ in range(15):
            await sink.put_events([Received(EDGE, an_event(camera=camera), AT)])

    async def follow(console: httpx.AsyncClient, patience: int, seen: list[int]) -> None:
        while len(seen) < 45:
            headers = {"Last-Event-ID": str(seen[-1])} if seen else {}
            async with following(console, headers=headers) as messages:
                for _ in range(patience):
                    seen.append(int((await next_of(messages, "incident")).id))
                    if len(seen) == 45:
                        break

    seen: list[list[int]] = [[], [], []]
    async with contextlib.AsyncExitStack() as stack:
        consoles = [await stack.enter_async_context(served.console()) for _ in seen]
        following_all = (follow(console, 4 + 20 * number, seen[number]) for number, console in enumerate(consoles))
        writing = (
            write(sink, f"kamera-{number}") for number, sink in enumerate([served.centre.sink, foreign, foreign])
        )
        await asyncio.wait_for(asyncio.gather(*following_all, *writing), 60)
    async with served.centre.database.read() as connection:
        stored = [number for number, _, _ in await feed.since(connection, 0, "33.03", 1000)]
    assert seen == [stored] * 3
    await other.close()


@only_sqlite
async def test_a_message_is_the_incident_as_the_queue_shows_it(served: Served) -> None:
    async with served.console() as console, following(console) as messages:
        assert (await next_of(messages, "ping", "incident", "edge", "reset")).event == "ping"
        await served.centre.put(an_event())
        message = await next_of(messages, "incident")
        queue = (await console.get("/api/v1/incidents")).json()
    assert [json.loads(message.data)] == queue["incidents"]
    assert int(message.id) == queue["feed"]


@only_sqlite
async def test_a_console_starts_where_its_queue_ended(served: Served) -> None:
    await served.centre.put(an_event(camera="before"))
    async with served.console() as console:
        after = (await console.get("/api/v1/incidents")).json()["feed"]
        async with following(console, after) as messages:
            await served.centre.put(an_event(camera="after", at=AT - timedelta(days=1)))
            assert json.loads((await next_of(messages, "incident")).data)["camera"]["id"] == "after"


@only_sqlite
async def test_each_console_is_told_of_its_own_area_only(served: Served) -> None:
    cameras = a_camera(id="dua", area=f"{VILLAGE}/RW02"), a_camera(id="tiga", area=f"{VILLAGE}/RW03")
    await served.centre.beat(EDGE, a_status(*cameras), AT)
    async with served.console(area=f"{VILLAGE}/RW03") as console, following(console) as messages:
        for camera in ("dua", "dua", "tiga"):
            await served.centre.put(an_event(camera=camera))
        assert json.loads((await next_of(messages, "incident")).data)["camera"]["id"] == "tiga"


async def test_a_smaller_area_is_told_of_its_own_cameras_of_a_larger_edge(served: Served) -> None:
    own, other = f"{VILLAGE}/RW03", f"{VILLAGE}/RW02"
    async with served.console(area=own) as console, following(console) as messages:
        await served.centre.beat(EDGE, a_status(a_camera(id="lain", area=other)), AT)
        both = a_camera(id="lain", area=other), a_camera(id="sendiri", area=own, group="main", mode="armed")
        await served.centre.beat(EDGE, a_status(*both), AT)
        message = await next_of(messages, "edge")
        listed = (await console.get("/api/v1/edges")).json()["edges"]
    assert [json.loads(message.data)] == listed
    assert [camera["id"] for camera in listed[0]["cameras"]] == ["sendiri"]
    assert "lain" not in message.data


@only_sqlite
async def test_an_edge_that_changed_often_is_told_once_as_it_is_now(served: Served) -> None:
    for mode in ("armed", "night", "mudik"):
        await served.centre.beat(EDGE, a_status(a_camera(group="main", mode=mode)), AT)
    async with served.console() as console, following(console) as messages:
        await served.centre.put(an_event())
        told = [await next_of(messages, "edge", "incident") for _ in range(2)]
    assert [message.event for message in told] == ["edge", "incident"]
    assert json.loads(told[0].data)["groups"][0]["mode"] == "mudik"


@only_sqlite
async def test_a_console_that_was_away_too_long_is_told_to_start_anew(served: Served) -> None:
    for _ in range(3):
        await served.centre.put(an_event())
    async with served.centre.database.write() as connection:
        await feed.trim(connection, SystemClock().now() + feed.KEEP * 2)
    async with served.console() as console:
        for after, newest in ((1, 3), (99, 4)):  # forgotten; of a feed that is not this one
            async with following(console, headers={"Last-Event-ID": str(after)}) as messages:
                message = await next_of(messages, "ping", "reset")
                assert (message.event, message.id) == ("reset", str(newest))
                await served.centre.put(an_event(camera=f"kamera-{after}", at=AT - timedelta(days=after)))
                assert json.loads((await next_of(messages, "incident")).data)["camera"]["id"] == f"kamera-{after}"


@only_sqlite
async def test_signing_out_ends_the_stream_with_the_next_ping(served: Served) -> None:
    async with served.console() as console, following(console) as messages:
        await next_of(messages, "ping")
        assert (await console.delete("/api/v1/session")).status_code == 204
        kinds = [message.event async for message in messages]
    assert set(kinds) <= {"ping"} and len(kinds) <= 2
    async with served.console() as console:
        console.cookies.clear()
        assert (await console.get(HERE)).status_code == 401


@only_sqlite
async def test_a_quiet_stream_tells_that_it_is_alive(served: Served) -> None:
    async with served.console() as console, following(console) as messages:
        assert [(await next_of(messages, "ping", "incident")).event for _ in range(4)] == ["ping"] * 4


@only_sqlite
async def test_many_consoles_take_no_connection_to_the_database_each(served: Served) -> None:
    async with served.console() as console, contextlib.AsyncExitStack() as stack:
        more_than_the_pool_has = 25
        streams = [await stack.enter_async_context(following(console)) for _ in range(more_than_the_pool_has)]
        await served.centre.put(an_event())
        told = await asyncio.gather(*(next_of(messages, "incident") for messages in streams))
    assert len({message.data for message in told}) == 1


@only_sqlite
async def test_closing_ends_all_streams(served: Served) -> None:
    async with served.console() as console, following(console) as messages:
        await next_of(messages, "ping")
        served.centre.stream.close()
        assert {message.event async for message in messages} <= {"ping"}


@only_sqlite
@pytest.mark.parametrize("last", ["x", "-1", "", "9" * 16, "9" * 5000, "1e3"])
async def test_a_last_event_id_that_is_none_starts_from_the_question(served: Served, last: str) -> None:
    await served.centre.put(an_event())
    async with served.console() as console, following(console, headers={"Last-Event-ID": last}) as messages:
        assert (await next_of(messages, "incident", "reset")).event == "incident"


@only_sqlite
@pytest.mark.parametrize("after", ["-1", "x", "9" * 30, "1.5"])
async def test_a_start_that_makes_no_sense_is_refused(served: Served, after: str) -> None:
    async with served.console() as console:
        answer = await console.get(HERE, params={"after": after})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")


@only_sqlite
async def test_a_stream_is_not_kept_back_by_a_proxy(served: Served) -> None:
    async with served.console() as console, console.stream("GET", HERE) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "no-store" in answer.headers["cache-control"] and answer.headers["x-accel-buffering"] == "no"
