"""What consoles are told of incidents, through the feed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from alerts import views
from alerts.incident import Incident
from alerts.store import feed, fleet


async def shown(connection: AsyncConnection, found: Sequence[Incident]) -> list[dict[str, Any]]:
    """Incidents as consoles show them."""
    names = await fleet.camera_names(connection, {(each.edge, each.camera) for each in found if each.camera})
    return [views.incident(each, names.get((each.edge, each.camera), each.camera)) for each in found]


async def tell(connection: AsyncConnection, changed: Sequence[Incident], now: datetime) -> None:
    """Tell consoles of incidents, but for those that came during a silence."""
    heard = [incident for incident in changed if incident.quiet is None or incident.test]
    for incident, view in zip(heard, await shown(connection, heard), strict=True):
        await feed.append(connection, now, "incident", incident.area, view)
