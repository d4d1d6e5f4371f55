"""The workbench of correlation, loaded from and written to the tables."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, and_, delete, func, insert, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.cases.correlation import (
    ANY_CAMERA,
    FLOOD,
    FLOOD_WINDOW,
    JUDGED,
    MAX_REACH,
    Camera,
    Case,
    Merge,
    Part,
    Workbench,
    unsure_sight,
)
from alerts.cases.incident import Incident, Resolution, State
from alerts.cases.signal import HEALTH, Signal, district, family, kin, village
from alerts.store import incidents as store
from alerts.store.database import upsert
from alerts.store.incidents import within
from alerts.store.response_schema import incident_links, neighbours
from alerts.store.schema import events, incident_log, incident_parts, incidents

LATE = timedelta(hours=72)  # what an outbox may hold back: a closed incident still takes its own late signals
HISTORY = timedelta(days=30)
LINKS = 5
MOST_IDS = 5_000  # in one statement: SQLite takes 32,766 values


async def workbench(connection: AsyncConnection, signals: Collection[Signal], now: datetime) -> Workbench:
    """The incidents that these signals may concern. The queries are as many for a thousand signals as for one."""
    if not signals:
        return Workbench()
    beside = await _neighbours(connection, {(signal.edge, signal.camera) for signal in signals if signal.edge})
    villages = {village(signal.area) for signal in signals}
    openings = await _openings(connection, villages, now)
    wanted = {each for signal in signals for each in kin(family(signal.kind))}
    concerned: ColumnElement[bool] = incidents.c.id.in_(_near(signals, wanted, beside, now))
    if len(signals) + max(map(len, openings.values()), default=0) > FLOOD:
        concerned = or_(concerned, incidents.c.id.in_(_newest(villages, wanted)))
    cases = {}
    for row in (await connection.execute(select(incidents).where(concerned))).mappings():
        found = store.of_row(row)
        cases[found.id] = Case(found, {}, before=found)
    await _complete(connection, cases)
    return Workbench(cases, beside, openings)


async def _complete(connection: AsyncConnection, cases: dict[str, Case]) -> None:
    """Give incidents their parts, and say with which people have done something."""
    for some in _batched(list(cases), MOST_IDS):
        query = select(incident_parts).where(incident_parts.c.incident.in_(some))
        for row in (await connection.execute(query)).mappings():
            cases[row["incident"]].add(_part(row))
    for case in cases.values():
        case.known = dict(case.parts)
    waiting = [name for name, case in cases.items() if case.open]
    for some in _batched(waiting, MOST_IDS):
        for each in await _touched(connection, some):
            cases[each].touched = True


def _near(
    signals: Collection[Signal], wanted: Collection[str], beside: dict[Camera, set[Camera]], now: datetime
) -> Select[Any]:
    """Ids of incidents with a part of one of the cameras, beside one, or in one of the areas, near enough in time."""
    cameras = {(signal.edge, signal.camera) for signal in signals if signal.edge}
    around = cameras | {(edge, ANY_CAMERA) for edge, _ in cameras} | {each for many in beside.values() for each in many}
    silent = {signal.edge for signal in signals if signal.edge and signal.camera == ANY_CAMERA}
    dark = {district(signal.area) for signal in signals if signal.edge and signal.camera == ANY_CAMERA}
    times = [signal.at for signal in signals]
    at_hand = [incidents.c.state != State.CLOSED, incidents.c.closed_at >= max(min(times), now - LATE)]
    if unsure := [signal.at for signal in signals if unsure_sight(signal)]:
        lately = incidents.c.closed_at >= max(min(unsure), now - LATE) - JUDGED
        at_hand.append(and_(incidents.c.resolution == Resolution.FALSE, lately))
    part = incident_parts.c
    in_reach = and_(part.last_at >= min(times) - MAX_REACH, part.first_at <= max(times) + MAX_REACH)
    return (
        select(part.incident)
        .join(incidents, incidents.c.id == part.incident)
        .where(
            incidents.c.family.in_(wanted),
            or_(*at_hand),
            or_(incidents.c.family == HEALTH, in_reach),
            or_(
                tuple_(part.edge, part.camera).in_(list(around)),
                part.area.in_({signal.area for signal in signals}),
                part.edge.in_(silent),
                *(and_(part.camera == ANY_CAMERA, part.edge != "", within(part.area, each)) for each in dark),
            ),
        )
    )


def _newest(villages: Collection[str], wanted: Collection[str]) -> Select[Any]:
    """Ids of the newest open incident of each place, family and silence: what a flood goes into."""
    place = incidents.c.area, incidents.c.family, incidents.c.quiet
    order = incidents.c.received_at.desc(), incidents.c.id.desc()
    ranked = (
        select(incidents.c.id, func.row_number().over(partition_by=place, order_by=order).label("rank"))
        .where(incidents.c.state != State.CLOSED, incidents.c.family.in_(wanted), _in_any(villages))
        .subquery()
    )
    return select(ranked.c.id).where(ranked.c.rank == 1)


def _batched(ids: list[str], most: int) -> Iterable[list[str]]:
    return (ids[start : start + most] for start in range(0, len(ids), most))


async def _touched(connection: AsyncConnection, waiting: Collection[str]) -> Iterable[str]:
    """Those of some incidents with which a person has done something; reporting one is not working on it."""
    query = (
        select(incident_log.c.incident)
        .where(incident_log.c.incident.in_(waiting), incident_log.c.user != "", incident_log.c.action != "reported")
        .distinct()
    )
    return (await connection.execute(query)).scalars()


def _part(row: Any) -> Part:
    return Part(row["edge"], row["camera"], row["area"], row["first_at"], row["last_at"])


def _in_any(villages: Collection[str]) -> Any:
    return or_(*(store.within(incidents.c.area, place) for place in villages))


async def _neighbours(connection: AsyncConnection, cameras: Collection[Camera]) -> dict[Camera, set[Camera]]:
    """Cameras that stand beside these; neighbourhood holds both ways, and is stored both ways."""
    if not cameras:
        return {}
    query = select(neighbours).where(tuple_(neighbours.c.edge, neighbours.c.camera).in_(list(cameras)))
    found: dict[Camera, set[Camera]] = {}
    for edge, camera, other_edge, other_camera in await connection.execute(query):
        found.setdefault((edge, camera), set()).add((other_edge, other_camera))
    return found


async def _openings(connection: AsyncConnection, villages: Collection[str], now: datetime) -> dict[str, list[datetime]]:
    """When incidents that people hear of were opened in each village, within the flood window."""
    query = select(incidents.c.area, incidents.c.received_at).where(
        incidents.c.received_at > now - FLOOD_WINDOW, incidents.c.quiet.is_(None), _in_any(villages)
    )
    found: dict[str, list[datetime]] = {}
    for area, at in await connection.execute(query):
        found.setdefault(village(area), []).append(at)
    return found


async def save_parts(connection: AsyncConnection, cases: Iterable[Case]) -> None:
    """Write which cameras and areas incidents concern, all by one statement."""
    key = ["incident", "edge", "camera", "area"]
    rows = [
        {"incident": case.incident.id, **msgspec.structs.asdict(part)} for case in cases for part in case.parts.values()
    ]
    if rows:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        fresh = dialect.insert(incident_parts)
        changes = {name: fresh.excluded[name] for name in ("first_at", "last_at")}
        await connection.execute(fresh.on_conflict_do_update(index_elements=key, set_=changes), rows)


async def case_of(connection: AsyncConnection, incident: str) -> Case | None:
    """One incident with its parts."""
    found = await store.by_id(connection, incident)
    if found is None:
        return None
    case = Case(found, {})
    query = select(incident_parts).where(incident_parts.c.incident == incident)
    for row in (await connection.execute(query)).mappings():
        case.add(_part(row))
    return case


async def replace_parts(connection: AsyncConnection, case: Case) -> None:
    """Write the parts of an incident that lost some."""
    await connection.execute(delete(incident_parts).where(incident_parts.c.incident == case.incident.id))
    await save_parts(connection, [case])


async def move(connection: AsyncConnection, merge: Merge) -> None:
    """Take the stored events of a merged incident to the other, and its parts away: those must be the other's already
    (`Case.add`, `save_parts`)."""
    await connection.execute(update(events).where(events.c.incident == merge.merged).values(incident=merge.into))
    await connection.execute(delete(incident_parts).where(incident_parts.c.incident == merge.merged))


async def link(connection: AsyncConnection, incident: str, earlier: str, why: str) -> None:
    """Link an incident to an earlier one, once."""
    values = {"incident": incident, "earlier": earlier, "why": why}
    await connection.execute(upsert(connection, incident_links, ["incident", "earlier"], values))


async def links_of(connection: AsyncConnection, incident: Incident, area: str) -> list[dict[str, Any]]:
    """The incidents before one, within `area`, newest first, each with `why`: those that it was linked to, and the
    newest ones of the same cameras, or else of the same place."""
    linked = (
        select(incidents, incident_links.c.why)
        .join(incident_links, incident_links.c.earlier == incidents.c.id)
        .where(incident_links.c.incident == incident.id, store.within(incidents.c.area, area))
    )
    mine = select(incident_parts.c.edge, incident_parts.c.camera).where(
        incident_parts.c.incident == incident.id, incident_parts.c.camera != ""
    )
    cameras = tuple_(incident_parts.c.edge, incident_parts.c.camera)
    of_cameras = incidents.c.id.in_(select(incident_parts.c.incident).where(cameras.in_(mine)))
    found = {row["id"]: dict(row) for row in (await connection.execute(linked)).mappings()}
    for why, where in (("camera", of_cameras), ("place", incidents.c.area == incident.area)):
        before = await connection.execute(_before(incident, area).where(where))
        same = {row["id"]: {**row, "why": why} for row in before.mappings()}
        found = same | found
        if same:
            break
    return sorted(found.values(), key=lambda row: row["received_at"], reverse=True)


def _before(incident: Incident, area: str) -> Select[Any]:
    """The newest incidents of the time before one that people heard of."""
    return (
        select(incidents)
        .where(
            incidents.c.number < incident.number,
            incidents.c.received_at > incident.received_at - HISTORY,
            incidents.c.merged_into.is_(None),
            store.heard(),
            store.within(incidents.c.area, area),
        )
        .order_by(incidents.c.number.desc())
        .limit(LINKS)
    )


async def set_neighbours(connection: AsyncConnection, camera: Camera, others: Collection[Camera]) -> None:
    """Say which cameras stand beside one, both ways."""
    edge, name = camera
    await connection.execute(
        delete(neighbours).where(
            or_(
                and_(neighbours.c.edge == edge, neighbours.c.camera == name),
                and_(neighbours.c.other_edge == edge, neighbours.c.other_camera == name),
            )
        )
    )
    rows = [
        {"edge": one[0], "camera": one[1], "other_edge": two[0], "other_camera": two[1]}
        for other in set(others) - {camera}
        for one, two in ((camera, other), (other, camera))
    ]
    if rows:
        await connection.execute(insert(neighbours), rows)
