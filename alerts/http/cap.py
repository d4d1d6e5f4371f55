"""Incidents as CAP 1.2, for systems of other agencies."""

from fastapi import APIRouter, Response

from alerts.exchange.cap import MEDIA_TYPE
from alerts.exchange.cap_desk import CapDesk
from alerts.http.errors import there
from alerts.http.policy import Id, Seer

FRESH = {"Cache-Control": "private, no-cache"}


def router(desk: CapDesk) -> APIRouter:
    """`/api/v1/incidents/{incident}/cap` and `/cap/feed`."""
    routes = APIRouter(prefix="/api/v1", tags=["cap"])

    @routes.get("/incidents/{incident}/cap")
    async def message(user: Seer, incident: Id) -> Response:
        """An incident as a CAP 1.2 message, as it is now."""
        return Response(there(await desk.message(user, incident)), media_type=MEDIA_TYPE, headers=FRESH)

    @routes.get("/cap/feed")
    async def feed(user: Seer) -> Response:
        """Links to the CAP messages of open incidents and of those that ended within a day, as Atom."""
        return Response(await desk.feed(user), media_type="application/atom+xml", headers=FRESH)

    return routes
