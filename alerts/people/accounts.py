"""Signing in: passwords (argon2id), one-time links, and sessions that live at the centre, so that they can be ended."""

import asyncio
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.people import authority
from alerts.people.roles import Role
from alerts.store import changes, people
from alerts.store.changes import COMMAND_LINE, Change
from alerts.store.database import Database
from alerts.store.people import User
from core import areas
from core.clock import Clock
from core.errors import EkamlingError

SESSION = timedelta(hours=12)  # a shift and a hand-over
LINK = timedelta(hours=24)
MIN_PASSWORD = 10
MAX_PASSWORD = 1000
MAX_NAME = 80
ROLES = tuple(role.value for role in Role)
HASHES_AT_ONCE = 4  # argon2 takes 64 MiB each


class Accounts:
    """The people of a centre."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._hasher = PasswordHasher()
        self._slots = asyncio.Semaphore(HASHES_AT_ONCE)
        self._decoy = ""

    async def add(self, name: str, display_name: str, role: str, area: str) -> None:
        """Add a user without a password, from the command line; raises EkamlingError for a name that is taken or a role
        that is none."""
        now = self._clock.now()
        user = new_user(name, display_name, role, area, now)
        async with self._database.write() as connection:
            await enter(connection, user)
            await changes.note(connection, _change(user, facts(user)), now)

    async def link(self, name: str) -> str:
        """A new one-time sign-in token for a user, from the command line."""
        now = self._clock.now()
        async with self._database.write() as connection:
            user = active(await people.find_user(connection, name))
            if user is None:
                raise EkamlingError(f"no user is called {name!r}; add one with 'ekamling user add'")
            await changes.note(connection, _change(user, {"link_made_at": now}), now)
            return await give_link(connection, name, now)

    async def by_password(self, name: str, password: str) -> User | None:
        """The user, if the password is right. Takes as long for an unknown name as for a wrong password."""
        async with self._database.read() as connection:
            user = active(await people.find_user(connection, name))
        known = user.password_hash if user else None
        self._decoy = self._decoy or await self._hashed(secrets.token_hex(16))
        return user if await self._matches(known or self._decoy, password) and known else None

    async def by_link(self, token: str) -> User | None:
        """The user whose link it is; the link is used up."""
        async with self._database.write() as connection:
            name = await people.use_link(connection, digest(token), self._clock.now())
            return active(await people.find_user(connection, name)) if name else None

    async def set_password(self, name: str, password: str) -> None:
        """Set a user's password; raises EkamlingError for one that is too short."""
        if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
            raise EkamlingError(f"a password needs {MIN_PASSWORD} to {MAX_PASSWORD} characters")
        hashed = await self._hashed(password)
        async with self._database.write() as connection:
            await people.set_password(connection, name, hashed)

    async def start_session(self, user: User) -> str:
        """A new session's token, for a cookie."""
        token, now = secrets.token_urlsafe(32), self._clock.now()
        async with self._database.write() as connection:
            await people.add_session(connection, digest(token), user.name, now, now + SESSION)
        return token

    async def session(self, token: str) -> User | None:
        """Whose session it is, while it lasts."""
        async with self._database.read() as connection:
            return await people.session_user(connection, digest(token), self._clock.now())

    async def end_session(self, token: str) -> None:
        async with self._database.write() as connection:
            await people.end_session(connection, digest(token))

    async def _hashed(self, password: str) -> str:
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def _matches(self, hashed: str, password: str) -> bool:
        async with self._slots:
            try:
                return await asyncio.to_thread(self._hasher.verify, hashed, password[:MAX_PASSWORD])
            except (VerificationError, InvalidHashError):
                return False


def new_user(name: str, display_name: str, role: str, area: str, now: datetime, language: str = "id") -> User:
    """A user without a password, not stored yet; raises EkamlingError for what cannot be one."""
    for text in (name, display_name or name):
        check_name(text)
    if role not in ROLES:
        raise EkamlingError(f"role {role!r} is not one of {', '.join(ROLES)}")
    authority.fits(Role(role), areas.check(area))
    return User(
        name=name,
        display_name=display_name or name,
        role=Role(role),
        area=area,
        password_hash=None,
        created_at=now,
        language=language,
    )


def check_name(text: str) -> str:
    """The text, if somebody may be called so; raises EkamlingError."""
    if not text.strip() or len(text) > MAX_NAME or not text.isprintable():
        raise EkamlingError(f"the name {text[:MAX_NAME]!r} must have 1 to {MAX_NAME} printable characters")
    return text


async def enter(connection: AsyncConnection, user: User) -> None:
    """Store a new user; raises EkamlingError for a name that is taken, also by somebody who has left."""
    if await people.find_user(connection, user.name):
        raise EkamlingError(f"a user called {user.name!r} is there already")
    await people.add_user(connection, user)


async def give_link(connection: AsyncConnection, name: str, now: datetime) -> str:
    """A new one-time sign-in token for a user who is there."""
    token = secrets.token_urlsafe(24)
    await people.add_link(connection, digest(token), name, now + LINK)
    return token


def facts(person: User) -> dict[str, str]:
    """What the record of changes says of a person."""
    return {name: str(getattr(person, name)) for name in ("name", "display_name", "role", "area", "language")}


def _change(user: User, after: dict[str, Any]) -> Change:
    return Change(user=COMMAND_LINE, area=user.area, what="person", which=user.name, after=after)


def active(user: User | None) -> User | None:
    """The user, unless they have left."""
    return None if user is None or user.ended_at is not None else user


def digest(token: str) -> str:
    """A token as it is stored."""
    return hashlib.sha256(token.encode()).hexdigest()
