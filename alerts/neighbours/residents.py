"""What residents tell the centre, by kentongan (a button that calls for help) or plain report, and what they hear."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import and_
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts import views
from alerts.bell import Bell
from alerts.cases import arrivals, incident, news
from alerts.cases.correlation import part_of
from alerts.cases.signal import Signal, Source
from alerts.ground import places
from alerts.neighbours.reporter import AN_HOUR, KINDS, MOST_AN_HOUR, severity
from alerts.store import cases, incidents, reports
from alerts.store.database import Database
from alerts.store.incidents import within
from alerts.store.people import User
from alerts.store.reports import Report
from alerts.store.response_schema import reports as table
from alerts.telling import escalation, holder
from core import areas
from core.clock import Clock
from core.errors import EkamlingError
from core.events import Media

EARLIEST = timedelta(hours=72)  # what a phone without a network may hold back


class TooMany(EkamlingError):
    """A person reports more than anybody can see."""


class Told(Struct, frozen=True, kw_only=True):
    """What a resident tells. `id` is made by the phone, so that the same report sent twice is one."""

    id: str
    kind: str
    urgent: bool
    text: str = ""
    area: str = ""
    made_at: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None
    accuracy_m: float | None = None


class Residents:
    """Takes reports in and answers their senders. None as an answer says: no such report of this user."""

    def __init__(
        self, database: Database, bell: Bell, clock: Clock, keep: Callable[[bytes], Media] | None = None
    ) -> None:
        self._database = database
        self._bell = bell
        self._clock = clock
        self._keep = keep

    async def report(self, user: User, told: Told) -> dict[str, Any]:
        """Take a report in; what becomes of it is the answer. Raises EkamlingError for one that cannot be, TooMany."""
        area = _area(user, told)
        if told.kind not in KINDS:
            raise EkamlingError(f"kind {told.kind!r} is not one of {', '.join(KINDS)}")
        async with self._database.write() as connection:
            known = await reports.by_id(connection, told.id)
            if known is None:
                await self._take(connection, user, told, area)
            elif known.user != user.name:
                raise EkamlingError("this report's id is taken; send it again with another")
            (row,) = await reports.with_incident(connection, table.c.id == told.id)
        self._bell.ring()
        return view(row)

    async def _take(self, connection: AsyncConnection, user: User, told: Told, area: str) -> None:
        now = self._clock.now()
        if await reports.count_since(connection, user.name, now - AN_HOUR) >= MOST_AN_HOUR:
            raise TooMany(f"at most {MOST_AN_HOUR} reports an hour; call 110 if you are in danger")
        made_at = min(max(told.made_at or now, now - EARLIEST), now)
        record = await reports.record(connection, user.name, now)
        signal = Signal(
            id=told.id,
            source=Source.REPORT,
            kind=told.kind,
            severity=severity(told.kind, told.urgent, record),
            area=area,
            at=made_at,
            summary=told.text,
        )
        mine = await reports.open_one(connection, user.name, told.kind, now)
        if mine is not None:
            await self._again(connection, mine, signal, now)
        incident_id = mine or (await arrivals.take_in(connection, [signal], self._clock))[0]
        await reports.add(
            connection,
            Report(
                id=told.id,
                user=user.name,
                kind=told.kind,
                urgent=told.urgent,
                area=area,
                text=told.text,
                made_at=made_at,
                received_at=now,
                incident=incident_id,
                latitude=told.latitude,
                longitude=told.longitude,
                accuracy_m=told.accuracy_m,
            ),
        )
        how = "kentongan" if told.urgent else "report"
        note = ": ".join(part for part in (f"{how}, {record.standing.value}", told.text) if part)
        await incidents.log(connection, incident_id, now, user.display_name, "reported", note, user.name)

    async def _again(self, connection: AsyncConnection, incident_id: str, signal: Signal, now: datetime) -> None:
        """The same person speaks of the same thing again: one incident, graver if they now call for help."""
        case = await cases.case_of(connection, incident_id)
        if case is None:
            return
        found = case.incident
        case.add(part_of(signal))
        await cases.save_parts(connection, [case])
        case.incident = await incidents.save(connection, incident.folded(found, signal, now))
        case.before, case.said = found, True
        await escalation.follow(connection, found, case.incident, now, self._clock)
        await holder.tell(connection, case, now, self._clock)
        await news.tell(connection, [case.incident], now)

    async def photo(self, user: User, report_id: str, content: bytes) -> dict[str, Any] | None:
        """Keep the photo of an own report: `content` is a clean JPEG. The first one stays."""
        if self._keep is None:
            return None
        media = self._keep(content)
        async with self._database.write() as connection:
            found = await reports.by_id(connection, report_id)
            if found is None or found.user != user.name:
                return None
            if found.photo_sha256 is None:
                await reports.set_photo(connection, report_id, media.sha256)
                now = self._clock.now()
                await incidents.log(connection, found.incident, now, user.display_name, "photo", "", user.name)
                await _touch(connection, found.incident, now)
            (row,) = await reports.with_incident(connection, table.c.id == report_id)
        self._bell.ring()
        return view(row)

    async def photo_of(self, user: User, report_id: str, sees: bool) -> str | None:
        """SHA-256 of a report's photo, for its sender, and for who `sees` incidents within the area."""
        async with self._database.read() as connection:
            found = await reports.by_id(connection, report_id)
        if found is None or not (found.user == user.name or (sees and areas.contains(user.area, found.area))):
            return None
        return found.photo_sha256

    async def mine(self, user: User) -> list[dict[str, Any]]:
        """The own reports, newest first, with what became of each and how long it took."""
        async with self._database.read() as connection:
            return [view(row) for row in await reports.with_incident(connection, table.c.user == user.name)]

    async def of_incident(self, user: User, incident_id: str) -> list[dict[str, Any]] | None:
        """The reports of an incident, for those who work on it."""
        async with self._database.read() as connection:
            if await incidents.find(connection, incident_id, user.area) is None:
                return None
            where = and_(table.c.incident == incident_id, within(table.c.area, user.area))
            rows = await reports.with_incident(connection, where)
            now = self._clock.now()
            worth = {name: await reports.record(connection, name, now) for name in {row["user"] for row in rows}}
            return [{**view(row), "user": row["user"], "standing": worth[row["user"]].standing} for row in rows]

    async def rate(self, user: User, report_id: str, stars: int, text: str) -> dict[str, Any] | None:
        """Say how one was served, 1 to 5, once there is an answer; raises EkamlingError before."""
        async with self._database.write() as connection:
            found = await reports.by_id(connection, report_id)
            if found is None or found.user != user.name:
                return None
            if found.answered_at is None:
                raise EkamlingError("your report is still being worked on; rate it when it is answered")
            await reports.rate(connection, report_id, stars, text)
            (row,) = await reports.with_incident(connection, table.c.id == report_id)
        return view(row)


async def _touch(connection: AsyncConnection, incident_id: str, now: datetime) -> None:
    """There is more to see of an incident: who looks for what changed is to find it."""
    found = await incidents.by_id(connection, incident_id)
    if found is not None:
        await news.tell(connection, [await incidents.save(connection, replace(found, updated_at=now))], now)


def view(row: Any) -> dict[str, Any]:
    """A report as its sender sees it: what became of it, when, and after how many seconds."""
    stages = ("acknowledged", "dispatched", "on_scene", "closed")
    took = {name: _seconds(row["received_at"], row[f"{name}_at"]) for name in stages}
    return {
        "id": row["id"],
        "kind": row["kind"],
        "urgent": row["urgent"],
        "area": row["area"],
        "area_name": places.name(row["area"]),
        "text": row["text"],
        "position": None if row["latitude"] is None else {"latitude": row["latitude"], "longitude": row["longitude"]},
        "photo": row["photo_sha256"] is not None,
        "made_at": views.instant(row["made_at"]),
        "received_at": views.instant(row["received_at"]),
        "incident": row["number"],
        "state": row["state"],
        "took_s": took,
        "verdict": row["verdict"],
        "answered_at": views.instant(row["answered_at"]),
        "rating": row["rating"],
    }


def _seconds(start: datetime, end: datetime | None) -> int | None:
    """How long it took; 0 for what was there already when the report came."""
    return None if end is None else max(0, round((end - start).total_seconds()))


def _area(user: User, told: Told) -> str:
    """Where it is: as told, if that lies in the resident's own village; else where the resident lives."""
    if not told.area:
        return user.area
    home = areas.village(user.area)
    if not areas.contains(home, areas.check(told.area)):
        raise EkamlingError(f"area {told.area} lies outside {home}; call 110 for another place")
    return told.area
