"""The days of incidents that figures are made from: counted once, kept, and counted anew where something changed."""

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.reporting.days import HOURS, NOTHING, Day, Difference, difference, joined, packed, unpacked
from alerts.reporting.period import Period, of_number
from alerts.store import day_sums as rows
from alerts.store.database import Database

FRESH = timedelta(seconds=30)  # for so long the day that is still going on is not counted again
HELD = 500_000  # incidents whose days stay in memory, 60 bytes each
KEPT_HOURS = 8  # so many hours may be counted again before what came of it is kept
_Hours: TypeAlias = tuple[Mapping[int, int], Sequence[int]]  # the counts of changes of a day's hours, and which are new


@dataclass(frozen=True)
class Held:
    """A day in memory: at which count of changes it and each of its hours was counted, and when."""

    changes: int
    at: datetime
    hours: Mapping[int, int]
    day: Day


class Daybook:
    """Gives days out. A day that is over is what its incidents say, to the last change; today may be 30 s behind."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._held: OrderedDict[int, Held] = OrderedDict()
        self._kept: dict[int, Held] = {}  # what is kept in the database of which day, without its incidents
        self._turn = asyncio.Lock()  # who asks for the same at the same time waits for it instead of counting it again

    async def of(self, period: Period, now: datetime) -> dict[int, Held]:
        """The days of a period that have incidents, by their number."""
        async with self._turn:
            async with self._database.read() as connection:
                changes = await rows.changes(connection, period)
                await self._fetch(connection, changes.keys() - self._held.keys(), now)
                stale = {day for day, count in changes.items() if not self._holds(day, count, now)}
                for some in await self._changed_hours(connection, stale):
                    await self._count(connection, some, now)
            for day in changes:
                self._held.move_to_end(day)
            found = {day: self._held[day] for day in changes}
            self._forget()
            await self._keep(found, now)
        return found

    async def _fetch(self, connection: AsyncConnection, days: Collection[int], now: datetime) -> None:
        """Take days from where they were kept."""
        kept = await rows.kept(connection, days) if days else {}
        found = await asyncio.to_thread(lambda: {day: unpacked(content) for day, content in kept.items()})
        for number, (day, hours) in found.items():
            self._held[number] = held = Held(sum(hours.values()), now, hours, day)
            self._kept[number] = replace(held, day=NOTHING)

    async def _changed_hours(self, connection: AsyncConnection, days: Collection[int]) -> list[dict[int, _Hours]]:
        """The hours of some days, in portions that are counted together: a few hours, or one day."""
        found: list[dict[int, _Hours]] = []
        room = 0
        for day, hours in (await rows.hours(connection, days) if days else {}).items():
            before = self._held.get(day)
            changed = [hour for hour, count in hours.items() if not before or before.hours.get(hour) != count]
            if len(changed) > room:
                found.append({})
                room = HOURS
            found[-1][day] = hours, changed
            room -= len(changed)
        return found

    async def _count(self, connection: AsyncConnection, some: Mapping[int, _Hours], now: datetime) -> None:
        """Count hours that have changed anew, from their incidents."""
        slots = [hour for _, changed in some.values() for hour in changed]
        counted = await rows.counted(connection, slots) if slots else NOTHING
        for day, (hours, changed) in some.items():
            before = self._held.get(day)
            new = counted.of(changed)
            whole = joined([before.day.of(changed, False), new]) if before else new
            self._held[day] = Held(sum(hours.values()), now, hours, whole)

    async def _keep(self, days: Mapping[int, Held], now: datetime) -> None:
        """Keep what was counted, when there is enough of it: a day that is over, or hours that were counted again."""
        hours = {day: len(_changed(self._kept.get(day), held)) for day, held in days.items()}
        whole = any(day not in self._kept and _is_over(day, now) for day in days)
        if not whole and sum(hours.values()) <= KEPT_HOURS:
            return
        new = {day: days[day] for day, count in hours.items() if count}
        content = await asyncio.to_thread(lambda: {day: packed(held.day, held.hours) for day, held in new.items()})
        async with self._database.write() as connection:
            for day, held in new.items():
                await rows.keep(connection, day, held.changes, content[day])
        self._kept |= {day: replace(held, day=NOTHING) for day, held in new.items()}

    def _holds(self, day: int, changes: int, now: datetime) -> bool:
        """Whether what is in memory of a day is as new as it must be."""
        held = self._held.get(day)
        if held is None or held.changes == changes:
            return held is not None
        return not _is_over(day, now) and held.at <= now < held.at + FRESH

    def _forget(self) -> None:
        """Let go of the days that were asked for least recently."""
        total = sum(len(held.day.rows) for held in self._held.values())
        while total > HELD and len(self._held) > 1:
            day, held = self._held.popitem(last=False)
            self._kept.pop(day, None)
            total -= len(held.day.rows)


def changed(before: Mapping[int, Held], after: Mapping[int, Held]) -> list[Difference]:
    """Where two states of the days of a period differ."""
    return [
        _difference(before.get(day), after.get(day), hours)
        for day in before.keys() | after.keys()
        if (hours := _changed(before.get(day), after.get(day)))
    ]


def _changed(before: Held | None, after: Held | None) -> list[int]:
    """The hours of a day that were counted anew between two states of it."""
    if before is after:
        return []
    old, new = (held.hours if held else {} for held in (before, after))
    return [hour for hour in old.keys() | new.keys() if old.get(hour) != new.get(hour)]


def _difference(before: Held | None, after: Held | None, hours: Sequence[int]) -> Difference:
    return difference(*(held.day.of(hours) if held else NOTHING for held in (before, after)))


def _is_over(day: int, now: datetime) -> bool:
    return of_number(day).end <= now
