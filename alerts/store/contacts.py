"""Rows of the ways by which people are reached, in the order in which they are tried."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.people.duty import Contact
from alerts.store.response_schema import contacts


async def of(connection: AsyncConnection, names: Collection[str]) -> dict[str, list[Contact]]:
    """The contacts of some users; those that their channel knows no more are left out."""
    query = select(contacts).where(contacts.c.user.in_(list(names)), contacts.c.gone_at.is_(None))
    found: dict[str, list[Contact]] = {}
    for row in (await connection.execute(query.order_by(contacts.c.position, contacts.c.id))).mappings():
        found.setdefault(row["user"], []).append(Contact(row["channel"], row["address"]))
    return found


async def put(connection: AsyncConnection, user: str, ways: Sequence[Contact], now: datetime) -> None:
    """Put these contacts in the place of a person's earlier ones."""
    await connection.execute(delete(contacts).where(contacts.c.user == user))
    rows = [
        {"user": user, "channel": way.channel, "address": way.address, "position": position, "added_at": now}
        for position, way in enumerate(ways)
    ]
    if rows:
        await connection.execute(insert(contacts), rows)


async def note_heard(connection: AsyncConnection, channel: str, address: str, now: datetime) -> None:
    """Note that the owner of an address has written to the centre; nothing for one that is nobody's."""
    mine = contacts.c.channel == channel, contacts.c.address == address
    await connection.execute(update(contacts).where(*mine).values(heard_at=now))


async def heard_at(connection: AsyncConnection, channel: str, address: str) -> datetime | None:
    """When the owner of an address has written to the centre last; None where that is not known."""
    query = select(func.max(contacts.c.heard_at)).where(contacts.c.channel == channel, contacts.c.address == address)
    found: datetime | None = (await connection.execute(query)).scalar_one()
    return found
