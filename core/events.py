"""The wire contract, version 1: the only things that cross MQTT between an edge and the centre.

Up:    `Event` (JSON), `Snapshot` (MessagePack, it carries a picture), `Status` (JSON), `Reply` (JSON), `Answer`
       (MessagePack, of live view).
Down:  `Ack` (JSON), `Command` (JSON).

Readers ignore fields that they do not know, so an older reader survives a newer writer. A field is never renamed or
given another meaning; a change that old readers cannot survive is a new version. Golden messages of every version stand
in `tests/wire/` and decode for ever.
"""

import hashlib
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from core import areas
from core.errors import WireError
from core.topics import SLUG_PATTERN

MAX_EVENT_BYTES = 16 * 1024
MAX_STATUS_BYTES = 256 * 1024
MAX_SNAPSHOT_BYTES = 48 * 1024  # of the JPEG itself
MAX_SNAPSHOT_MESSAGE = MAX_SNAPSHOT_BYTES + 1024
MAX_CLIP_BYTES = 64 * 1024 * 1024
MAX_SDP = 24 * 1024  # characters; a browser's offer has about 6,000
MAX_TOLD = 96 * 1024  # characters of a document that an edge was asked for

Id = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")]
Slug = Annotated[str, Meta(pattern=SLUG_PATTERN)]
StreamId = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
AreaCode = Annotated[str, Meta(pattern=areas.PATTERN)]
Instant = Annotated[datetime, Meta(tz=True)]
Fraction = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Sequence = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Severity = Literal[1, 2, 3]
Text = Annotated[str, Meta(max_length=200)]


class Media(Struct, frozen=True, kw_only=True):
    """A file that belongs to an event, named by its content."""

    sha256: Sha256
    size: Annotated[int, Meta(ge=1, le=MAX_CLIP_BYTES)]

    @classmethod
    def of(cls, content: bytes) -> "Media":
        """The name of some content."""
        return cls(sha256=hashlib.sha256(content).hexdigest(), size=len(content))


class Event(Struct, frozen=True, kw_only=True):
    """Something a rule saw on one camera: immutable, numbered by the edge that made it.

    `stream` names one life of an edge's outbox. `(stream, seq)` is unique for an edge and `seq` grows by one, so the
    centre can see a repeat and a gap; an edge whose disk was lost starts a new stream instead of reusing numbers.
    """

    id: Id
    stream: StreamId
    seq: Sequence
    camera: Slug
    rule: Slug
    kind: Slug
    severity: Severity
    at: Instant  # when the rule fired, by the edge's wall clock
    frame_at: Instant  # when the last byte of the picture reached the edge
    label: Text  # class of the object, never an identity
    score: Fraction
    track: Count
    box: tuple[Fraction, Fraction, Fraction, Fraction]  # left, top, right, bottom, as fractions of the picture
    zone: Text = ""
    model: Text = ""  # name and first 8 digits of the hash
    snapshot: Media | None = None
    clip_follows: bool = False
    v: Literal[1] = 1


class Snapshot(Struct, frozen=True, kw_only=True):
    """The picture of an event, with the box drawn in it."""

    event: Id
    stream: StreamId  # of the outbox that it waits in
    jpeg: Annotated[bytes, Meta(min_length=1, max_length=MAX_SNAPSHOT_BYTES)]
    v: Literal[1] = 1


class Ack(Struct, frozen=True, kw_only=True):
    """What the centre has committed to its database. Only this lets an outbox forget (a PUBACK is not durability).

    `events` names the events of `seqs`, in that order: an edge that was set back gives its numbers again, and an ack of
    before may still be on its way. An older centre leaves it empty.
    """

    stream: StreamId
    seqs: list[Sequence] = []
    snapshots: list[Id] = []
    events: list[Id] = []
    v: Literal[1] = 1


class CameraCounts(Struct, frozen=True, kw_only=True):
    """What the loop of one camera did since the edge started. Nothing is dropped without being counted here."""

    frames_decoded: Count = 0
    frames_analysed: Count = 0  # motion was looked for
    frames_gated: Count = 0  # ... and nothing moved, so no inference was spent
    frames_dropped: Count = 0  # due for analysis, but the shard was late
    inferences: Count = 0
    tracks: Count = 0
    events: Count = 0
    clips: Count = 0
    reconnects: Count = 0
    packets_lost: Count = 0


class CameraStatus(Struct, frozen=True, kw_only=True):
    """One camera as its edge sees it now."""

    id: Slug
    name: Text
    area: AreaCode
    state: Literal["connecting", "ok", "failed"]
    reason: Text = ""
    fps: Annotated[float, Meta(ge=0, le=1000)] = 0.0  # analysed, over the last status interval
    counts: CameraCounts = CameraCounts()
    group: Text = ""  # of cameras that are armed together
    mode: Text = ""  # of that group: armed, night, mudik, disarmed
    troubles: Annotated[list[Slug], Meta(max_length=16)] = []  # kinds of camera health that are bad now
    rules: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""  # digest of those that run; empty: not told
    rules_from: Literal["", "file", "centre"] = ""  # whose they are
    rules_version: Count = 0  # of the centre's last document that the edge took; 0: none


class OutboxStatus(Struct, frozen=True, kw_only=True):
    """What waits on the edge's disk, and what had to be given up there."""

    events: Count = 0
    snapshots: Count = 0
    clips: Count = 0
    bytes: Count = 0
    recorded: Count = 0  # events ever given a number in this stream
    events_lost: Count = 0
    snapshots_evicted: Count = 0
    clips_evicted: Count = 0
    damaged: bool = False  # a file that was found damaged, and replaced, is kept for whoever looks after the edge


class Status(Struct, frozen=True, kw_only=True):
    """Heartbeat of an edge. The broker sends the one with `online: false` when the edge falls silent (MQTT will)."""

    online: bool
    at: Instant | None = None
    started_at: Instant | None = None
    stream: StreamId | None = None
    version: Text = ""
    cameras: Annotated[list[CameraStatus], Meta(max_length=256)] = []
    outbox: OutboxStatus = OutboxStatus()
    v: Literal[1] = 1


class Command(Struct, frozen=True, kw_only=True):
    """Something the centre asks of one edge."""

    id: Id
    name: Slug
    args: dict[str, str] = {}
    v: Literal[1] = 1


class Reply(Struct, frozen=True, kw_only=True):
    """The edge's answer to one command. `document` is what was asked for, as JSON; mostly nothing was."""

    command: Id
    ok: bool
    message: Text = ""
    document: Annotated[str, Meta(max_length=MAX_TOLD)] = ""
    v: Literal[1] = 1


class Answer(Struct, frozen=True, kw_only=True):
    """The edge's answer to a command of live view. A second one to the same command says that its view has ended.

    `code` says to programs why it is not `ok`, `message` to people. `stream` is the one that is sent, main or sub.
    """

    command: Id
    ok: bool
    code: Annotated[str, Meta(pattern=r"^[a-z0-9-]{0,32}\Z")] = ""
    message: Text = ""
    stream: Literal["", "main", "sub"] = ""
    sdp: Annotated[str, Meta(max_length=MAX_SDP)] = ""
    jpeg: Annotated[bytes, Meta(max_length=MAX_SNAPSHOT_BYTES)] = b""
    v: Literal[1] = 1


Message = Event | Snapshot | Ack | Status | Command | Reply | Answer
M = TypeVar("M", Event, Snapshot, Ack, Status, Command, Reply, Answer)

_LIMITS: dict[type[Any], int] = {
    Event: MAX_EVENT_BYTES,
    Snapshot: MAX_SNAPSHOT_MESSAGE,
    Ack: 64 * 1024,
    Status: MAX_STATUS_BYTES,
    Command: 64 * 1024,
    Reply: 256 * 1024,
    Answer: MAX_SDP * 4 + MAX_SNAPSHOT_MESSAGE,
}
_json = msgspec.json.Encoder()
_packed = msgspec.msgpack.Encoder()
_PACKED = (Snapshot, Answer)
_decoders: dict[type[Any], Any] = {
    kind: msgspec.msgpack.Decoder(kind) if kind in _PACKED else msgspec.json.Decoder(kind) for kind in _LIMITS
}


def encode(message: Message) -> bytes:
    """The bytes of a message as they cross the wire."""
    return _packed.encode(message) if isinstance(message, _PACKED) else _json.encode(message)


def decode(kind: type[M], payload: bytes) -> M:
    """The message in `payload`; raises WireError, in one line, where it is not a valid one of that kind."""
    limit = _LIMITS[kind]
    if len(payload) > limit:
        raise WireError(f"{kind.__name__} of {len(payload)} bytes is over its limit of {limit}")
    try:
        message: M = _decoders[kind].decode(payload)
    except (msgspec.DecodeError, ValueError, OverflowError, RecursionError) as error:
        raise WireError(f"{kind.__name__} is not of the contract: {error}") from error
    return message
