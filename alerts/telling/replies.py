"""Answers to notifications, from a link or a button in the message: whoever presses it takes the incident."""

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from alerts.cases.casework import Casework
from alerts.cases.incident import NotNow
from alerts.services import Services
from alerts.store import incidents, notifications, people
from alerts.store.notifications import Notification
from alerts.telling import delivery, wording

Outcome = Literal["open", "taken", "already", "closed", "unknown"]


class Reply(Struct, frozen=True):
    """What an answer did: `taken` now by this recipient, `already` somebody's, `closed`, or `open` for who only looked.
    `unknown`: no such notification, or its recipient may not act any more."""

    outcome: Outcome
    number: int = 0
    title: str = ""
    who: str = ""
    language: str = "id"
    incident: str = ""


UNKNOWN = Reply("unknown")


class Replies:
    """Reads tokens of messages and acts for their recipients."""

    def __init__(self, services: Services, casework: Casework) -> None:
        self._database = services.database
        self._bell = services.bell
        self._clock = services.clock
        self._answers = services.answers
        self._casework = casework

    async def look(self, token: str) -> Reply:
        """What stands behind a token, without acting: a mail scanner that follows links takes nothing."""
        found = await self._found(token)
        return await self._seen(found) if found else UNKNOWN

    async def take(self, token: str) -> Reply:
        """Take the incident for the recipient of the notification."""
        found = await self._found(token)
        if found is None:
            return UNKNOWN
        async with self._database.write() as connection:
            user = await people.find_user(connection, found.user)
            if user is None or user.ended_at is not None:
                return UNKNOWN
            await notifications.note_answer(connection, found.id, self._clock.now())
        try:
            taken = await self._casework.acknowledge(user, found.incident)
        except NotNow:
            return await self._seen(found)
        reply = await self._seen(found)
        return replace(reply, outcome="taken") if taken else UNKNOWN

    async def delivered(self, channel: str, provider_id: str) -> None:
        """Note that a message has arrived, by its provider's word."""
        async with self._database.write() as connection:
            await notifications.note_delivery(connection, channel, provider_id, self._clock.now())

    async def failed(self, channel: str, provider_id: str, reason: str) -> None:
        """A message that its provider took did not arrive after all: the person's next way is taken."""
        async with self._database.write() as connection:
            lost = await notifications.note_failure(connection, channel, provider_id, reason[:500])
            if lost is not None:
                await delivery.otherwise(connection, lost, self._clock)
        self._bell.ring()

    async def _found(self, token: str) -> Notification | None:
        notification = self._answers.read(token)
        if notification is None:
            return None
        async with self._database.read() as connection:
            return await notifications.by_id(connection, notification)

    async def _seen(self, found: Notification) -> Reply:
        async with self._database.read() as connection:
            incident = await incidents.by_id(connection, found.incident)
            user = await people.find_user(connection, found.user)
        if incident is None or user is None:
            return UNKNOWN
        if incident.closed_at is not None:
            outcome: Outcome = "closed"
        elif incident.claimant is None:
            outcome = "open"
        else:
            outcome = "taken" if incident.claimant == user.name else "already"
        title = wording.title(incident, "trigger", user.language)
        return Reply(outcome, incident.number, title, incident.acknowledged_by or "", user.language, incident.id)
