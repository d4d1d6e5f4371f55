"""Who is on duty: check-ins, shifts, being on call, absences and the stand-ins of those who are absent.

Days and times of day are read in WIB (Asia/Jakarta, which has no summer time); moments are aware datetimes of any zone.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal, Protocol, TypeVar
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from alerts.people.roles import Role

WIB = ZoneInfo("Asia/Jakarta")
EVERY_DAY = frozenset(range(7))
_DAY = timedelta(days=1)

Why = Literal["checked_in", "shift", "on_call"]
Day = Annotated[int, Meta(ge=0, le=6, description="a day of the week, 0 Monday to 6 Sunday")]
TimeOfDay = Annotated[time, Meta(tz=False, description='a time of day in WIB without a zone, such as "22:00:00"')]

# Who is told without a shift and without having checked in. A resident on the ronda list is not woken every night.
ON_CALL: dict[Role, bool] = {
    Role.RESIDENT: False,
    Role.RONDA: False,
    Role.LINMAS: True,
    Role.RT: True,
    Role.RW: True,
    Role.BHABINKAMTIBMAS: True,
    Role.POLSEK: True,
    Role.POLRES: True,
    Role.SATPOLPP: True,
    Role.DAMKAR: True,
    Role.BPBD: True,
    Role.INSTALLER: True,
    Role.OPERATOR: True,
    Role.ADMIN: True,
    Role.AUDITOR: False,
}


class Contact(Struct, frozen=True):
    """One way to reach somebody: the name of a channel, and the address there."""

    channel: str
    address: str


class Person(Struct, frozen=True, kw_only=True):
    """Somebody with a role in an area; `channels` in the order in which they are tried."""

    user: str
    role: Role
    area: str
    channels: tuple[Contact, ...] = ()


class Shift(Struct, frozen=True, kw_only=True):
    """A turn that comes every week: on `days` from `start` to `end`.

    An `end` that is not after the `start` lies on the next day (so equal times are 24 hours), and the night belongs to
    the day on which it begins. `valid_from` and `valid_until` are the first and the last day that it may begin on.
    """

    user: str
    days: frozenset[Day]
    start: TimeOfDay
    end: TimeOfDay
    valid_from: date | None = None
    valid_until: date | None = None

    def valid(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


class CheckIn(Struct, frozen=True, kw_only=True):
    """Somebody said "I am here", for as long as until `until`."""

    user: str
    at: datetime
    until: datetime


class Absence(Struct, frozen=True, kw_only=True):
    """Somebody cannot come, from `start` until `end`; `stand_in` is the user who takes the place, if anybody does."""

    user: str
    start: datetime
    end: datetime
    stand_in: str | None = None


class _OfUser(Protocol):
    @property
    def user(self) -> str: ...


T = TypeVar("T", bound=_OfUser)


@dataclass(frozen=True)
class Roster:
    """Shifts, check-ins and absences by user."""

    shifts: Mapping[str, Sequence[Shift]] = field(default_factory=dict)
    check_ins: Mapping[str, Sequence[CheckIn]] = field(default_factory=dict)
    absences: Mapping[str, Sequence[Absence]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, shifts: Iterable[Shift] = (), check_ins: Iterable[CheckIn] = (), absences: Iterable[Absence] = ()
    ) -> "Roster":
        return cls(_by_user(shifts), _by_user(check_ins), _by_user(absences))


def begun(days: frozenset[int], start: time, end: time, now: datetime) -> date | None:
    """The day on which the window of the week that holds `now` began; None where `now` lies in none."""
    local = now.astimezone(WIB)
    today = local.date()
    for day in (today, today - _DAY):
        closing = day if start < end else day + _DAY
        opens, closes = datetime.combine(day, start, WIB), datetime.combine(closing, end, WIB)
        if day.weekday() in days and opens <= local < closes:
            return day
    return None


def on_duty(person: Person, now: datetime, roster: Roster) -> bool:
    """Whether somebody answers now: has checked in, has a shift, or is on call; and is not absent."""
    return answering(person, now, roster) == person.user


def answering(person: Person, now: datetime, roster: Roster) -> str | None:
    """The user who answers for a person now: the person, or who stands in. None where it is not the person's turn, or
    nobody stands in."""
    return present(person.user, now, roster) if why(person, now, roster) else None


def present(user: str, now: datetime, roster: Roster) -> str | None:
    """The user, or the first along the chain of stand-ins who is not absent; None where the chain ends or goes round.

    A stand-in takes the place whatever the own shifts say.
    """
    asked: set[str] = set()
    while absence := _absence(user, now, roster):
        asked.add(user)
        if absence.stand_in is None or absence.stand_in in asked:
            return None
        user = absence.stand_in
    return user


def why(person: Person, now: datetime, roster: Roster) -> Why | None:
    """Why it is a person's turn, absent or not; None where it is not.

    Who has no shift that is valid today is on call, if the role is: a roster that ran out silences nobody.
    """
    if any(check_in.at <= now < check_in.until for check_in in roster.check_ins.get(person.user, ())):
        return "checked_in"
    shifts = roster.shifts.get(person.user, ())
    if any(_holds(shift, now) for shift in shifts):
        return "shift"
    today = now.astimezone(WIB).date()
    return "on_call" if ON_CALL[person.role] and not any(shift.valid(today) for shift in shifts) else None


def _holds(shift: Shift, now: datetime) -> bool:
    day = begun(shift.days, shift.start, shift.end, now)
    return day is not None and shift.valid(day)


def _absence(user: str, now: datetime, roster: Roster) -> Absence | None:
    """The absence that counts now; of several one with a stand-in, and then the one that began last."""
    current = [absence for absence in roster.absences.get(user, ()) if absence.start <= now < absence.end]
    return max(current, key=lambda each: (each.stand_in is not None, each.start, each.stand_in or ""), default=None)


def _by_user(items: Iterable[T]) -> dict[str, list[T]]:
    found: defaultdict[str, list[T]] = defaultdict(list)
    for item in items:
        found[item.user].append(item)
    return dict(found)
