"""What people ask of incidents and edges, each within the area they may see."""

from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from alerts import views
from alerts.cases import news, sop
from alerts.cases.incident import State
from alerts.store import cases, feed, fleet, incidents, ladders, notifications, procedures
from alerts.store.database import Database
from alerts.store.people import User

OPEN = tuple(state for state in State if state is not State.CLOSED)
STATES = {"open": OPEN, "closed": (State.CLOSED,), "all": tuple(State)}
Which = Literal["open", "closed", "all"]


class Desk:
    """Looks things up. A method that returns None says: no such thing for this user."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def queue(self, user: User, which: Which, limit: int) -> dict[str, Any]:
        """Incidents, and the number of the feed from which on changes follow."""
        async with self._database.read() as connection:
            number = await feed.last(connection)
            found = await incidents.listed(connection, user.area, STATES[which], limit)
            return {"incidents": await news.shown(connection, found), "feed": number}

    async def incident(self, user: User, incident_id: str) -> dict[str, Any] | None:
        """One incident: its events and history, its procedure, who was told of it, what is due, and what was there
        before."""
        async with self._database.read() as connection:
            incident = await incidents.find(connection, incident_id, user.area)
            if incident is None:
                return None
            return {
                "incident": (await news.shown(connection, [incident]))[0],
                "events": [views.event(row) for row in await incidents.events_of(connection, incident_id)],
                "log": [views.log_entry(row) for row in await incidents.history(connection, incident_id)],
                "procedure": views.procedure(
                    sop.procedure(incident.kind), await procedures.done(connection, incident_id)
                ),
                "ladder": [views.step(row) for row in await ladders.of_incident(connection, incident_id)],
                "told": [views.notification(row) for row in await notifications.shown(connection, incident_id)],
                "earlier": [views.earlier(row) for row in await cases.links_of(connection, incident, user.area)],
                "cameras": await _cameras(connection, incident_id),
            }

    async def media(self, user: User, event: str, kind: str) -> str | None:
        """SHA-256 of a file of an event, if its incident lies within the user's area."""
        async with self._database.read() as connection:
            row = await incidents.event_row(connection, event)
            if row is None or not await incidents.find(connection, row["incident"], user.area):
                return None
            return await incidents.media_of(connection, event, kind)

    async def edges(self, user: User) -> list[dict[str, Any]]:
        """Edges and cameras within the user's area."""
        async with self._database.read() as connection:
            return [views.edge(row) for row in await fleet.listed(connection, user.area)]


async def _cameras(connection: AsyncConnection, incident: str) -> list[dict[str, Any]]:
    """The cameras that have a part in an incident, in the order in which they first saw something."""
    case = await cases.case_of(connection, incident)
    parts = (
        sorted((part for part in case.parts.values() if part.camera), key=lambda part: part.first_at) if case else []
    )
    names = await fleet.camera_names(connection, {(part.edge, part.camera) for part in parts})
    return [views.part(part, names.get((part.edge, part.camera), part.camera)) for part in parts]
