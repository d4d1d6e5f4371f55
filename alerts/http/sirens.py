"""Sirens at edges, for people who hear one that should be silent."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from alerts.boxes.sirens import Sirens
from alerts.http.errors import there
from alerts.http.policy import NO_NUL, Responder

Edge = Annotated[str, Path(max_length=200, pattern=NO_NUL)]


def router(sirens: Sirens) -> APIRouter:
    """`/api/v1/edges/{edge}/siren`."""
    routes = APIRouter(prefix="/api/v1/edges", tags=["edges"])

    @routes.post("/{edge}/siren/stop", status_code=202)
    async def stop(user: Responder, edge: Edge) -> dict[str, Any]:
        """Let the siren of an edge fall silent, whatever it sounds for; who did it is written down."""
        return {"stopping": there(await sirens.stop(user, edge))}

    return routes
