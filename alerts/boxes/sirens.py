"""Orders to the sirens at edges: sent at once or not at all, known by the notification's id, answered by the edge.

An order holds for a few seconds. An edge that is away is not told later, when nobody expects it any more: the
notification fails, is tried again while its incident lasts, and each try is a fresh order under the same id, which the
edge carries out once.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from alerts.bell import Bell
from alerts.cases.incident import NotNow
from alerts.notifiers.base import DeliveryError
from alerts.store import changes, fleet, siren_orders
from alerts.store.changes import Change
from alerts.store.database import Database
from alerts.store.people import User
from alerts.store.siren_orders import SirenOrder
from core.clock import Clock
from core.errors import ServiceError
from core.events import Command, Reply
from core.ids import new_id

COMMAND = "siren"
HOLDS = timedelta(seconds=20)  # longer than the channel waits for the answer
LOOK_S = 0.5  # how often it looks for an answer that another process took in

log = logging.getLogger("alerts.boxes.sirens")


class Sirens:
    """`command` is the way down for the siren's channel; the rest serves the courier and ingest."""

    def __init__(self, database: Database, bell: Bell, clock: Clock) -> None:
        self._database = database
        self._bell = bell
        self._clock = clock

    async def command(self, edge: str, args: dict[str, Any]) -> None:
        """Have an order carried out; returns when the edge says that it is. `args` hold the `id` of the notification
        and its `incident`. Raises ServiceError for an edge that is away, DeliveryError for one that refuses."""
        command = await self._give(edge, {name: str(value) for name, value in args.items()})
        while command:
            heard = self._bell.rings
            async with self._database.read() as connection:
                order = await siren_orders.by_command(connection, edge, command)
            if order is None or order.ok:
                return
            if order.ok is False:
                raise DeliveryError(f"siren: edge {edge} cannot sound: {order.note}", permanent=True)
            await self._bell.wait(heard, LOOK_S)

    async def stop(self, user: User, edge: str) -> str | None:
        """Order an edge to fall silent, whatever it sounds for; its id, None for an edge that the user does not see.
        Raises NotNow for one that is away. Does not wait for the answer."""
        now = self._clock.now()
        async with self._database.write() as connection:
            seen = await fleet.listed(connection, user.area, [edge])
            if not seen:
                return None
            if not seen[0]["online"]:
                raise NotNow("edge_away", f"edge {edge} is not connected; stop its siren there: ekamling siren stop")
            order = self._order(edge, {"id": new_id(self._clock), "incident": "", "action": "stop"}, now)
            await siren_orders.save(connection, order)
            note = Change(user=user.name, area=seen[0]["area"], what="siren", which=edge, after={"stopped_at": now})
            await changes.note(connection, note, now)
        log.info("%s stops the siren of edge %s", user.name, edge)
        self._bell.ring()
        return edge

    async def _give(self, edge: str, args: dict[str, str]) -> str:
        """Write an order down, to be sent; its command, empty where the edge has carried it out already."""
        now = self._clock.now()
        async with self._database.write() as connection:
            online = await fleet.online(connection, edge)
            if online is None:
                raise DeliveryError(f"siren: no edge is called {edge}", permanent=True)
            known = await siren_orders.of(connection, edge, args["id"])
            if known is not None and known.ok:
                return ""
            if not online:
                raise ServiceError(f"edge {edge} is not connected")
            order = self._order(edge, args, now)
            if known is not None:
                order = replace(order, command=known.command, made_at=known.made_at)
            await siren_orders.save(connection, order)
        self._bell.ring()
        return order.command

    def _order(self, edge: str, args: dict[str, str], now: datetime) -> SirenOrder:
        """A new order that holds from now."""
        expires = now + HOLDS
        return SirenOrder(
            command=new_id(self._clock),
            edge=edge,
            notification=args["id"],
            incident=args["incident"],
            args={**args, "expires": expires.isoformat()},
            made_at=now,
            expires_at=expires,
        )

    async def claimed(self) -> list[tuple[str, Command]]:
        """(edge, command) of what is to be sent now, each given out once."""
        now = self._clock.now()
        async with self._database.read() as connection:
            waiting = await siren_orders.any_due(connection, now)
        if not waiting:
            return []
        async with self._database.write() as connection:
            claimed = await siren_orders.claim(connection, now)
        return [(order.edge, Command(id=order.command, name=COMMAND, args=order.args)) for order in claimed]

    async def put_reply(self, edge: str, reply: Reply, at: datetime) -> None:
        """Note an edge's answer to an order of ours; to any other command, nothing."""
        async with self._database.read() as connection:
            if await siren_orders.by_command(connection, edge, reply.command) is None:
                return
        async with self._database.write() as connection:
            order = await siren_orders.by_command(connection, edge, reply.command)
            if order is None or order.ok:
                return
            note = reply.message or ("" if reply.ok else "the edge gives no reason")
            await siren_orders.save(connection, replace(order, due=False, answered_at=at, ok=reply.ok, note=note))
        if reply.message:
            log.warning("the siren of edge %s: %s", edge, reply.message)
        self._bell.ring()
