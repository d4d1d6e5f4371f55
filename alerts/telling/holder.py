"""A word to who holds an incident when more happens on it: who is on the way, or busy with another, must not be the
last to know.

News is a graver severity, another camera, another kind of event (who lingers where somebody passed), that somebody is
seen for sure, what people say (a resident, another agency), and that something is seen again after five minutes of
nothing. The next word comes five minutes after the last one and says all that happened by then, as it is worded when it
is sent; only what became graver does not wait.
"""

from datetime import datetime, timedelta

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.cases.correlation import Case
from alerts.cases.incident import Incident, State
from alerts.cases.signal import HEALTH
from alerts.store import duty, incidents, notifications
from alerts.store.duty import CONSOLE
from alerts.store.notifications import WAITING, Notification
from alerts.telling.escalation import messages_to
from core.clock import Clock

PAUSE = timedelta(minutes=5)


async def tell(connection: AsyncConnection, case: Case, now: datetime, clock: Clock) -> None:
    """Tell who holds an incident of news, over the ways by which a step of a ladder would."""
    incident, before = case.incident, case.before
    if before is None or incident.quiet is not None or incident.state is State.CLOSED:
        return
    user = await _holder(connection, incident)
    graver = incident.severity < before.severity
    if not user or not (graver or await _is_news(connection, case)):
        return
    earlier = await notifications.updates(connection, incident.id, user)
    waiting = [each for each in earlier if _is_waiting(each)]
    if waiting and not graver:
        return  # it will say this, too
    await notifications.withdraw(connection, [each.id for each in waiting])
    due = now if graver else max([now, *(_last(each, now) + PAUSE for each in earlier)])
    await _add(connection, incident, user, due, clock)


async def _add(connection: AsyncConnection, incident: Incident, user: str, due: datetime, clock: Clock) -> None:
    """Write the messages. A console has it by the feed already, and needs no later word."""
    now = clock.now()
    persons = await duty.named_people(connection, [user])
    new = [each for person in persons for each in messages_to(person, incident, "update", now, clock)]
    await notifications.add(
        connection, [replace(each, due_at=due) for each in new if due <= now or each.channel != CONSOLE]
    )


async def _holder(connection: AsyncConnection, incident: Incident) -> str | None:
    """Who has an incident: its claimant; where nobody claimed it, who last sent somebody, or said to be there."""
    if incident.claimant is not None:
        return incident.claimant
    if incident.dispatched_at is None and incident.on_scene_at is None:
        return None
    return await incidents.last_user(connection, incident.id, ("dispatched", "on_scene"))


async def _is_news(connection: AsyncConnection, case: Case) -> bool:
    """Whether a case tells more than what was known of it. Trouble of a camera comes and goes while it waits for its
    installer: there only another camera is news."""
    before, incident = case.before, case.incident
    if case.parts.keys() - case.known.keys() or case.said:
        return True
    if before is None or incident.family == HEALTH:
        return False
    if incident.level > before.level or incident.last_event_at - before.last_event_at >= PAUSE:
        return True
    new = case.kinds - {before.kind}  # the events of this batch are stored after this
    return bool(new) and not new <= await incidents.kinds_of(connection, incident.id)


def _is_waiting(each: Notification) -> bool:
    """Whether a message is still to be worded: one that is being sent is not."""
    return each.state == WAITING and each.leased_until is None


def _last(each: Notification, now: datetime) -> datetime:
    """When a word was told, or may be told at this moment."""
    return now if each.state == WAITING else each.sent_at or each.made_at
