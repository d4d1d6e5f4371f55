"""A centre without a network: database, sink, desk and web application put together."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import event as events_of

from alerts.bell import Bell
from alerts.cases.casework import Casework
from alerts.cases.desk import Desk
from alerts.cases.regrouping import Regrouping
from alerts.http import app as web
from alerts.http.policy import cookie_name
from alerts.http.stream import Stream
from alerts.notifiers.base import Notifier
from alerts.people.accounts import Accounts, new_user
from alerts.people.roles import Role
from alerts.services import Services
from alerts.sink import Sink
from alerts.sso.sign_in import SignIn
from alerts.store import fleet, people
from alerts.store.database import Database
from alerts.store.people import User
from alerts.telling.answers import Answers
from core.clock import Clock, ManualClock
from core.events import Event, Status
from ingest.media import MediaFolder
from ingest.sinks import Heartbeat, Received
from tests.alerts.shared_app import claimed
from tests.messages import AT

URL = "http://kamling.test"
EDGE = "pos-1"
VILLAGE = "33.03.05.1005"  # Bancar, where the edge stands


class Centre:
    """What tests talk to. Its clock stands still until `clock` is moved, unless it is given another. The only one of a
    test may be `alone`, and is ready sooner."""

    def __init__(
        self, database: Database, folder: Path, url: str = URL, clock: Clock | None = None, *, alone: bool = False
    ) -> None:
        self.database = database
        self.url = url
        self.clock = ManualClock(AT)
        self._time = clock or self.clock
        self.bell = Bell()
        self.sink = Sink(database, self.bell, self._time)
        self.desk = Desk(database)
        self.casework = Casework(database, self.bell, self._time)
        self.regrouping = Regrouping(database, self.bell, self._time)
        self.media = MediaFolder(folder / "media")
        self.accounts = Accounts(database, self._time)
        self.answers = Answers(b"a key of the tests")
        self.notifiers: dict[str, Notifier] = {}
        self.sign_in: SignIn | None = None
        self._alone = alone
        self._people = 0

    @property
    def services(self) -> Services:
        """What the web application stands on."""
        return Services(
            self.database,
            self.sink,
            self.bell,
            self._time,
            self.url,
            self.media.path,
            self.answers,
            lambda photo: self.media.store("snapshot", photo),
            self.notifiers,
            sign_in=self.sign_in,
        )

    @cached_property
    def _web(self) -> tuple[FastAPI, Stream]:
        if self._alone and self.sign_in is None:
            app, parts = claimed(self.services)
            return app, parts.updates
        return web.build(self.services)

    def restart(self) -> None:
        """Build the web application anew, from what it stands on now."""
        self.__dict__.pop("_web", None)

    @property
    def app(self) -> FastAPI:
        return self._web[0]

    @property
    def stream(self) -> Stream:
        return self._web[1]

    async def beat(self, edge: str, status: Status, at: datetime) -> None:
        """Let an edge say how it is."""
        await self.sink.put_statuses([Heartbeat(edge, status, at)])

    async def register(self, edge: str = EDGE, area: str = VILLAGE) -> None:
        """Let an edge in."""
        async with self.database.write() as connection:
            await fleet.register(connection, [(edge, f"Edge {edge}", area)])

    async def put(self, *events: Event, edge: str = EDGE) -> list[bool]:
        """Store events as one batch of an edge."""
        return await self.sink.put_events([Received(edge, event, self.clock.now()) for event in events])

    async def user(self, role: str = "operator", area: str = "33.03") -> User:
        """A new user without a password."""
        self._people += 1
        name = f"{role}-{self._people}"
        person = new_user(name, name.title(), role, area, self.clock.now())
        async with self.database.write() as connection:
            await people.add_user(connection, person)
        return person

    async def session(self, role: str = "operator", area: str = "33.03") -> dict[str, str]:
        """The cookie of a new user's session."""
        token = await self.accounts.start_session(await self.user(role, area))
        return {cookie_name(self.url.startswith("https")): token}

    @asynccontextmanager
    async def client(self, role: str | None = "operator", area: str = "33.03") -> AsyncIterator[httpx.AsyncClient]:
        """A browser that a new user has signed in with; nobody for the role None."""
        cookies = await self.session(role, area) if role else None
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url=self.url, cookies=cookies) as client:
            yield client

    async def incidents(self, which: Any = "all") -> list[dict[str, Any]]:
        """All incidents as the queue shows them."""
        user = User(name="x", display_name="X", role=Role.ADMIN, area="33.03", password_hash=None, created_at=AT)
        found: list[dict[str, Any]] = (await self.desk.queue(user, which, 1000))["incidents"]
        return found


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """The SQL that is run meanwhile, but for BEGIN, COMMIT and the like."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "SELECT pg_advisory")):
            seen.append(statement)

    events_of.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        events_of.remove(database.engine.sync_engine, "before_cursor_execute", note)
