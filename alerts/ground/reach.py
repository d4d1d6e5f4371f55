"""How one gets to an incident, or gets help for it: where it is, and whom of its area one may call."""

import re
from typing import Any

from alerts.cases.incident import State
from alerts.people.duty import Contact, Person, present
from alerts.people.roles import Role
from alerts.store import duty, incidents, sites
from alerts.store.database import Database
from alerts.store.people import User
from core import areas
from core.clock import Clock

OFFICES = (Role.RT, Role.RW, Role.BHABINKAMTIBMAS, Role.POLSEK)  # whose telephone numbers the neighbourhood knows
SPOKEN = ("sms", "whatsapp")  # channels whose addresses are numbers that can be called
MOST = 6


class Reach:
    """Looks it up for those who work on an incident."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def of(self, user: User, incident_id: str) -> dict[str, Any] | None:
        """Position and numbers to call, the nearest office first; None where there is no such incident for this user.

        Numbers are those of heads, the Bhabinkamtibmas and the Polsek who answer for the place and are not absent, as
        long as the incident is open; those of other people are for administrators only.
        """
        async with self._database.read() as connection:
            found = await incidents.find(connection, incident_id, user.area)
            if found is None:
                return None
            position = await sites.position(connection, found)
            now = self._clock.now()
            people, roster, names = await duty.watch(connection, found.area, now, OFFICES)
        there = [
            person
            for person in people
            if person.role in OFFICES
            and person.user != user.name
            and areas.contains(person.area, found.area)
            and present(person.user, now, roster) == person.user
        ]
        there.sort(key=lambda person: OFFICES.index(person.role))
        calls = [_call(person, names) for person in there] if found.state is not State.CLOSED else []
        return {
            "position": {"latitude": position[0], "longitude": position[1]} if position else None,
            "calls": [call for call in calls if call][:MOST],
        }


def number(ways: tuple[Contact, ...]) -> str | None:
    """The first number that can be called, as a `tel:` link takes it."""
    for way in ways:
        dialled = re.sub(r"[^+0-9]", "", way.address)
        if way.channel in SPOKEN and len(dialled) >= 5:
            return dialled if dialled.startswith(("+", "0")) else f"+{dialled}"
    return None


def _call(person: Person, names: dict[str, str]) -> dict[str, str] | None:
    dialled = number(person.channels)
    if dialled is None:
        return None
    return {"role": person.role.value, "name": names.get(person.user, person.user), "number": dialled}
