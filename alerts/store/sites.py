"""Rows of sites and of where cameras stand."""

from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Select, and_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.cases.incident import Incident
from alerts.store.database import upsert
from alerts.store.incidents import within
from alerts.store.response_schema import camera_places, neighbours, reports, sites
from alerts.store.schema import cameras, edges

Position = tuple[float, float]  # latitude, longitude


class Site(Struct, frozen=True, kw_only=True):
    """A place that cameras watch, or should. `wants_camera`: it must have one."""

    id: str
    name: str
    area: str
    kind: str
    latitude: float | None = None
    longitude: float | None = None
    wants_camera: bool = False
    contact: str = ""


class CameraPlace(Struct, frozen=True, kw_only=True):
    """Where a camera stands and looks: `bearing` in degrees clockwise from north, `view_angle` in degrees."""

    edge: str
    camera: str
    site: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    bearing: float | None = None
    view_angle: float | None = None
    reach_m: float | None = None


async def position(connection: AsyncConnection, incident: Incident) -> Position | None:
    """Where an incident is: where its reporter stood, or else where its camera stands."""
    told = (
        select(reports.c.latitude, reports.c.longitude)
        .where(reports.c.incident == incident.id, reports.c.latitude.is_not(None))
        .order_by(reports.c.received_at.desc())
        .limit(1)
    )
    stands = select(camera_places.c.latitude, camera_places.c.longitude).where(
        camera_places.c.edge == incident.edge, camera_places.c.camera == incident.camera
    )
    for query in (told, stands):
        row = (await connection.execute(query)).first()
        if row and row[0] is not None and row[1] is not None:
            return row[0], row[1]
    return None


async def save_site(connection: AsyncConnection, site: Site) -> None:
    await connection.execute(upsert(connection, sites, ["id"], msgspec.structs.asdict(site)))


async def site(connection: AsyncConnection, wanted: str) -> Site | None:
    """One site."""
    row = (await connection.execute(select(sites).where(sites.c.id == wanted))).mappings().first()
    return Site(**row) if row else None


async def listed(connection: AsyncConnection, area: str) -> list[Site]:
    """Sites of and within an area."""
    query = select(sites).where(within(sites.c.area, area)).order_by(sites.c.name)
    return [Site(**row) for row in (await connection.execute(query)).mappings()]


async def remove_site(connection: AsyncConnection, wanted: str) -> None:
    """Remove a site; cameras that stood there stand at none."""
    await connection.execute(update(camera_places).where(camera_places.c.site == wanted).values(site=None))
    await connection.execute(delete(sites).where(sites.c.id == wanted))


async def save_camera_place(connection: AsyncConnection, place: CameraPlace) -> None:
    values = msgspec.structs.asdict(place)
    await connection.execute(upsert(connection, camera_places, ["edge", "camera"], values))


async def camera_place(connection: AsyncConnection, edge: str, camera: str) -> dict[str, Any] | None:
    """Where one camera stands."""
    query = select(camera_places).where(camera_places.c.edge == edge, camera_places.c.camera == camera)
    row = (await connection.execute(query)).mappings().first()
    return dict(row) if row else None


async def cameras_within(connection: AsyncConnection, area: str) -> list[dict[str, Any]]:
    """The cameras within an area that their edge's last heartbeat named, each with where it stands: the fields of
    CameraPlace are None where nobody has said."""
    named = and_(cameras.c.edge == edges.c.id, cameras.c.seen_at >= edges.c.seen_at)
    query = _with_places().join(edges, named).where(within(cameras.c.area, area)).order_by(cameras.c.edge, cameras.c.id)
    return [dict(row) for row in (await connection.execute(query)).mappings()]


async def camera_within(connection: AsyncConnection, area: str, edge: str, camera: str) -> dict[str, Any] | None:
    """One camera, if it lies within `area`, as `cameras_within` gives it."""
    query = _with_places().where(cameras.c.edge == edge, cameras.c.id == camera, within(cameras.c.area, area))
    row = (await connection.execute(query)).mappings().first()
    return dict(row) if row else None


def _with_places() -> Select[Any]:
    place = camera_places.c
    told = (place.site, place.latitude, place.longitude, place.bearing, place.view_angle, place.reach_m)
    known = (cameras.c.edge, cameras.c.id, cameras.c.name, cameras.c.area, cameras.c.state, cameras.c.troubles)
    same = and_(place.edge == cameras.c.edge, place.camera == cameras.c.id)
    return select(*known, *told).select_from(cameras.outerjoin(camera_places, same))


async def neighbours_of(connection: AsyncConnection, edge: str, camera: str) -> list[tuple[str, str]]:
    """The cameras (edge, id) that stand beside one, wherever they are."""
    query = (
        select(neighbours.c.other_edge, neighbours.c.other_camera)
        .where(neighbours.c.edge == edge, neighbours.c.camera == camera)
        .order_by(neighbours.c.other_edge, neighbours.c.other_camera)
    )
    return [(other_edge, other) for other_edge, other in await connection.execute(query)]
