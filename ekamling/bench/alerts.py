"""How soon people are told, and how punctual ladders are with several workers."""

import asyncio
import json
import multiprocessing
import statistics
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.synchronize import Semaphore
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx
from sqlalchemy import select

from alerts.bell import Bell
from alerts.notifiers.exchange import Line
from alerts.notifiers.webhook import Webhook
from alerts.people.roles import Role
from alerts.services import Services
from alerts.sink import Sink
from alerts.store import fleet, people, routings
from alerts.store.database import Database
from alerts.store.fleet import SeenCamera
from alerts.store.people import User
from alerts.store.response_schema import contacts, notifications, steps
from alerts.store.schema import events, incidents
from alerts.telling.answers import Answers
from alerts.telling.delivery import Delivery
from alerts.telling.escalation import Escalation
from alerts.telling.rule import Routing, Rule, Step
from core.clock import SystemClock
from core.events import CameraStatus, Event, Status
from core.ids import new_id

EDGE, VILLAGE, STREAM = "bench", "33.03.05.1005", "00000000000000bb"
LADDER = (0, 2, 4)  # seconds after the opening at which the bench's steps are due
SECRET = token_hex(16)
START_S = 60.0  # in which a worker must have started
CLOCK = SystemClock()

Say = Callable[[str], None]


@dataclass(frozen=True)
class Wishes:
    """`database`: address of an empty database; None for SQLite in a folder of its own."""

    database: str | None
    workers: tuple[int, ...]
    incidents: int
    say: Say


def run(wishes: Wishes) -> dict[str, Any]:
    """Measure with each number of workers; the figures."""
    return asyncio.run(_run(wishes))


async def _run(wishes: Wishes) -> dict[str, Any]:
    found = {}
    for workers in wishes.workers:
        with tempfile.TemporaryDirectory() as folder:
            url = wishes.database or f"sqlite+aiosqlite:///{folder}/centre.sqlite3"
            wishes.say(f"{workers} worker(s), {wishes.incidents} incidents on {url.partition(':')[0]}")
            found[str(workers)] = await _told(url, workers, wishes.incidents)
    return {"told": found}


async def _told(url: str, workers: int, wanted: int) -> dict[str, Any]:
    """One run: incidents open over some seconds while worker processes carry out ladders and send webhooks."""
    database = await Database.open(url)
    async with _receiver() as (address, received):
        areas = [f"{VILLAGE}/RW{number // 90 + 10}/RT{number % 90 + 10}" for number in range(wanted)]
        await _prepare(database, areas, address)
        context = multiprocessing.get_context("spawn")
        ready = context.Semaphore(0)
        team = [context.Process(target=_work, args=(url, ready), daemon=True) for _ in range(workers)]
        for process in team:
            process.start()
        try:
            for _ in team:
                await asyncio.to_thread(ready.acquire, True, START_S)
            await _open(database, wanted)
            await _done(database, wanted * len(LADDER))
        finally:
            for process in team:
                process.kill()
                process.join()
        figures = await _figures(database)
        figures["repeated_at_receiver"] = len(received) - len(set(received))
    await database.close()
    return figures


async def _prepare(database: Database, areas: Sequence[str], address: str) -> None:
    """One head of the RT for each place, reached by a webhook at each step, and a ladder of three steps."""
    now = CLOCK.now()
    rule = Rule(name="bench", steps=tuple(Step(after_s=wait, roles=(Role.RT,)) for wait in LADDER))
    cameras = [
        CameraStatus(id=f"camera-{number}", name=f"Camera {number}", area=area, state="ok")
        for number, area in enumerate(areas)
    ]
    async with database.write() as connection:
        await fleet.register(connection, [(EDGE, "Bench", VILLAGE)])
        await fleet.note_cameras(connection, [SeenCamera(EDGE, each.area, each, now) for each in cameras])
        await fleet.note_statuses(connection, [(EDGE, Status(online=True, at=now, stream=STREAM), now)])
        await routings.add(connection, Routing((rule,)), "bench", "", now)
        for number, area in enumerate(areas):
            user = User(
                name=f"rt-{number}", display_name="RT", role=Role.RT, area=area, password_hash=None, created_at=now
            )
            await people.add_user(connection, user)
            row = {"user": user.name, "channel": "webhook", "address": address, "position": 0, "added_at": now}
            await connection.execute(contacts.insert().values(row))


async def _open(database: Database, wanted: int) -> None:
    """Open incidents one after another, ten a second: eighty times ten thousand a day."""
    sink = Sink(database, Bell(), CLOCK)
    for number in range(wanted):
        now = CLOCK.now()
        event = Event(
            id=new_id(), stream=STREAM, seq=number + 1, camera=f"camera-{number}", rule="bench", kind="intrusion",
            severity=1, at=now, frame_at=now, label="person", score=0.9, track=1, box=(0.1, 0.1, 0.2, 0.2),
        )  # fmt: skip
        await sink.put_events([_Arrived(EDGE, event)])
        await asyncio.sleep(0.1)


@dataclass(frozen=True)
class _Arrived:
    edge: str
    event: Event

    @property
    def at(self) -> Any:
        return self.event.at


async def _done(database: Database, wanted: int) -> None:
    """Wait until all messages are sent, at most a minute."""
    for _ in range(120):
        async with database.read() as connection:
            rows = (await connection.execute(select(notifications.c.state))).scalars().all()
        if rows.count("sent") >= wanted:
            return
        await asyncio.sleep(0.5)


async def _figures(database: Database) -> dict[str, Any]:
    async with database.read() as connection:
        query = (
            select(events.c.stored_at, notifications.c.sent_at, steps.c.position)
            .join(steps, steps.c.id == notifications.c.step)
            .join(incidents, incidents.c.id == notifications.c.incident)
            .join(events, events.c.incident == incidents.c.id)
        )
        told = (await connection.execute(query)).all()
        ladder = (await connection.execute(select(steps.c.due_at, steps.c.done_at, steps.c.state))).all()
    first = [(sent - stored).total_seconds() * 1000 for stored, sent, position in told if position == 0 and sent]
    late = [(done - due).total_seconds() * 1000 for due, done, state in ladder if state == "done"]
    return {
        "incidents": len({row[0] for row in told}),
        "notifications": len(told),
        "not_sent": sum(1 for row in told if row[1] is None),
        "steps_not_done": sum(1 for row in ladder if row[2] != "done"),
        "stored_to_accepted_ms": percentiles(first),
        "step_late_ms": percentiles(late),
    }


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile and maximum; nothing for fewer than two values."""
    if len(values) < 2:
        return {}
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return {"p50": round(cuts[49], 1), "p95": round(cuts[94], 1), "max": round(max(values), 1)}


@asynccontextmanager
async def _receiver() -> AsyncIterator[tuple[str, list[str]]]:
    """An application that takes webhooks: its address, and the ids of what came."""
    received: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    int(line.split(b":")[1]) for line in head.splitlines() if line.lower().startswith(b"content-length")
                )
                received.append(json.loads(await reader.readexactly(length))["id"])
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook", received
    finally:
        server.close()


def _work(url: str, ready: Semaphore) -> None:
    asyncio.run(_worker(url, ready))


async def _worker(url: str, ready: Semaphore) -> None:
    """A process of the centre that carries out ladders and sends, as `ekamling server` does."""
    database, bell = await Database.open(url), Bell()
    ready.release()
    async with httpx.AsyncClient() as http:
        webhook = Webhook(Line(http, "webhook", secrets=(SECRET,), clock=CLOCK), SECRET, loopback_http=True)
        services = Services(
            database, Sink(database, bell, CLOCK), bell, CLOCK, "http://127.0.0.1", lambda _kind, name: Path(name),
            Answers(b"bench"), None, {"webhook": webhook},
        )  # fmt: skip
        await asyncio.gather(Escalation(database, bell, CLOCK).run(), Delivery(services).run())
