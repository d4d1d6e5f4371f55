"""The people of a centre, as administrators keep them: who they are, where they belong, and how they are reached."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import asdict, replace
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts import views
from alerts.cases.incident import NotNow
from alerts.ground import places
from alerts.notifiers.base import Notifier
from alerts.notifiers.siren import Siren
from alerts.notifiers.webhook import Webhook
from alerts.people import authority
from alerts.people.accounts import active, check_name, enter, facts, give_link, new_user
from alerts.people.authority import NotAllowed
from alerts.people.contact_list import checked
from alerts.people.duty import Contact, Person, Roster, present, why
from alerts.people.roles import CAPABILITIES, Capability, Role, can
from alerts.store import changes, contacts, duty, fleet, identities, people, rosters
from alerts.store.changes import Change
from alerts.store.database import Database
from alerts.store.people import User
from core import areas
from core.clock import Clock
from core.errors import EkamlingError

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,79}")
_WATCHING = Capability.RESPOND | Capability.INSTALL  # who has turns, as `turns.WATCHING`


class NewPerson(Struct, frozen=True, kw_only=True):
    """Somebody who is to be added."""

    name: str
    role: str
    area: str
    display_name: str = ""
    language: Literal["id", "en"] = "id"


class PersonChange(Struct, frozen=True, kw_only=True):
    """What is to be different about somebody; None leaves a thing as it is."""

    role: str | None = None
    area: str | None = None
    display_name: str | None = None
    language: Literal["id", "en"] | None = None


class Sifted(Struct, frozen=True, kw_only=True):
    """Who is asked for: people of an area (empty: the user's own), of a role, with a text in one of their names."""

    area: str = ""
    role: Role | None = None
    text: str = ""


class Personnel:
    """Keeps people. None as an answer says: no such person, or place, for this user. All changes raise EkamlingError
    with what is wrong, and NotAllowed for a person whom the user sees but may not change."""

    def __init__(self, database: Database, clock: Clock, url: str, notifiers: Mapping[str, Notifier]) -> None:
        self._database = database
        self._clock = clock
        self._url = url
        self._notifiers = notifiers

    async def listed(self, user: User, sifted: Sifted, after: str, limit: int) -> dict[str, Any] | None:
        """People of an area by name, those behind the name `after`; `more`: there are others behind these. Addresses
        are for administrators, and one's own."""
        wanted = authority.place(user, sifted.area)
        if wanted is None:
            return None
        async with self._database.read() as connection:
            found = await people.listed(connection, wanted, sifted.role, sifted.text.strip(), after, limit + 1)
            shown = await self._with_duty(connection, user, found[:limit])
        return {"people": shown, "more": len(found) > limit}

    async def one(self, user: User, name: str) -> dict[str, Any] | None:
        """One person, as `listed` shows them."""
        async with self._database.read() as connection:
            person = await find(connection, user, name)
            return None if person is None else (await self._with_duty(connection, user, [person]))[0]

    async def add(self, user: User, new: NewPerson) -> dict[str, Any]:
        """Add somebody; the person, and a one-time link by which they sign in."""
        if not is_login(new.name):
            raise EkamlingError(
                f"the name {new.name[:80]!r} must be of small letters, digits and . _ @ + -, 1 to 80 of them;"
                " others see the display_name"
            )
        now = self._clock.now()
        person = new_user(new.name, new.display_name, new.role, new.area, now, new.language)
        authority.grants(user, person.role, person.area)
        async with self._database.write() as connection:
            await enter(connection, person)
            await self._note(connection, user, person, after=facts(person))
            token = await give_link(connection, person.name, now)
        return {"person": _shown(user, person, []), "link": self._link_url(token)}

    async def change(self, user: User, name: str, wanted: PersonChange) -> dict[str, Any] | None:
        """Change somebody; another role or area ends their sessions."""
        given = {key: value for key, value in asdict(wanted).items() if value is not None}
        if not given:
            raise EkamlingError("nothing to change: give role, area, display_name or language")
        if wanted.display_name is not None:
            check_name(wanted.display_name)
        async with self._database.write() as connection:
            person = await self._subject(connection, user, name)
            if person is None:
                return None
            role, area = _role(given.get("role", person.role)), areas.check(given.get("area", person.area))
            moved = (role, area) != (person.role, person.area)
            if moved:
                await self._check_move(connection, user, person, role, area)
            changed = replace(person, **{**given, "role": role, "area": area})
            await people.change(connection, name, {key: getattr(changed, key) for key in given})
            if moved:
                await people.end_sessions_of(connection, name)
            await self._note(connection, user, changed, facts(person), facts(changed))
            reached = await contacts.of(connection, [name])
        return _shown(user, changed, reached.get(name, []))

    async def end(self, user: User, name: str) -> str | None:
        """Let somebody go: from now on they sign in nowhere and are told nothing. Their name stays in what they did."""
        async with self._database.write() as connection:
            person = await self._subject(connection, user, name)
            if person is None:
                return None
            if person.name == user.name:
                raise NotNow("oneself", "nobody ends the own account; ask another administrator")
            await _keep_one_administrator(connection, person)
            now = self._clock.now()
            await people.change(connection, name, {"ended_at": now, "password_hash": None})
            await people.shut_out(connection, name)
            await contacts.put(connection, name, [], now)
            await identities.remove(connection, name)
            await rosters.forget(connection, name, now)
            await self._note(connection, user, person, before=facts(person))
        return name

    async def link(self, user: User, name: str) -> str | None:
        """A new one-time link for somebody."""
        async with self._database.write() as connection:
            person = await self._subject(connection, user, name)
            if person is None:
                return None
            now = self._clock.now()
            token = await give_link(connection, name, now)
            made = {"link_made_at": now}
            await self._note(connection, user, person, after=made)
        return self._link_url(token)

    async def contacts(self, user: User, name: str) -> list[dict[str, str]] | None:
        """How somebody is reached, in the order in which it is tried: for administrators, and oneself."""
        async with self._database.read() as connection:
            person = await find(connection, user, name)
            if person is None:
                return None
            _own_or_administered(user, person)
            return _ways((await contacts.of(connection, [name])).get(name, []))

    async def set_contacts(self, user: User, name: str, ways: Sequence[Contact]) -> list[dict[str, str]] | None:
        """Say how somebody is reached, all of it at once. A webhook that is new comes with its `key`, by which its
        receiver verifies calls: shown this once."""
        async with self._database.write() as connection:
            person = await find(connection, user, name)
            if person is None:
                return None
            _own_or_administered(user, person)
            before = (await contacts.of(connection, [name])).get(name, [])
            good = checked(ways, before, self._notifiers, authority.administers(user, person))
            await _check_sirens(connection, user, [way for way in good if way not in before])
            await contacts.put(connection, name, good, self._clock.now())
            if good != before:
                states = [{"channels": [way.channel for way in each]} for each in (before, good)]
                await self._note(connection, user, person, states[0], {**states[1], "at": self._clock.now()})
        return [
            view if way in before else self._with_key(way, view) for way, view in zip(good, _ways(good), strict=True)
        ]

    async def _with_duty(self, connection: AsyncConnection, user: User, found: Sequence[User]) -> list[dict[str, Any]]:
        """People as others see them, each with whether it is their turn now."""
        now, names = self._clock.now(), [each.name for each in found]
        reached = await contacts.of(connection, names)
        roster = await duty.roster(connection, now, names)
        return [{**_shown(user, each, reached.get(each.name, [])), "duty": _turn(each, now, roster)} for each in found]

    def _with_key(self, way: Contact, view: dict[str, str]) -> dict[str, str]:
        """A new way of a person, with what its receiver needs to know."""
        webhook = self._notifiers.get(way.channel)
        return {**view, "key": webhook.key(way.address)} if isinstance(webhook, Webhook) else view

    async def _check_move(self, connection: AsyncConnection, user: User, person: User, role: Role, area: str) -> None:
        """Raise where a user may not give a person this role and area in the place of the present ones."""
        if person.name == user.name:
            raise NotNow("oneself", "nobody changes the own role or area; ask another administrator")
        authority.grants(user, role, area)
        if role is not Role.ADMIN or not areas.contains(area, person.area):
            await _keep_one_administrator(connection, person)

    async def _subject(self, connection: AsyncConnection, user: User, name: str) -> User | None:
        """A person whom the user administers."""
        person = await find(connection, user, name)
        if person is not None and not authority.administers(user, person):
            raise NotAllowed(f"{name} can only be changed by an administrator of {person.area}")
        return person

    async def _note(
        self, connection: AsyncConnection, user: User, person: User, before: Any = None, after: Any = None
    ) -> None:
        note = Change(user=user.name, area=person.area, what="person", which=person.name, before=before, after=after)
        await changes.note(connection, note, self._clock.now())

    def _link_url(self, token: str) -> str:
        """The token stands in the fragment, which browsers never send to a server."""
        return f"{self._url}/masuk#token={token}"


def is_login(name: str) -> bool:
    """Whether somebody may sign in by this name."""
    return _LOGIN.fullmatch(name) is not None


async def find(connection: AsyncConnection, user: User, name: str) -> User | None:
    """A person whom the user sees, and who has not left."""
    person = active(await people.find_user(connection, name))
    return person if person is not None and authority.sees(user, person) else None


async def _check_sirens(connection: AsyncConnection, user: User, new: Sequence[Contact]) -> None:
    """Raise EkamlingError for a siren that stands outside the user's area: nobody lets another village's sound."""
    for way in new:
        area = await fleet.edge_area(connection, way.address) if way.channel == Siren.channel else None
        if area is not None and not areas.contains(user.area, area):
            raise EkamlingError(f"siren: edge {way.address} stands outside {user.area}")


async def _keep_one_administrator(connection: AsyncConnection, person: User) -> None:
    if person.role is Role.ADMIN and not await people.other_administrators(connection, person):
        raise NotNow("last_administrator", f"{person.name} is the last administrator of {person.area}; add one first")


def _own_or_administered(user: User, person: User) -> None:
    if user.name != person.name and not authority.administers(user, person):
        raise NotAllowed("addresses are for administrators, and one's own")


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise EkamlingError(f"role {text[:40]!r} is not one of {', '.join(Role)}") from None


def _shown(user: User, person: User, reached: list[Contact]) -> dict[str, Any]:
    """A person as others see them; with addresses for who may know them."""
    view: dict[str, Any] = {
        **facts(person),
        "area_name": places.name(person.area),
        "channels": list(dict.fromkeys(way.channel for way in reached)),
    }
    if person.name == user.name or can(user.role, Capability.ADMINISTER):
        view["contacts"] = _ways(reached)
    return view


def _turn(user: User, now: datetime, roster: Roster) -> dict[str, Any]:
    """Whether it is somebody's turn, and why (null for not); whether they are entered as absent; and until when they
    have checked in, where they have."""
    person = Person(user=user.name, role=user.role, area=user.area)
    here = [each.until for each in roster.check_ins.get(user.name, ())]
    return {
        "why": why(person, now, roster) if CAPABILITIES[user.role] & _WATCHING else None,
        "absent": present(user.name, now, roster) != user.name,
        "until": views.instant(max(here)) if here else None,
    }


def _ways(reached: Sequence[Contact]) -> list[dict[str, str]]:
    return [{"channel": way.channel, "address": way.address} for way in reached]
