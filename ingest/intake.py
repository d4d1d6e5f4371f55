"""The intake: what a batch of messages becomes. Messages and sinks in, acknowledgements out; no network here."""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC
from enum import Enum

from core.clock import Clock
from core.errors import StorageError, WireError
from core.events import Ack, Event, Media, Reply, Snapshot, Status, decode
from core.topics import parse_subject
from ingest.media import MediaFolder
from ingest.sinks import EventSink, FleetSink, Heartbeat, MediaSink, Received, ReplySink, Tally

JPEG = b"\xff\xd8\xff"
NUL = rb"\u0000"  # the only form in which JSON can carry it

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
    EARLY = "early"  # the same, and a few times only: what it belongs to may be on its way
    REFUSED = "refused"  # never give it again


@dataclass(slots=True)
class Outcome:
    """Of one batch: a verdict for each message, and the acks for the edges, (edge, ack)."""

    verdicts: list[Verdict]
    acks: list[tuple[str, Ack]] = field(default_factory=list)
    oddities: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Sinks:
    """Where everything goes."""

    events: EventSink
    media: MediaSink
    fleet: FleetSink
    tally: Tally
    replies: ReplySink | None = None  # where nobody gives commands, answers are only logged


@dataclass(frozen=True, slots=True)
class _Sorted:
    """The messages of a batch that are of the contract, by kind, each with its place in the batch."""

    replies: list[tuple[int, str, Reply]] = field(default_factory=list)
    statuses: list[tuple[int, Heartbeat]] = field(default_factory=list)
    events: list[tuple[int, Received]] = field(default_factory=list)
    snapshots: list[tuple[int, str, Snapshot]] = field(default_factory=list)


class Intake:
    """Takes in batches. An edge is told of a commit only after it, so a crash at any point loses nothing."""

    def __init__(self, sinks: Sinks, media: MediaFolder, clock: Clock) -> None:
        self._sinks = sinks
        self._media = media
        self._clock = clock

    async def handle(self, batch: Sequence[Message]) -> Outcome:
        """Take in a batch: answers first, so that no heartbeat lets a command be sent again that was answered; then
        heartbeats, because they name the cameras, then events, then the events' pictures.

        When the storage fails, what was committed before stays done and acknowledged, and the rest is to come again.
        """
        outcome = Outcome([Verdict.RETRY] * len(batch))
        messages = self._sort(batch, outcome)
        try:
            for index, edge, reply in messages.replies:
                await self._reply(edge, reply)
                outcome.verdicts[index] = Verdict.DONE
            await self._statuses(messages.statuses, outcome)
            await self._events(messages.events, outcome)
            for index, edge, snapshot in messages.snapshots:
                outcome.verdicts[index] = await self._snapshot(edge, snapshot, outcome)
            for name, amount in outcome.oddities.items():
                await self._sinks.tally.count(name, amount)
        except StorageError as error:
            log.error("%s; %d messages wait with the broker", error, outcome.verdicts.count(Verdict.RETRY))
        return outcome

    async def heard_out(self) -> None:
        """Note that nothing waits any more with the broker."""
        try:
            await self._sinks.fleet.put_hearing(self._clock.now())
        except StorageError as error:
            log.error("%s; that all edges were heard is noted later", error)

    def _sort(self, batch: Sequence[Message], outcome: Outcome) -> _Sorted:
        """Decode a batch; what is not of the contract is logged and refused."""
        messages = _Sorted()
        for index, message in enumerate(batch):
            try:
                edge, item = _read(message)
            except WireError as error:
                log.warning("refused a message on %s: %s", message.subject[:80], error)
                _refuse(outcome, index)
                continue
            match item:
                case Event():
                    messages.events.append((index, Received(edge, item, self._clock.now())))
                case Status():
                    messages.statuses.append((index, Heartbeat(edge, item, self._clock.now())))
                case Snapshot():
                    messages.snapshots.append((index, edge, item))
                case Reply():
                    messages.replies.append((index, edge, item))
        return messages

    async def _statuses(self, statuses: Sequence[tuple[int, Heartbeat]], outcome: Outcome) -> None:
        if statuses:
            await self._sinks.fleet.put_statuses([heartbeat for _, heartbeat in statuses])
        for index, _ in statuses:
            outcome.verdicts[index] = Verdict.DONE

    async def _events(self, events: Sequence[tuple[int, Received]], outcome: Outcome) -> None:
        """Store events, all in one commit, and acknowledge them by edge and stream."""
        if not events:
            return
        new = await self._sinks.events.put_events([received for _, received in events])
        stored: dict[tuple[str, str], list[Event]] = {}
        for index, received in events:
            outcome.verdicts[index] = Verdict.DONE
            stored.setdefault((received.edge, received.event.stream), []).append(received.event)
        for (edge, stream), them in stored.items():
            ack = Ack(stream=stream, seqs=[event.seq for event in them], events=[event.id for event in them])
            outcome.acks.append((edge, ack))
        if False in new:
            outcome.oddities["duplicates"] += new.count(False)

    async def _reply(self, edge: str, reply: Reply) -> None:
        log.info("edge %s answers %s: %s %s", edge, reply.command, "ok" if reply.ok else "no", reply.message)
        if self._sinks.replies:
            await self._sinks.replies.put_reply(edge, reply, self._clock.now())

    async def _snapshot(self, edge: str, snapshot: Snapshot, outcome: Outcome) -> Verdict:
        """Store a picture whose event is here and names exactly it. No other reaches the disk."""
        media = Media.of(snapshot.jpeg)
        fate = await self._sinks.media.media_fate("snapshot", edge, snapshot.event, media)
        if fate == "unknown event":
            return Verdict.EARLY  # in the end refused and unacknowledged: the edge sends it again
        if fate == "mismatch" or not snapshot.jpeg.startswith(JPEG):
            log.warning("refused a snapshot of edge %s: not the JPEG that event %s names", edge, snapshot.event)
            outcome.oddities["refused"] += 1
            return Verdict.REFUSED
        if fate == "stored":
            await asyncio.to_thread(self._media.store, "snapshot", snapshot.jpeg)
            await self._sinks.media.put_media("snapshot", edge, snapshot.event, media)
        outcome.acks.append((edge, Ack(stream=snapshot.stream, snapshots=[snapshot.event])))
        return Verdict.DONE


def _refuse(outcome: Outcome, index: int) -> None:
    outcome.verdicts[index] = Verdict.REFUSED
    outcome.oddities["refused"] += 1


def _read(message: Message) -> tuple[str, Event | Snapshot | Status | Reply]:
    """(sender, what it sent); raises WireError where it is not of the contract, or no database could hold it."""
    edge, channel = parse_subject(message.subject)
    if channel == "snapshot":
        return edge, decode(Snapshot, message.payload)
    if NUL in message.payload:
        raise WireError("a text holds a NUL, which PostgreSQL cannot store")
    match channel:
        case "event":
            event = decode(Event, message.payload)
            _check_times(event)
            return edge, event
        case "status":
            return edge, decode(Status, message.payload)
        case _:
            return edge, decode(Reply, message.payload)


def _check_times(event: Event) -> None:
    """Raise WireError for a time of the years 1 or 9999 that is in no year of UTC's calendar."""
    try:
        event.at.astimezone(UTC)
        event.frame_at.astimezone(UTC)
    except OverflowError as error:
        raise WireError("a time is outside the calendar") from error
