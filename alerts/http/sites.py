"""Sites, where cameras stand, and the map of both."""

from typing import Annotated, Any, Self

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field, model_validator

from alerts.ground.sites import Placing, Sites
from alerts.http.errors import there
from alerts.http.large import unless_known
from alerts.http.policy import NO_NUL, CameraSeer, Installer
from alerts.store.sites import CameraPlace, Site

SLUG = r"^[a-z0-9][a-z0-9-]{0,62}$"
SiteId = Annotated[str, Path(pattern=SLUG)]
Name = Annotated[str, Path(max_length=64, pattern=NO_NUL)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Near = Annotated[float, Query(ge=0, le=10_000, allow_inf_nan=False, description="metres, of suggested neighbours")]
NEAR_M = 100.0


class Positioned(BaseModel):
    latitude: Latitude | None = None
    longitude: Longitude | None = None

    @model_validator(mode="after")
    def both_or_none(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("give latitude and longitude, or neither")
        return self


class NewSite(Positioned):
    name: Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL)]
    area: Annotated[str, Field(max_length=64, pattern=NO_NUL)]
    kind: Annotated[str, Field(max_length=32, pattern=r"^[a-z_]+$", description="such as market, school, junction")]
    wants_camera: Annotated[bool, Field(description="it must have a camera")] = False
    contact: Annotated[str, Field(max_length=200, pattern=NO_NUL)] = ""


class Beside(BaseModel):
    edge: Annotated[str, Field(max_length=64, pattern=NO_NUL)]
    camera: Annotated[str, Field(max_length=64, pattern=NO_NUL)]


class NewPlace(Positioned):
    site: Annotated[str, Field(pattern=SLUG)] | None = None
    bearing: Annotated[float, Field(ge=0, lt=360, allow_inf_nan=False, description="from north, clockwise")] | None = (
        None
    )
    view_angle: Annotated[float, Field(gt=0, le=360, allow_inf_nan=False)] | None = None
    reach_m: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] | None = None
    neighbours: Annotated[list[Beside], Field(max_length=50)] = []


def router(sites: Sites) -> APIRouter:
    """`/api/v1/sites`, `/map`, and `/edges/{edge}/cameras/{camera}/place`."""
    routes = APIRouter(prefix="/api/v1", tags=["places"])

    @routes.get("/sites")
    async def listed(user: CameraSeer) -> dict[str, Any]:
        """The sites within one's own area."""
        return {"sites": await sites.listed(user)}

    @routes.get("/sites/{site}")
    async def one(user: CameraSeer, site: SiteId) -> dict[str, Any]:
        """One site."""
        return {"site": there(await sites.one(user, site))}

    @routes.put("/sites/{site}")
    async def save(user: Installer, site: SiteId, body: NewSite) -> dict[str, Any]:
        """Add or change a site."""
        return {"site": there(await sites.save(user, Site(id=site, **body.model_dump())))}

    @routes.delete("/sites/{site}", status_code=204)
    async def remove(user: Installer, site: SiteId) -> None:
        """Remove a site; its cameras stay, at none."""
        there(await sites.remove(user, site))

    @routes.get("/map", response_model=dict[str, Any], responses={304: {"description": "As the one asking has it"}})
    async def whole(user: CameraSeer, request: Request) -> Response:
        """Sites, cameras and what these see, as GeoJSON; with an ETag."""
        return unless_known(request, await sites.map(user))

    _places(routes, sites)
    return routes


def _places(routes: APIRouter, sites: Sites) -> None:
    @routes.get("/edges/{edge}/cameras/{camera}/place")
    async def place(user: CameraSeer, edge: Name, camera: Name, within_m: Near = NEAR_M) -> dict[str, Any]:
        """Where a camera stands and looks, its neighbours, and cameras near it that may be some."""
        return {"place": there(await sites.place(user, edge, camera, within_m))}

    @routes.put("/edges/{edge}/cameras/{camera}/place")
    async def put(user: Installer, edge: Name, camera: Name, body: NewPlace, within_m: Near = NEAR_M) -> dict[str, Any]:
        """Say where a camera stands and looks, and which cameras stand beside it."""
        stands = body.model_dump(exclude={"neighbours"})
        placing = Placing(
            place=CameraPlace(edge=edge, camera=camera, **stands),
            neighbours=frozenset((each.edge, each.camera) for each in body.neighbours),
        )
        return {"place": there(await sites.put(user, placing, within_m))}
