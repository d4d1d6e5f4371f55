"""Rows of users, their sessions and one-time links. Tokens are stored as hashes only."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.store.schema import links, sessions, users


class User(Struct, frozen=True, kw_only=True):
    """Someone who may sign in; sees and does what the role allows within the area."""

    name: str
    display_name: str
    role: str
    area: str
    password_hash: str | None
    created_at: datetime


async def add_user(connection: AsyncConnection, user: User) -> None:
    await connection.execute(
        insert(users).values(
            name=user.name,
            display_name=user.display_name,
            role=user.role,
            area=user.area,
            password_hash=user.password_hash,
            created_at=user.created_at,
        )
    )


async def find_user(connection: AsyncConnection, name: str) -> User | None:
    row = (await connection.execute(select(users).where(users.c.name == name))).mappings().first()
    return User(**row) if row else None


async def set_password(connection: AsyncConnection, name: str, password_hash: str) -> None:
    await connection.execute(update(users).where(users.c.name == name).values(password_hash=password_hash))


async def add_session(
    connection: AsyncConnection, token_sha256: str, user: str, now: datetime, expires_at: datetime
) -> None:
    """Start a session; those that have ended are cleared on the way."""
    await connection.execute(delete(sessions).where(sessions.c.expires_at < now))
    await connection.execute(
        insert(sessions).values(token_sha256=token_sha256, user=user, created_at=now, expires_at=expires_at)
    )


async def session_user(connection: AsyncConnection, token_sha256: str, now: datetime) -> User | None:
    """Whose session it is, while it lasts."""
    query = (
        select(users)
        .join(sessions, sessions.c.user == users.c.name)
        .where(sessions.c.token_sha256 == token_sha256, sessions.c.expires_at > now)
    )
    row = (await connection.execute(query)).mappings().first()
    return User(**row) if row else None


async def end_session(connection: AsyncConnection, token_sha256: str) -> None:
    await connection.execute(delete(sessions).where(sessions.c.token_sha256 == token_sha256))


async def add_link(connection: AsyncConnection, token_sha256: str, user: str, expires_at: datetime) -> None:
    await connection.execute(insert(links).values(token_sha256=token_sha256, user=user, expires_at=expires_at))


async def use_link(connection: AsyncConnection, token_sha256: str, now: datetime) -> str | None:
    """Whose link it is, once; None for a link that was used, has expired or never was."""
    statement = (
        update(links)
        .where(links.c.token_sha256 == token_sha256, links.c.used_at.is_(None), links.c.expires_at > now)
        .values(used_at=now)
        .returning(links.c.user)
    )
    row = (await connection.execute(statement)).first()
    return str(row[0]) if row else None
