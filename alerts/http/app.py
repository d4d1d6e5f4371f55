"""The web application of the centre: API, stream and pages put together."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI

from alerts.accounts import Accounts
from alerts.bell import Bell
from alerts.desk import Desk
from alerts.http import errors, incidents, media, pages, session, stream
from alerts.http.media import MediaPath
from alerts.http.policy import check_policies
from alerts.http.stream import Stream
from alerts.http.throttle import Throttle
from alerts.sink import Sink
from alerts.statistics import Statistics
from alerts.store.database import Database
from core.clock import Clock


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

    `url` is the address that people type; `extra` are routers of other rooms, with policies of their own.
    """
    app = FastAPI(title="E-Kamling", version="1", docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json")
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
    app.include_router(media.router(desk, media_path))
    app.include_router(stream.router(live))
    for router in extra:
        app.include_router(router)
    check_policies(app, "/api/")
    pages.install(app)
    return app, live
