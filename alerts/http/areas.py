"""The tree of areas, within the area of whoever asks."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from alerts.ground.areas_desk import AreasDesk
from alerts.ground.areas_tree import MAX_NAME
from alerts.http.errors import there
from alerts.http.policy import NO_NUL, Administrator, SignedIn
from core import areas as codes

MAX_CODE = 32
Code = Annotated[str, Path(max_length=MAX_CODE, pattern=NO_NUL, description="such as 33.03.05.1003/RW02/RT04")]


class Named(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME, pattern=NO_NUL)]


def router(desk: AreasDesk) -> APIRouter:
    """`/api/v1/areas`."""
    routes = APIRouter(prefix="/api/v1/areas", tags=["areas"])

    @routes.get("")
    async def listed(
        user: SignedIn,
        within: Annotated[str, Query(max_length=MAX_CODE, pattern=NO_NUL)] = "",
        levels: Annotated[int | None, Query(ge=0, le=6, description="how far down; without it: all the way")] = None,
    ) -> dict[str, Any]:
        """Areas within one's own area, or within a part of it."""
        return {"areas": there(await desk.within(user, within, levels))}

    @routes.put("/{code:path}")
    async def name(user: Administrator, code: Code, body: Named) -> dict[str, Any]:
        """Give an RW or RT its name; its village must have been loaded."""
        return {"area": there(await desk.name(user, codes.check(code), body.name))}

    @routes.delete("/{code:path}", status_code=204)
    async def remove(user: Administrator, code: Code) -> None:
        """Remove an RW or RT in which nothing stands any more: no area, edge, camera, site, person or open incident."""
        there(await desk.remove(user, codes.check(code)))

    return routes
