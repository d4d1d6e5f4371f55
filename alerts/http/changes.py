"""What people changed in how the centre works, for those who inspect it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from alerts import views
from alerts.http.errors import there
from alerts.http.people import Area
from alerts.http.policy import NO_NUL, Inspector
from alerts.people import authority
from alerts.store import changes
from alerts.store.database import Database


def router(database: Database) -> APIRouter:
    """`/api/v1/changes`."""
    routes = APIRouter(prefix="/api/v1/changes", tags=["changes"])

    @routes.get("")
    async def listed(
        user: Inspector,
        area: Area = "",
        what: Annotated[str, Query(max_length=64, pattern=NO_NUL, description="person, routing, silence, …")] = "",
        before: Annotated[int | None, Query(ge=1, le=2**53 - 1, description="older than the change of this id")] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    ) -> dict[str, Any]:
        """Who changed what, newest first, with how it was before and after."""
        wanted = there(authority.place(user, area))
        async with database.read() as connection:
            rows = await changes.listed(connection, wanted, limit, what, before)
        return {"changes": [{**row, "at": views.instant(row["at"])} for row in rows]}

    return routes
