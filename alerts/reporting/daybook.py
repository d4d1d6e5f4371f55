"""The days of incidents that figures are made from: counted once, kept, and counted anew where something changed."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.reporting.days import Columns, Names, packed, unpacked
from alerts.reporting.period import Period, of_number
from alerts.store import day_sums as rows
from alerts.store.database import Database

FRESH = timedelta(seconds=30)  # for so long the day that is still going on is not counted again
HELD = 500_000  # incidents whose days stay in memory, 54 bytes each


@dataclass(frozen=True)
class Held:
    """A day in memory: at which count of changes it was counted, and when."""

    changes: int
    at: datetime
    columns: Columns


class Daybook:
    """Gives days out. A day that is over is what its incidents say, to the last change; today may be 30 s behind."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._held: OrderedDict[int, Held] = OrderedDict()
        self._turn = asyncio.Lock()  # who asks for the same at the same time waits for it instead of counting it again
        self.names = Names()

    async def of(self, period: Period, now: datetime) -> dict[int, Held]:
        """The days of a period that have incidents, by their number."""
        new: list[tuple[int, int, bytes]] = []
        found = {}
        async with self._turn:
            async with self._database.read() as connection:
                for day, changes in (await rows.changes(connection, period)).items():
                    over = of_number(day).end <= now
                    held = self._held.get(day)
                    if held is None or not _holds(held, changes, now, over):
                        columns, made = await self._count(connection, day, changes)
                        held = Held(changes, now, columns)
                        new += [(day, changes, made)] if made and over else []
                    self._held[day] = held
                    self._held.move_to_end(day)
                    found[day] = held
            self._forget()
            if new:
                async with self._database.write() as connection:
                    for each in new:
                        await rows.keep(connection, *each)
        return found

    async def _count(self, connection: AsyncConnection, day: int, changes: int) -> tuple[Columns, bytes | None]:
        """A day as it was kept or, with what is to be kept of it, as its incidents are."""
        kept = await rows.kept(connection, day, changes)
        if kept is not None:
            return self.names.columns(await asyncio.to_thread(unpacked, kept)), None
        sheet = await rows.counted(connection, of_number(day))
        return self.names.columns(sheet), await asyncio.to_thread(packed, sheet)

    def _forget(self) -> None:
        """Let go of the days that were asked for least recently."""
        total = sum(len(held.columns) for held in self._held.values())
        while total > HELD and len(self._held) > 1:
            total -= len(self._held.popitem(last=False)[1].columns)


def _holds(held: Held, changes: int, now: datetime, over: bool) -> bool:
    return held.changes == changes or (not over and held.at <= now < held.at + FRESH)
