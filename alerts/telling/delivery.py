"""Notifications on their way: leased, sent outside of any transaction, settled.

A worker that dies in between leaves a lease that runs out; the message is then sent again under the same id. When a
message cannot be delivered, the person's next channel is tried, and where that was the last one and nobody else of the
step was reached, the ladder's next step is due at once.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import SystemRandom
from typing import Literal

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.cases.incident import Incident
from alerts.ground import places
from alerts.notifiers.base import CALLS, MAX_ATTEMPTS, DeliveryError, Message, Receipt, backoff
from alerts.services import Services
from alerts.store import duty, fleet, incidents, ladders, notifications, sites
from alerts.store.hooks import CHANNEL as WEBHOOK
from alerts.store.notifications import FAILED, WAITING, Lane, Notification
from alerts.telling import wording
from core import terms
from core.clock import Clock
from core.errors import StorageError
from core.ids import new_id
from core.latency import Latencies
from core.tasks import stop

LEASE = timedelta(seconds=60)  # longer than any notifier's timeout
LOOK_S = 0.4
AT_ONCE = 20  # on their way in one lane

log = logging.getLogger("alerts.telling.delivery")


class Delivery:
    """Sends what waits; any number of them share it. Each channel has a lane of its own, so that a slow one keeps no
    other waiting."""

    def __init__(self, services: Services) -> None:
        self.stored_to_sent = Latencies()
        known = tuple(sorted(services.notifiers))
        lanes = [Lane((channel,)) for channel in known] + [Lane(known, others=True)]
        self._sender = _Sender(services)
        self._lanes = [_Worker(services, self._sender, lane, self.stored_to_sent) for lane in lanes]

    async def run(self) -> None:
        """Work until cancelled."""
        tasks = [asyncio.create_task(lane.run()) for lane in self._lanes]
        try:
            await asyncio.gather(*tasks)
        finally:
            await stop(*tasks)

    async def tick(self) -> float:
        """One look of every lane; the seconds until it is worth to look again, 0 where more is waiting."""
        return min([await lane.tick() for lane in self._lanes])


class _Worker:
    """One lane at work: leases what is due, sends it, and settles together what was sent meanwhile."""

    def __init__(self, services: Services, sender: "_Sender", lane: Lane, stored_to_sent: Latencies) -> None:
        self._database = services.database
        self._bell = services.bell
        self._clock = services.clock
        self._sender = sender
        self._lane = lane
        self._stored_to_sent = stored_to_sent
        self._random = SystemRandom()
        self._sending: dict[asyncio.Task[Receipt], Notification] = {}

    async def run(self) -> None:
        try:
            while True:
                heard = self._bell.rings
                try:
                    wait_s = await self.tick()
                except StorageError as error:
                    log.error("%s; notifications wait", error)
                    await asyncio.sleep(LOOK_S)
                    continue
                if wait_s > 0:
                    await self._bell.wait(heard, wait_s)
        finally:
            await stop(*self._sending)

    async def tick(self) -> float:
        """Lease, send, settle; the seconds until it is worth to look again, 0 where more is waiting or on its way."""
        now = self._clock.now()
        async with self._database.read() as connection:
            due = await notifications.next_due(connection, self._lane)
        room = AT_ONCE - len(self._sending)
        if due is not None and due <= now and room > 0:
            async with self._database.write() as connection:
                leased = await notifications.lease(connection, self._lane, now, now + LEASE, room)
            words = await self._sender.words(leased) if leased else {}
            self._sending |= {asyncio.create_task(self._sender.send(each, words[each.id])): each for each in leased}
        if self._sending:
            done, _ = await asyncio.wait(self._sending, timeout=LOOK_S)
            await self._settle(done)
            return 0.0
        return LOOK_S if due is None else max(0.0, min(LOOK_S, (due - now).total_seconds()))

    async def _settle(self, done: set[asyncio.Task[Receipt]]) -> None:
        """Note in one transaction what became of messages."""
        if not done:
            return
        now = self._clock.now()
        async with self._database.write() as connection:
            sent = [task for task in done if task.exception() is None]
            await self._sent(connection, [(self._sending[task], task.result()) for task in sent], now)
            for task in done:
                leased = self._sending[task]
                error = task.exception()
                if error is None:
                    continue
                if isinstance(error, DeliveryError):
                    await self._failed(connection, leased, error, now)
                else:  # a fault of ours: the lease runs out, and it is tried again
                    log.error("notification %s could not be sent", leased.id, exc_info=error)
        for task in done:
            del self._sending[task]
        self._bell.ring()

    async def _sent(self, connection: AsyncConnection, sent: list[tuple[Notification, Receipt]], now: datetime) -> None:
        taken = [(leased, receipt.provider_id[:200]) for leased, receipt in sent]
        await notifications.settle_sent(connection, taken, now)
        for leased, receipt in sent:
            if receipt.moved_to:
                await duty.move_contact(connection, leased.user, leased.channel, leased.address, receipt.moved_to)
            self._stored_to_sent.add((now - leased.made_at).total_seconds())

    async def _failed(
        self, connection: AsyncConnection, leased: Notification, error: DeliveryError, now: datetime
    ) -> None:
        """Try again later, or give up and take the next way."""
        told = str(error)[:500]
        if not (error.permanent or error.gone or leased.attempts >= MAX_ATTEMPTS):
            wait_s = max(error.retry_after_s or 0.0, backoff(leased.attempts, self._random))
            due = now + timedelta(seconds=wait_s)
            await notifications.settle(connection, leased, due_at=due, leased_until=None, error=told)
            return
        if not await notifications.settle(connection, leased, state=FAILED, error=told):
            return
        log.warning("notification %s by %s to %s failed: %s", leased.id, leased.channel, leased.user, told)
        if error.gone:
            await duty.forget_contact(connection, leased.user, leased.channel, leased.address, now)
        await otherwise(connection, leased, self._clock)


class _Sender:
    """Words one notification, by the incident as it is now, and hands it to its channel."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        self._notifiers = services.notifiers
        self._answers = services.answers
        self._url = services.url
        self._media_path = services.media_path

    async def send(self, leased: Notification, message: Message | None) -> Receipt:
        """Send once; raises DeliveryError. Whatever a channel does, it ends here."""
        notifier = self._notifiers.get(leased.channel)
        if notifier is None:
            raise DeliveryError(f"the channel {leased.channel} is not set up at this centre", permanent=True)
        if message is None:
            raise DeliveryError("its incident is gone", permanent=True)
        try:
            return await notifier.send(leased.address, message)
        except DeliveryError:
            raise
        except Exception as error:  # a fault of one channel must not stop the others
            log.exception("the channel %s failed unexpectedly", leased.channel)
            raise DeliveryError(f"unexpected: {type(error).__name__}", permanent=False) from error

    async def words(self, leased: Sequence[Notification]) -> dict[str, Message | None]:
        """The words for notifications, by the incidents as they are now; None where its incident is gone."""
        async with self._database.read() as connection:
            found = await incidents.by_ids(connection, {each.incident for each in leased})
            spoken = await notifications.languages(connection, {each.user for each in leased})
            cameras = {(each.edge, each.camera) for each in found.values() if each.camera}
            names = await fleet.camera_names(connection, cameras) if cameras else {}
            extras = {each.id: await self._extras(connection, each) for each in found.values()}
        worded: dict[str, Message | None] = {}
        for each in leased:
            incident = found.get(each.incident)
            if incident is None:
                worded[each.id] = None
                continue
            place = names.get((incident.edge, incident.camera)) or places.name(incident.area)
            language = terms.spoken(spoken.get(each.user, "id"))
            worded[each.id] = self._worded(each, incident, language, place, extras[incident.id])
        return worded

    async def _extras(
        self, connection: AsyncConnection, incident: Incident
    ) -> tuple[bytes | None, tuple[float, float] | None]:
        """The picture and the position of an incident."""
        position = await sites.position(connection, incident)
        shown = incident.snapshot_event
        picture = await incidents.media_of(connection, shown, "snapshot") if shown else None
        content = await asyncio.to_thread(_read, self._media_path("snapshot", picture)) if picture else None
        return content, position

    def _worded(
        self,
        leased: Notification,
        incident: Incident,
        language: terms.Language,
        place: str,
        extras: tuple[bytes | None, tuple[float, float] | None],
    ) -> Message:
        takes = leased.action == "trigger" and leased.channel != WEBHOOK
        picture, position = extras
        return Message(
            id=leased.id,
            action=leased.action,
            incident=incident.id,
            number=incident.number,
            kind=incident.kind,
            severity=_graded(incident.severity),
            state=incident.state.value,
            title=wording.title(incident, leased.action, language),
            body=wording.body(incident, leased.action, place, language),
            area=incident.area,
            area_name=places.name(incident.area),
            place=place,
            opened_at=incident.opened_at,
            url=f"{self._url}/?kejadian={incident.id}",
            answer_url=f"{self._url}/j/{self._answers.token(leased.id)}" if takes else "",
            picture=picture,
            position=position,
            language=language,
        )


async def otherwise(connection: AsyncConnection, failed: Notification, clock: Clock) -> None:
    """The person's next channel; where there is none and nobody of the step was reached, the next step at once."""
    if failed.action not in CALLS or (failed.step is None and failed.action == "trigger"):  # an application's: one way
        return
    now, tried = clock.now(), await _tried(connection, failed)
    channels = {each.channel for each in tried if each.user == failed.user}
    for person in await duty.named_people(connection, [failed.user]):
        for way in person.channels:
            if way.channel not in channels:
                again = replace(
                    failed,
                    id=new_id(clock),
                    channel=way.channel,
                    address=way.address,
                    state=WAITING,
                    attempts=0,
                    made_at=now if failed.step else failed.made_at,
                    due_at=now,
                    leased_until=None,
                    sent_at=None,
                    provider_id="",
                    error="",
                )
                await notifications.add(connection, [again])
                return
    if failed.step is not None and all(each.state == FAILED for each in tried):
        step = await ladders.by_id(connection, failed.step)
        if step is not None:
            await ladders.hasten(connection, [step], now)


async def _tried(connection: AsyncConnection, failed: Notification) -> list[Notification]:
    """The messages of the same step; outside of any, those that were written together: they have one time."""
    if failed.step is None:
        written = await notifications.updates(connection, failed.incident, failed.user)
        return [each for each in written if each.made_at == failed.made_at]
    return [each for each in await notifications.told(connection, failed.incident) if each.step == failed.step]


def _graded(severity: int) -> Literal[1, 2, 3]:
    return 1 if severity <= 1 else 2 if severity == 2 else 3


def _read(path: Path) -> bytes | None:
    """A picture, if it is still there."""
    try:
        return path.read_bytes()
    except OSError:
        return None
