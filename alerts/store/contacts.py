"""Rows of the ways by which people are reached, in the order in which they are tried."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select
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
