"""People who can be told, and a channel that remembers what it sent: for tests of ladders and deliveries."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import insert

from alerts.notifiers.base import DeliveryError, Message, Receipt
from alerts.people.roles import Role
from alerts.store import incidents, ladders, notifications, people
from alerts.store.notifications import Notification
from alerts.store.people import User
from alerts.store.response_schema import contacts
from alerts.telling.escalation import Escalation
from tests.alerts.centre import Centre
from tests.messages import AT


class Wire:
    """A channel that takes everything, or fails as it is told to."""

    channel: ClassVar[str] = "wire"

    def __init__(self) -> None:
        self.sent: list[tuple[str, Message]] = []
        self.failures: list[DeliveryError] = []

    def check(self, address: str) -> str:
        return address

    async def send(self, address: str, message: Message) -> Receipt:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((address, message))
        return Receipt(f"wire-{len(self.sent)}")


async def a_person(centre: Centre, name: str, role: Role, area: str, *channels: str) -> User:
    """Somebody with an address on each of these channels."""
    user = User(name=name, display_name=name.title(), role=role, area=area, password_hash=None, created_at=AT)
    async with centre.database.write() as connection:
        await people.add_user(connection, user)
        for position, channel in enumerate(channels):
            row = {"user": name, "channel": channel, "address": f"{name}@{channel}", "position": position}
            await connection.execute(insert(contacts).values(**row, added_at=AT))
    return user


async def settled(worker: Escalation) -> None:
    """Carry out everything that is due now."""
    while await worker.tick() == 0:
        pass


async def ladder(centre: Centre, incident: str) -> list[tuple[int, str, str]]:
    """(seconds after the opening, state, note) of each step."""
    async with centre.database.read() as connection:
        found = await incidents.by_id(connection, incident)
        assert found
        rows = await ladders.of_incident(connection, incident)
    return [(int((row["due_at"] - found.received_at).total_seconds()), row["state"], row["note"]) for row in rows]


async def told(centre: Centre, incident: str) -> list[Notification]:
    """The notifications of an incident, oldest first."""
    async with centre.database.read() as connection:
        rows = await notifications.of_incident(connection, incident)
    return [Notification(**row) for row in rows]


def after(moment: datetime, start: datetime = AT) -> float:
    return (moment - start).total_seconds()
