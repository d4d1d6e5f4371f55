"""What the telephone's pages ask beside what consoles ask: one-word answers, ways to an incident, the key of pushes."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from alerts.cases.verdicts import Verdict, Verdicts
from alerts.ground.reach import Reach
from alerts.http.errors import there
from alerts.http.policy import NO_NUL, Id, Responder, SignedIn
from alerts.http.residents import in_calendar
from alerts.notifiers.base import Notifier
from alerts.notifiers.web_push import WebPush


class Word(BaseModel):
    verdict: Verdict
    at: Annotated[AwareDatetime | None, Field(description="when it was said; without it: now")] = None
    text: Annotated[str, Field(max_length=400, pattern=NO_NUL)] = ""


def router(verdicts: Verdicts, reach: Reach, notifiers: Mapping[str, Notifier]) -> APIRouter:
    """`/api/v1/incidents/{incident}/verdict` and `/reach`, and `/api/v1/push`."""
    routes = APIRouter(prefix="/api/v1", tags=["phone"])

    @routes.post("/incidents/{incident}/verdict")
    async def say(user: Responder, incident: Id, body: Word) -> dict[str, Any]:
        """Say in one word what an incident is: safe, suspicious, emergency. Saying it again changes nothing."""
        said: dict[str, Any] = there(await verdicts.say(user, incident, body.verdict, in_calendar(body.at), body.text))
        return said

    @routes.get("/incidents/{incident}/reach")
    async def way(user: Responder, incident: Id) -> dict[str, Any]:
        """Where an incident is, and the numbers of those who answer for its place."""
        return there(await reach.of(user, incident))

    @routes.get("/push")
    async def push(_user: SignedIn) -> dict[str, Any]:
        """The key that a browser needs to be told by push; null where this centre pushes nothing."""
        channel = notifiers.get(WebPush.channel)
        return {"key": channel.public_key if isinstance(channel, WebPush) else None}

    return routes
