"""Ladders at work: an incident gets its steps when it opens, and each step that falls due tells its people, once.

`begin` and `follow` run in the transaction that changes the incident: none is left that nobody will be told of.
`Escalation` is the worker; any number of them share the steps, because a step is claimed by one UPDATE and its
notifications are written in the same transaction.
"""

import asyncio
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts import views
from alerts.bell import Bell
from alerts.cases import news
from alerts.cases.incident import MACHINE_LEVEL, Incident, Resolution, State
from alerts.notifiers.base import Action
from alerts.people.duty import Contact, Person, Roster
from alerts.store import duty, hooks, incidents, ladders, notifications, reports, routings
from alerts.store.database import Database
from alerts.store.duty import CONSOLE
from alerts.store.ladders import NewLadder, StepRow
from alerts.store.notifications import SENT, Notification
from alerts.telling import routing, setting_back
from alerts.telling.defaults import LAST_RESORT
from alerts.telling.routing import Progress, contacts, people_for, plan, skips
from alerts.telling.rule import Routing, Rule, Step
from core.clock import Clock, SettingWatch
from core.errors import StorageError
from core.ids import new_id

LOOK_S = 0.4  # how often it looks even if its own process rang no bell: steps are to begin within 1 s of their time
AT_ONCE = 200  # steps in one transaction
ALL_CHANNELS = 1  # severity at which a person is told over every channel; else over the first that works
_UPDATES: tuple[Action, ...] = ("update",)
_step = msgspec.json.Decoder(Step)

log = logging.getLogger("alerts.telling.escalation")


async def begin(connection: AsyncConnection, opened: Sequence[Incident], now: datetime, clock: Clock) -> None:
    """Give incidents their ladders: by the routing of today, from now on. Nobody is called to a test or a silence."""
    loud = [incident for incident in opened if incident.quiet is None and incident.state is not State.CLOSED]
    if not loud:
        return
    current = await routings.current(connection)
    new = [_ladder(incident, _rule(current, incident, now), now) for incident in loud]
    await ladders.add(connection, new, now)
    await hooks.tell(connection, loud, "trigger", now, clock)


def _rule(current: Routing, incident: Incident, now: datetime) -> Rule:
    """The rule of a routing for an incident as it is."""
    return routing.choose(current, incident.kind, incident.severity, incident.area, now, incident.level)


def _ladder(incident: Incident, rule: Rule, now: datetime) -> NewLadder:
    """The steps of a rule, counted from now on."""
    planned = plan(rule, now, progress(incident))
    due = [(each.due_at, msgspec.json.encode(each.step).decode()) for each in planned]
    return NewLadder(incident.id, rule.name, due)


async def follow(connection: AsyncConnection, before: Incident, after: Incident, now: datetime, clock: Clock) -> None:
    """Let the ladder follow a change: a graver incident is routed anew, a closed one calls nobody any more, and what
    counts from a claim gets its time."""
    if after.quiet is not None:
        return
    if after.state is State.CLOSED:
        if before.state is not State.CLOSED:
            await ladders.skip_rest(connection, after.id, "closed", now)
            await notifications.cancel(connection, after.id, "the incident was closed before it was sent")
            if after.resolution is not Resolution.MERGED:
                await _tell_the_end(connection, after, now, clock)
            await hooks.tell(connection, [after], "resolve", now, clock)
        return
    if await _routed_anew(connection, before, after, now):
        await ladders.skip_rest(connection, after.id, "routed anew", now)
        await begin(connection, [after], now, clock)
    if before.claimant not in (None, after.claimant):
        await notifications.cancel(connection, after.id, "another has it now", _UPDATES)
    if after.claimant is None and before.claimant is not None:  # what the claim has skipped is to come again
        rule = _rule(await routings.current(connection), after, now)
        await ladders.skip_rest(connection, after.id, "released", now)
        await ladders.add(connection, [_ladder(after, rule, now)], now)
    if after.claimant is not None and before.claimant is None:
        held = await ladders.held(connection, after.id)
        due = [(row.id, now + timedelta(seconds=_step.decode(row.step).after_s)) for row in held]
        await ladders.let_go(connection, due)
        await hooks.tell(connection, [after], "acknowledge", now, clock)


async def _routed_anew(connection: AsyncConnection, before: Incident, after: Incident, now: datetime) -> bool:
    """Whether a change calls others: a higher severity, what a person says of what a camera saw, and what a person has
    confirmed, if another rule is for that."""
    if after.severity < before.severity or (after.kind != before.kind and after.source is not before.source):
        return True
    if after.level <= max(before.level, MACHINE_LEVEL):
        return False
    current = await routings.current(connection)
    return _rule(current, after, now) != _rule(current, before, now)


async def _tell_the_end(connection: AsyncConnection, incident: Incident, now: datetime, clock: Clock) -> None:
    """Tell those who were called that it is over, over the channel on which they were reached; and those who reported
    it, who want to know what became of it."""
    reached = [
        ((each.user, each.role), Contact(each.channel, each.address))
        for each in await notifications.told(connection, incident.id)
        if each.sent_at is not None and each.channel not in (CONSOLE, hooks.CHANNEL)
    ]
    reporters = await duty.named_people(connection, await reports.reporters(connection, incident.id))
    reached += [((person.user, str(person.role)), way) for person in reporters for way in _first(person.channels)]
    news = {
        (to[0], way.channel): _notification(incident, None, to, way, "resolve", now, clock)
        for to, way in reached
        if way.channel != CONSOLE
    }
    await notifications.add(connection, list(news.values()))


def progress(incident: Incident) -> Progress:
    """How far an incident has come, for its ladder. A claim that was given back does not count; who sends somebody has
    taken it, too."""
    taken = min((at for at in (incident.acknowledged_at, incident.dispatched_at) if at is not None), default=None)
    return Progress(claimed_at=taken, on_scene_at=incident.on_scene_at, closed_at=incident.closed_at)


class Escalation:
    """A worker that carries out the steps that fall due."""

    def __init__(self, database: Database, bell: Bell, clock: Clock) -> None:
        self._database = database
        self._bell = bell
        self._clock = clock
        self._setting = SettingWatch(clock)
        self._set_back = True  # for all that is known: it may have been while the centre was away

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            heard = self._bell.rings
            try:
                wait_s = await self.tick()
            except StorageError as error:
                log.error("%s; steps wait", error)
                wait_s = LOOK_S
                await asyncio.sleep(wait_s)
            if wait_s > 0:
                await self._bell.wait(heard, wait_s)

    async def tick(self) -> float:
        """Carry out what is due; the seconds until it is worth to look again, 0 where more is waiting."""
        now = self._clock.now()
        self._set_back |= self._setting.set_by_s() < 0
        if self._set_back:
            async with self._database.write() as connection:
                late = await setting_back.set_right(connection, now)
            if late:
                log.warning("the clock was set back; %d steps and messages wait their usual time anew", late)
            self._set_back = False
        async with self._database.read() as connection:
            due = await ladders.next_due(connection)
        if due is None or due > now:
            return LOOK_S if due is None else min(LOOK_S, (due - now).total_seconds())
        async with self._database.write() as connection:
            await self._carry_out(connection, await ladders.claim(connection, self._clock.now(), AT_ONCE))
        self._bell.ring()
        return 0.0

    async def _carry_out(self, connection: AsyncConnection, rows: list[StepRow]) -> None:
        """The steps that were claimed: tell their people, or say why nobody was told."""
        now = self._clock.now()
        found = await incidents.by_ids(connection, {row.incident for row in rows})
        steps = {row.id: _step.decode(row.step) for row in rows}
        places = {incident.area for incident in found.values()}
        people = await _People.read(connection, places, list(steps.values()), now)
        new: list[Notification] = []
        settled: list[tuple[int, str, str]] = []
        told: list[tuple[str, str, str]] = []
        unheard: list[tuple[Incident, StepRow]] = []
        for row in rows:
            incident, step = found.get(row.incident), steps[row.id]
            if incident is None or skips(step, now, progress(incident)):
                settled.append((row.id, ladders.SKIPPED, step.until))
                continue
            persons = people.for_step(step, incident.area)
            names = ", ".join(person.user for person in persons)
            settled.append((row.id, ladders.DONE, names or ladders.NOBODY))
            if persons:
                new += self._messages(incident, row, step, persons, now)
                told.append((incident.id, "told", names))
            else:
                unheard.append((incident, row))
        await notifications.add(connection, new)
        await ladders.settle(connection, settled)
        await incidents.log_of_centre(connection, told, now, views.SYSTEM)
        await news.tell(connection, [found[each] for each in dict.fromkeys(each for each, *_ in told)], now)
        await self._unheard(connection, unheard, now)

    def _messages(
        self, incident: Incident, row: StepRow, step: Step, told: list[Person], now: datetime
    ) -> list[Notification]:
        """One for each person and channel of a step."""
        return [
            _notification(incident, row.id, (person.user, person.role), way, "trigger", now, self._clock)
            for person in told
            for way in _chosen(contacts(step, person), incident.severity)
        ]

    async def _unheard(
        self, connection: AsyncConnection, unheard: Sequence[tuple[Incident, StepRow]], now: datetime
    ) -> None:
        """Nobody answers at these steps: the next ones are due at once; at a ladder's end, the last resort."""
        if not unheard:
            return
        go_on = await ladders.hasten(connection, [row for _, row in unheard], now)
        ended = [(incident, row) for incident, row in unheard if (row.incident, row.ladder) not in go_on]
        reached = await notifications.reached(connection, [incident.id for incident, _ in ended])
        alone = [(incident, row) for incident, row in ended if incident.id not in reached]
        last = [incident for incident, row in alone if row.rule != LAST_RESORT.name]
        await ladders.add(connection, [_ladder(incident, LAST_RESORT, now) for incident in last], now)
        lost = {incident.id: (incident, row.rule) for incident, row in alone if row.rule == LAST_RESORT.name}
        marks = [msgspec.structs.replace(each, unreached=True) for each, _ in lost.values() if not each.unreached]
        marked = await incidents.save_all(connection, marks)
        notes = [(each.id, "unreached", lost[each.id][1]) for each in marked]
        await incidents.log_of_centre(connection, notes, now, views.SYSTEM)
        await news.tell(connection, marked, now)


@dataclass(frozen=True)
class _People:
    """All who may answer to some steps at one moment."""

    people: list[Person]
    roster: Roster
    now: datetime

    @classmethod
    async def read(
        cls, connection: AsyncConnection, places: Collection[str], steps: Sequence[Step], now: datetime
    ) -> "_People":
        named = sorted({user for step in steps for user in step.users})
        people = await duty.people_around(connection, places, named, now)
        roster = await duty.roster(connection, now, [*(each.user for each in people), *named])
        return cls(people, roster, now)

    def for_step(self, step: Step, area: str) -> list[Person]:
        """Those of a step for an incident in an area."""
        return people_for(step, area, self.people, self.roster, self.now)


def messages_to(person: Person, incident: Incident, action: Action, now: datetime, clock: Clock) -> list[Notification]:
    """To one person outside of any ladder, over the ways by which a step would tell them."""
    ways = _chosen(person.channels, incident.severity)
    return [_notification(incident, None, (person.user, str(person.role)), way, action, now, clock) for way in ways]


def _chosen(ways: tuple[Contact, ...], severity: int) -> Sequence[Contact]:
    return ways if severity <= ALL_CHANNELS else _first(ways)


def _first(ways: tuple[Contact, ...]) -> list[Contact]:
    """The console, if the person has one, and the first channel that goes out of the house."""
    console = [way for way in ways if way.channel == CONSOLE]
    outside = [way for way in ways if way.channel != CONSOLE]
    return console + outside[:1]


def _notification(
    incident: Incident, step: int | None, to: tuple[str, str], way: Contact, action: Action, now: datetime, clock: Clock
) -> Notification:
    """What is to be sent `to` a user in a role. A console needs no sending: the feed has told it by the time that this
    is committed."""
    there = way.channel == CONSOLE
    return Notification(
        id=new_id(clock),
        incident=incident.id,
        step=step,
        user=to[0],
        role=to[1],
        channel=way.channel,
        address=way.address,
        action=action,
        made_at=now,
        due_at=now,
        state=SENT if there else notifications.WAITING,
        sent_at=now if there else None,
        provider_id="feed" if there else "",
    )
