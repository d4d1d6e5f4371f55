"""What people ask of figures and exports, each within the own area."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any

from sqlalchemy import Select

from alerts.reporting import suggestions as hints
from alerts.reporting.clocks import CLOCKS, Clock, targets
from alerts.reporting.cube import cube
from alerts.reporting.daybook import Daybook
from alerts.reporting.figures import MOST, Figures, Parts, figures, parts
from alerts.reporting.period import Period, before
from alerts.reporting.suggestions import Suggestion, Verdict
from alerts.store import changes, exports
from alerts.store import figures as store
from alerts.store.changes import Change
from alerts.store.database import Database
from alerts.store.people import User
from core import areas
from core.clock import Clock as Time

KNOWN = 16  # answers that are remembered
Pages = AsyncGenerator[Sequence[Any], None]


class Office:
    """Counts and hands out. A method that returns None says: no such area for this user."""

    def __init__(self, database: Database, clock: Time, clocks: Sequence[Clock] = CLOCKS) -> None:
        self._database = database
        self._clock = clock
        self._clocks = clocks  # that figures are held against, unless somebody asks otherwise
        self._days = Daybook(database)
        self._known: dict[Any, tuple[list[tuple[int, int]], Parts]] = {}

    async def figures(
        self, user: User, area: str, period: Period, further: Sequence[str] = (), most: int | None = MOST
    ) -> Figures | None:
        """The figures of an area; the user's own where `area` is empty. `further` are targets of one's own."""
        inside = place_of(user, area)
        clocks = targets(further, self._clocks)
        return await self.count(inside, period, clocks, most) if inside else None

    async def count(
        self, area: str, period: Period, clocks: Sequence[Clock] | None = None, most: int | None = MOST
    ) -> Figures:
        """The figures of an area, for whoever runs the centre."""
        now = self._clock.now()
        summed = await self._summed(area, period, now, (tuple(clocks or self._clocks), most))
        async with self._database.read() as connection:
            facts = await store.facts(connection, area, period, now, most)
        return figures(facts, summed, (area, period), now)

    async def _summed(
        self, area: str, period: Period, now: datetime, how: tuple[tuple[Clock, ...], int | None]
    ) -> Parts:
        """What the incidents come to; not summed again while nothing of their days has changed."""
        days = await self._days.of(period, now)
        state = [(day, held.changes) for day, held in days.items()]
        asked = area, period, how
        if known := self._known.pop(asked, None):
            before, summed = known
        if known is None or before != state:
            columns = [held.columns for held in days.values()]
            summed = await asyncio.to_thread(lambda: parts(cube(columns, self._days.names, area), area, *how))
        self._known[asked] = state, summed
        while len(self._known) > KNOWN:
            self._known.pop(next(iter(self._known)))
        return summed

    async def suggestions(self, user: User, days: int) -> list[Suggestion]:
        """What the verdicts of the last so many days suggest for the rules of one's area."""
        period = before(self._clock.now(), days)
        found: list[Suggestion] = []
        async with self._database.read() as connection:
            rule: tuple[str, str, str] | None = None
            said: list[Verdict] = []
            async with aclosing(exports.verdicts(connection, user.area, period)) as stream:
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


def place_of(user: User, area: str) -> str | None:
    """The area that is asked for, the user's own where that is empty; None where it lies outside. Raises EkamlingError
    for what is no area."""
    wanted = areas.check(area) if area else user.area
    return wanted if areas.contains(user.area, wanted) else None
