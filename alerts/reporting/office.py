"""What people ask of figures and exports, each within the own area."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select

from alerts.reporting import suggestions as hints
from alerts.reporting.clocks import CLOCKS, Clock, targets
from alerts.reporting.cube import cube
from alerts.reporting.daybook import Daybook, Held, changed
from alerts.reporting.days import Day
from alerts.reporting.figures import MOST, Earlier, Facts, Figures, Parts, earlier, figures, parts
from alerts.reporting.period import Period, before
from alerts.reporting.recent import Recent
from alerts.reporting.suggestions import Suggestion, Verdict
from alerts.store import changes, exports
from alerts.store import figures as store
from alerts.store.changes import Change
from alerts.store.database import Database
from alerts.store.people import User
from core import areas
from core.clock import Clock as Time

KNOWN = 16  # answers that are remembered
RECENT = timedelta(seconds=30)  # for so long a page is answered with the same figures; `made_at` says of when they are
Pages = AsyncGenerator[Sequence[Any], None]


class Office:
    """Counts and hands out. A method that returns None says: no such area for this user."""

    def __init__(self, database: Database, clock: Time, clocks: Sequence[Clock] = CLOCKS) -> None:
        self._database = database
        self._clock = clock
        self._clocks = clocks  # that figures are held against, unless somebody asks otherwise
        self._days = Daybook(database)
        self._known: dict[Any, tuple[dict[int, Held], Parts]] = {}
        self._told = Recent[Figures](clock, RECENT, KNOWN)
        self._suggested = Recent[list[Suggestion]](clock, RECENT, KNOWN)

    async def figures(
        self, user: User, area: str, period: Period, further: Sequence[str] = (), most: int | None = MOST
    ) -> Figures | None:
        """The figures of an area; the user's own where `area` is empty. `further` are targets of one's own."""
        inside = place_of(user, area)
        clocks = targets(further, self._clocks)
        return await self.count(inside, period, clocks, most) if inside else None

    async def recent(self, user: User, area: str, period: Period, further: Sequence[str] = ()) -> Figures | None:
        """As `figures`, but perhaps as they were up to RECENT ago: for pages, which people look at again and again."""
        inside = place_of(user, area)
        if inside is None:
            return None
        clocks = targets(further, self._clocks)
        return await self._told.get((inside, period, clocks), lambda: self.count(inside, period, clocks))

    async def count(
        self, area: str, period: Period, clocks: Sequence[Clock] | None = None, most: int | None = MOST
    ) -> Figures:
        """The figures of an area, for whoever runs the centre."""
        now = self._clock.now()
        summed, counted = await asyncio.gather(
            self._summed(area, period, now, (tuple(clocks or self._clocks), most)),
            self._facts(area, period, now, most),
            return_exceptions=True,  # or else one would go on alone when the other has failed
        )
        if isinstance(summed, BaseException):
            raise summed
        if isinstance(counted, BaseException):
            raise counted
        return figures(counted, summed, (area, period), now)

    async def _facts(self, area: str, period: Period, now: datetime, most: int | None) -> Facts:
        async with self._database.read() as connection:
            return await store.facts(connection, area, period, now, most)

    async def _summed(
        self, area: str, period: Period, now: datetime, how: tuple[tuple[Clock, ...], int | None]
    ) -> Parts:
        """What the incidents come to; of what was summed before, only what has changed since is summed again."""
        days = await self._days.of(period, now)
        asked = area, period, how
        before = self._known.pop(asked, None)
        changes = await asyncio.to_thread(changed, before[0], days) if before else []
        if before and not changes:
            summed = before[1]
        else:
            known = earlier(before[1], changes) if before else None
            summed = await asyncio.to_thread(_parts, [held.day for held in days.values()], area, how, known)
        self._known[asked] = days, summed
        while len(self._known) > KNOWN:
            self._known.pop(next(iter(self._known)))
        return summed

    async def suggestions(self, user: User, days: int) -> list[Suggestion]:
        """What the verdicts of the last so many days suggest for the rules of one's area, up to RECENT ago."""
        return await self._suggested.get((user.area, days), lambda: self._suggestions(user.area, days))

    async def _suggestions(self, area: str, days: int) -> list[Suggestion]:
        period = before(self._clock.now(), days)
        found: list[Suggestion] = []
        async with self._database.read() as connection:
            rule: tuple[str, str, str] | None = None
            said: list[Verdict] = []
            async with aclosing(exports.verdicts(connection, area, period)) as stream:
                async for place, verdict in stream:
                    if place != rule:
                        found += hints.suggestions(*rule, said) if rule else []
                        rule, said = place, []
                    said.append(verdict)
            found += hints.suggestions(*rule, said) if rule else []
        return found

    async def note_export(self, user: User, file: str, asked: tuple[str, Period], text: bool) -> None:
        """Write down who takes out what, of which area and days, before it leaves."""
        area, period = asked
        span = {"from": period.first.isoformat(), "to": period.last.isoformat(), "text": text}
        change = Change(user=user.name, area=area, what="export", which=file, after=span)
        async with self._database.write() as connection:
            await changes.note(connection, change, self._clock.now())

    def incident_pages(self, area: str, period: Period, text: bool) -> Pages:
        """The incidents of a period, a thousand rows at a time."""
        return self._pages(exports.incident_rows(area, period, text))

    def labelled_pages(self, area: str, period: Period) -> Pages:
        """The judged events of a period, a thousand rows at a time."""
        return self._pages(exports.labelled_rows(area, period))

    async def _pages(self, query: Select[Any]) -> Pages:
        async with self._database.read() as connection, aclosing(store.pages(connection, query)) as stream:
            async for page in stream:
                yield page


def _parts(days: Sequence[Day], area: str, how: tuple[tuple[Clock, ...], int | None], before: Earlier | None) -> Parts:
    return parts(cube(days, area), area, *how, before)


def place_of(user: User, area: str) -> str | None:
    """The area that is asked for, the user's own where that is empty; None where it lies outside. Raises EkamlingError
    for what is no area."""
    wanted = areas.check(area) if area else user.area
    return wanted if areas.contains(user.area, wanted) else None
