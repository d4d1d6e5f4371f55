"""The book of routings: read the one that counts, write another, try one out without telling anybody."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts import views
from alerts.cases.incident import LEVELS, NotNow
from alerts.ground import places
from alerts.people import authority
from alerts.people.authority import NotAllowed
from alerts.people.contact_list import CHANNELS
from alerts.people.roles import Capability, can
from alerts.store import changes, duty, people, routings
from alerts.store.changes import Change
from alerts.store.database import Database
from alerts.store.duty import CONSOLE
from alerts.store.people import User
from alerts.telling import routing, routing_document
from alerts.telling.dry_run import Question, Told, dry_run
from alerts.telling.rule import KINDS, SEVERITIES, Routing
from core import areas
from core.clock import Clock
from core.errors import ConfigError, EkamlingError
from core.words import nearest

MAX_NOTE = 500


class Author(Struct, frozen=True, kw_only=True):
    """Who writes a routing: the `user` for the record, the `name` that people see."""

    user: str
    name: str
    area: str


class RoutingBook:
    """Keeps the routing of a centre. None as an answer says: no such version."""

    def __init__(self, database: Database, clock: Clock, channels: Collection[str] = ()) -> None:
        """`channels`: those that are set up, beside the ones that are known anyway."""
        self._database = database
        self._clock = clock
        self._channels = known_channels(channels)

    async def current(self) -> dict[str, Any]:
        """The routing that counts; version 0 is the default one."""
        async with self._database.read() as connection:
            return await current(connection)

    async def versions(self) -> list[dict[str, Any]]:
        """All versions that were written, newest first."""
        async with self._database.read() as connection:
            return [{**row, "at": views.instant(row["at"])} for row in await routings.listed(connection)]

    async def version(self, number: int) -> dict[str, Any] | None:
        """One version."""
        async with self._database.read() as connection:
            found = await routings.by_version(connection, number)
        return None if found is None else {"version": number, "document": document(found)}

    async def put(self, user: User, wanted: object, note: str, based_on: int) -> dict[str, Any]:
        """Let another routing count. Raises ConfigError with all that is wrong, NotAllowed for who does not administer
        the whole centre, NotNow where somebody else has written one meanwhile."""
        if not authority.leads_the_centre(user):
            raise NotAllowed("the routing is for the whole centre; ask an administrator of the regency")
        new = read(wanted)
        author = Author(user=user.name, name=user.display_name, area=user.area)
        async with self._database.write() as connection:
            present = await routings.version(connection)
            if present != based_on:
                raise NotNow("changed_meanwhile", f"version {present} was written meanwhile; look at it and try again")
            await write(connection, new, author, note, self._clock.now(), self._channels)
            return await current(connection)

    async def dry_run(self, user: User, asked: Question, at: datetime | None, wanted: object) -> dict[str, Any]:
        """Who would be told of an incident by the routing that counts; administrators may try another one."""
        if wanted is not None and not can(user.role, Capability.ADMINISTER):
            raise NotAllowed("only administrators try out another routing than the one that counts")
        draft = None if wanted is None else read(wanted)
        question = replace(asked, area=authority.inside(user, asked.area))
        async with self._database.read() as connection:
            if draft is not None:
                await check_names(connection, draft, self._channels)
            value = draft or await routings.current(connection)
            return await answer(connection, value, question, at or self._clock.now())


def known_channels(set_up: Collection[str] = ()) -> tuple[str, ...]:
    """Names of channels that a step may name."""
    return tuple(sorted({*CHANNELS, *set_up, CONSOLE}))


def read(wanted: object) -> Routing:
    """A routing from an object of JSON; raises ConfigError with a line for each thing that is wrong."""
    try:
        text = msgspec.json.encode(wanted)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError, TypeError) as error:
        raise ConfigError(["routing: holds a number or a text that JSON cannot carry"]) from error
    return routing_document.from_json(text)


def document(value: Routing) -> dict[str, Any]:
    """A routing as an object of JSON."""
    made: dict[str, Any] = msgspec.json.decode(routing_document.to_json(value))
    return made


async def current(connection: AsyncConnection) -> dict[str, Any]:
    """The routing that counts, with its number."""
    number = await routings.version(connection)
    return {"version": number, "document": document(await routings.current(connection))}


async def check_names(connection: AsyncConnection, value: Routing, channels: Collection[str]) -> None:
    """Raise ConfigError where a routing names users or channels that are not there."""
    named = {user for rule in value.rules for step in rule.steps for user in step.users}
    printable = [user for user in named if user.isprintable()]  # PostgreSQL holds no NUL
    there = await people.display_names(connection, printable)
    problems = []
    for rule in value.rules:
        for number, step in enumerate(rule.steps, start=1):
            start = f"rule {rule.name!r}: step {number}"
            problems += [f"{start}: no user is called {user!r}" for user in step.users if user not in there]
            strange = [channel for channel in step.channels if channel not in channels]
            problems += [f"{start}: channel {each!r} is not known{nearest(each, channels)}" for each in strange]
    if problems:
        raise ConfigError(problems)


async def write(
    connection: AsyncConnection, new: Routing, author: Author, note: str, now: datetime, channels: Collection[str]
) -> int:
    """Let a routing count from now on; the number of its version. Raises ConfigError for names that are not there."""
    if len(note) > MAX_NOTE or not note.isprintable():
        raise EkamlingError(f"the note has at most {MAX_NOTE} printable characters, in one line")
    await check_names(connection, new, channels)
    before = await current(connection)
    number = await routings.add(connection, new, author.name, note, now)
    change = Change(
        user=author.user,
        area=author.area,
        what="routing",
        which=str(number),
        before=before,
        after={"version": number, "document": document(new)},
    )
    await changes.note(connection, change, now)
    return number


async def answer(connection: AsyncConnection, value: Routing, question: Question, at: datetime) -> dict[str, Any]:
    """Who would be told of an incident, and when; without addresses. Raises EkamlingError for one that cannot be."""
    if question.kind not in KINDS:
        raise EkamlingError(f"kind {question.kind[:40]!r} is not known{nearest(question.kind[:40], KINDS)}")
    if question.severity not in SEVERITIES:
        raise EkamlingError(f"severity {question.severity} is not one of 1, 2, 3")
    if question.level not in LEVELS:
        raise EkamlingError(f"verification level {question.level} is not one of 0 to 4")
    area = areas.check(question.area)
    rule = routing.choose(value, question.kind, question.severity, area, at, question.level)
    named = {user for step in rule.steps for user in step.users}
    around = await duty.people_around(connection, [area], named, at)
    roster = await duty.roster(connection, at, [person.user for person in around])
    names = await people.display_names(connection, [person.user for person in around])
    told = dry_run(value, around, roster, question, at)
    return {
        "rule": rule.name,
        "at": views.instant(at),
        "area": area,
        "area_name": places.name(area),
        "told": [line(each, names) for each in told],
    }


def line(told: Told, names: Mapping[str, str]) -> dict[str, Any]:
    """One step of a dry run as people see it."""
    return {
        "due_s": told.due_s,
        "note": told.note,
        "roles": list(told.step.roles),
        "users": list(told.step.users),
        "until": told.step.until,
        "people": [
            {
                "name": person.user,
                "display_name": names.get(person.user, person.user),
                "role": person.role,
                "area": person.area,
                "channels": list(dict.fromkeys(way.channel for way in routing.contacts(told.step, person))),
            }
            for person in told.people
        ],
    }
