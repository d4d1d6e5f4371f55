"""The web application of the centre: API, stream and pages put together."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI

from alerts.http import (
    areas,
    cap,
    changes,
    duty,
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
    pages,
    people,
    phone,
    replies,
    residents,
    routing,
    rules,
    session,
    silences,
    sirens,
    sites,
    sso,
    stream,
    tiles,
    work,
)
from alerts.http.parts import Parts
from alerts.http.policy import SignedIn, check_policies
from alerts.http.stream import Stream
from alerts.services import Services

MAX_BODY = 64 * 1024  # of a request, unless its router says otherwise


def build(services: Services, extra: Sequence[APIRouter] = ()) -> tuple[FastAPI, Stream]:
    """The application, and the stream that has to be closed before it stops.

    `extra` are routers of other rooms, under /edge/, with rules of their own.
    """
    parts = Parts.of(services)
    app = routed(parts, services, extra)
    stand_on(app, parts, services.url)
    return app, parts.updates


def routed(parts: Parts, services: Services, extra: Sequence[APIRouter] = ()) -> FastAPI:
    """An application with all routes to the parts; it serves once it is told what it stands on."""
    app = FastAPI(title="E-Kamling", version="1", openapi_url=None, max_body_size=MAX_BODY)
    errors.install(app)
    for router in (*_incidents(parts, services), *_places(parts, services), *_organisation(parts, services), *extra):
        app.include_router(router)
    _describe(app)
    pages.install(app, services.base_map.origin if services.base_map else "")
    check_policies(app, elsewhere=("/edge/",))
    return app


def stand_on(app: FastAPI, parts: Parts, url: str) -> None:
    """Give an application what its guards ask: who is signed in, and where from."""
    address = urlsplit(url)
    app.state.accounts = parts.accounts
    app.state.applications = parts.applications
    app.state.secure = address.scheme == "https"
    app.state.origin = f"{address.scheme}://{address.netloc}"


def _incidents(parts: Parts, services: Services) -> Iterator[APIRouter]:
    """Incidents, the work on them, and what residents and messengers say."""
    yield incidents.router(parts.desk, parts.statistics)
    yield work.router(parts.casework, parts.regrouping)
    yield replies.router(parts.replies)
    yield messengers.router(parts.replies, services.secrets, parts.window)
    yield media.router(parts.desk, services.media_path)
    yield residents.router(parts.residents, services.media_path)
    yield residents.photo_router(parts.residents)
    yield phone.router(parts.verdicts, parts.reach, services.notifiers)
    yield figures.router(parts.office)
    yield exports.router(parts.office)
    yield stream.router(parts.updates)


def _places(parts: Parts, services: Services) -> Iterator[APIRouter]:
    """Edges and cameras, areas and sites, and other applications."""
    yield edges.router(parts.desk, parts.arming)
    yield rules.router(parts.rules)
    yield sirens.router(parts.sirens)
    yield live.router(parts.live, services.live, services.clock)
    yield areas.router(parts.areas)
    yield sites.router(parts.sites)
    yield tiles.router(services.base_map)
    yield cap.router(parts.cap)
    yield hooks.router(parts.hooks)
    yield inbound.router(parts.applications)


def _organisation(parts: Parts, services: Services) -> Iterator[APIRouter]:
    """How the centre is organised: people, duty, routing, silences, and who changed what."""
    yield session.router(parts.accounts, parts.throttle)
    yield sso.router(services.sign_in, parts.accounts)
    yield people.router(parts.personnel)
    yield sso.links_router(parts.links)
    yield duty.router(parts.turns)
    yield routing.router(parts.routing)
    yield silences.router(parts.silences)
    yield changes.router(services.database)


def _describe(app: FastAPI) -> None:
    @app.get("/api/v1/openapi.json", include_in_schema=False)
    async def description(_user: SignedIn) -> dict[str, Any]:
        """The API in OpenAPI's words."""
        return app.openapi()
