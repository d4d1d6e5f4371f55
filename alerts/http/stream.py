"""The live stream to consoles: Server-Sent Events, replayed from `Last-Event-ID`, nothing skipped."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from sse_starlette import EventSourceResponse

from alerts.accounts import Accounts
from alerts.bell import Bell
from alerts.http.policy import SignedIn, session_token
from alerts.store import feed
from alerts.store.database import Database
from core.clock import Clock

LOOK_S = 1.0  # how often a stream looks at the feed even if its own process rang no bell
PING_S = 5.0  # and tells the console that it is alive; a session that was ended loses its stream with the next one
BATCH = 200

Item = dict[str, Any]


class Stream:
    """Makes the messages of one console after another."""

    def __init__(self, database: Database, accounts: Accounts, bell: Bell, clock: Clock) -> None:
        self._database = database
        self._accounts = accounts
        self._bell = bell
        self._clock = clock
        self._closing = False

    def close(self) -> None:
        """End all streams, so that the server can stop."""
        self._closing = True
        self._bell.ring()

    async def messages(self, area: str, token: str, after: int) -> AsyncIterator[Item]:
        """Messages from the entry after `after` on, until the session ends."""
        async with self._database.read() as connection:
            if not await feed.reaches_back_to(connection, after):
                after = await feed.last(connection)
                yield {"event": "reset", "data": "{}", "id": str(after)}
        pinged = self._clock.monotonic()
        yield _ping()
        while not self._closing:
            async with self._database.read() as connection:
                entries = await feed.since(connection, after, area, BATCH)
            for number, kind, payload in entries:
                after = number
                yield {"event": kind, "id": str(number), "data": json.dumps(payload)}
            if self._clock.monotonic() - pinged >= PING_S:
                if await self._accounts.session(token) is None:
                    return
                pinged = self._clock.monotonic()
                yield _ping()
            if not entries:
                await self._bell.wait(LOOK_S)


def _ping() -> Item:
    return {"event": "ping", "data": "{}"}


def router(stream: Stream) -> APIRouter:
    """`/api/v1/stream`."""
    routes = APIRouter(prefix="/api/v1", tags=["stream"])

    @routes.get("/stream")
    async def live(
        user: SignedIn,
        request: Request,
        after: Annotated[int, Query(ge=0)] = 0,
        last_event_id: Annotated[str, Header()] = "",
    ) -> EventSourceResponse:
        """Changes of incidents and edges as they happen; begin with the `feed` number of `/incidents`."""
        start = int(last_event_id) if last_event_id.isascii() and last_event_id.isdigit() else after
        return EventSourceResponse(
            stream.messages(user.area, session_token(request) or "", start),
            ping=3600,
            headers={"X-Accel-Buffering": "no"},
        )

    return routes
