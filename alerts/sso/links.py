"""Links between people here and at the provider, as administrators keep them."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from alerts import views
from alerts.cases.incident import NotNow
from alerts.people import authority
from alerts.people.authority import NotAllowed
from alerts.people.personnel import find
from alerts.sso.sign_in import MAX_CLAIM
from alerts.store import changes, identities, people
from alerts.store.changes import Change
from alerts.store.database import Database
from alerts.store.identities import Identity
from alerts.store.people import User
from core.clock import Clock
from core.errors import EkamlingError


class Links:
    """None as an answer says: no such person for this user. `issuer` is empty where there is no single sign-on."""

    def __init__(self, database: Database, clock: Clock, issuer: str) -> None:
        self._database = database
        self._clock = clock
        self._issuer = issuer

    async def of(self, user: User, name: str) -> dict[str, Any] | None:
        """Who somebody is at the provider: `{"sso": …}`, with None for who is linked to nobody."""
        async with self._database.read() as connection:
            person = await _subject(connection, user, name)
            return None if person is None else {"sso": view(await identities.of(connection, name))}

    async def put(self, user: User, name: str, known_as: str) -> dict[str, Any] | None:
        """Say who somebody is at the provider. Another link of theirs ends, and with it their sessions."""
        known_as = known_as.strip()
        async with self._database.write() as connection:
            person = await _subject(connection, user, name)
            if person is None:
                return None
            self._check(known_as)
            before = await identities.of(connection, name)
            if before is not None and (before.issuer, before.known_as, before.granted) == (
                self._issuer,
                known_as,
                False,
            ):
                return {"sso": view(before)}
            taken = await identities.by_name(connection, self._issuer, known_as)
            if taken is not None and taken.user != name:
                raise NotNow("sso_taken", f"{known_as} is linked to somebody already; end that link first")
            link = Identity(
                user=name,
                issuer=self._issuer,
                known_as=known_as,
                subject=None,
                granted=False,
                linked_at=self._clock.now(),
                who=user.name,
            )
            await identities.save(connection, link)
            await self._note(connection, user, person, before, link)
            if before is not None:
                await people.end_sessions_of(connection, name)
        return {"sso": view(link)}

    async def end(self, user: User, name: str) -> dict[str, Any] | None:
        """Unlink somebody: they do not come in through the provider any more, and their sessions end."""
        async with self._database.write() as connection:
            person = await _subject(connection, user, name)
            if person is None:
                return None
            before = await identities.of(connection, name)
            if before is not None:
                await identities.remove(connection, name)
                await people.end_sessions_of(connection, name)
                await self._note(connection, user, person, before, None)
        return {"sso": None}

    def _check(self, known_as: str) -> None:
        if not self._issuer:
            raise EkamlingError("single sign-on is not set up: give [oidc] its issuer in centre.toml")
        if not 0 < len(known_as) <= MAX_CLAIM or not known_as.isprintable():
            raise EkamlingError(f"known_as must have 1 to {MAX_CLAIM} printable characters")

    async def _note(
        self, connection: AsyncConnection, user: User, person: User, before: Identity | None, after: Identity | None
    ) -> None:
        states = [{"sso": each.known_as} if each else None for each in (before, after)]
        note = Change(
            user=user.name, area=person.area, what="person", which=person.name, before=states[0], after=states[1]
        )
        await changes.note(connection, note, self._clock.now())


def view(identity: Identity | None) -> dict[str, Any] | None:
    """A link as the API shows it."""
    if identity is None:
        return None
    return {
        "known_as": identity.known_as,
        "issuer": identity.issuer,
        "signed_in": identity.subject is not None,
        "by_group": identity.granted,
        "linked_at": views.instant(identity.linked_at),
        "by": identity.who,
    }


async def _subject(connection: AsyncConnection, user: User, name: str) -> User | None:
    person = await find(connection, user, name)
    if person is not None and not authority.administers(user, person):
        raise NotAllowed(f"{name} can only be linked by an administrator of {person.area}")
    return person
