"""Rows of users, their sessions and one-time links. Tokens are stored as hashes only."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import RowMapping, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.people.roles import Role
from alerts.store.incidents import around, within
from alerts.store.schema import identities, links, sessions, users


class User(Struct, frozen=True, kw_only=True):
    """Someone who may sign in; sees and does what the role allows within the area."""

    name: str
    display_name: str
    role: Role
    area: str
    password_hash: str | None
    created_at: datetime
    language: str = "id"  # of what is written to them
    ended_at: datetime | None = None  # from when on they may not sign in
    sso: bool = False  # signs in at a provider, so needs no password; known of who has just signed in only


async def add_user(connection: AsyncConnection, user: User) -> None:
    await connection.execute(
        insert(users).values(
            name=user.name,
            display_name=user.display_name,
            role=user.role,
            area=user.area,
            password_hash=user.password_hash,
            created_at=user.created_at,
            language=user.language,
        )
    )


async def find_user(connection: AsyncConnection, name: str) -> User | None:
    row = (await connection.execute(select(users).where(users.c.name == name))).mappings().first()
    return _user(row) if row else None


async def listed(
    connection: AsyncConnection, area: str, role: Role | None, text: str, after: str, limit: int
) -> list[User]:
    """People of and within an area who have not left, by name, those behind the name `after`: of a role, and with a
    text in their name or display name, where these are given."""
    query = select(users).where(within(users.c.area, area), users.c.ended_at.is_(None), users.c.name > after)
    if role is not None:
        query = query.where(users.c.role == role)
    if text:
        names = (users.c.name, users.c.display_name)
        query = query.where(or_(*(name.icontains(text, autoescape=True) for name in names)))
    return [_user(row) for row in (await connection.execute(query.order_by(users.c.name).limit(limit))).mappings()]


async def display_names(connection: AsyncConnection, names: Collection[str]) -> dict[str, str]:
    """How others know these people, those who have not left."""
    query = select(users.c.name, users.c.display_name).where(users.c.name.in_(list(names)), users.c.ended_at.is_(None))
    return {name: shown for name, shown in await connection.execute(query)}


async def change(connection: AsyncConnection, name: str, values: dict[str, Any]) -> None:
    """Change columns of a user."""
    await connection.execute(update(users).where(users.c.name == name).values(values))


async def shut_out(connection: AsyncConnection, name: str) -> None:
    """End a user's sessions, and the links that were not used yet."""
    await end_sessions_of(connection, name)
    await connection.execute(delete(links).where(links.c.user == name, links.c.used_at.is_(None)))


async def end_sessions_of(connection: AsyncConnection, name: str) -> None:
    """End a user's sessions."""
    await connection.execute(delete(sessions).where(sessions.c.user == name))


async def other_administrators(connection: AsyncConnection, user: User) -> bool:
    """Whether somebody else administers all of a user's area."""
    query = select(users.c.name).where(
        around(users.c.area, user.area),
        users.c.role == Role.ADMIN,
        users.c.name != user.name,
        users.c.ended_at.is_(None),
    )
    return (await connection.execute(query.limit(1))).first() is not None


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
    linked = select(identities.c.user).where(identities.c.user == users.c.name).exists()
    query = (
        select(users, linked.label("sso"))
        .join(sessions, sessions.c.user == users.c.name)
        .where(sessions.c.token_sha256 == token_sha256, sessions.c.expires_at > now, users.c.ended_at.is_(None))
    )
    row = (await connection.execute(query)).mappings().first()
    return _user(row) if row else None


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


def _user(row: RowMapping) -> User:
    return User(**{**row, "role": Role(row["role"])})
