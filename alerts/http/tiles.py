"""What lies under the map, for the browsers: where its tiles are, and those that the centre keeps itself."""

import asyncio
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Response

from alerts.ground.base_map import DEEPEST, BaseMap
from alerts.http.policy import CameraSeer

KEPT = "private, max-age=86400"
Zoom = Annotated[int, Path(ge=0, le=DEEPEST)]
Place = Annotated[int, Path(ge=0, lt=2**DEEPEST)]


def router(base: BaseMap | None) -> APIRouter:
    """`/api/v1/map/base` and `/api/v1/map/tiles`."""
    routes = APIRouter(prefix="/api/v1/map", tags=["places"])

    @routes.get("/base")
    async def described(_user: CameraSeer) -> dict[str, Any]:
        """What lies under the map; null for nothing."""
        return {"base": msgspec.to_builtins(base.description) if base else None}

    @routes.get("/tiles/{z}/{x}/{y}", response_model=None, responses={204: {"description": "Nothing lies there"}})
    async def tile(_user: CameraSeer, z: Zoom, x: Place, y: Place) -> Response:
        """One tile of the archive that the centre keeps."""
        inside = max(x, y) < 2**z
        found = await asyncio.to_thread(base.tile, z, x, y) if base and inside else None
        if found is None:
            return Response(status_code=204, headers={"Cache-Control": KEPT})
        headers = {"Cache-Control": KEPT} | ({"Content-Encoding": found.encoding} if found.encoding else {})
        return Response(found.content, media_type=found.media_type, headers=headers)

    return routes
