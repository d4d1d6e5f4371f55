"""What crosses between a shard and its supervisor: work one way; events, clips and reports the other; never frames.

A shard is handed its work as the first message, and again whenever it changes; when the pipe closes it ends.
"""

from datetime import date
from multiprocessing.connection import Connection
from typing import Any

import msgspec
from msgspec import Struct

from core.events import CameraStatus, Event, Media
from edge.rules.settings import Mode
from edge.settings import CameraSettings, Detection


class Credentials(Struct, frozen=True):
    """User and password of one camera; they travel in the pipe, never in arguments or environment."""

    username: str
    password: str


class Assignment(Struct, frozen=True, tag="assignment"):
    """The work of one shard. `credentials` stands beside `cameras`, one for one; a group without a mode is armed."""

    edge: str
    cameras: list[CameraSettings]
    credentials: list[Credentials]
    detection: Detection
    time_zone: str
    holidays: list[date]
    clips: str  # folder that finished clips are written into
    modes: dict[str, Mode] = {}
    live: str = ""  # where the relay of live view listens; empty: there is none


class Found(Struct, frozen=True, tag="found"):
    """An event still without a number (`seq` and `stream` are set by the outbox) and its picture."""

    event: Event
    jpeg: bytes


class Recorded(Struct, frozen=True, tag="recorded"):
    """The finished clip of some events, which stands in the clip folder."""

    events: list[str]
    clip: Media


class Report(Struct, frozen=True, tag="report"):
    """The cameras of a shard as they are now; sent about once a second."""

    cameras: list[CameraStatus]


class Ready(Struct, frozen=True, tag="ready"):
    """The shard has its detector and starts to read cameras."""


class Failed(Struct, frozen=True, tag="failed"):
    """The shard cannot work at all, and why; starting it again will not help."""

    reason: str


FromShard = Found | Recorded | Report | Ready | Failed

_encoder = msgspec.msgpack.Encoder()
_from_shard: msgspec.msgpack.Decoder[FromShard] = msgspec.msgpack.Decoder(FromShard)
_assignment: msgspec.msgpack.Decoder[Assignment] = msgspec.msgpack.Decoder(Assignment)

NO_STREAM = "0" * 16  # stands in an event, with seq 1, until the outbox numbers it


def send(pipe: "Connection[Any, Any]", message: FromShard | Assignment) -> None:
    """Write one message; raises OSError when the other side is gone. Not safe for several threads at once."""
    pipe.send_bytes(_encoder.encode(message))


def receive(pipe: "Connection[Any, Any]") -> FromShard:
    """The next message of a shard; raises EOFError when it is gone."""
    return _from_shard.decode(pipe.recv_bytes())


def receive_assignment(pipe: "Connection[Any, Any]") -> Assignment:
    """The next message in a shard; raises EOFError when the supervisor is gone."""
    return _assignment.decode(pipe.recv_bytes())
