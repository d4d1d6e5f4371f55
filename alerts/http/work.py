"""What people do with an incident."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from alerts.cases.casework import Casework
from alerts.cases.incident import Resolution
from alerts.cases.regrouping import Regrouping
from alerts.http.errors import there
from alerts.http.policy import NO_NUL, Commander, Id, Responder

Text = Annotated[str, Field(max_length=400, pattern=NO_NUL)]
Required = Annotated[str, Field(min_length=1, max_length=400, pattern=NO_NUL)]
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=NO_NUL)]
IdText = Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$")]
StepId = Annotated[str, Path(max_length=64, pattern=r"^[a-z0-9_]+$")]


class Closing(BaseModel):
    resolution: Literal[Resolution.RESOLVED, Resolution.FALSE, Resolution.TEST]
    reason: Text = ""


class Reason(BaseModel):
    reason: Text = ""


class Note(BaseModel):
    note: Text = ""


class Remark(BaseModel):
    note: Required


class Verification(BaseModel):
    level: Annotated[int, Field(ge=0, le=4)]
    note: Text = ""


class Sending(BaseModel):
    agency: Name
    note: Text = ""


class HandOver(BaseModel):
    agency: Name
    note: Required


class Grading(BaseModel):
    severity: Annotated[int, Field(ge=1, le=3)]
    reason: Required


class Tick(BaseModel):
    done: bool = True


class Merging(BaseModel):
    into: IdText
    reason: Text = ""


class Splitting(BaseModel):
    events: Annotated[list[IdText], Field(min_length=1, max_length=1000)]
    reason: Text = ""


def router(work: Casework, regrouping: Regrouping) -> APIRouter:
    """What is done with `/api/v1/incidents/{incident}`."""
    routes = APIRouter(prefix="/api/v1/incidents/{incident}", tags=["incidents"])

    @routes.post("/acknowledge")
    async def acknowledge(user: Responder, incident: Id) -> dict[str, Any]:
        """Take an incident for all."""
        return {"incident": there(await work.acknowledge(user, incident))}

    @routes.post("/release")
    async def release(user: Responder, incident: Id, body: Reason) -> dict[str, Any]:
        """Give an incident back, for anybody to take."""
        return {"incident": there(await work.release(user, incident, body.reason))}

    @routes.post("/verify")
    async def verify(user: Responder, incident: Id, body: Verification) -> dict[str, Any]:
        """Say what it is, as a person who looked: level 0 to 4 of ANSI/TMA-AVS-01."""
        return {"incident": there(await work.verify(user, incident, body.level, body.note))}

    @routes.post("/arrive")
    async def arrive(user: Responder, incident: Id, body: Note) -> dict[str, Any]:
        """Say that somebody is on the scene."""
        return {"incident": there(await work.arrive(user, incident, body.note))}

    @routes.post("/notes")
    async def note(user: Responder, incident: Id, body: Remark) -> dict[str, Any]:
        """Write something into the history."""
        return {"incident": there(await work.note(user, incident, body.note))}

    @routes.put("/steps/{step}")
    async def step(user: Responder, incident: Id, step: StepId, body: Tick) -> dict[str, Any]:
        """Tick a step of the procedure, or take the tick back."""
        return {"incident": there(await work.procedure_step(user, incident, step, body.done))}

    @routes.post("/close")
    async def close(user: Responder, incident: Id, body: Closing) -> dict[str, Any]:
        """Finish an incident: resolved, false or test."""
        return {"incident": there(await work.close(user, incident, body.resolution, body.reason))}

    _commands(routes, work, regrouping)
    return routes


def _commands(routes: APIRouter, work: Casework, regrouping: Regrouping) -> None:
    """What needs somebody who commands."""

    @routes.post("/dispatch")
    async def dispatch(user: Commander, incident: Id, body: Sending) -> dict[str, Any]:
        """Send somebody."""
        return {"incident": there(await work.dispatch(user, incident, body.agency, body.note))}

    @routes.post("/hand-over")
    async def hand_over(user: Commander, incident: Id, body: HandOver) -> dict[str, Any]:
        """Give an incident to another agency or shift, with a note."""
        return {"incident": there(await work.hand_over(user, incident, body.agency, body.note))}

    @routes.post("/severity")
    async def regrade(user: Commander, incident: Id, body: Grading) -> dict[str, Any]:
        """Give an incident another severity; a graver one is routed anew."""
        return {"incident": there(await work.regrade(user, incident, body.severity, body.reason))}

    @routes.post("/merge")
    async def merge(user: Commander, incident: Id, body: Merging) -> dict[str, Any]:
        """Put an incident into another one; answers with that other."""
        return {"incident": there(await regrouping.merge(user, incident, body.into, body.reason))}

    @routes.post("/split")
    async def split(user: Commander, incident: Id, body: Splitting) -> dict[str, Any]:
        """Take events out of an incident into a new one; answers with the new one."""
        return {"incident": there(await regrouping.split(user, incident, body.events, body.reason))}
