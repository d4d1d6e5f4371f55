"""The intake: what a batch of messages becomes. Messages and sinks in, acknowledgements out; no network here."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from core.clock import Clock
from core.errors import StorageError, WireError
from core.events import Ack, Event, Reply, Snapshot, Status, decode
from core.topics import parse_subject
from ingest.media import MediaFolder
from ingest.sinks import EventSink, FleetSink, MediaSink, Received, Tally

JPEG = b"\xff\xd8\xff"

log = logging.getLogger("ingest.intake")


@dataclass(frozen=True, slots=True)
class Message:
    """One message as the broker gave it."""

    subject: str
    payload: bytes


class Verdict(Enum):
    """What to tell the broker of a message."""

    DONE = "done"
    RETRY = "retry"  # give it again later
    REFUSED = "refused"  # never give it again


@dataclass(slots=True)
class Outcome:
    """Of one batch: a verdict for each message, and the acks for the edges, (edge, ack)."""

    verdicts: list[Verdict]
    acks: list[tuple[str, Ack]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sinks:
    """Where everything goes."""

    events: EventSink
    media: MediaSink
    fleet: FleetSink
    tally: Tally


class Intake:
    """Takes in batches. An edge is told of a commit only after it, so a crash at any point loses nothing."""

    def __init__(self, sinks: Sinks, media: MediaFolder, clock: Clock) -> None:
        self._sinks = sinks
        self._media = media
        self._clock = clock

    async def handle(self, batch: Sequence[Message]) -> Outcome:
        """Take in a batch: heartbeats first, because they name the cameras, then events, then the events' pictures."""
        outcome = Outcome([Verdict.REFUSED] * len(batch))
        statuses: list[tuple[int, str, Status]] = []
        events: list[tuple[int, Received]] = []
        others: list[tuple[int, str, Snapshot | Reply]] = []
        for index, message in enumerate(batch):
            match await self._decode(message):
                case Received() as received:
                    events.append((index, received))
                case (edge, Status() as status):
                    statuses.append((index, edge, status))
                case (edge, (Snapshot() | Reply()) as item):
                    others.append((index, edge, item))
        try:
            for index, edge, status in statuses:
                await self._sinks.fleet.put_status(edge, status, self._clock.now())
                outcome.verdicts[index] = Verdict.DONE
            await self._events(events, outcome)
            for index, edge, item in others:
                outcome.verdicts[index] = await self._other(edge, item, outcome)
        except StorageError as error:
            log.error("%s; %d messages wait with the broker", error, len(batch))
            return Outcome([Verdict.RETRY] * len(batch), [])
        return outcome

    async def _decode(self, message: Message) -> Received | tuple[str, Snapshot | Status | Reply] | None:
        """(sender, what it sent); None, counted and logged, where it is not of the contract."""
        try:
            edge, channel = parse_subject(message.subject)
            match channel:
                case "event":
                    return Received(edge, decode(Event, message.payload), self._clock.now())
                case "snapshot":
                    return edge, decode(Snapshot, message.payload)
                case "status":
                    return edge, decode(Status, message.payload)
                case _:
                    return edge, decode(Reply, message.payload)
        except WireError as error:
            log.warning("refused a message on %s: %s", message.subject[:80], error)
            await self._sinks.tally.count("refused")
            return None

    async def _events(self, events: Sequence[tuple[int, Received]], outcome: Outcome) -> None:
        """Store events, all in one commit, and acknowledge them by edge and stream."""
        if not events:
            return
        new = await self._sinks.events.put_events([received for _, received in events])
        repeats = new.count(False)
        if repeats:
            await self._sinks.tally.count("duplicates", repeats)
        acks: dict[tuple[str, str], list[int]] = {}
        for index, received in events:
            outcome.verdicts[index] = Verdict.DONE
            acks.setdefault((received.edge, received.event.stream), []).append(received.event.seq)
        outcome.acks += [(edge, Ack(stream=stream, seqs=seqs)) for (edge, stream), seqs in acks.items()]

    async def _other(self, edge: str, item: Snapshot | Reply, outcome: Outcome) -> Verdict:
        if isinstance(item, Snapshot):
            return await self._snapshot(edge, item, outcome)
        log.info("edge %s answers %s: %s %s", edge, item.command, "ok" if item.ok else "no", item.message)
        return Verdict.DONE

    async def _snapshot(self, edge: str, snapshot: Snapshot, outcome: Outcome) -> Verdict:
        """Store a picture whose event is here and names exactly it."""
        if not snapshot.jpeg.startswith(JPEG):
            await self._sinks.tally.count("refused")
            return Verdict.REFUSED
        media = await asyncio.to_thread(self._media.store, "snapshot", snapshot.jpeg)
        fate = await self._sinks.media.put_media("snapshot", edge, snapshot.event, media)
        if fate == "unknown event":
            return Verdict.REFUSED  # unacknowledged: the edge sends it again, after its event
        if fate == "mismatch":
            log.warning(
                "refused a snapshot of edge %s: it is not the picture that event %s names", edge, snapshot.event
            )
            await self._sinks.tally.count("refused")
            return Verdict.REFUSED
        outcome.acks.append((edge, Ack(stream=snapshot.stream, snapshots=[snapshot.event])))
        return Verdict.DONE
