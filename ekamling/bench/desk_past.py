"""The weeks before the desk bench's day: incidents that are over, written as rows, and what stands on the map."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import insert

from alerts.store.database import Database
from alerts.store.response_schema import camera_places, sites
from alerts.store.schema import incident_parts, incidents
from core.ids import new_id
from ekamling.bench.desk_area import CAMERAS, VILLAGES, area_of, rt_of

DAYS = 29  # before the day itself
TOGETHER = 500
_DAY_S = 86_400
_PRESENCE, _TROUBLE = {"kind": "intrusion", "family": "presence"}, {"kind": "dark", "family": "health"}
_STAYS = {"verified_at": None, "quiet": None, "test": False, "agency": "", "merged_into": None}


async def fill(database: Database, end: datetime, a_day: int) -> None:
    """So many incidents a day on the days before `end`, nine of ten closed as false."""
    chance = np.random.default_rng(4)
    for day in range(DAYS, 0, -1):
        rows = [_incident(end - timedelta(days=day), chance) for _ in range(a_day)]
        async with database.write() as connection:
            for some in _parts(rows):
                await connection.execute(insert(incidents), some)
                await connection.execute(insert(incident_parts), [_part(row) for row in some])


async def build(database: Database) -> None:
    """A site in each village, and a place for each camera."""
    async with database.write() as connection:
        rows = [
            {"id": f"site-{village}", "name": f"Pasar {village}", "area": area_of(village), "kind": "market"}
            | {"wants_camera": True, "contact": "", "latitude": -7.4 + village / 1000, "longitude": 109.4}
            for village in range(VILLAGES)
        ]
        await connection.execute(insert(sites), rows)
        for village in range(VILLAGES):
            await connection.execute(insert(camera_places), [_place(village, camera) for camera in range(CAMERAS)])


def _incident(day: datetime, chance: np.random.Generator) -> dict[str, Any]:
    village, camera = int(chance.integers(VILLAGES)), int(chance.integers(CAMERAS))
    at = day + timedelta(seconds=chance.random() * _DAY_S)
    claimed = at + timedelta(seconds=chance.exponential(30))
    sent = claimed + timedelta(seconds=chance.exponential(60)) if chance.random() < 0.3 else None
    scene = sent + timedelta(seconds=chance.exponential(400)) if sent and chance.random() < 0.5 else None
    trouble = chance.random() < 0.02
    seen = {"opened_at": at, "received_at": at, "updated_at": at, "last_event_at": at, "last_event": new_id()}
    came = {"acknowledged_at": claimed, "dispatched_at": sent, "on_scene_at": scene}
    came["closed_at"] = (scene or sent or claimed) + timedelta(minutes=10)
    return {
        **{"id": new_id(), "edge": f"edge-{village}", "camera": f"camera-{camera}", "area": rt_of(village, camera)},
        **(_TROUBLE if trouble else _PRESENCE),
        **{
            "rule": "bench",
            "severity": int(chance.integers(2, 4)),
            "label": "person",
            "score": 0.9,
            "source": "camera",
        },
        **{"state": "closed", "resolution": "false" if chance.random() < 0.9 else "resolved", "summary": ""},
        **{"event_count": int(chance.integers(1, 20)), **_STAYS, **seen, **came},
    }


def _part(row: dict[str, Any]) -> dict[str, Any]:
    where = {name: row[name] for name in ("edge", "camera", "area")}
    return {**where, "incident": row["id"], "first_at": row["opened_at"], "last_at": row["closed_at"]}


def _place(village: int, camera: int) -> dict[str, Any]:
    stands = {"latitude": -7.4 + village / 1000 + camera / 10_000, "longitude": 109.4 + camera / 1000}
    looks = {"bearing": 36.0 * camera, "view_angle": 80.0, "reach_m": 25.0}
    return {"edge": f"edge-{village}", "camera": f"camera-{camera}", "site": None, **stands, **looks}


def _parts(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    return (rows[first : first + TOGETHER] for first in range(0, len(rows), TOGETHER))
