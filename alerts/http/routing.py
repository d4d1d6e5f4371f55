"""Who is told: the rules, their versions, and trying them out."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from alerts.http.errors import there
from alerts.http.moments import Moment
from alerts.http.policy import NO_NUL, Administrator, Seer
from alerts.telling import dry_run as trial
from alerts.telling.routing_book import MAX_NOTE, RoutingBook
from alerts.telling.rule import UNCONFIRMED

MAX_BODY = 512 * 1024  # 200 rules of 20 steps each are long
Version = Annotated[int, Path(ge=1, le=2**53 - 1)]
Document = Annotated[dict[str, Any], Field(description="the rules, as docs/guide/routing.md explains them")]


class Writing(BaseModel):
    document: Document
    note: Annotated[str, Field(max_length=MAX_NOTE, pattern=NO_NUL)] = ""
    version: Annotated[int, Field(ge=0, le=2**53 - 1, description="the version that it is based on")]


class Question(BaseModel):
    kind: Annotated[str, Field(max_length=64, pattern=NO_NUL)]
    severity: Annotated[int, Field(ge=1, le=3)]
    level: Annotated[int, Field(ge=0, le=4, description="of verification; 3 and 4 are a person's word")] = UNCONFIRMED
    area: Annotated[str, Field(max_length=64, pattern=NO_NUL)]
    at: Moment | None = None
    document: Document | None = None


def router(book: RoutingBook) -> APIRouter:
    """`/api/v1/routing`."""
    routes = APIRouter(prefix="/api/v1/routing", tags=["routing"], max_body_size=MAX_BODY)

    @routes.get("")
    async def current(_user: Seer) -> dict[str, Any]:
        """The rules that count; version 0 are those of a centre without rules of its own."""
        return {"routing": await book.current()}

    @routes.put("")
    async def put(user: Administrator, body: Writing) -> dict[str, Any]:
        """Write the rules of the whole centre; for administrators of the regency."""
        return {"routing": await book.put(user, body.document, body.note, body.version)}

    @routes.get("/versions")
    async def versions(_user: Seer) -> dict[str, Any]:
        """Every version that was written: who, when and why."""
        return {"versions": await book.versions()}

    @routes.get("/versions/{number}")
    async def version(_user: Seer, number: Version) -> dict[str, Any]:
        """The rules of one version."""
        return {"routing": there(await book.version(number))}

    @routes.post("/dry-run")
    async def dry_run(user: Seer, body: Question) -> dict[str, Any]:
        """Who would be told of an incident, and when; administrators may try rules that do not count yet."""
        asked = trial.Question(kind=body.kind, severity=body.severity, area=body.area, level=body.level)
        return await book.dry_run(user, asked, body.at, body.document)

    return routes
