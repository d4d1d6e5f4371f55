"""A centre's store in memory, for the tests of ingest: it obeys the same seams as the real one."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from core.errors import StorageError
from core.events import Media, Status
from ingest.sinks import Fate, Heartbeat, MediaKind, Received


class MemoryStore:
    """Everything that ingest hands on. While `broken`, nothing can be written or asked."""

    def __init__(self) -> None:
        self.events: dict[tuple[str, str, int], Received] = {}
        self.media: dict[tuple[str, str], Media] = {}
        self.statuses: list[tuple[str, Status, datetime]] = []
        self.counts: Counter[str] = Counter()
        self.broken: set[str] = set()
        self.heard: list[datetime] = []

    async def put_events(self, batch: Sequence[Received]) -> list[bool]:
        self._check("events")
        new = []
        for received in batch:
            key = (received.edge, received.event.stream, received.event.seq)
            new.append(key not in self.events)
            self.events.setdefault(key, received)
        return new

    async def media_fate(self, kind: MediaKind, edge: str, event: str, media: Media | None) -> Fate:
        self._check("media")
        known = {received.event.id: received for received in self.events.values() if received.edge == edge}
        if event not in known:
            return "unknown event"
        if kind == "snapshot" and media is not None and known[event].event.snapshot != media:
            return "mismatch"
        return "duplicate" if (kind, event) in self.media else "stored"

    async def put_media(self, kind: MediaKind, edge: str, event: str, media: Media) -> Fate:
        fate = await self.media_fate(kind, edge, event, media)
        if fate == "stored":
            self.media[kind, event] = media
        return fate

    async def put_hearing(self, at: datetime) -> None:
        self.heard.append(at)

    async def put_statuses(self, batch: Sequence[Heartbeat]) -> None:
        self._check("fleet")
        self.statuses += [(each.edge, each.status, each.at) for each in batch]

    async def count(self, name: str, amount: int = 1) -> None:
        self._check("counts")
        self.counts[name] += amount

    def _check(self, part: str) -> None:
        if part in self.broken:
            raise StorageError(f"memory: the {part} cannot be written")
