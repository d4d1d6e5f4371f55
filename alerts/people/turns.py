"""Whose turn it is: shifts, the word "here I am", absences with their stand-ins, and who is on duty."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from alerts import views
from alerts.cases.incident import NotNow
from alerts.ground import places
from alerts.people import authority
from alerts.people.accounts import active
from alerts.people.authority import NotAllowed
from alerts.people.duty import Absence, CheckIn, Person, Roster, Shift, present, why
from alerts.people.personnel import find
from alerts.people.roles import CAPABILITIES, Capability, Role
from alerts.store import changes, duty, people, rosters
from alerts.store.changes import Change
from alerts.store.database import Database
from alerts.store.people import User
from core import areas
from core.clock import Clock
from core.errors import EkamlingError

LONGEST_ABSENCE = timedelta(days=366)
MOST_SHIFTS, MOST_ABSENCES = 50, 50
WATCHING = tuple(role for role in Role if CAPABILITIES[role] & (Capability.RESPOND | Capability.INSTALL))


class Turns:
    """Keeps the rosters. None as an answer says: no such person, or place, for this user. Changes raise EkamlingError
    with what is wrong, and NotAllowed where the user sees the person but may not do this."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def shifts(self, user: User, name: str) -> list[dict[str, Any]] | None:
        """Somebody's shifts."""
        async with self._database.read() as connection:
            person = await _person(connection, user, name)
            return None if person is None else [_turn(each) for each in await rosters.shifts_of(connection, name)]

    async def set_shifts(self, user: User, name: str, turns: Sequence[Shift]) -> list[dict[str, Any]] | None:
        """Write somebody's shifts, all of them at once."""
        _check_shifts(turns)
        async with self._database.write() as connection:
            person = await _person(connection, user, name, oneself=False)
            if person is None:
                return None
            before = [_turn(each) for each in await rosters.shifts_of(connection, name)]
            await rosters.set_shifts(connection, name, turns)
            after = [_turn(each) for each in turns]
            await self._note(connection, user, person, "shifts", before, after)
        return after

    async def check_in(
        self, user: User, hours: float, position: tuple[float | None, float | None] = (None, None)
    ) -> dict[str, Any]:
        """Say "HADIR": here I am, for so many hours. It takes the place of an earlier one."""
        now = self._clock.now()
        check_in = CheckIn(user=user.name, at=now, until=now + timedelta(hours=hours))
        async with self._database.write() as connection:
            roster = await duty.roster(connection, now, [user.name])
            if present(user.name, now, roster) != user.name:
                raise NotNow("absent", "you are entered as absent; end the absence before you check in")
            before = await rosters.end_check_ins(connection, user.name, now)
            await rosters.add_check_in(connection, check_in, *position)
            await self._note(connection, user, user, "check_in", _until(before), _until(check_in.until))
        return {"user": user.name, "at": views.instant(now), "until": views.instant(check_in.until)}

    async def checked_in(self, user: User) -> dict[str, Any] | None:
        """What a person has checked in for; None for who is not there."""
        async with self._database.read() as connection:
            found = await rosters.check_in_of(connection, user.name, self._clock.now())
        if found is None:
            return None
        return {"user": user.name, "at": views.instant(found.at), "until": views.instant(found.until)}

    async def check_out(self, user: User) -> None:
        """Go off duty; for who was not there, nothing."""
        async with self._database.write() as connection:
            before = await rosters.end_check_ins(connection, user.name, self._clock.now())
            await self._note(connection, user, user, "check_in", _until(before), None)

    async def absences(self, user: User, name: str) -> list[dict[str, Any]] | None:
        """Somebody's absences that are not over."""
        async with self._database.read() as connection:
            person = await _person(connection, user, name)
            if person is None:
                return None
            return [_absence(row) for row in await rosters.absences_of(connection, name, self._clock.now())]

    async def add_absence(self, user: User, absence: Absence, reason: str) -> dict[str, Any] | None:
        """Say that somebody cannot come, and who comes instead."""
        now = self._clock.now()
        _check_absence(absence, now)
        async with self._database.write() as connection:
            person = await _person(connection, user, absence.user)
            if person is None:
                return None
            if len(await rosters.absences_of(connection, person.name, now)) >= MOST_ABSENCES:
                raise EkamlingError(f"{person.name} has {MOST_ABSENCES} absences already; end some of them first")
            await _check_stand_in(connection, person, absence.stand_in)
            number = await rosters.add_absence(connection, absence, reason)
            row = {"id": number, "start": absence.start, "end": absence.end, "stand_in": absence.stand_in}
            view = _absence({**row, "reason": reason})
            await self._note(connection, user, person, "absence", None, view)
        return view

    async def end_absence(self, user: User, name: str, absence: int) -> dict[str, Any] | None:
        """End an absence before its time; as it was."""
        async with self._database.write() as connection:
            person = await _person(connection, user, name)
            row = await rosters.end_absence(connection, name, absence, self._clock.now()) if person else None
            if person is None or row is None:
                return None
            await self._note(connection, user, person, "absence", _absence(row), None)
        return _absence(row)

    async def on_duty(self, user: User, area: str, at: datetime | None) -> dict[str, Any] | None:
        """Who is on duty now, or at a moment: people of the area, of two levels within it, and around it, who answer
        for it, too; by role and area, each with why."""
        wanted = authority.place(user, area)
        if wanted is None:
            return None
        now = at or self._clock.now()
        async with self._database.read() as connection:
            found, roster, names = await duty.watch(connection, wanted, now, WATCHING)
        return {"area": wanted, "at": views.instant(now), "duty": groups(found, roster, names, wanted, now)}

    async def _note(
        self, connection: AsyncConnection, user: User, person: User, what: str, before: Any, after: Any
    ) -> None:
        note = Change(user=user.name, area=person.area, what=what, which=person.name, before=before, after=after)
        await changes.note(connection, note, self._clock.now())


def groups(
    found: Sequence[Person], roster: Roster, names: dict[str, str], area: str, now: datetime
) -> list[dict[str, Any]]:
    """Who is on duty, the smallest areas first: for each role and area its people, and why each is there."""
    known = {person.user: person for person in found}
    made: dict[tuple[str, Role], list[dict[str, Any]]] = {}
    for person in found:
        reason = why(person, now, roster) if person.role in WATCHING and _concerns(person.area, area) else None
        answers = known.get(present(person.user, now, roster) or "") if reason else None
        if answers is None:
            continue
        instead = answers.user != person.user
        made.setdefault((person.area, person.role), []).append(
            {
                "name": answers.user,
                "display_name": names.get(answers.user, answers.user),
                "why": "stands_in" if instead else reason,
                "stands_in_for": person.user if instead else None,
                "channels": list(dict.fromkeys(way.channel for way in answers.channels)),
            }
        )
    order = list(Role)
    return [
        {"role": role, "area": place, "area_name": places.name(place), "people": made[place, role]}
        for place, role in sorted(made, key=lambda key: (-len(key[0]), key[0], order.index(key[1])))
    ]


def _concerns(place: str, area: str) -> bool:
    return areas.contains(place, area) or areas.contains(area, place)


async def _person(connection: AsyncConnection, user: User, name: str, oneself: bool = True) -> User | None:
    """A person whose roster the user may work on; raises NotAllowed for one whom the user only sees."""
    person = await find(connection, user, name)
    if person is None or authority.rosters(user, person) or (oneself and person.name == user.name):
        return person
    raise NotAllowed(f"the roster of {name} is kept by administrators; that of ronda and Satlinmas by the head, too")


async def _check_stand_in(connection: AsyncConnection, person: User, name: str | None) -> None:
    """Raise EkamlingError for who cannot take the person's place; the same words for who is not there at all."""
    if name is None:
        return
    other = active(await people.find_user(connection, name))
    if other is None or not authority.may_stand_in(person, other):
        raise EkamlingError(
            f"{name[:80]!r} cannot stand in for {person.name}; name a user of {person.area} or a larger area around it,"
            " with the same role or one that works on incidents"
        )


def _check_shifts(turns: Sequence[Shift]) -> None:
    if len(turns) > MOST_SHIFTS:
        raise EkamlingError(f"{len(turns)} shifts are too many; {MOST_SHIFTS} are the most")
    for number, turn in enumerate(turns, start=1):
        if not turn.days:
            raise EkamlingError(f"shift {number}: names no day; give 0 (Monday) to 6 (Sunday)")
        if turn.valid_from and turn.valid_until and turn.valid_until < turn.valid_from:
            raise EkamlingError(f"shift {number}: valid_until lies before valid_from")


def _check_absence(absence: Absence, now: datetime) -> None:
    if absence.end <= max(absence.start, now):
        raise EkamlingError("an absence needs an end that lies after its start and is still to come")
    if absence.end - absence.start > LONGEST_ABSENCE:
        raise EkamlingError(f"an absence may last {LONGEST_ABSENCE.days} days at most; for longer end the person")


def _turn(shift: Shift) -> dict[str, Any]:
    return {
        "days": sorted(shift.days),
        "start": shift.start.strftime("%H:%M"),
        "end": shift.end.strftime("%H:%M"),
        "valid_from": shift.valid_from.isoformat() if shift.valid_from else None,
        "valid_until": shift.valid_until.isoformat() if shift.valid_until else None,
    }


def _absence(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "start": views.instant(row["start"]),
        "end": views.instant(row["end"]),
        "stand_in": row["stand_in"],
        "reason": row["reason"],
    }


def _until(moment: datetime | None) -> dict[str, Any] | None:
    return None if moment is None else {"until": views.instant(moment)}
