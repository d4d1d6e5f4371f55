"""What consoles are told of incidents, through the feed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from alerts import views
from alerts.cases.incident import Incident
from alerts.store import feed, fleet


async def shown(connection: AsyncConnection, found: Sequence[Incident]) -> list[dict[str, Any]]:
    """Incidents as consoles show them."""
    cameras = {(each.edge, each.camera) for each in found if each.camera}
    names = await fleet.camera_names(connection, cameras) if cameras else {}
    return [views.incident(each, names.get((each.edge, each.camera), each.camera)) for each in found]


async def tell(connection: AsyncConnection, changed: Sequence[Incident], now: datetime) -> list[dict[str, Any]]:
    """Tell consoles of incidents, but for those that came during a silence; how consoles show each."""
    seen = await shown(connection, changed)
    heard = [
        (incident.area, view)
        for incident, view in zip(changed, seen, strict=True)
        if incident.quiet is None or incident.test
    ]
    await feed.append_all(connection, now, "incident", heard)
    return seen
