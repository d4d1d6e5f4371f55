"""Rows of incidents, their events and their log. Every function works on a connection that the caller has opened."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, RowMapping, Select, and_, bindparam, func, insert, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.cases.incident import Incident, Resolution, State
from alerts.cases.signal import Source
from alerts.store.schema import cameras, events, incident_log, incidents, media
from core.events import Event

MAX_NOTE = 500


def within(column: ColumnElement[str], area: str) -> ColumnElement[bool]:
    """SQL of `core.areas.contains(area, column)`."""
    return or_(
        column == area, column.startswith(f"{area}.", autoescape=True), column.startswith(f"{area}/", autoescape=True)
    )


def around(column: ColumnElement[str], *areas: str) -> ColumnElement[bool]:
    """SQL of `core.areas.contains(column, area)`, for any of them: each itself, and every larger one around it."""
    borders = {area[: match.start()] for area in areas for match in re.finditer(r"[./]", area)}
    return column.in_(sorted({*borders, *areas}))


def heard() -> ColumnElement[bool]:
    """SQL: an incident that people hear of, also a test; not one that came during a silence."""
    return or_(incidents.c.quiet.is_(None), incidents.c.test)


def event_values(edge: str, event: Event, incident: str, received_at: datetime, now: datetime) -> dict[str, Any]:
    """An event as a row of its table."""
    values = {
        **msgspec.structs.asdict(event),
        "edge": edge,
        "incident": incident,
        "received_at": received_at,
        "stored_at": now,
        "snapshot_sha256": event.snapshot.sha256 if event.snapshot else None,
    }
    del values["snapshot"], values["v"]
    return values


async def insert_events(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Store events that `known` did not name; their incidents must stand."""
    if rows:
        await connection.execute(insert(events), rows)


async def known(
    connection: AsyncConnection, batch: Sequence[tuple[str, Event]]
) -> tuple[set[str], set[tuple[str, str, int]]]:
    """What is stored of some (edge, event): their ids, and their numbers as (edge, stream, seq)."""
    number = (events.c.edge, events.c.stream, events.c.seq)
    wanted = list({(edge, event.stream, event.seq) for edge, event in batch})
    found = await connection.execute(select(*number).where(tuple_(*number).in_(wanted)))
    numbers = {(edge, stream, seq) for edge, stream, seq in found}
    ids = select(events.c.id).where(events.c.id.in_({event.id for _, event in batch}))
    return set((await connection.execute(ids)).scalars()), numbers


async def save(connection: AsyncConnection, incident: Incident) -> Incident:
    """Insert a new incident or update a known one; returns it with its number."""
    values = msgspec.structs.asdict(incident)
    if incident.number:
        await connection.execute(update(incidents).where(incidents.c.id == incident.id).values(values))
        return incident
    del values["number"]
    result = await connection.execute(insert(incidents).values(values).returning(incidents.c.number))
    return msgspec.structs.replace(incident, number=result.scalar_one())


async def save_all(connection: AsyncConnection, wanted: Sequence[Incident]) -> list[Incident]:
    """The same for many, in the order given."""
    rows = [msgspec.structs.asdict(incident) for incident in wanted if incident.number]
    if rows:
        values = {name: bindparam(f"_{name}", type_=incidents.c[name].type) for name in rows[0] if name != "id"}
        statement = update(incidents).where(incidents.c.id == bindparam("_id")).values(values)
        await connection.execute(statement, [{f"_{name}": value for name, value in row.items()} for row in rows])
    fresh = [msgspec.structs.asdict(incident) for incident in wanted if not incident.number]
    for row in fresh:
        del row["number"]
    numbers: dict[str, int] = {}
    if fresh:
        adding = insert(incidents).returning(incidents.c.id, incidents.c.number, sort_by_parameter_order=True)
        numbers = {name: number for name, number in await connection.execute(adding, fresh)}
    return [
        incident if incident.number else msgspec.structs.replace(incident, number=numbers[incident.id])
        for incident in wanted
    ]


async def find(connection: AsyncConnection, incident: str, area: str) -> Incident | None:
    """One incident, if it lies within `area`."""
    query = select(incidents).where(incidents.c.id == incident, within(incidents.c.area, area))
    row = (await connection.execute(query)).mappings().first()
    return of_row(row) if row else None


async def by_id(connection: AsyncConnection, incident: str) -> Incident | None:
    """One incident, wherever it lies."""
    row = (await connection.execute(select(incidents).where(incidents.c.id == incident))).mappings().first()
    return of_row(row) if row else None


async def by_ids(connection: AsyncConnection, wanted: Collection[str]) -> dict[str, Incident]:
    """Some incidents, by their ids."""
    rows = (await connection.execute(select(incidents).where(incidents.c.id.in_(wanted)))).mappings()
    return {row["id"]: of_row(row) for row in rows}


async def listed(connection: AsyncConnection, area: str, states: Sequence[State], limit: int) -> list[Incident]:
    """Incidents within `area`, the gravest first, then the newest."""
    query: Select[Any] = select(incidents).where(within(incidents.c.area, area), heard()).limit(limit)
    if list(states) == [State.CLOSED]:
        # What has an end is closed. Asked for the state, SQLite would sort all that there ever were by their ends.
        query = query.where(incidents.c.closed_at.is_not(None)).order_by(incidents.c.closed_at.desc())
    else:
        query = query.where(incidents.c.state.in_(states))
        query = query.order_by(incidents.c.severity, incidents.c.opened_at.desc())
    return [of_row(row) for row in (await connection.execute(query)).mappings()]


async def log(
    connection: AsyncConnection, incident: str, at: datetime, who: str, action: str, note: str = "", user: str = ""
) -> None:
    """Write down who did what to an incident, and why; `user` is the person's name, empty for the centre itself."""
    values = {"incident": incident, "at": at, "who": who, "user": user, "action": action, "note": note[:MAX_NOTE]}
    await connection.execute(insert(incident_log).values(values))


async def log_of_centre(
    connection: AsyncConnection, done: Sequence[tuple[str, str, str]], at: datetime, who: str
) -> None:
    """Write down what the centre itself did: (incident, action, note)."""
    rows = [
        {"incident": incident, "at": at, "who": who, "user": "", "action": action, "note": note[:MAX_NOTE]}
        for incident, action, note in done
    ]
    if rows:
        await connection.execute(insert(incident_log), rows)


async def history(connection: AsyncConnection, incident: str) -> list[dict[str, Any]]:
    """What was done to an incident, oldest first."""
    query = select(incident_log).where(incident_log.c.incident == incident).order_by(incident_log.c.id)
    return [dict(row) for row in (await connection.execute(query)).mappings()]


async def last_user(connection: AsyncConnection, incident: str, actions: Collection[str]) -> str | None:
    """Who did the last of some deeds to an incident; None where no person did."""
    mine = (incident_log.c.incident == incident, incident_log.c.user != "", incident_log.c.action.in_(actions))
    query = select(incident_log.c.user).where(*mine).order_by(incident_log.c.id.desc()).limit(1)
    return (await connection.execute(query)).scalar_one_or_none()


async def kinds_of(connection: AsyncConnection, incident: str) -> set[str]:
    """The kinds of an incident's events."""
    query = select(events.c.kind).where(events.c.incident == incident).distinct()
    return set((await connection.execute(query)).scalars())


async def events_of(connection: AsyncConnection, incident: str, limit: int = 200) -> list[dict[str, Any]]:
    """The newest events of an incident, newest first, each with the kinds of its media in `media`."""
    query = select(events).where(events.c.incident == incident).order_by(events.c.at.desc()).limit(limit)
    rows = [dict(row) for row in (await connection.execute(query)).mappings()]
    kinds = select(media.c.event, media.c.kind).where(media.c.event.in_([row["id"] for row in rows]))
    there: dict[str, set[str]] = {}
    for event, kind in await connection.execute(kinds):
        there.setdefault(event, set()).add(kind)
    return [{**row, "media": there.get(row["id"], set())} for row in rows]


async def every_event(connection: AsyncConnection, incident: str) -> list[dict[str, Any]]:
    """All events of an incident, oldest first, each with the `area` of its camera as it is known now (or nothing)."""
    query = (
        select(events, cameras.c.area)
        .outerjoin(cameras, and_(cameras.c.edge == events.c.edge, cameras.c.id == events.c.camera))
        .where(events.c.incident == incident)
        .order_by(events.c.at)
    )
    return [dict(row) for row in (await connection.execute(query)).mappings()]


async def move(connection: AsyncConnection, moved: Sequence[str], incident: str) -> None:
    """Give events to another incident."""
    await connection.execute(update(events).where(events.c.id.in_(moved)).values(incident=incident))


async def newest_with(connection: AsyncConnection, incident: str, kind: str) -> str | None:
    """The newest event of an incident that has a file of that kind."""
    query = (
        select(func.max(events.c.id))
        .join(media, media.c.event == events.c.id)
        .where(events.c.incident == incident, media.c.kind == kind)
    )
    found: str | None = (await connection.execute(query)).scalar_one()
    return found


async def event_row(connection: AsyncConnection, event: str) -> RowMapping | None:
    """One event as it is stored."""
    return (await connection.execute(select(events).where(events.c.id == event))).mappings().first()


async def media_of(connection: AsyncConnection, event: str, kind: str) -> str | None:
    """SHA-256 of a file of an event."""
    query = select(media.c.sha256).where(media.c.event == event, media.c.kind == kind)
    return (await connection.execute(query)).scalar_one_or_none()


async def add_media(connection: AsyncConnection, event: str, kind: str, sha256: str, size: int, now: datetime) -> bool:
    """Note a file of an event; False where it was there."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(media).values(event=event, kind=kind, sha256=sha256, size=size, stored_at=now)
    result = await connection.execute(statement.on_conflict_do_nothing().returning(media.c.event))
    return result.first() is not None


def of_row(row: RowMapping) -> Incident:
    """An incident from its row."""
    values = dict(row)
    values["state"] = State(values["state"])
    values["source"] = Source(values["source"])
    values["resolution"] = Resolution(values["resolution"]) if values["resolution"] else None
    return Incident(**values)
