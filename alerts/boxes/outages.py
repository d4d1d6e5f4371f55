"""Edges that fall silent: an incident says so within 90 seconds, and ends by itself when they are heard again.

An edge reports every 20 s. One that was heard in none of the last three times is silent: its power, its link or the box
itself is gone, and with it the eyes of its place. Edges of one district that fall silent together are one incident (see
docs/design/alert-centre.md).
"""

import asyncio
import logging
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from alerts import views
from alerts.bell import Bell
from alerts.cases import arrivals, incident
from alerts.cases.casework import saved
from alerts.cases.incident import Resolution
from alerts.cases.signal import Signal, Source
from alerts.store import incidents, outages
from alerts.store.database import Database
from core.clock import Clock, SettingWatch
from core.errors import StorageError
from core.ids import new_id

SILENT = timedelta(seconds=60)  # three heartbeats
LOOK_S = 5.0
SEVERITY = 2

log = logging.getLogger("alerts.boxes.outages")


class Outages:
    """Looks at all edges every few seconds. Any number may look at one database."""

    def __init__(self, database: Database, bell: Bell, clock: Clock) -> None:
        self._database = database
        self._bell = bell
        self._clock = clock
        self._setting = SettingWatch(clock)
        self._since = clock.now()

    async def run(self) -> None:
        """Look for ever."""
        while True:
            try:
                await self.look()
            except StorageError as error:
                log.error("%s; edges are looked at again in %d s", error, LOOK_S)
            await asyncio.sleep(LOOK_S)

    async def look(self) -> tuple[int, int]:
        """How many edges were found silent just now, and how many outages ended."""
        now = self._clock.now()
        if self._setting.set_by_s():
            self._since = now  # what edges said before is of another time
        async with self._database.write() as connection:
            over = await outages.over(connection, now - SILENT)
            for each in over:
                await self._end(connection, each)
            new = await self._silent(connection)
            signals = [
                Signal(
                    id=new_id(self._clock), source=Source.CENTRE, kind=outages.KIND, severity=SEVERITY, area=each.area,
                    at=each.seen_at, edge=each.edge,
                )
                for each in new
            ]  # fmt: skip
            if signals:
                await arrivals.take_in(connection, signals, self._clock)
        for one in new:
            log.warning("edge %s was last heard at %s", one.edge, one.seen_at.isoformat(timespec="seconds"))
        if over or new:
            self._bell.ring()
        return len(new), len(over)

    async def _silent(self, connection: AsyncConnection) -> list[outages.Silent]:
        """Edges that fell silent. While the centre was away, or lagged behind, it heard nobody, which says nothing of
        the edges: what counts is the time up to which it has heard them out."""
        heard = await outages.hearing(connection)
        if heard is None or heard.until - max(heard.since, self._since) < SILENT:
            return []
        return await outages.silent(connection, heard.until - SILENT)

    async def _end(self, connection: AsyncConnection, name: str) -> None:
        now = self._clock.now()
        found = await incidents.by_id(connection, name)
        if found is None:
            return
        ended = incident.closed(found, Resolution.RESOLVED, now)
        await incidents.log(connection, name, now, views.SYSTEM, "closed", Resolution.RESOLVED.value)
        await saved(connection, ended, found, now, self._clock)
