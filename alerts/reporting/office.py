"""What people ask of figures and exports, each within the own area."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from sqlalchemy import Select

from alerts.reporting import suggestions as hints
from alerts.reporting.clocks import CLOCKS, Clock
from alerts.reporting.figures import MOST, Figures, figures
from alerts.reporting.period import Period, before
from alerts.reporting.suggestions import Suggestion, Verdict
from alerts.store import exports
from alerts.store import figures as store
from alerts.store.database import Database
from alerts.store.people import User
from core import areas
from core.clock import Clock as Time

Pages = AsyncGenerator[Sequence[Any], None]


class Office:
    """Counts and hands out. A method that returns None says: no such area for this user."""

    def __init__(self, database: Database, clock: Time) -> None:
        self._database = database
        self._clock = clock

    async def figures(
        self, user: User, area: str, period: Period, clocks: Sequence[Clock] = CLOCKS, most: int | None = MOST
    ) -> Figures | None:
        """The figures of an area; the user's own where `area` is empty."""
        inside = place_of(user, area)
        return await self.count(inside, period, clocks, most) if inside else None

    async def count(
        self, area: str, period: Period, clocks: Sequence[Clock] = CLOCKS, most: int | None = MOST
    ) -> Figures:
        """The figures of an area, for whoever runs the centre."""
        now = self._clock.now()
        async with self._database.read() as connection:
            facts = await store.facts(connection, area, period, now, most)
        return await asyncio.to_thread(figures, facts, area, period, now, clocks, most)

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
