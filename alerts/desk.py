"""What people ask of incidents and do with them, each within the area they may see."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from alerts import views
from alerts.bell import Bell
from alerts.incident import Incident, Resolution, State, acknowledged, closed
from alerts.store import feed, fleet, incidents
from alerts.store.database import Database
from alerts.store.people import User
from core.clock import Clock

STATES = {"open": (State.NEW, State.ACKNOWLEDGED), "closed": (State.CLOSED,), "all": tuple(State)}
Which = Literal["open", "closed", "all"]


class Desk:
    """The work of operators. A method that returns None says: no such incident for this user."""

    def __init__(self, database: Database, bell: Bell, clock: Clock) -> None:
        self._database = database
        self._bell = bell
        self._clock = clock

    async def queue(self, user: User, which: Which, limit: int) -> dict[str, Any]:
        """Incidents, and the number of the feed from which on changes follow."""
        async with self._database.read() as connection:
            number = await feed.last(connection)
            found = await incidents.listed(connection, user.area, STATES[which], limit)
            return {"incidents": await _views(connection, found), "feed": number}

    async def incident(self, user: User, incident_id: str) -> dict[str, Any] | None:
        """One incident with its events and its history."""
        async with self._database.read() as connection:
            incident = await incidents.find(connection, incident_id, user.area)
            if incident is None:
                return None
            return {
                "incident": (await _views(connection, [incident]))[0],
                "events": [views.event(row) for row in await incidents.events_of(connection, incident_id)],
                "log": [views.log_entry(row) for row in await incidents.history(connection, incident_id)],
            }

    async def acknowledge(self, user: User, incident_id: str) -> dict[str, Any] | None:
        """Take an incident for all; raises NotNow."""
        return await self._change(
            user, incident_id, lambda incident, now: acknowledged(incident, user.display_name, now), "acknowledged", ""
        )

    async def close(self, user: User, incident_id: str, resolution: Resolution, reason: str) -> dict[str, Any] | None:
        """Finish an incident; raises NotNow."""
        note = f"{resolution.value}: {reason}" if reason else resolution.value
        return await self._change(
            user, incident_id, lambda incident, now: closed(incident, resolution, now), "closed", note
        )

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

    async def _change(
        self,
        user: User,
        incident_id: str,
        step: Callable[[Incident, datetime], Incident],
        action: str,
        note: str,
    ) -> dict[str, Any] | None:
        async with self._database.write() as connection:
            incident = await incidents.find(connection, incident_id, user.area)
            if incident is None:
                return None
            now = self._clock.now()
            changed = await incidents.save(connection, step(incident, now))
            await incidents.log(connection, incident_id, now, user.display_name, action, note)
            (view,) = await _views(connection, [changed])
            await feed.append(connection, now, "incident", changed.area, view)
        self._bell.ring()
        return view


async def _views(connection: AsyncConnection, found: Sequence[Incident]) -> list[dict[str, Any]]:
    names = await fleet.camera_names(connection, {(incident.edge, incident.camera) for incident in found})
    return [
        views.incident(incident, names.get((incident.edge, incident.camera), incident.camera)) for incident in found
    ]
