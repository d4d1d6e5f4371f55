"""What becomes of signals, whoever made them: they fold into incidents, and people are to be told.

Everything happens in the caller's transaction, so that a signal is stored, belongs to an incident and has somebody who
will be told of it, or is not there at all.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from alerts import views
from alerts.cases import news
from alerts.cases.correlation import Merge, Workbench
from alerts.cases.mutes import Mute, muted_by
from alerts.cases.signal import Signal
from alerts.store import cases, incidents, procedures, reports
from alerts.store import mutes as mute_rows
from alerts.telling import escalation, holder
from core.clock import Clock
from core.ids import new_id


async def take_in(connection: AsyncConnection, signals: Sequence[Signal], clock: Clock) -> list[str]:
    """Fold signals into incidents and save these; the id of each signal's incident, in the order given.

    Consoles are told once of each incident that changed, however many signals went into it.
    """
    now = clock.now()
    quiet = await mute_rows.around(connection, signals)
    bench = await cases.workbench(connection, signals, now)
    taken = [
        bench.take(signal, now, lambda: new_id(clock), muted_by(signal, quiet, signal.at)).id for signal in signals
    ]
    await save(connection, bench, clock, {mute.id: mute for mute in quiet})
    final = {merge.merged: merge.into for merge in bench.merges}
    return [_followed(final, incident) for incident in taken]


async def save(connection: AsyncConnection, bench: Workbench, clock: Clock, quiet: dict[str, Mute]) -> None:
    """Write what a workbench changed, let ladders follow, and tell consoles of it."""
    now = clock.now()
    changed = [bench.cases[each] for each in sorted(bench.changed)]  # ids grow with time, so numbers do, too
    saved = await incidents.save_all(connection, [case.incident for case in changed])
    for case, incident in zip(changed, saved, strict=True):
        case.incident = incident
    await cases.save_parts(connection, changed)
    opened = [bench.cases[each] for each in bench.opened]
    whys = [quiet.get(case.incident.quiet or "") for case in opened]
    notes = [(case.incident.id, "opened", why.reason if why else "") for case, why in zip(opened, whys, strict=True)]
    await incidents.log_of_centre(connection, notes, now, views.SYSTEM)
    for merge in bench.merges:
        if merge.merged in bench.cases:  # else it was never stored
            await _merge(connection, bench, merge, now)
    await escalation.begin(connection, [case.incident for case in changed if case.before is None], now, clock)
    for case in changed:
        if case.before is not None:
            await escalation.follow(connection, case.before, case.incident, now, clock)
            await holder.tell(connection, case, now, clock)
    await news.tell(connection, [case.incident for case in changed], now)


async def _merge(connection: AsyncConnection, bench: Workbench, merge: Merge, now: datetime) -> None:
    """Give what belonged to one incident to another, and write it into both histories."""
    await cases.move(connection, merge)
    await reports.move(connection, merge.merged, merge.into)
    await procedures.move(connection, merge.merged, merge.into)
    for incident_id, action, other in (
        (merge.merged, "merged", merge.into),
        (merge.into, "absorbed", merge.merged),
    ):
        number = bench.cases[other].incident.number
        await incidents.log(connection, incident_id, now, views.SYSTEM, action, f"#{number}")


def _followed(final: dict[str, str], incident: str) -> str:
    while incident in final:
        incident = final[incident]
    return incident
