"""The rules of cameras, given from the centre: people order them, edges judge and answer them, all is written down."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.bell import Bell
from alerts.boxes import rule_order
from alerts.boxes.beat import Beat
from alerts.boxes.rule_order import TOO_OLD, Known, RuleOrder
from alerts.cases.incident import NotNow
from alerts.live.rights import under_test
from alerts.people.roles import Capability, can
from alerts.store import changes, feed, fleet, viewings
from alerts.store import rules as store
from alerts.store.changes import Change
from alerts.store.database import Database
from alerts.store.people import User
from alerts.views import camera as camera_view
from alerts.views import instant
from core.clock import Clock
from core.events import Command, Reply

log = logging.getLogger("alerts.boxes.rules")

Tables = Sequence[dict[str, Any]]


class CameraRules:
    """What is looked for on cameras, as people want it. None as an answer says: no such camera for this user."""

    def __init__(self, database: Database, bell: Bell, clock: Clock) -> None:
        self._database = database
        self._bell = bell
        self._clock = clock

    async def of(self, user: User, edge: str, camera: str) -> dict[str, Any] | None:
        """What runs on a camera, what was ordered and became of it, and its newest picture for who may see it."""
        async with self._database.read() as connection:
            return await _view(connection, user, (edge, camera), self._clock.now())

    async def order(
        self, user: User, edge: str, camera: str, wanted: Tables | None, seen: int | None
    ) -> dict[str, Any] | None:
        """Want these rules on a camera, None for those of the edge's file. `seen` is the version of the newest order
        that the user knew of, None where that does not matter.

        Raises NotNow for an edge that takes no rules, and where somebody else gave an order meanwhile; WireError for
        rules that no message can carry.
        """
        async with self._database.write() as connection:
            found = await _camera(connection, user, edge, camera)
            if found is None:
                return None
            known = (await store.known_of(connection, [edge])).get((edge, camera))
            if known is None:
                raise NotNow("edge_too_old", TOO_OLD.format(edge))
            newest = next(iter(await store.orders_of(connection, edge, camera, 1)), None)
            last = newest.version if newest else 0
            if seen is not None and seen != last:
                raise NotNow("changed_meanwhile", f"somebody gave camera {camera} other rules meanwhile; look at them")
            now = self._clock.now()
            version = max(last, known.version) + 1
            order = rule_order.given((edge, camera), version, wanted, user.display_name, now)
            await store.save_order(connection, order)
            await store.replace_waiting(connection, order)
            note = Change(
                user=user.name,
                area=found["area"],
                what="rules",
                which=f"{edge}/{camera}",
                before=_stood(newest, known),
                after={"version": version, "rules": _tables(order)},
            )
            await changes.note(connection, note, now)
            await feed.append_edge(connection, now, edge, found["area"])
            view = await _view(connection, user, (edge, camera), now)
        log.info("%s gives camera %s of edge %s the rules %d", user.name, camera, edge, version)
        self._bell.ring()
        return view

    async def claimed(self) -> list[tuple[str, Command]]:
        """(edge, command) of what is to be sent now, each given out once."""
        async with self._database.read() as connection:
            waiting = await store.any_due(connection)
        if not waiting:
            return []
        async with self._database.write() as connection:
            orders = await store.claim_orders(connection)
            questions = await store.claim_questions(connection)
        return [(order.edge, rule_order.carried(order)) for order in orders] + [
            (known.edge, rule_order.asking(known)) for known in questions
        ]

    async def put_reply(self, edge: str, reply: Reply, at: datetime) -> None:
        """Note an edge's answer to a command of ours; to any other, nothing."""
        async with self._database.read() as connection:
            order = await store.order_by_command(connection, edge, reply.command)
            known = await store.known_by_command(connection, edge, reply.command)
        if order is None and known is None:
            return
        async with self._database.write() as connection:
            order = await store.order_by_command(connection, edge, reply.command)
            known = await store.known_by_command(connection, edge, reply.command)
            if known is not None:
                await store.save_known(connection, rule_order.read(known, reply))
            if order is not None and order.state == "waiting":
                await self._settle(connection, order, reply, at)
        self._bell.ring()

    async def _settle(self, connection: AsyncConnection, order: RuleOrder, reply: Reply, at: datetime) -> None:
        await store.save_order(connection, rule_order.answered(order, reply, at))
        if reply.ok and reply.document:
            await store.save_known(connection, rule_order.now_runs(order, reply.document, at))
        if not reply.ok:
            log.warning(
                "edge %s refuses rules %d of camera %s: %s", order.edge, order.version, order.camera, reply.message
            )
        await feed.append_edge(connection, at, order.edge, await fleet.edge_area(connection, order.edge) or "")


async def heard(connection: AsyncConnection, beats: Sequence[Beat]) -> None:
    """What heartbeats, one an edge, mean for the rules of their edges: what runs there, and which orders are to be sent
    again."""
    of_edge = {beat.edge: beat for beat in beats}
    known = await store.known_of(connection, of_edge)
    for beat in beats:
        for camera in beat.status.cameras if beat.status.at is not None else ():
            before = known.get((beat.edge, camera.id))
            if not camera.rules:
                if before is not None:
                    await store.forget_known(connection, beat.edge, camera.id)
                continue
            after = rule_order.told(before, beat.edge, camera, beat.at)
            if after != before:
                await store.save_known(connection, after)
    for order in await store.waiting(connection, of_edge):
        beat = of_edge[order.edge]
        named = next((camera for camera in beat.status.cameras if camera.id == order.camera), None)
        after_beat = rule_order.after_beat(order, named, beat.status.online, beat.at)
        if after_beat != order:
            await store.save_order(connection, after_beat)


async def _camera(connection: AsyncConnection, user: User, edge: str, camera: str) -> dict[str, Any] | None:
    """A camera of the last heartbeat of its edge, with the edge as `of`, if it stands in the user's area."""
    for row in await fleet.listed(connection, user.area, [edge]):
        found = next((each for each in row["cameras"] if each["id"] == camera), None)
        if found is not None:
            return {**found, "of": row}
    return None


async def _view(
    connection: AsyncConnection, user: User, which: tuple[str, str], now: datetime
) -> dict[str, Any] | None:
    edge, camera = which
    found = await _camera(connection, user, edge, camera)
    if found is None:
        return None
    known = (await store.known_of(connection, [edge])).get((edge, camera))
    orders = await store.orders_of(connection, edge, camera)
    picture = await store.newest_picture(connection, edge, camera) if can(user.role, Capability.RESPOND) else None
    return {
        "edge": {"id": edge, "name": found["of"]["name"], "online": found["of"]["online"]},
        "camera": camera_view(found),
        "on_test": under_test(await viewings.tests(connection, now), which, found["area"]),
        "takes_rules": known is not None,
        "running": _running(known) if known else None,
        "order": _order(orders[0]) if orders else None,
        "picture": {"event": picture[0], "at": instant(picture[1])} if picture else None,
        "log": [_entry(order) for order in orders],
    }


def _running(known: Known) -> dict[str, Any]:
    return {
        "source": known.source,
        "version": known.version,
        "digest": known.digest,
        "since": instant(known.since),
        "rules": msgspec.json.decode(known.document) if known.document is not None else None,
        "note": known.note,
    }


def _order(order: RuleOrder) -> dict[str, Any]:
    return {**_entry(order), "rules": _tables(order)}


def _entry(order: RuleOrder) -> dict[str, Any]:
    """One order in the history; `count` is null where it brought the edge's file back."""
    tables = _tables(order)
    return {
        "version": order.version,
        "count": None if tables is None else len(tables),
        "by": order.who,
        "at": instant(order.at),
        "state": order.state,
        "answered_at": instant(order.answered_at),
        "note": order.note,
    }


def _tables(order: RuleOrder) -> list[Any] | None:
    if order.rules is None:
        return None
    tables: list[Any] = msgspec.json.decode(order.rules)
    return tables


def _stood(newest: RuleOrder | None, known: Known) -> dict[str, Any] | None:
    """What a new order takes the place of."""
    if newest is not None and newest.state in ("waiting", "applied"):
        return {"version": newest.version, "rules": _tables(newest)}
    if known.document is None:
        return None
    return {"version": known.version, "rules": msgspec.json.decode(known.document)}
