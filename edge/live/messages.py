"""What crosses between a shard and the relay: packets of watched streams one way, what is watched the other.

Each message is MessagePack behind its length in four bytes, over a Unix socket in a folder of the edge's own user.
"""

import struct
from typing import Literal

import msgspec
from msgspec import Struct

from core.errors import WireError

Stream = Literal["main", "sub"]
Wish = Literal["main", "sub", "pictures"]
HEAD = struct.Struct(">I")
MAX_BYTES = 16 * 1024 * 1024  # of one message: a keyframe of the largest stream is far below


class Here(Struct, frozen=True, tag="here"):
    """The cameras of a shard, each with the codecs of its streams that bring pictures now; sent whenever it changes."""

    cameras: dict[str, dict[Stream, str]]


class Unit(Struct, frozen=True, tag="unit"):
    """One picture of a watched stream, as edge.rtsp.packet has it."""

    camera: str
    stream: Stream
    data: bytes
    pts: int
    keyframe: bool


class Still(Struct, frozen=True, tag="still"):
    """One picture of a watched camera as JPEG."""

    camera: str
    jpeg: bytes


class Watch(Struct, frozen=True, tag="watch"):
    """Send this from now on, beginning with what came since the last keyframe; or, with `on` false, no more."""

    camera: str
    wish: Wish
    on: bool


FromShard = Here | Unit | Still

_encoder = msgspec.msgpack.Encoder()
_from_shard: msgspec.msgpack.Decoder[FromShard] = msgspec.msgpack.Decoder(FromShard)
_watch: msgspec.msgpack.Decoder[Watch] = msgspec.msgpack.Decoder(Watch)


def framed(message: FromShard | Watch) -> bytes:
    """A message as it crosses the socket."""
    body = _encoder.encode(message)
    return HEAD.pack(len(body)) + body


def length(head: bytes) -> int:
    """How long the message behind these four bytes is; raises WireError for one that is too long."""
    (size,) = HEAD.unpack(head)
    if size > MAX_BYTES:
        raise WireError(f"a message of {size} bytes between shard and relay is over its limit of {MAX_BYTES}")
    return int(size)


def from_shard(body: bytes) -> FromShard:
    """What a shard says; raises WireError."""
    try:
        return _from_shard.decode(body)
    except msgspec.DecodeError as error:
        raise WireError(f"a shard sent what the relay does not understand: {error}") from error


def watch(body: bytes) -> Watch:
    """What the relay wants of a shard; raises WireError."""
    try:
        return _watch.decode(body)
    except msgspec.DecodeError as error:
        raise WireError(f"the relay sent what a shard does not understand: {error}") from error
