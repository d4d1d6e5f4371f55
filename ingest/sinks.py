"""The seams through which ingest hands on what it took in. The centre's store stands behind them.

Every method commits before it returns and raises StorageError where it could not; then nothing is acknowledged and the
edge sends again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

from msgspec import Struct

from core.events import Command, Event, Media, Reply, Status

MediaKind = Literal["snapshot", "clip"]


class Received(Struct, frozen=True):
    """An event with its sender, who was authorised by the broker, and the time it came."""

    edge: str
    event: Event
    at: datetime


# What became of a picture or clip. "unknown event": its event is not stored (yet); "mismatch": it is not the file that
# its event named.
Fate = Literal["stored", "duplicate", "unknown event", "mismatch"]


class EventSink(Protocol):
    """Where events go."""

    async def put_events(self, batch: Sequence[Received]) -> list[bool]:
        """Store events; True for each that was new, False for a repeat, in the order given."""
        ...


class MediaSink(Protocol):
    """Where pictures and clips are noted once their bytes are on the disk."""

    async def media_fate(self, kind: MediaKind, edge: str, event: str, media: Media | None) -> Fate:
        """What would become of a file of that event, without noting it; `media` None where it is not all here yet."""
        ...

    async def put_media(self, kind: MediaKind, edge: str, event: str, media: Media) -> Fate:
        """Note a file of an event of that edge."""
        ...


class Heartbeat(Struct, frozen=True):
    """What an edge, which was authorised by the broker, said of itself, and the time it came."""

    edge: str
    status: Status
    at: datetime


class FleetSink(Protocol):
    """Where the edges' heartbeats go."""

    async def put_statuses(self, batch: Sequence[Heartbeat]) -> None:
        """Note how edges are, all in one commit."""
        ...

    async def put_hearing(self, at: datetime) -> None:
        """Note that all has been taken in that edges sent up to now."""
        ...


class ReplySink(Protocol):
    """Where the edges' answers to commands go."""

    async def put_reply(self, edge: str, reply: Reply, at: datetime) -> None:
        """Note what an edge did with a command."""
        ...


class CommandSource(Protocol):
    """Where commands for edges come from."""

    async def due(self) -> Sequence[tuple[str, Command]]:
        """(edge, command) of what is to be sent now, each given out once; waits a moment where there is nothing.

        What reached nobody it gives out again by itself. Raises StorageError.
        """
        ...


class Tally(Protocol):
    """Where oddities are counted, for people to see."""

    async def count(self, name: str, amount: int = 1) -> None:
        """Add to a named counter."""
        ...
