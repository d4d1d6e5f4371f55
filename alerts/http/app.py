"""The web application of the centre: API, stream and pages put together."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI

from alerts.accounts import Accounts
from alerts.arming import Arming
from alerts.bell import Bell
from alerts.desk import Desk
from alerts.http import edges, errors, incidents, media, pages, session, stream
from alerts.http.media import MediaPath
from alerts.http.policy import SignedIn, check_policies
from alerts.http.stream import Stream
from alerts.http.throttle import Throttle
from alerts.sink import Sink
from alerts.statistics import Statistics
from alerts.store.database import Database
from core.clock import Clock

MAX_BODY = 64 * 1024  # of a request, unless its router says otherwise


def build(
    database: Database,
    sink: Sink,
    bell: Bell,
    clock: Clock,
    url: str,
    media_path: MediaPath,
    extra: Sequence[APIRouter],
) -> tuple[FastAPI, Stream]:
    """The application, and the stream that has to be closed before it stops.

    `url` is the address that people type; `extra` are routers of other rooms, under /edge/, with rules of their own.
    """
    app = FastAPI(title="E-Kamling", version="1", openapi_url=None, max_body_size=MAX_BODY)
    accounts = Accounts(database, clock)
    live = Stream(database, accounts, bell, clock)
    address = urlsplit(url)
    app.state.accounts = accounts
    app.state.secure = address.scheme == "https"
    app.state.origin = f"{address.scheme}://{address.netloc}"
    errors.install(app)
    app.include_router(session.router(accounts, Throttle(clock)))
    desk = Desk(database, bell, clock)
    app.include_router(incidents.router(desk, Statistics(database, sink)))
    app.include_router(edges.router(desk, Arming(database, bell, clock)))
    app.include_router(media.router(desk, media_path))
    app.include_router(stream.router(live))
    for router in extra:
        app.include_router(router)
    _describe(app)
    pages.install(app)
    check_policies(app, elsewhere=("/edge/",))
    return app, live


def _describe(app: FastAPI) -> None:
    @app.get("/api/v1/openapi.json", include_in_schema=False)
    async def description(_user: SignedIn) -> dict[str, Any]:
        """The API in OpenAPI's words."""
        return app.openapi()
