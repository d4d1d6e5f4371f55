"""How quick the API answers with a full desk: 10,000 incidents of one day, 1,000 of them open, after a month of such
days, over real HTTP."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
from sqlalchemy import select

from alerts.bell import Bell
from alerts.cases.casework import Casework
from alerts.cases.incident import Resolution, State
from alerts.http.app import build
from alerts.http.policy import cookie_name
from alerts.people.accounts import Accounts
from alerts.people.duty import WIB
from alerts.people.roles import Role
from alerts.services import Services
from alerts.sink import Sink
from alerts.store import fleet, incidents, people
from alerts.store.database import Database
from alerts.store.fleet import SeenCamera
from alerts.store.people import User
from alerts.store.schema import events
from alerts.store.schema import incidents as table
from alerts.telling.answers import Answers
from alerts.telling.escalation import Escalation
from core.clock import ManualClock, SystemClock
from core.events import CameraStatus, Event, Status
from core.ids import new_id
from core.tasks import stop
from ekamling.bench import desk_past
from ekamling.bench.alerts import percentiles
from ekamling.bench.desk_area import CAMERAS, VILLAGES, area_of, rt_of
from ekamling.bench.desk_past import DAYS
from ekamling.bench.desk_questions import API, QUESTIONS
from ekamling.web import WebServer, listen

BATCH = 10
STAYS_OPEN = 10  # one in so many
STREAM = "00000000000000bb"
DAY_S = 86_400
AIM_MS = 100.0
PICTURE = b"a picture of the bench" * 1000
CAMERA, EDGE, VILLAGE = "camera-1", "edge-1", area_of(1)

Say = Callable[[str], None]


@dataclass(frozen=True)
class Wishes:
    """`database`: address of an empty database; None for SQLite in a folder of its own."""

    database: str | None
    incidents: int
    requests: int
    say: Say


def run(wishes: Wishes) -> dict[str, Any]:
    """Fill a database, ask every question of the API; milliseconds by endpoint, `first` of the first request."""
    return asyncio.run(_run(wishes))


async def _run(wishes: Wishes) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        database = await Database.open(wishes.database or f"sqlite+aiosqlite:///{folder}/centre.sqlite3")
        clock, bell = ManualClock(SystemClock().now() - timedelta(seconds=DAY_S)), Bell()
        day = _Day(database, bell, clock)
        await day.prepare()
        await desk_past.build(database)
        wishes.say(f"{DAYS} days before, of {wishes.incidents} incidents each")
        await desk_past.fill(database, clock.now(), wishes.incidents)
        await day.fill(wishes)
        (Path(folder) / ("0" * 64)).write_bytes(PICTURE)
        services = Services(
            database, day.sink, bell, clock, "http://127.0.0.1", lambda _kind, name: Path(folder) / name,
            Answers(b"bench"),
        )  # fmt: skip
        async with _browser(services) as browser:
            return await _ask(browser, database, wishes)


class _Day:
    """A day of incidents, most of them closed as false."""

    def __init__(self, database: Database, bell: Bell, clock: ManualClock) -> None:
        self._database = database
        self._clock = clock
        self.sink = Sink(database, bell, clock)
        self._work = Casework(database, bell, clock)
        self._ladders = Escalation(database, bell, clock)
        self._desk = User(
            name="desk", display_name="Desk", role=Role.OPERATOR, area="33.03", password_hash=None,
            created_at=clock.now(),
        )  # fmt: skip

    async def prepare(self) -> None:
        now = self._clock.now()
        async with self._database.write() as connection:
            await people.add_user(connection, self._desk)
            for village in range(VILLAGES):
                edge, area = f"edge-{village}", area_of(village)
                await fleet.register(connection, [(edge, edge, area)])
                cameras = [
                    CameraStatus(
                        id=f"camera-{number}", name=f"Camera {number}", area=rt_of(village, number), state="ok"
                    )
                    for number in range(CAMERAS)
                ]
                await fleet.note_statuses(connection, [(edge, Status(online=True, at=now, stream=STREAM), now)])
                await fleet.note_cameras(connection, [SeenCamera(edge, each.area, each, now) for each in cameras])

    async def fill(self, wishes: Wishes) -> None:
        batches = wishes.incidents // BATCH
        for batch in range(batches):
            self._clock.advance(DAY_S / batches)
            for number in range(BATCH):
                await self._happen(batch * BATCH + number)
            while await self._ladders.tick() == 0:
                pass
            if batch % (batches // 10 or 1) == 0:
                wishes.say(f"{batch * BATCH} of {wishes.incidents} incidents")

    async def _happen(self, number: int) -> None:
        village, camera = number % VILLAGES, number // VILLAGES % CAMERAS
        now = self._clock.now()
        event = Event(
            id=new_id(self._clock), stream=STREAM, seq=number + 1, camera=f"camera-{camera}", rule="bench",
            kind="intrusion", severity=3 if number % 5 else 2, at=now, frame_at=now, label="person", score=0.9, track=1,
            box=(0.1, 0.1, 0.2, 0.2),
        )  # fmt: skip
        await self.sink.put_events([_Arrived(f"edge-{village}", event)])
        if number % STAYS_OPEN:
            async with self._database.read() as connection:
                row = await incidents.event_row(connection, event.id)
                found = await incidents.by_id(connection, row["incident"]) if row else None
            if found and found.state is not State.CLOSED:  # one that was judged false a while ago has taken it in
                await self._work.close(self._desk, found.id, Resolution.FALSE, "")


@dataclass(frozen=True)
class _Arrived:
    edge: str
    event: Event

    @property
    def at(self) -> Any:
        return self.event.at


async def _ask(browser: httpx.AsyncClient, database: Database, wishes: Wishes) -> dict[str, Any]:
    """Every question, again and again."""
    queue = (await browser.get(f"{API}/incidents?limit=1000")).json()["incidents"]
    values = await _values(database, queue[len(queue) // 2]["id"])
    found: dict[str, Any] = {}
    for question in QUESTIONS:
        path = f"{question.path}?{question.query}" if question.query else question.path
        taken = []
        for _ in range(wishes.requests):
            if question.changing:
                await _change(database, values["past"])
            start = time.perf_counter()
            answer = await browser.request(question.method, API + path.format_map(values), json=question.body)
            taken.append((time.perf_counter() - start) * 1000)
        name = " ".join(filter(None, (question.method, path, question.note and f"({question.note})")))
        wishes.say(name)
        figures = {**percentiles(taken), "first": round(taken[0], 1)}
        found[name] = {**figures, "status": answer.status_code, "bytes": len(answer.content), "file": question.file}
    worst = max(figures["p95"] for figures in found.values() if not figures["file"])
    return {"open": len(queue), "worst_p95_ms": worst, "within_aim": worst <= AIM_MS, "endpoints": found}


async def _values(database: Database, incident: str) -> dict[str, str]:
    """What the names in the questions stand for."""
    last = SystemClock().now().astimezone(WIB).date()
    async with database.write() as connection:
        event = (await connection.execute(select(events.c.id).where(events.c.incident == incident))).scalar_one()
        for kind in ("snapshot", "clip"):
            await incidents.add_media(connection, event, kind, "0" * 64, len(PICTURE), SystemClock().now())
        past = (await connection.execute(select(table.c.id).order_by(table.c.received_at).limit(1))).scalar_one()
    return {
        **{"incident": incident, "event": event, "past": past, "edge": EDGE, "camera": CAMERA, "village": VILLAGE},
        **{"group": "x", "name": "desk", "number": "1", "site": "site-1"},
        **{"first": (last - timedelta(days=DAYS)).isoformat(), "last": last.isoformat()},
    }


async def _change(database: Database, incident: str) -> None:
    async with database.write() as connection:
        row = await incidents.by_id(connection, incident)
        if row:
            await incidents.save(connection, msgspec.structs.replace(row, event_count=row.event_count + 1))


@asynccontextmanager
async def _browser(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody signed in at the command centre, over loopback."""
    app, stream = build(services)
    accounts = Accounts(services.database, services.clock)
    await accounts.add("chief", "Chief", "admin", "33.03")
    user = await accounts.by_link(await accounts.link("chief"))
    token = await accounts.start_session(user) if user else ""
    with listen("127.0.0.1", 0) as listener:
        server = WebServer(app)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        await server.up.wait()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            async with httpx.AsyncClient(base_url=url, cookies={cookie_name(False): token}, timeout=60) as browser:
                yield browser
        finally:
            stream.close()
            server.should_exit = True
            await asyncio.wait([serving], timeout=10)
            await stop(serving)
            await services.database.close()
