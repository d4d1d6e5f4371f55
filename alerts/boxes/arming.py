"""Arming from the centre: people give orders, edges answer them, and everybody is told."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts import views
from alerts.bell import Bell
from alerts.boxes.beat import Beat
from alerts.boxes.order import Mode, carried, fulfilled, given
from alerts.store import feed, fleet, orders
from alerts.store.database import Database
from alerts.store.people import User
from core.clock import Clock
from core.errors import EkamlingError
from core.events import Command, Reply

LOOK_S = 1.0  # how often it looks for orders even if its own process rang no bell

log = logging.getLogger("alerts.boxes.arming")


class BeyondArea(EkamlingError):
    """A group that reaches out of the area of the person who would change it."""


class Arming:
    """The modes of the edges' groups, as people want them. None as an answer says: no such group for this user."""

    def __init__(self, database: Database, bell: Bell, clock: Clock) -> None:
        self._database = database
        self._bell = bell
        self._clock = clock

    async def group(self, user: User, edge: str, group: str) -> dict[str, Any] | None:
        """A group, and what was done with the orders for it, newest first."""
        async with self._database.read() as connection:
            view = await _group(connection, user, edge, group)
            if view is None:
                return None
            lines = await orders.history(connection, edge, group)
            return {"group": view, "log": [views.order_entry(line) for line in lines]}

    async def order(self, user: User, edge: str, group: str, mode: Mode) -> dict[str, Any] | None:
        """Want a group in a mode; the same wish twice is one. Raises BeyondArea where the group has cameras that the
        user may not see."""
        async with self._database.write() as connection:
            view = await _group(connection, user, edge, group)
            if view is None:
                return None
            if not view["whole"]:
                raise BeyondArea(f"group {group} has cameras outside your area; ask the operator of the larger area")
            if not view["wanted"] or view["wanted"]["mode"] != mode:
                now = self._clock.now()
                order = given(edge, group, mode, user.display_name, now)
                await orders.save(connection, order)
                await orders.log(connection, order, now, order.who, "given")
                await _tell(connection, edge, now)
                view = await _group(connection, user, edge, group)
                log.info("%s wants group %s of edge %s in mode %s", user.name, group, edge, mode)
        self._bell.ring()
        return view

    async def due(self) -> list[tuple[str, Command]]:
        """(edge, command) of what is to be sent now, each given out once; waits a moment where there is nothing."""
        heard = self._bell.rings
        found = await self.claimed()
        if not found:
            await self._bell.wait(heard, LOOK_S)
        return found

    async def claimed(self) -> list[tuple[str, Command]]:
        """The same without waiting."""
        async with self._database.read() as connection:
            waiting = await orders.any_due(connection)
        if not waiting:
            return []
        async with self._database.write() as connection:
            claimed = await orders.claim(connection, self._clock.now())
        return [(order.edge, carried(order)) for order in claimed]

    async def put_reply(self, edge: str, reply: Reply, at: datetime) -> None:
        """Note an edge's answer to an order; to any other command, nothing."""
        async with self._database.write() as connection:
            order = await orders.by_command(connection, edge, reply.command)
            if order is None:
                return
            if reply.ok:
                await orders.remove(connection, order)
                await fleet.note_mode(connection, edge, order.group, order.mode)
                await orders.log(connection, order, at, views.SYSTEM, "taken")
            else:
                reason = reply.message or "the edge gives no reason"
                await orders.save(connection, replace(order, due=False, refusal=reason))
                await orders.log(connection, order, at, views.SYSTEM, "refused", reason)
                log.warning("edge %s does not put group %s into mode %s: %s", edge, order.group, order.mode, reason)
            await _tell(connection, edge, at)
        self._bell.ring()


async def heard(connection: AsyncConnection, beats: Sequence[Beat]) -> None:
    """What heartbeats, one an edge, mean for the orders of their edges: one is fulfilled already, the others are to be
    sent again."""
    of_edge = {beat.edge: beat for beat in beats}
    for order in await orders.listed(connection, of_edge):
        beat = of_edge[order.edge]
        if fulfilled(order, beat.status, beat.at):
            await orders.remove(connection, order)
            await orders.log(connection, order, beat.at, views.SYSTEM, "taken")
        elif beat.status.online and order.refusal is None:
            await orders.save(connection, replace(order, due=True))


async def _group(connection: AsyncConnection, user: User, edge: str, group: str) -> dict[str, Any] | None:
    rows = await fleet.listed(connection, user.area, [edge])
    return next((view for row in rows for view in views.groups(row) if view["id"] == group), None)


async def _tell(connection: AsyncConnection, edge: str, at: datetime) -> None:
    await feed.append_edge(connection, at, edge, await fleet.edge_area(connection, edge) or "")
