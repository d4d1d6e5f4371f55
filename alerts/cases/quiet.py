"""The end of silences and tests: what came meanwhile is closed by itself, and stays to be read."""

from sqlalchemy.ext.asyncio import AsyncConnection

from alerts import views
from alerts.cases import incident, news
from alerts.cases.incident import Resolution
from alerts.store import incidents, mutes
from core.clock import Clock


async def close_outlived(connection: AsyncConnection, clock: Clock) -> int:
    """Close the open incidents whose silence or test is over; how many."""
    now = clock.now()
    over = await mutes.outlived(connection, now)
    for incident_id in over:
        found = await incidents.by_id(connection, incident_id)
        if found is None:
            continue
        resolution = Resolution.TEST if found.test else Resolution.SILENCED
        closed = await incidents.save(connection, incident.closed(found, resolution, now))
        await incidents.log(connection, incident_id, now, views.SYSTEM, "closed", resolution.value)
        await news.tell(connection, [closed], now)
    return len(over)
