"""Where ingest's seams meet the store: events become incidents, in the same transaction that stores them.

It matches the protocols of `ingest.sinks` by shape; the two rooms do not know each other.
"""

import contextlib
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from alerts.bell import Bell
from alerts.boxes import heartbeats
from alerts.boxes.beat import Beat
from alerts.cases import arrivals, news
from alerts.cases.incident import Incident
from alerts.cases.signal import of_event
from alerts.store import fleet, incidents, outages, sequences
from alerts.store.database import Database
from core.clock import Clock
from core.events import Event, Media
from core.latency import Latencies

MediaOutcome = Literal["stored", "duplicate", "unknown event", "mismatch"]


class Arrived(Protocol):
    """An event with its sender and the time it came."""

    @property
    def edge(self) -> str: ...
    @property
    def event(self) -> Event: ...
    @property
    def at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class _Renamed:
    """An event of an edge that was set back."""

    edge: str
    event: Event
    at: datetime


class Sink:
    """All writes that come from edges."""

    def __init__(self, database: Database, bell: Bell, clock: Clock) -> None:
        self._database = database
        self._bell = bell
        self._clock = clock
        self.frame_to_event = Latencies()
        self.event_to_stored = Latencies()

    @contextlib.asynccontextmanager
    async def _change(self) -> AsyncIterator[AsyncConnection]:
        """A transaction after which consoles look at the feed."""
        async with self._database.write() as connection:
            yield connection
        self._bell.ring()

    async def put_events(self, batch: Sequence[Arrived]) -> list[bool]:
        """Store events and fold them into incidents; True for each that was new. Consoles are told of each incident
        that changed once, however many events of the batch went into it."""
        async with self._change() as connection:
            sorted_out = await _sorted_out(connection, batch)
            fresh = [arrived for arrived in sorted_out if arrived]
            await self._fold(connection, fresh)
        now = self._clock.now()
        for arrived in fresh:
            self.frame_to_event.add((arrived.event.at - arrived.event.frame_at).total_seconds())
            self.event_to_stored.add((now - arrived.event.at).total_seconds())
        return [arrived is not None for arrived in sorted_out]

    async def _fold(self, connection: AsyncConnection, fresh: Sequence[Arrived]) -> None:
        """Store new events with the incidents that they belong to."""
        if not fresh:
            return
        now = self._clock.now()
        places = await fleet.camera_areas(connection, {(arrived.edge, arrived.event.camera) for arrived in fresh})
        signals = [
            of_event(arrived.edge, places[arrived.edge, arrived.event.camera], arrived.event, now) for arrived in fresh
        ]
        taken = await arrivals.take_in(connection, signals, self._clock)
        rows = [
            incidents.event_values(arrived.edge, arrived.event, incident, arrived.at, now)
            for arrived, incident in zip(fresh, taken, strict=True)
        ]
        await incidents.insert_events(connection, rows)

    async def media_fate(self, kind: str, edge: str, event: str, media: Media | None) -> MediaOutcome:
        """What would become of a file of that event; see ingest.sinks."""
        async with self._database.read() as connection:
            return await self._fate(connection, kind, edge, event, media)

    async def _fate(
        self, connection: AsyncConnection, kind: str, edge: str, event: str, media: Media | None
    ) -> MediaOutcome:
        row = await incidents.event_row(connection, event)
        if row is None or row["edge"] != edge:
            return "unknown event"
        if kind == "snapshot" and media is not None and row["snapshot_sha256"] != media.sha256:
            return "mismatch"
        there = await incidents.media_of(connection, event, kind)
        return "duplicate" if there else "stored"

    async def put_media(self, kind: str, edge: str, event: str, media: Media) -> MediaOutcome:
        """Note a file of an event, and show it with the incident if it is the newest of its kind."""
        async with self._change() as connection:
            fate = await self._fate(connection, kind, edge, event, media)
            if fate != "stored":
                return fate
            now = self._clock.now()
            await incidents.add_media(connection, event, kind, media.sha256, media.size, now)
            row = await incidents.event_row(connection, event)
            incident = await incidents.by_id(connection, row["incident"]) if row else None
            if incident:
                await self._show(connection, incident, kind, event, now)
        return "stored"

    async def _show(
        self, connection: AsyncConnection, incident: Incident, kind: str, event: str, now: datetime
    ) -> None:
        shown = incident.snapshot_event if kind == "snapshot" else incident.clip_event
        if shown is not None and shown > event:  # ids grow with time
            return
        field = "snapshot_event" if kind == "snapshot" else "clip_event"
        changed = await incidents.save(connection, msgspec.structs.replace(incident, **{field: event}))
        await news.tell(connection, [changed], now)

    async def put_statuses(self, batch: Sequence[Beat]) -> None:
        """Note heartbeats of edges and their cameras, each within the edge's own area. Consoles are told of an edge
        when its heartbeat changes what they show."""
        async with self._database.write() as connection:
            told = await heartbeats.take_in(connection, batch)
        if told:  # most bring nothing new, and who waits for the bell need not look for that
            self._bell.ring()

    async def put_hearing(self, at: datetime) -> None:
        """Note that all has been taken in that edges sent up to now: who was not heard by then is silent."""
        async with self._database.write() as connection:
            await outages.note_hearing(connection, at)

    async def count(self, name: str, amount: int = 1) -> None:
        """Add to a named counter."""
        async with self._database.write() as connection:
            await fleet.count(connection, name, amount)


async def _sorted_out(connection: AsyncConnection, batch: Sequence[Arrived]) -> list[Arrived | None]:
    """The batch as it is to be stored, and counted as such; None for what is stored already, or is earlier in it.

    An event under a number that another has comes from an edge whose disk was put back to an earlier state: it counts
    from there again. It is no repeat, and is kept under a life of its own.
    """
    ids, numbers = await incidents.known(connection, [(arrived.edge, arrived.event) for arrived in batch])
    stored, rewound = Counter[sequences.Life](), Counter[sequences.Life]()
    sorted_out: list[Arrived | None] = []
    for arrived in batch:
        event, life = arrived.event, (arrived.edge, arrived.event.stream)
        if event.id in ids:
            sorted_out.append(None)
            continue
        if (*life, event.seq) in numbers:
            rewound[life] += 1
            other = msgspec.structs.replace(event, stream=_another_life(event))
            sorted_out.append(_Renamed(arrived.edge, other, arrived.at))
        else:
            stored[life] += 1
            sorted_out.append(arrived)
        ids.add(event.id)
        numbers.add((*life, event.seq))
    await sequences.note(connection, stored, rewound)
    return sorted_out


def _another_life(event: Event) -> str:
    return hashlib.sha256(f"{event.stream} {event.id}".encode()).hexdigest()[:16]
