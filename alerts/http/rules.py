"""What is looked for on a camera: its zones, lines and rules, given to its edge and applied there while it runs."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from alerts.boxes.rules import CameraRules
from alerts.http.edges import Name
from alerts.http.errors import there
from alerts.http.policy import Installer
from core.rules import MAX_RULES, MAX_VERSION

Seen = Annotated[
    int | None,
    Query(ge=0, le=MAX_VERSION, description="version of the newest order that the caller knows of, 0 for none"),
]


class Wanted(BaseModel):
    rules: Annotated[list[dict[str, Any]], Field(max_length=MAX_RULES)]


def router(rules: CameraRules) -> APIRouter:
    """`/api/v1/edges/{edge}/cameras/{camera}/rules`."""
    routes = APIRouter(prefix="/api/v1/edges", tags=["edges"])

    @routes.get("/{edge}/cameras/{camera}/rules")
    async def of(user: Installer, edge: Name, camera: Name) -> dict[str, Any]:
        """The rules that run on a camera, as its edge tells them; what was ordered, and what became of it."""
        return there(await rules.of(user, edge, camera))

    @routes.put("/{edge}/cameras/{camera}/rules", status_code=202)
    async def order(user: Installer, edge: Name, camera: Name, wanted: Wanted, seen: Seen = None) -> dict[str, Any]:
        """Want these rules on a camera, all of them; each as a table of `edge.toml`. They wait for the edge, which
        judges them. 409 where somebody gave others after the order `seen`, or where the edge takes none."""
        return there(await rules.order(user, edge, camera, wanted.rules, seen))

    @routes.delete("/{edge}/cameras/{camera}/rules", status_code=202)
    async def drop(user: Installer, edge: Name, camera: Name, seen: Seen = None) -> dict[str, Any]:
        """Let the rules of the edge's own file count again."""
        return there(await rules.order(user, edge, camera, None, seen))

    return routes
