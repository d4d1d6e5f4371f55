"""Sites, and where cameras stand and look: kept by those who install them, shown on a map."""

import asyncio
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.ground import field_of_view, places
from alerts.ground.field_of_view import Standing
from alerts.store import cases, changes
from alerts.store import sites as rows
from alerts.store.changes import Change
from alerts.store.database import Database
from alerts.store.people import User
from alerts.store.sites import CameraPlace, Site
from core import areas
from core.clock import Clock
from core.errors import EkamlingError

Camera = tuple[str, str]  # edge, id
STANDS = ("site", "latitude", "longitude", "bearing", "view_angle", "reach_m")
SUGGESTIONS = 20
SECTORS = 4096  # outlines that are remembered, 2 kB each
_json = msgspec.json.Encoder()


class Placing(Struct, frozen=True, kw_only=True):
    """Where a camera stands, and which cameras stand beside it."""

    place: CameraPlace
    neighbours: frozenset[Camera] = frozenset()


class Sites:
    """Reads and changes them. A method that returns None says: no such thing for this user."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def listed(self, user: User) -> list[dict[str, Any]]:
        """The sites within the user's area."""
        async with self._database.read() as connection:
            return [view(site) for site in await rows.listed(connection, user.area)]

    async def one(self, user: User, site: str) -> dict[str, Any] | None:
        """One site."""
        async with self._database.read() as connection:
            found = await _site(connection, user, site)
        return view(found) if found else None

    async def save(self, user: User, site: Site) -> dict[str, Any] | None:
        """Add or change a site; raises EkamlingError for one outside of the user's area."""
        if not areas.contains(user.area, areas.check(site.area)):
            raise EkamlingError(f"area {site.area} lies outside {user.area}, where you may change sites")
        async with self._database.write() as connection:
            before = await rows.site(connection, site.id)
            if before and not areas.contains(user.area, before.area):
                return None
            await rows.save_site(connection, site)
            change = Change(user=user.name, area=site.area, what="site", which=site.id, before=before, after=site)
            await changes.note(connection, change, self._clock.now())
        return view(site)

    async def remove(self, user: User, site: str) -> bool | None:
        """Remove a site; cameras that stood there stand at none from then on."""
        async with self._database.write() as connection:
            before = await _site(connection, user, site)
            if before is None:
                return None
            await rows.remove_site(connection, site)
            change = Change(user=user.name, area=before.area, what="site", which=site, before=before)
            await changes.note(connection, change, self._clock.now())
        return True

    async def place(self, user: User, edge: str, camera: str, within_m: float) -> dict[str, Any] | None:
        """Where a camera stands, its neighbours, and who else stands at most `within_m` metres away."""
        async with self._database.read() as connection:
            found = await rows.camera_within(connection, user.area, edge, camera)
            return await _placed(connection, user, found, within_m) if found else None

    async def put(self, user: User, placing: Placing, within_m: float) -> dict[str, Any] | None:
        """Say where a camera stands; raises EkamlingError for a site or neighbour that the user cannot see.
        Neighbours outside of the user's area, which others have named, stay."""
        edge, camera = placing.place.edge, placing.place.camera
        async with self._database.write() as connection:
            found = await rows.camera_within(connection, user.area, edge, camera)
            if found is None:
                return None
            await _check(connection, user, placing)
            named = await rows.neighbours_of(connection, edge, camera)
            foreign = [each for each in named if not await rows.camera_within(connection, user.area, *each)]
            kept = {*placing.neighbours, *foreign} - {(edge, camera)}
            await rows.save_camera_place(connection, placing.place)
            await cases.set_neighbours(connection, (edge, camera), kept)
            change = Change(
                user=user.name,
                area=found["area"],
                what="camera",
                which=f"{edge}/{camera}",
                before=_told({name: found[name] for name in STANDS}, named),
                after=_told({name: getattr(placing.place, name) for name in STANDS}, kept),
            )
            await changes.note(connection, change, self._clock.now())
            changed = await rows.camera_within(connection, user.area, edge, camera)
            return await _placed(connection, user, changed, within_m) if changed else None

    async def map(self, user: User) -> bytes:
        """Sites, cameras and what these see, within the user's area, as GeoJSON (RFC 7946). The same while nothing of
        it changes."""
        async with self._database.read() as connection:
            sites = await rows.listed(connection, user.area)
            cameras = await rows.cameras_within(connection, user.area)
        return await asyncio.to_thread(_drawn, sites, cameras)


async def _site(connection: AsyncConnection, user: User, site: str) -> Site | None:
    found = await rows.site(connection, site)
    return found if found and areas.contains(user.area, found.area) else None


async def _check(connection: AsyncConnection, user: User, placing: Placing) -> None:
    """Raise EkamlingError for what does not lie within the user's area, as for what is not there at all."""
    site = placing.place.site
    if site is not None and await _site(connection, user, site) is None:
        raise EkamlingError(f"site {site}: there is no such site in {user.area}; add it first")
    for edge, camera in sorted(placing.neighbours):
        if await rows.camera_within(connection, user.area, edge, camera) is None:
            raise EkamlingError(f"neighbour {edge}/{camera}: there is no such camera in {user.area}")


async def _placed(connection: AsyncConnection, user: User, found: dict[str, Any], within_m: float) -> dict[str, Any]:
    around = {(row["edge"], row["id"]): row for row in await rows.cameras_within(connection, user.area)}
    named = [each for each in await rows.neighbours_of(connection, found["edge"], found["id"]) if each in around]
    return {
        **{name: found[name] for name in STANDS},
        "edge": found["edge"],
        "camera": found["id"],
        "name": found["name"],
        "area": found["area"],
        "neighbours": [_named(around[each]) for each in named],
        "suggested": _suggested(found, around, set(named), within_m),
        "view": _outline(found),
    }


def _suggested(
    found: dict[str, Any], around: dict[Camera, dict[str, Any]], named: set[Camera], within_m: float
) -> list[dict[str, Any]]:
    """Cameras that stand near, and that nobody has named as neighbours."""
    here = _standing(found)
    others = [there for row in around.values() if (there := _standing(row)) and there.key not in named]
    near = field_of_view.near(here, others, within_m) if here else []
    return [{**_named(around[each.key]), "distance_m": round(each.distance_m, 1)} for each in near[:SUGGESTIONS]]


def _standing(row: dict[str, Any]) -> Standing | None:
    if row["latitude"] is None or row["longitude"] is None:
        return None
    return Standing((row["edge"], row["id"]), (row["latitude"], row["longitude"]))


def _named(row: dict[str, Any]) -> dict[str, Any]:
    return {"edge": row["edge"], "camera": row["id"], "name": row["name"]}


def _told(place: dict[str, Any], neighbours: Any) -> dict[str, Any]:
    return {**place, "neighbours": sorted(f"{edge}/{camera}" for edge, camera in neighbours)}


def view(site: Site) -> dict[str, Any]:
    """A site as the API shows it."""
    return {**msgspec.structs.asdict(site), "area_name": places.name(site.area)}


def _drawn(sites: list[Site], cameras: list[dict[str, Any]]) -> bytes:
    features = [_point("site", view(site)) for site in sites if site.latitude is not None]
    features += [_point("camera", _shown(row)) for row in cameras if row["latitude"] is not None]
    features += [feature for row in cameras if (feature := _view_of(row))]
    return _json.encode({"type": "FeatureCollection", "features": features})


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """A camera as the map shows it."""
    troubles = {"troubles": row["troubles"] or [], "area_name": places.name(row["area"])}
    return {**{name: value for name, value in row.items() if name != "id"}, "camera": row["id"], **troubles}


def _point(sort: str, shown: dict[str, Any]) -> dict[str, Any]:
    geometry = {"type": "Point", "coordinates": [shown["longitude"], shown["latitude"]]}
    return {"type": "Feature", "geometry": geometry, "properties": {"sort": sort, **shown}}


def _view_of(row: dict[str, Any]) -> dict[str, Any] | None:
    outline = _outline(row)
    properties = {"sort": "view", "edge": row["edge"], "camera": row["id"], "state": row["state"]}
    return {"type": "Feature", "geometry": outline, "properties": properties} if outline else None


def _outline(row: dict[str, Any]) -> dict[str, Any] | None:
    """What a camera sees, as a GeoJSON polygon; None while something of it is not known."""
    standing = _standing(row)
    if standing is None or None in (row["bearing"], row["view_angle"], row["reach_m"]):
        return None
    ring = _ring(standing.at, row["bearing"], row["view_angle"], row["reach_m"])
    return {"type": "Polygon", "coordinates": [ring]}


@lru_cache(maxsize=SECTORS)
def _ring(at: tuple[float, float], bearing: float, view_angle: float, reach_m: float) -> field_of_view.Ring:
    """Drawn once: cameras seldom move."""
    return field_of_view.view(at, bearing, view_angle, reach_m)
