"""The queue, one incident, and what an operator does with it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from alerts.desk import Desk, Which
from alerts.http.errors import there
from alerts.http.policy import NO_NUL, Actor, Id, SignedIn
from alerts.incident import Resolution
from alerts.statistics import Statistics


class Closing(BaseModel):
    resolution: Resolution
    reason: Annotated[str, Field(max_length=400, pattern=NO_NUL)] = ""


def router(desk: Desk, statistics: Statistics) -> APIRouter:
    """`/api/v1/incidents` and `/statistics`."""
    routes = APIRouter(prefix="/api/v1", tags=["incidents"])

    @routes.get("/incidents")
    async def queue(
        user: SignedIn, state: Which = "open", limit: Annotated[int, Query(ge=1, le=1000)] = 200
    ) -> dict[str, Any]:
        """Incidents, the gravest first; `feed` is where `/stream?after=` continues."""
        return await desk.queue(user, state, limit)

    @routes.get("/incidents/{incident}")
    async def one(user: SignedIn, incident: Id) -> dict[str, Any]:
        """One incident with its events and history."""
        return there(await desk.incident(user, incident))

    @routes.post("/incidents/{incident}/acknowledge")
    async def acknowledge(user: Actor, incident: Id) -> dict[str, Any]:
        """Take an incident for all."""
        return {"incident": there(await desk.acknowledge(user, incident))}

    @routes.post("/incidents/{incident}/close")
    async def close(user: Actor, incident: Id, closing: Closing) -> dict[str, Any]:
        """Finish an incident: resolved, false or test."""
        return {"incident": there(await desk.close(user, incident, closing.resolution, closing.reason))}

    @routes.get("/statistics")
    async def figures(user: SignedIn) -> dict[str, Any]:
        """Counts within one's area; latencies and oddities of the whole centre."""
        return await statistics.figures(user.area)

    return routes
