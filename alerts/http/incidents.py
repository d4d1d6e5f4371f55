"""The queue and one incident, as people see them."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from alerts.cases.desk import Desk, Which
from alerts.cases.statistics import Statistics
from alerts.http.errors import there
from alerts.http.large import large
from alerts.http.policy import Id, Seer


def router(desk: Desk, statistics: Statistics) -> APIRouter:
    """`/api/v1/incidents` and `/statistics`."""
    routes = APIRouter(prefix="/api/v1", tags=["incidents"])

    @routes.get("/incidents")
    async def queue(user: Seer, state: Which = "open", limit: Annotated[int, Query(ge=1, le=1000)] = 200) -> Response:
        """Incidents, the gravest first; `feed` is where `/stream?after=` continues."""
        return large(await desk.queue(user, state, limit))

    @routes.get("/incidents/{incident}")
    async def one(user: Seer, incident: Id) -> dict[str, Any]:
        """One incident: its events, history and procedure, who was told, and what happened there before."""
        return there(await desk.incident(user, incident))

    @routes.get("/statistics")
    async def figures(user: Seer) -> dict[str, Any]:
        """Counts within one's area; latencies and oddities of the whole centre."""
        return await statistics.figures(user.area)

    return routes
