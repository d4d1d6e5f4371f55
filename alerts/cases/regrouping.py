"""Merging incidents and splitting them: people know better than correlation what belongs together."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.bell import Bell
from alerts.cases import incident, news
from alerts.cases.casework import joined_note, may_work, saved
from alerts.cases.correlation import Case, Merge, part_of
from alerts.cases.incident import Incident, NotNow, State
from alerts.cases.signal import Signal, Source
from alerts.store import cases, incidents, procedures, reports
from alerts.store.database import Database
from alerts.store.people import User
from alerts.telling import escalation
from core.clock import Clock
from core.ids import new_id


class Regrouping:
    """Puts incidents together and takes them apart. None says: no such incident for this user; NotNow: not as it is."""

    def __init__(self, database: Database, bell: Bell, clock: Clock) -> None:
        self._database = database
        self._bell = bell
        self._clock = clock

    async def merge(self, user: User, incident_id: str, into_id: str, reason: str) -> dict[str, Any] | None:
        """Put an incident into another one; the view of that other. Both must lie in the user's area."""
        async with self._database.write() as connection:
            found = await incidents.find(connection, incident_id, user.area)
            into = await incidents.find(connection, into_id, user.area)
            if found is None or into is None:
                return None
            may_work(user, found, anybody=False)
            if into.state is State.CLOSED:
                raise NotNow("already_closed", f"incident {into.number} is closed")
            if (found.quiet, found.test) != (into.quiet, into.test):
                raise NotNow("not_alike", "a test or silenced incident does not mix with a real one")
            now = self._clock.now()
            one, other = await cases.case_of(connection, found.id), await cases.case_of(connection, into.id)
            if one is None or other is None:
                return None
            for part in one.parts.values():
                other.add(part)
            gone = await incidents.save(connection, incident.merged(found, into.id, now))
            await cases.save_parts(connection, [other])
            await cases.move(connection, Merge(found.id, into.id))
            await reports.move(connection, found.id, into.id)
            await procedures.move(connection, found.id, into.id)
            who = user.display_name, user.name
            await incidents.log(
                connection, found.id, now, who[0], "merged", joined_note(f"#{into.number}", reason), who[1]
            )
            await incidents.log(
                connection, into.id, now, who[0], "absorbed", joined_note(f"#{found.number}", reason), who[1]
            )
            await escalation.follow(connection, found, gone, now, self._clock)
            await news.tell(connection, [gone], now)
            view = await saved(connection, incident.joined(into, found, now), into, now, self._clock)
        self._bell.ring()
        return view

    async def split(self, user: User, incident_id: str, event_ids: Sequence[str], reason: str) -> dict[str, Any] | None:
        """Take events out of an incident into a new one; the view of that new one. At least one event stays."""
        async with self._database.write() as connection:
            found = await incidents.find(connection, incident_id, user.area)
            if found is None:
                return None
            may_work(user, found, anybody=False)
            if found.state is State.CLOSED:
                raise NotNow("already_closed", "this incident is closed")
            now = self._clock.now()
            rows = await incidents.every_event(connection, incident_id)
            chosen = set(event_ids)
            leaving = [row for row in rows if row["id"] in chosen]
            if len(leaving) != len(chosen) or not 0 < len(leaving) < len(rows):
                raise NotNow("not_a_part", "choose some of the incident's events, and leave at least one")
            staying = [row for row in rows if row["id"] not in chosen]
            fresh = await self._split_off(connection, found, leaving, now)
            await cases.replace_parts(connection, await _rest(connection, found, rows, staying))
            for each, action, number in ((found, "split", fresh.number), (fresh, "opened", found.number)):
                note = joined_note(f"#{number}", reason)
                await incidents.log(connection, each.id, now, user.display_name, action, note, user.name)
            kept = replace(
                found,
                event_count=max(1, found.event_count - len(leaving)),
                last_event=staying[-1]["id"],
                last_event_at=staying[-1]["at"],
                snapshot_event=await incidents.newest_with(connection, incident_id, "snapshot"),
                clip_event=await incidents.newest_with(connection, incident_id, "clip"),
                updated_at=now,
            )
            await saved(connection, kept, found, now, self._clock)
            view = (await news.shown(connection, [fresh]))[0]
        self._bell.ring()
        return view

    async def _split_off(
        self, connection: AsyncConnection, found: Incident, leaving: list[dict[str, Any]], now: datetime
    ) -> Incident:
        """The new incident of some events, as grave as these and as the one they leave."""
        signals = [_signal(row, row["area"] or found.area) for row in leaving]
        fresh = incident.opened(new_id(self._clock), signals[0], now)
        for each in signals[1:]:
            fresh = incident.folded(fresh, each, now)
        fresh = replace(fresh, severity=min(fresh.severity, found.severity), quiet=found.quiet, test=found.test)
        fresh = await incidents.save(connection, fresh)
        await cases.save_parts(connection, [_case(fresh, leaving)])
        ids = [row["id"] for row in leaving]
        await incidents.move(connection, ids, fresh.id)
        fresh = await incidents.save(
            connection,
            replace(
                fresh,
                snapshot_event=await incidents.newest_with(connection, fresh.id, "snapshot"),
                clip_event=await incidents.newest_with(connection, fresh.id, "clip"),
            ),
        )
        await cases.link(connection, fresh.id, found.id, "split")
        await escalation.begin(connection, [fresh], now, self._clock)
        await news.tell(connection, [fresh], now)
        return fresh


async def _rest(
    connection: AsyncConnection, found: Incident, rows: Sequence[dict[str, Any]], staying: Sequence[dict[str, Any]]
) -> Case:
    """It with the parts of the events that stay, and those that no event made: of reports, of silent edges."""
    case = _case(found, staying)
    cameras = {(row["edge"], row["camera"]) for row in rows}
    known = await cases.case_of(connection, found.id)
    for part in known.parts.values() if known else ():
        if (part.edge, part.camera) not in cameras:
            case.add(part)
    return case


def _case(found: Incident, rows: Sequence[dict[str, Any]]) -> Case:
    """An incident with the parts that its remaining events make."""
    case = Case(found, {})
    for row in rows:
        case.add(part_of(_signal(row, row["area"] or found.area)))
    return case


def _signal(row: dict[str, Any], area: str) -> Signal:
    """The signal that a stored event was."""
    names = ("id", "kind", "severity", "at", "label", "score", "edge", "camera", "rule")
    return Signal(source=Source.CAMERA, area=area, **{name: row[name] for name in names})
