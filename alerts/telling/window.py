"""The day after a person's own word, in which WhatsApp takes more than templates from us."""

from datetime import timedelta

from alerts.notifiers.whatsapp import WhatsApp
from alerts.store import contacts
from alerts.store.database import Database
from core.clock import Clock

LASTS = timedelta(hours=24) - timedelta(minutes=5)  # Meta's day begins when the person wrote, ours when we heard of it


class Window:
    """Knows of each number whether its owner has written lately. Where it is wrong, the channel sends its template."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def heard(self, number: str) -> None:
        """The owner of a number has written, or pressed a button."""
        async with self._database.write() as connection:
            await contacts.note_heard(connection, WhatsApp.channel, number, self._clock.now())

    async def open(self, number: str) -> bool:
        """Whether free text can be sent to a number."""
        async with self._database.read() as connection:
            at = await contacts.heard_at(connection, WhatsApp.channel, number)
        return at is not None and self._clock.now() - at < LASTS
