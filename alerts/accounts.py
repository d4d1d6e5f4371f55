"""Signing in: passwords (argon2id), one-time links, and sessions that live at the centre, so that they can be ended."""

import asyncio
import hashlib
import secrets
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from alerts.store import people
from alerts.store.database import Database
from alerts.store.people import User
from core import areas
from core.clock import Clock
from core.errors import EkamlingError

SESSION = timedelta(hours=12)  # a shift and a hand-over
LINK = timedelta(hours=24)
MIN_PASSWORD = 10
MAX_PASSWORD = 1000
ROLES = ("operator", "admin", "auditor")
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
        """Add a user without a password; raises EkamlingError for a name that is taken or a role that is none."""
        for text in (name, display_name or name):
            if not text or len(text) > 80 or not text.isprintable():
                raise EkamlingError(f"the name {text[:80]!r} must have 1 to 80 printable characters")
        if role not in ROLES:
            raise EkamlingError(f"role {role!r} is not one of {', '.join(ROLES)}")
        user = User(
            name=name,
            display_name=display_name or name,
            role=role,
            area=areas.check(area),
            password_hash=None,
            created_at=self._clock.now(),
        )
        async with self._database.write() as connection:
            if await people.find_user(connection, name):
                raise EkamlingError(f"a user called {name!r} is there already")
            await people.add_user(connection, user)

    async def link(self, name: str) -> str:
        """A new one-time sign-in token for a user."""
        token = secrets.token_urlsafe(24)
        async with self._database.write() as connection:
            if not await people.find_user(connection, name):
                raise EkamlingError(f"no user is called {name!r}; add one with 'ekamling user add'")
            await people.add_link(connection, _digest(token), name, self._clock.now() + LINK)
        return token

    async def by_password(self, name: str, password: str) -> User | None:
        """The user, if the password is right. Takes as long for an unknown name as for a wrong password."""
        async with self._database.read() as connection:
            user = await people.find_user(connection, name)
        known = user.password_hash if user else None
        self._decoy = self._decoy or await self._hashed(secrets.token_hex(16))
        return user if await self._matches(known or self._decoy, password) and known else None

    async def by_link(self, token: str) -> User | None:
        """The user whose link it is; the link is used up."""
        async with self._database.write() as connection:
            name = await people.use_link(connection, _digest(token), self._clock.now())
            return await people.find_user(connection, name) if name else None

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
            await people.add_session(connection, _digest(token), user.name, now, now + SESSION)
        return token

    async def session(self, token: str) -> User | None:
        """Whose session it is, while it lasts."""
        async with self._database.read() as connection:
            return await people.session_user(connection, _digest(token), self._clock.now())

    async def end_session(self, token: str) -> None:
        async with self._database.write() as connection:
            await people.end_session(connection, _digest(token))

    async def _hashed(self, password: str) -> str:
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def _matches(self, hashed: str, password: str) -> bool:
        async with self._slots:
            try:
                return await asyncio.to_thread(self._hasher.verify, hashed, password[:MAX_PASSWORD])
            except (VerificationError, InvalidHashError):
                return False


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
