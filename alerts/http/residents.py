"""Reports of residents: the kentongan, plain reports with a photo, what became of them, and a rating."""

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse
from pydantic import AwareDatetime, BaseModel, Field

from alerts.http.errors import ApiError, not_found, there
from alerts.http.policy import NO_NUL, Id, Reporter, Responder
from alerts.neighbours import photos
from alerts.neighbours.residents import Residents, Told, TooMany
from alerts.people.roles import Capability, can
from alerts.services import MediaPath

Kind = Literal["thief", "fire", "flood", "medical", "quarrel", "danger", "other"]
UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"


class NewReport(BaseModel):
    id: Annotated[str, Field(pattern=UUID, description="made by the phone: the same report sent twice is one")]
    kind: Kind
    urgent: Annotated[bool, Field(description="a kentongan: help is needed now")] = False
    text: Annotated[str, Field(max_length=1000, pattern=NO_NUL)] = ""
    area: Annotated[str, Field(max_length=64, pattern=NO_NUL)] = ""
    made_at: AwareDatetime | None = None
    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None
    accuracy_m: Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)] | None = None


class Rating(BaseModel):
    stars: Annotated[int, Field(ge=1, le=5)]
    text: Annotated[str, Field(max_length=500, pattern=NO_NUL)] = ""


def router(residents: Residents, media_path: MediaPath) -> APIRouter:
    """`/api/v1/reports`, and the reports of an incident."""
    routes = APIRouter(prefix="/api/v1", tags=["reports"])

    @routes.post("/reports")
    async def report(user: Reporter, body: NewReport) -> dict[str, Any]:
        """Beat the kentongan, or report something; repeating it with the same id changes nothing."""
        position = body.latitude is not None and body.longitude is not None
        told = Told(
            id=body.id,
            kind=body.kind,
            urgent=body.urgent,
            text=body.text,
            area=body.area,
            made_at=in_calendar(body.made_at),
            latitude=body.latitude if position else None,
            longitude=body.longitude if position else None,
            accuracy_m=body.accuracy_m if position else None,
        )
        try:
            return {"report": await residents.report(user, told)}
        except TooMany as error:
            raise ApiError(429, "too_many", str(error)) from error

    @routes.get("/reports")
    async def mine(user: Reporter) -> dict[str, Any]:
        """The own reports: what became of each, and how long it took."""
        return {"reports": await residents.mine(user)}

    @routes.post("/reports/{report}/rating")
    async def rate(user: Reporter, report: Id, body: Rating) -> dict[str, Any]:
        """Say how one was served, 1 to 5."""
        return {"report": there(await residents.rate(user, report, body.stars, body.text))}

    @routes.get("/reports/{report}/photo.jpg")
    async def photo_of(user: Reporter, report: Id) -> FileResponse:
        """The photo of a report, for its sender and for those who work on it."""
        digest = there(await residents.photo_of(user, report, can(user.role, Capability.RESPOND)))
        path = media_path("snapshot", digest)
        if not path.exists():
            raise not_found()
        return FileResponse(path, media_type="image/jpeg", headers={"Cache-Control": "private, no-cache"})

    @routes.get("/incidents/{incident}/reports")
    async def of_incident(user: Responder, incident: Id) -> dict[str, Any]:
        """What residents said about an incident, and how much their word has been worth."""
        return {"reports": there(await residents.of_incident(user, incident))}

    return routes


def photo_router(residents: Residents) -> APIRouter:
    """Where photos come in; they may be larger than other requests."""
    routes = APIRouter(prefix="/api/v1", tags=["reports"], max_body_size=photos.MAX_BYTES)

    @routes.put("/reports/{report}/photo")
    async def photo(user: Reporter, report: Id, request: Request) -> dict[str, Any]:
        """Add the photo of an own report: a JPEG, PNG or WebP as the body. Its metadata is not kept."""
        content = bytearray()
        async for chunk in request.stream():
            content += chunk
            if len(content) > photos.MAX_BYTES:
                raise ApiError(413, "too_large", f"a photo may have {photos.MAX_BYTES} bytes")
        clean = await asyncio.to_thread(photos.cleaned, bytes(content))
        return {"report": there(await residents.photo(user, report, clean))}

    return routes


def in_calendar(moment: datetime | None) -> datetime | None:
    """A time that every zone's calendar has; nothing for one at the calendar's edge."""
    return moment if moment is None or 1970 < moment.year < 9000 else None
