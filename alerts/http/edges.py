"""Edges with their cameras, and the modes of the cameras' groups."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel

from alerts.boxes.arming import Arming, BeyondArea
from alerts.boxes.order import Mode
from alerts.cases.desk import Desk
from alerts.http.errors import ApiError, there
from alerts.http.large import large
from alerts.http.policy import NO_NUL, CameraSeer, Quieter

Name = Annotated[str, Path(max_length=200, pattern=NO_NUL)]


class Wish(BaseModel):
    mode: Mode


def router(desk: Desk, arming: Arming) -> APIRouter:
    """`/api/v1/edges`."""
    routes = APIRouter(prefix="/api/v1/edges", tags=["edges"])

    @routes.get("")
    async def edges(user: CameraSeer) -> Response:
        """Edges, their cameras, and the modes of the cameras' groups."""
        return large({"edges": await desk.edges(user)})

    @routes.get("/{edge}/groups/{group}")
    async def group(user: CameraSeer, edge: Name, group: Name) -> dict[str, Any]:
        """One group of cameras, and who changed its mode here."""
        return there(await arming.group(user, edge, group))

    @routes.put("/{edge}/groups/{group}")
    async def order(user: Quieter, edge: Name, group: Name, wish: Wish) -> dict[str, Any]:
        """Put a group of cameras into a mode; it waits until the edge can be reached."""
        try:
            return {"group": there(await arming.order(user, edge, group, wish.mode))}
        except BeyondArea as error:
            raise ApiError(403, "beyond_area", str(error)) from error

    return routes
