"""The web application of the centre: API, stream and pages put together."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI

from alerts.boxes.arming import Arming
from alerts.boxes.rules import CameraRules
from alerts.boxes.sirens import Sirens
from alerts.cases.casework import Casework
from alerts.cases.desk import Desk
from alerts.cases.regrouping import Regrouping
from alerts.cases.statistics import Statistics
from alerts.exchange.applications import Applications
from alerts.exchange.cap_desk import CapDesk
from alerts.exchange.hooks import Hooks
from alerts.ground.areas_desk import AreasDesk
from alerts.ground.sites import Sites
from alerts.http import (
    areas,
    cap,
    edges,
    errors,
    exports,
    figures,
    hooks,
    inbound,
    incidents,
    live,
    media,
    messengers,
    organisation,
    pages,
    replies,
    residents,
    rules,
    session,
    sirens,
    sites,
    sso,
    stream,
    work,
)
from alerts.http.policy import SignedIn, check_policies
from alerts.http.stream import Stream
from alerts.http.throttle import Throttle
from alerts.live.views import Live
from alerts.neighbours.residents import Residents
from alerts.people.accounts import Accounts
from alerts.reporting.office import Office
from alerts.services import Services
from alerts.telling.replies import Replies
from alerts.telling.window import Window

MAX_BODY = 64 * 1024  # of a request, unless its router says otherwise


def build(services: Services, extra: Sequence[APIRouter] = ()) -> tuple[FastAPI, Stream]:
    """The application, and the stream that has to be closed before it stops.

    `extra` are routers of other rooms, under /edge/, with rules of their own.
    """
    database, bell, clock = services.database, services.bell, services.clock
    app = FastAPI(title="E-Kamling", version="1", openapi_url=None, max_body_size=MAX_BODY)
    accounts = Accounts(database, clock)
    updates = Stream(database, accounts, bell, clock)
    address = urlsplit(services.url)
    app.state.accounts = accounts
    app.state.secure = address.scheme == "https"
    app.state.origin = f"{address.scheme}://{address.netloc}"
    errors.install(app)
    app.include_router(session.router(accounts, Throttle(clock)))
    app.include_router(sso.router(services.sign_in, accounts))
    desk = Desk(database)
    app.include_router(incidents.router(desk, Statistics(database, services.sink)))
    casework = Casework(database, bell, clock)
    app.include_router(work.router(casework, Regrouping(database, bell, clock)))
    answered = Replies(services, casework)
    app.include_router(replies.router(answered))
    app.include_router(messengers.router(answered, services.secrets, Window(database, clock)))
    app.include_router(edges.router(desk, Arming(database, bell, clock)))
    app.include_router(rules.router(CameraRules(database, bell, clock)))
    app.include_router(sirens.router(Sirens(database, bell, clock)))
    app.include_router(media.router(desk, services.media_path))
    neighbours = Residents(database, bell, clock, services.keep_photo)
    app.include_router(residents.router(neighbours, services.media_path))
    app.include_router(residents.photo_router(neighbours))
    office = Office(database, clock, services.targets)
    app.include_router(figures.router(office))
    app.include_router(exports.router(office))
    app.include_router(stream.router(updates))
    for router in organisation.routers(services):
        app.include_router(router)
    _places_and_others(app, services)
    for router in extra:
        app.include_router(router)
    _describe(app)
    pages.install(app)
    check_policies(app, elsewhere=("/edge/",))
    return app, updates


def _places_and_others(app: FastAPI, services: Services) -> None:
    """Areas, sites and the map; CAP, and other applications."""
    database, clock = services.database, services.clock
    applications = Applications(database, services.bell, clock)
    app.state.applications = applications
    app.include_router(areas.router(AreasDesk(database, clock)))
    app.include_router(sites.router(Sites(database, clock)))
    views = Live(database, clock, services.live, services.edges)
    app.include_router(live.router(views, services.live, clock))
    app.include_router(cap.router(CapDesk(database, clock, services.url)))
    app.include_router(hooks.router(Hooks(database, clock, services.notifiers.get("webhook"))))
    app.include_router(inbound.router(applications))


def _describe(app: FastAPI) -> None:
    @app.get("/api/v1/openapi.json", include_in_schema=False)
    async def description(_user: SignedIn) -> dict[str, Any]:
        """The API in OpenAPI's words."""
        return app.openapi()
