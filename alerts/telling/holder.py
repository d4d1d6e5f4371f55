"""A word to who holds an incident when more happens on it: who is on the way, or busy with another, must not be the
last to know.

News is a graver severity, a camera that did not see it before, a resident's report, or that something is seen again
after five minutes of nothing. One word in five minutes, unless it became graver.
"""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from alerts import views
from alerts.cases.correlation import Case
from alerts.cases.incident import State
from alerts.store import duty, incidents, notifications
from alerts.telling.escalation import messages_to
from core.clock import Clock

PAUSE = timedelta(minutes=5)


async def tell(connection: AsyncConnection, case: Case, now: datetime, clock: Clock) -> None:
    """Tell the claimant of news, over the ways by which a step of a ladder would; consoles show it by themselves."""
    after, before = case.incident, case.before
    if before is None or after.claimant is None or after.quiet is not None or after.state is State.CLOSED:
        return
    graver = after.severity < before.severity
    if not (graver or is_news(case)):
        return
    last = await notifications.last_update(connection, after.id, after.claimant)
    if last is not None and now - last < PAUSE and not graver:
        return
    persons = await duty.named_people(connection, [after.claimant])
    new = [each for person in persons for each in messages_to(person, after, "update", now, clock)]
    if new:
        await notifications.add(connection, new)
        await incidents.log(connection, after.id, now, views.SYSTEM, "told", after.claimant)


def is_news(case: Case) -> bool:
    """Whether a case tells more than what was known of it: of another camera, of people, or after a pause."""
    if case.before is not None and case.incident.last_event_at - case.before.last_event_at >= PAUSE:
        return True
    changed = [part for key, part in case.parts.items() if case.known.get(key) != part]
    return any(part.key not in case.known or not part.edge for part in changed)
