"""Rows of who somebody is at the provider of single sign-on, and of sign-ins that are on their way through it."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.store.database import upsert
from alerts.store.schema import identities, sso_tries

MOST_TRIES = 10_000  # at once; beyond it the oldest are forgotten


class Identity(Struct, frozen=True, kw_only=True):
    """One user at one provider. `subject` is the provider's own name for them, kept from their first sign-in on."""

    user: str
    issuer: str
    known_as: str
    subject: str | None
    granted: bool
    linked_at: datetime
    who: str


class Try(Struct, frozen=True, kw_only=True):
    """A sign-in that a browser has begun. Tokens are stored as hashes."""

    state_sha256: str
    browser_sha256: str
    nonce: str
    verifier: str
    expires_at: datetime


async def of(connection: AsyncConnection, user: str) -> Identity | None:
    """Who a user is at the provider."""
    return _identity((await connection.execute(select(identities).where(identities.c.user == user))).first())


async def by_subject(connection: AsyncConnection, issuer: str, subject: str) -> Identity | None:
    """Whom the provider means, by its own name for them."""
    query = select(identities).where(identities.c.issuer == issuer, identities.c.subject == subject)
    return _identity((await connection.execute(query)).first())


async def by_name(connection: AsyncConnection, issuer: str, known_as: str) -> Identity | None:
    """Whom the provider means, by the claim of the settings."""
    query = select(identities).where(identities.c.issuer == issuer, identities.c.known_as == known_as)
    return _identity((await connection.execute(query)).first())


async def save(connection: AsyncConnection, identity: Identity) -> None:
    """Link a user, in the place of an earlier link."""
    await connection.execute(upsert(connection, identities, ["user"], asdict(identity)))


async def pin(connection: AsyncConnection, user: str, subject: str) -> None:
    """Keep the provider's own name for a user, at the first sign-in."""
    await connection.execute(update(identities).where(identities.c.user == user).values(subject=subject))


async def remove(connection: AsyncConnection, user: str) -> None:
    """Forget who a user is at the provider."""
    await connection.execute(delete(identities).where(identities.c.user == user))


async def begin(connection: AsyncConnection, new: Try, now: datetime) -> None:
    """Note a sign-in that was begun; those that came to nothing are cleared on the way."""
    await connection.execute(delete(sso_tries).where(sso_tries.c.expires_at <= now))
    count = (await connection.execute(select(func.count()).select_from(sso_tries))).scalar_one()
    if count >= MOST_TRIES:
        oldest = select(sso_tries.c.state_sha256).order_by(sso_tries.c.expires_at).limit(count - MOST_TRIES + 1)
        await connection.execute(delete(sso_tries).where(sso_tries.c.state_sha256.in_(oldest)))
    await connection.execute(insert(sso_tries).values(asdict(new)))


async def take(connection: AsyncConnection, state_sha256: str, now: datetime) -> Try | None:
    """The sign-in of that state, once; None for one that was taken, has expired or never was."""
    statement = (
        delete(sso_tries)
        .where(sso_tries.c.state_sha256 == state_sha256, sso_tries.c.expires_at > now)
        .returning(*sso_tries.c)
    )
    row = (await connection.execute(statement)).mappings().first()
    return Try(**row) if row else None


def _identity(row: Row[tuple[object, ...]] | None) -> Identity | None:
    return Identity(**row._mapping) if row is not None else None
