"""What other applications report: events as JSON, and CAP."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, Field

from alerts.exchange import cap_in
from alerts.exchange.applications import Applications, Told
from alerts.http.applications import Application
from alerts.http.errors import ApiError
from alerts.http.policy import NO_NUL
from alerts.neighbours.residents import TooMany

Kind = Literal[
    "thief", "fire", "flood", "medical", "quarrel", "danger", "other",
    "intrusion", "loitering", "crossing", "crowd", "stopped", "left", "removed", "motion",
]  # fmt: skip


class NewEvent(BaseModel):
    id: Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL, description="the sender's: twice is once")]
    kind: Kind
    severity: Annotated[int, Field(ge=1, le=3, description="1 is the gravest")] = 2
    area: Annotated[str, Field(max_length=64, pattern=NO_NUL, description="empty: the application's")] = ""
    text: Annotated[str, Field(max_length=cap_in.MAX_TEXT, pattern=NO_NUL)] = ""
    at: AwareDatetime | None = None
    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None


def router(applications: Applications) -> APIRouter:
    """`/api/v1/inbound/event` and `/cap`."""
    routes = APIRouter(prefix="/api/v1/inbound", tags=["applications"], max_body_size=cap_in.MAX_BYTES)

    @routes.post("/event")
    async def event(application: Application, body: NewEvent) -> dict[str, Any]:
        """Report an event; it becomes a part of an incident like any other. The same id again changes nothing."""
        at = body.at if body.at is not None and 1970 < body.at.year < 9000 else None
        told = Told(**{**body.model_dump(), "at": at})
        try:
            return await applications.event(application, told)
        except TooMany as error:
            raise ApiError(429, "too_many", str(error)) from error

    @routes.post("/cap")
    async def cap(application: Application, request: Request) -> dict[str, Any]:
        """Report by a CAP 1.2 message as the body. The same sender and identifier again changes nothing."""
        content = bytearray()
        async for chunk in request.stream():
            content += chunk
            if len(content) > cap_in.MAX_BYTES:
                raise ApiError(413, "too_large", f"a CAP message may have {cap_in.MAX_BYTES} bytes")
        try:
            return await applications.cap(application, bytes(content))
        except TooMany as error:
            raise ApiError(429, "too_many", str(error)) from error

    return routes
