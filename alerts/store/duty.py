"""Rows of who is reached how, and who is on duty when."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Table, and_, false, not_, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.people.duty import Absence, CheckIn, Contact, Person, Roster, Shift
from alerts.people.roles import Level, Role, area_level
from alerts.store.incidents import around, within
from alerts.store.response_schema import absences, check_ins, contacts, shifts
from alerts.store.schema import users

CONSOLE = "console"  # the channel of those who sit before one: the live stream tells them
AT_CONSOLES = frozenset({Role.OPERATOR, Role.POLSEK, Role.POLRES, Role.SATPOLPP, Role.ADMIN})
DAYS = range(7)
MOST_NAMES = 10_000  # in one statement: SQLite takes 32,766 values, PostgreSQL 65,535


def days_of(bits: int) -> frozenset[int]:
    """Days of the week, 0 Monday to 6 Sunday, from the bits of a row."""
    return frozenset(day for day in DAYS if bits >> day & 1)


def bits_of(days: Collection[int]) -> int:
    """The bits of a row from days of the week."""
    return sum(1 << day for day in set(days))


async def people_around(
    connection: AsyncConnection, areas: Collection[str], named: Collection[str] = (), now: datetime | None = None
) -> list[Person]:
    """Everybody whose area contains one of `areas`, the named users, and who stands in for them along the whole chain:
    `now`, or without it ever. Each with the channels that reach them; nobody who has left."""
    which = or_(around(users.c.area, *areas), users.c.name.in_(list(named)))
    return await _people(connection, _with_stand_ins(which, now))


async def named_people(
    connection: AsyncConnection, names: Collection[str], now: datetime | None = None
) -> list[Person]:
    """Some users as persons who can be told; with `now` also those who stand in for them then."""
    which = users.c.name.in_(list(names))
    return await _people(connection, which if now is None else _with_stand_ins(which, now))


async def watch(
    connection: AsyncConnection, area: str, now: datetime, roles: Collection[Role]
) -> tuple[list[Person], Roster, dict[str, str]]:
    """People of some roles in and around an area and down to two levels within it, who stands in for them, their
    roster, and the names by which others know them. (Of a regency down to its villages: the heads of all its RTs would
    be more than anybody reads.)"""
    near = or_(around(users.c.area, area), and_(within(users.c.area, area), not_(_deep(users.c.area, area))))
    found = await _people(connection, _with_stand_ins(and_(users.c.role.in_(list(roles)), near), now))
    names = [person.user for person in found]
    shown = await connection.execute(select(users.c.name, users.c.display_name).where(_one_of(users.c.name, names)))
    return found, await roster(connection, now, names), {name: as_ for name, as_ in shown}


def _deep(column: ColumnElement[str], area: str) -> ColumnElement[bool]:
    """SQL: an area that lies within `area` lies three levels or more below it."""
    below = {Level.PROVINCE: "__.__.__.%", Level.REGENCY: "%/%", Level.DISTRICT: "%/%/%"}
    level = area_level(area)
    return column.like(below[level]) if level in below else false()


def _with_stand_ins(which: ColumnElement[bool], now: datetime | None) -> ColumnElement[bool]:
    """Some users, and those who stand in for them: one condition, however long the chains are, and rings end."""
    moment = () if now is None else (absences.c.start <= now, absences.c.end > now)
    away = and_(absences.c.stand_in.is_not(None), *moment)
    first = select(absences.c.stand_in.label("name")).join(users, users.c.name == absences.c.user).where(which, away)
    chain = first.cte("stand_ins", recursive=True)
    chain = chain.union(select(absences.c.stand_in).join(chain, absences.c.user == chain.c.name).where(away))
    return or_(which, users.c.name.in_(select(chain.c.name)))


async def _people(connection: AsyncConnection, which: ColumnElement[bool]) -> list[Person]:
    query = select(users.c.name, users.c.role, users.c.area).where(which, users.c.ended_at.is_(None))
    rows = (await connection.execute(query.order_by(users.c.name))).all()
    reached: dict[str, list[Contact]] = {}
    ways = (
        select(contacts.c.user, contacts.c.channel, contacts.c.address)
        .where(_one_of(contacts.c.user, [name for name, _, _ in rows]), contacts.c.gone_at.is_(None))
        .order_by(contacts.c.position, contacts.c.id)
    )
    for user, channel, address in await connection.execute(ways):
        reached.setdefault(user, []).append(Contact(channel, address))
    return [
        Person(user=name, role=Role(role), area=area, channels=_channels(name, Role(role), reached.get(name, [])))
        for name, role, area in rows
    ]


def _one_of(column: ColumnElement[str], names: Collection[str]) -> ColumnElement[bool]:
    """SQL: the column holds one of these names; everybody's row where they are more than a statement can carry."""
    return column.in_(list(names)) if len(names) <= MOST_NAMES else true()


def _channels(user: str, role: Role, reached: list[Contact]) -> tuple[Contact, ...]:
    console = [Contact(CONSOLE, user)] if role in AT_CONSOLES else []
    return (*console, *reached)


async def roster(connection: AsyncConnection, now: datetime, names: Collection[str] | None = None) -> Roster:
    """Shifts, and the check-ins and absences of this moment: of some users at least, or of all."""

    def mine(table: Table) -> ColumnElement[bool]:
        return true() if names is None else _one_of(table.c.user, names)

    turns = (await connection.execute(select(shifts).where(mine(shifts)))).mappings()
    here = (
        await connection.execute(
            select(check_ins.c.user, check_ins.c.at, check_ins.c.until).where(
                mine(check_ins), check_ins.c.at <= now, check_ins.c.until > now
            )
        )
    ).mappings()
    away = (
        await connection.execute(
            select(absences.c.user, absences.c.start, absences.c.end, absences.c.stand_in).where(
                mine(absences), and_(absences.c.start <= now, absences.c.end > now)
            )
        )
    ).mappings()
    return Roster.of(
        [
            Shift(
                **{name: row[name] for name in ("user", "start", "end", "valid_from", "valid_until")},
                days=days_of(row["days"]),
            )
            for row in turns
        ],
        [CheckIn(**row) for row in here],
        [Absence(**row) for row in away],
    )


async def forget_contact(connection: AsyncConnection, user: str, channel: str, address: str, now: datetime) -> None:
    """Note that a channel knows an address no more."""
    await connection.execute(
        update(contacts)
        .where(contacts.c.user == user, contacts.c.channel == channel, contacts.c.address == address)
        .values(gone_at=now)
    )


async def move_contact(connection: AsyncConnection, user: str, channel: str, address: str, moved_to: str) -> None:
    """Note that a channel has given somebody another address."""
    await connection.execute(
        update(contacts)
        .where(contacts.c.user == user, contacts.c.channel == channel, contacts.c.address == address)
        .values(address=moved_to)
    )
