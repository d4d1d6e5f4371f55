"""Other applications: who is told, and who may report."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from alerts.exchange.hooks import Direction, Hooks, NewHook
from alerts.http.errors import there
from alerts.http.policy import NO_NUL, Administrator, Id

Kind = Annotated[str, Field(max_length=64, pattern=NO_NUL)]
Severity = Annotated[int, Field(ge=1, le=3)]


class Wanted(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=80, pattern=NO_NUL)]
    direction: Annotated[Direction, Field(description="out: it is told; in: it reports")]
    url: Annotated[str, Field(max_length=2000, pattern=NO_NUL, description="of one that is told")] = ""
    area: Annotated[str, Field(max_length=64, pattern=NO_NUL, description="empty: one's own")] = ""
    kinds: Annotated[list[Kind], Field(max_length=40, description="empty: all")] = []
    severities: Annotated[list[Severity], Field(max_length=3, description="empty: all")] = []


def router(hooks: Hooks) -> APIRouter:
    """`/api/v1/hooks`."""
    routes = APIRouter(prefix="/api/v1/hooks", tags=["applications"])

    @routes.get("")
    async def listed(user: Administrator) -> dict[str, Any]:
        """The applications within one's own area, without their keys."""
        return {"hooks": await hooks.listed(user)}

    @routes.post("")
    async def add(user: Administrator, body: Wanted) -> dict[str, Any]:
        """Add an application; its key is shown in this answer and never again."""
        return {"hook": await hooks.add(user, NewHook(**body.model_dump()))}

    @routes.delete("/{hook}", status_code=204)
    async def end(user: Administrator, hook: Id) -> None:
        """End an application: it is told nothing more, and its key opens nothing."""
        there(await hooks.end(user, hook))

    return routes
