"""Figures of the centre, for people who run it and for measurements."""

from typing import Any

import msgspec
from sqlalchemy import Select, func, select

from alerts.sink import Sink
from alerts.store import fleet
from alerts.store.database import Database
from alerts.store.incidents import within
from alerts.store.schema import cameras, edges, events, incidents, media


class Statistics:
    """Counts from the database and latencies from this process."""

    def __init__(self, database: Database, sink: Sink) -> None:
        self._database = database
        self._sink = sink

    async def figures(self, area: str) -> dict[str, Any]:
        """Counts since the database began, within `area`; of the whole centre, the oddities (duplicates, refused) and
        the latencies of this process's last 10,000 events, in ms."""
        inside = within(incidents.c.area, area)
        stored = select(func.count()).select_from(events).join(incidents, events.c.incident == incidents.c.id)
        kept = stored.join(media, media.c.event == events.c.id).where(inside)
        async with self._database.read() as connection:

            async def number(query: Select[int]) -> int:
                return int((await connection.execute(query)).scalar_one())

            counted = await fleet.counts(connection)
            reported = select(edges.c.outbox).where(within(edges.c.area, area))
            outboxes = [fleet.outbox_of({"outbox": row[0]}) for row in await connection.execute(reported)]
            counts = select(cameras.c.counts).where(within(cameras.c.area, area))
            loops = [row[0] for row in await connection.execute(counts)]
            totals = {
                "events_stored": await number(stored.where(inside)),
                "incidents": await number(select(func.count()).select_from(incidents).where(inside)),
                "snapshots": await number(kept.where(media.c.kind == "snapshot")),
                "clips": await number(kept.where(media.c.kind == "clip")),
            }
        return {
            **totals,
            "events_published": sum(outbox.recorded for outbox in outboxes),
            "events_lost_at_edges": sum(outbox.events_lost for outbox in outboxes),
            "duplicates": counted.get("duplicates", 0),
            "refused": counted.get("refused", 0),
            "cameras": len(loops),
            "loops": {name: sum(loop.get(name, 0) for loop in loops) for name in (loops[0] if loops else {})},
            "latency_ms": {
                "frame_to_event": msgspec.to_builtins(self._sink.frame_to_event.percentiles()),
                "event_to_stored": msgspec.to_builtins(self._sink.event_to_stored.percentiles()),
            },
        }
