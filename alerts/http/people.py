"""People: who they are, where they belong, how they are reached."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from alerts.http.errors import there
from alerts.http.policy import NO_NUL, Administrator, Seer, SignedIn
from alerts.people.contact_list import MAX_ADDRESS
from alerts.people.duty import Contact
from alerts.people.personnel import NewPerson, PersonChange, Personnel, Sifted
from alerts.people.roles import Role

Name = Annotated[str, Path(max_length=80, pattern=NO_NUL)]
Area = Annotated[str, Query(max_length=64, pattern=NO_NUL, description="an area within one's own; empty: one's own")]
Text = Annotated[str, Field(max_length=80, pattern=NO_NUL)]
Sought = Annotated[str, Query(max_length=80, pattern=NO_NUL, description="a part of the name, or of the display name")]
Language = Literal["id", "en"]


class NewOne(BaseModel):
    name: Text
    role: Text
    area: Text
    display_name: Text = ""
    language: Language = "id"


class Difference(BaseModel):
    role: Text | None = None
    area: Text | None = None
    display_name: Text | None = None
    language: Language | None = None


class Way(BaseModel):
    channel: Annotated[str, Field(max_length=32, pattern=NO_NUL)]
    address: Annotated[str, Field(max_length=MAX_ADDRESS, pattern=NO_NUL)]


class Ways(BaseModel):
    contacts: Annotated[list[Way], Field(max_length=100)]


def router(personnel: Personnel) -> APIRouter:
    """`/api/v1/people`."""
    routes = APIRouter(prefix="/api/v1/people", tags=["people"])

    @routes.get("")
    async def people(
        user: Seer,
        area: Area = "",
        role: Role | None = None,
        text: Sought = "",
        after: Annotated[str, Query(max_length=80, pattern=NO_NUL)] = "",
        limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    ) -> dict[str, Any]:
        """People of an area by name, and whether it is their turn; addresses for administrators only, and one's own."""
        return there(await personnel.listed(user, Sifted(area=area, role=role, text=text), after, limit))

    @routes.post("")
    async def add(user: Administrator, body: NewOne) -> dict[str, Any]:
        """Add somebody; answers with a one-time link by which they sign in."""
        return await personnel.add(user, NewPerson(**body.model_dump()))

    @routes.get("/{name}")
    async def one(user: Seer, name: Name) -> dict[str, Any]:
        """One person, as the list shows them."""
        return {"person": there(await personnel.one(user, name))}

    @routes.patch("/{name}")
    async def change(user: Administrator, name: Name, body: Difference) -> dict[str, Any]:
        """Change somebody's role, area, display name or language; another role or area ends their sessions."""
        return {"person": there(await personnel.change(user, name, PersonChange(**body.model_dump())))}

    @routes.delete("/{name}")
    async def end(user: Administrator, name: Name) -> dict[str, Any]:
        """Let somebody go: they sign in nowhere and are told nothing any more."""
        return {"ended": there(await personnel.end(user, name))}

    @routes.post("/{name}/link")
    async def link(user: Administrator, name: Name) -> dict[str, Any]:
        """A new one-time link by which somebody signs in."""
        return {"link": there(await personnel.link(user, name))}

    @routes.get("/{name}/contacts")
    async def contacts(user: SignedIn, name: Name) -> dict[str, Any]:
        """How somebody is reached; for administrators, and oneself."""
        return {"contacts": there(await personnel.contacts(user, name))}

    @routes.put("/{name}/contacts")
    async def set_contacts(user: SignedIn, name: Name, body: Ways) -> dict[str, Any]:
        """Say how somebody is reached, in the order in which it is tried; for administrators, and oneself."""
        ways = [Contact(way.channel, way.address) for way in body.contacts]
        return {"contacts": there(await personnel.set_contacts(user, name, ways))}

    return routes
