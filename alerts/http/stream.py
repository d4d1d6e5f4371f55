"""The live stream to consoles: Server-Sent Events, replayed from `Last-Event-ID`, nothing skipped."""

import json
import re
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from sqlalchemy.ext.asyncio import AsyncConnection
from sse_starlette import EventSourceResponse

from alerts import views
from alerts.bell import Bell
from alerts.http.policy import Seer, session_token
from alerts.people.accounts import Accounts
from alerts.store import feed, fleet
from alerts.store.database import Database
from core.clock import Clock

LOOK_S = 1.0  # how often a stream looks at the feed even if its own process rang no bell
PING_S = 5.0  # and tells the console that it is alive; a session that was ended loses its stream with the next one
RETRY_MS = 1000  # after which a browser comes back to a stream that broke; by itself it takes its time
BATCH = 200
MAX_NUMBER = 2**53 - 1  # that a browser counts exactly
_NUMBER = re.compile(r"[0-9]{1,15}")

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
        """Messages from the entry after `after` on, until the session ends. No connection to the database is held
        while the console takes its time."""
        newest = await self._gap(after)
        if newest is not None:
            after = newest
            yield {"event": "reset", "data": "{}", "id": str(after)}
        pinged = self._clock.monotonic()
        yield _ping()
        while not self._closing:
            heard = self._bell.rings
            items, after = await self._next(area, after)
            for item in items:
                yield item
            if self._clock.monotonic() - pinged >= PING_S:
                if await self._accounts.session(token) is None:
                    return
                pinged = self._clock.monotonic()
                yield _ping()
            if not items:
                await self._bell.wait(heard, LOOK_S)

    async def _gap(self, after: int) -> int | None:
        """Where to go on if the feed does not reach back to `after` any more, or never came so far."""
        async with self._database.read() as connection:
            return None if await feed.reaches_back_to(connection, after) else await feed.last(connection)

    async def _next(self, area: str, after: int) -> tuple[list[Item], int]:
        """What follows `after` within `area`, and how far that goes: past the entries of other areas, too, so that
        nobody reads those again and again."""
        async with self._database.read() as connection:
            entries = await feed.since(connection, after, area, BATCH)
            reached = entries[-1][0] if len(entries) == BATCH else max(after, await feed.last(connection))
            named = {payload["id"] for _, kind, payload in entries if kind == "edge"}
            edges = {edge: await _edge(connection, area, edge) for edge in named}
        items = []
        for number, kind, payload in entries:
            shown = payload if kind != "edge" else edges.pop(payload["id"], None)  # told once, as it is now
            if shown:
                items.append({"event": kind, "id": str(number), "data": json.dumps(shown)})
        return items, reached


async def _edge(connection: AsyncConnection, area: str, edge: str) -> Item | None:
    """What may be seen of an edge from `area`; None for nothing."""
    rows = await fleet.listed(connection, area, [edge])
    return views.edge(rows[0]) if rows else None


def _ping() -> Item:
    return {"event": "ping", "data": "{}", "retry": RETRY_MS}


def router(stream: Stream) -> APIRouter:
    """`/api/v1/stream`."""
    routes = APIRouter(prefix="/api/v1", tags=["stream"])

    @routes.get("/stream")
    async def live(
        user: Seer,
        request: Request,
        after: Annotated[int, Query(ge=0, le=MAX_NUMBER)] = 0,
        last_event_id: Annotated[str, Header()] = "",
    ) -> EventSourceResponse:
        """Changes of incidents and edges as they happen; begin with the `feed` number of `/incidents`."""
        start = int(last_event_id) if _NUMBER.fullmatch(last_event_id) else after
        return EventSourceResponse(
            stream.messages(user.area, session_token(request) or "", start),
            ping=3600,
            headers={"X-Accel-Buffering": "no"},
        )

    return routes
