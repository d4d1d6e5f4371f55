"""What stays quiet: silences and tests."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from alerts.cases.silences import MAX_REASON, NewMute, Silences
from alerts.http.errors import there
from alerts.http.moments import Moment
from alerts.http.policy import NO_NUL, Id, Silencer

Word = Annotated[str, Field(max_length=64, pattern=NO_NUL)]


class Quiet(BaseModel):
    purpose: Literal["silence", "test"] = "silence"
    area: Word
    edge: Word = ""
    camera: Word = ""
    kind: Word = ""
    since: Moment | None = None
    until: Moment
    reason: Annotated[str, Field(max_length=MAX_REASON, pattern=NO_NUL)]


def router(silences: Silences) -> APIRouter:
    """`/api/v1/silences`."""
    routes = APIRouter(prefix="/api/v1/silences", tags=["silences"])

    @routes.get("")
    async def listed(user: Silencer) -> dict[str, Any]:
        """What is quiet now or will be: who wanted it, why, and until when."""
        return {"silences": await silences.listed(user)}

    @routes.post("")
    async def add(user: Silencer, body: Quiet) -> dict[str, Any]:
        """Keep a place quiet for a while, or put it on test.

        The head of a neighbourhood silences it for a day at most; tests are for installers and for who commands.
        """
        return {"silence": await silences.add(user, NewMute(**body.model_dump()))}

    @routes.delete("/{silence}")
    async def end(user: Silencer, silence: Id) -> dict[str, Any]:
        """End one before its time."""
        return {"silence": there(await silences.end(user, silence))}

    return routes
