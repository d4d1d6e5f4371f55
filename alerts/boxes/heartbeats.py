"""Heartbeats: what they change of the edges, their cameras and the orders to them.

Ten thousand edges make 500 of them a second. So a batch is taken in with as many questions to the database as one of
them would need, and consoles are told only of the edges of which they show something else now.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import to_builtins
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts import views
from alerts.boxes import arming, rules
from alerts.boxes.beat import Beat
from alerts.store import feed, fleet
from alerts.store.fleet import SeenCamera
from core import areas
from core.events import CameraStatus, Status

SHOWN = ("name", "state", "reason", "group", "mode", "troubles")  # of a camera, as its edge tells it


async def take_in(connection: AsyncConnection, batch: Sequence[Beat]) -> bool:
    """Note heartbeats, those of one edge in their order; of an edge that is not registered, nothing. Whether consoles
    were told of any."""
    told = False
    for beats in _rounds(batch):
        home = await fleet.edge_areas(connection, [beat.edge for beat in beats])
        told |= await _take_in(connection, [beat for beat in beats if beat.edge in home], home)
    return told


def _rounds(batch: Sequence[Beat]) -> list[list[Beat]]:
    """The batch as parts that hold each edge once at most."""
    rounds: list[list[Beat]] = []
    turns: dict[str, int] = {}
    for beat in batch:
        turn = turns.get(beat.edge, 0)
        turns[beat.edge] = turn + 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(beat)
    return rounds


async def _take_in(connection: AsyncConnection, beats: Sequence[Beat], home: dict[str, str]) -> bool:
    if not beats:
        return False
    edges = [beat.edge for beat in beats]
    before = await _rows(connection, edges)
    cameras = [
        SeenCamera(beat.edge, _clipped(camera, home[beat.edge]), camera, beat.at)
        for beat in beats
        for camera in beat.status.cameras
    ]
    await fleet.note_statuses(connection, [(beat.edge, beat.status, beat.at) for beat in beats])
    await fleet.note_cameras(connection, cameras)
    await arming.heard(connection, beats)
    await rules.heard(connection, beats)
    # Most say the same as twenty seconds ago; only the others are read again.
    news = [beat.edge for beat in beats if not _says_the_same(before.get(beat.edge), beat.status, home[beat.edge])]
    after = await _rows(connection, news)
    changed = [edge for edge in news if _shown(after.get(edge)) != _shown(before.get(edge))]
    await feed.append_edges(connection, beats[-1].at, [(home[edge], edge) for edge in changed])
    return bool(changed)


async def _rows(connection: AsyncConnection, edges: Sequence[str]) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in await fleet.listed(connection, None, edges)} if edges else {}


def _shown(row: dict[str, Any] | None) -> dict[str, Any] | None:
    """What consoles show of an edge, but for the time of its last heartbeat, which is no news while it is online."""
    return {**views.edge(row), "seen_at": None} if row else None


def _says_the_same(row: dict[str, Any] | None, status: Status, home: str) -> bool:
    """Whether a heartbeat surely changes nothing that consoles show of an edge, as it was before."""
    if row is None or status.at is None or row["orders"]:
        return False
    was = {
        each["id"]: (each["area"], views.rate(each["fps"]), *(each[name] for name in SHOWN)) for each in row["cameras"]
    }
    told = {
        each.id: (_clipped(each, home), views.rate(each.fps), *(getattr(each, name) for name in SHOWN))
        for each in status.cameras
    }
    whole = row["online"], row["stream"], row["outbox"]
    return was == told and whole == (status.online, status.stream, to_builtins(status.outbox))


def _clipped(camera: CameraStatus, area: str) -> str:
    """Where a camera stands: as its edge says, if that lies within the area the centre gave the edge."""
    return camera.area if areas.contains(area, camera.area) else area
