"""Whose turn it is: shifts, "HADIR", absences and who is on duty."""

from datetime import date, time
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from alerts.http.errors import there
from alerts.http.moments import Moment
from alerts.http.people import Area, Name
from alerts.http.policy import NO_NUL, Responder, Seer, SignedIn
from alerts.people.duty import Absence, Shift
from alerts.people.turns import Turns

MAX_HOURS = 12
ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description='in WIB, such as "22:00"')]
Number = Annotated[int, Path(ge=1, le=2**53 - 1)]


class Turn(BaseModel):
    days: Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(max_length=7, description="0 Monday to 6 Sunday")]
    start: ClockTime
    end: ClockTime
    valid_from: date | None = None
    valid_until: date | None = None


class Shifts(BaseModel):
    shifts: Annotated[list[Turn], Field(max_length=100)]


class Here(BaseModel):
    hours: Annotated[float, Field(gt=0, le=MAX_HOURS, allow_inf_nan=False)]
    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None


class Away(BaseModel):
    start: Moment
    end: Moment
    stand_in: Annotated[str, Field(min_length=1, max_length=80, pattern=NO_NUL)] | None = None
    reason: Annotated[str, Field(max_length=200, pattern=NO_NUL)] = ""


def router(turns: Turns) -> APIRouter:
    """`/api/v1/duty`, and the rosters of `/api/v1/people/{name}`."""
    routes = APIRouter(prefix="/api/v1", tags=["duty"])

    @routes.get("/duty")
    async def on_duty(
        user: Seer, area: Area = "", at: Annotated[Moment | None, Query(description="without it: now")] = None
    ) -> dict[str, Any]:
        """Who is on duty in, of and around an area, by role and area, and why."""
        return there(await turns.on_duty(user, area, at))

    @routes.post("/duty/check-in")
    async def check_in(user: Responder, body: Here) -> dict[str, Any]:
        """HADIR: say that one is there, for some hours."""
        known = body.latitude is not None and body.longitude is not None
        position = (body.latitude, body.longitude) if known else (None, None)
        return {"check_in": await turns.check_in(user, body.hours, position)}

    @routes.get("/duty/check-in")
    async def checked_in(user: Responder) -> dict[str, Any]:
        """Whether one has said that one is there, and until when; null for not."""
        return {"check_in": await turns.checked_in(user)}

    @routes.delete("/duty/check-in", status_code=204)
    async def check_out(user: Responder) -> None:
        """Go off duty."""
        await turns.check_out(user)

    _rosters(routes, turns)
    return routes


def _rosters(routes: APIRouter, turns: Turns) -> None:
    @routes.get("/people/{name}/shifts")
    async def shifts(user: SignedIn, name: Name) -> dict[str, Any]:
        """Somebody's shifts; for oneself and who keeps them."""
        return {"shifts": there(await turns.shifts(user, name))}

    @routes.put("/people/{name}/shifts")
    async def set_shifts(user: Responder, name: Name, body: Shifts) -> dict[str, Any]:
        """Write somebody's shifts; for administrators, and the head of an RT or RW for its ronda and Satlinmas."""
        return {"shifts": there(await turns.set_shifts(user, name, [_shift(name, each) for each in body.shifts]))}

    @routes.get("/people/{name}/absences")
    async def absences(user: SignedIn, name: Name) -> dict[str, Any]:
        """Somebody's absences that are not over; for oneself and who keeps them."""
        return {"absences": there(await turns.absences(user, name))}

    @routes.post("/people/{name}/absences")
    async def add_absence(user: SignedIn, name: Name, body: Away) -> dict[str, Any]:
        """Say that somebody cannot come, and who comes instead."""
        absence = Absence(user=name, start=body.start, end=body.end, stand_in=body.stand_in)
        return {"absence": there(await turns.add_absence(user, absence, body.reason))}

    @routes.delete("/people/{name}/absences/{absence}")
    async def end_absence(user: SignedIn, name: Name, absence: Number) -> dict[str, Any]:
        """End an absence before its time."""
        return {"absence": there(await turns.end_absence(user, name, absence))}


def _shift(name: str, turn: Turn) -> Shift:
    return Shift(
        user=name,
        days=frozenset(turn.days),
        start=time.fromisoformat(turn.start),
        end=time.fromisoformat(turn.end),
        valid_from=turn.valid_from,
        valid_until=turn.valid_until,
    )
