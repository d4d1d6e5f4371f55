"""Clips that come in pieces: what each piece leads to. No HTTP here."""

import asyncio
from dataclasses import dataclass
from weakref import WeakValueDictionary

from core.errors import WireError
from ingest.media import MediaFolder
from ingest.sinks import MediaSink, Tally

MP4 = b"ftyp"  # at byte 4


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes of a clip of `total` bytes, from byte `first` on; `digest` is the SHA-256 of the whole."""

    first: int
    total: int
    digest: str
    content: bytes

    @property
    def last(self) -> bool:
        return self.first + len(self.content) == self.total


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status, and how many bytes of the clip are here."""

    status: int
    offset: int = 0


class ClipIntake:
    """Puts pieces together, checks the whole, and notes it with its event."""

    def __init__(self, media: MediaFolder, sink: MediaSink, tally: Tally) -> None:
        self._media = media
        self._sink = sink
        self._tally = tally
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    def offset(self, edge: str, event: str) -> int:
        """How many bytes of an unfinished clip are here."""
        return self._media.offset(edge, event)

    async def add(self, edge: str, event: str, piece: Piece) -> Answer:
        """202 more is awaited, 201 complete, 200 was here already, 409 the piece does not continue what is here,
        404 the event is not known (yet), 422 the whole is not what the digest says, or not MP4."""
        turn = self._turns.setdefault((edge, event), asyncio.Lock())  # an edge that gave up waiting sends a piece again
        async with turn:
            fate = await self._sink.media_fate("clip", edge, event, None)
            if fate != "stored":
                return Answer(200 if fate == "duplicate" else 404)
            try:
                length = await asyncio.to_thread(self._media.append, edge, event, piece.first, piece.content)
            except WireError:
                return Answer(409, self.offset(edge, event))
            return await self._complete(edge, event, piece.digest) if piece.last else Answer(202, length)

    async def share(self, edge: str, event: str, digest: str) -> Answer:
        """Note for an event a clip that came with another one: 201 noted, 200 was so already, 404 the event is not
        known (yet), 409 that file is not here, send it.

        Who knows the hash of a clip has the clip, so nothing is given away.
        """
        fate = await self._sink.media_fate("clip", edge, event, None)
        if fate != "stored":
            return Answer(200 if fate == "duplicate" else 404)
        clip = await asyncio.to_thread(self._media.find, "clip", digest)
        if clip is None:
            return Answer(409, self.offset(edge, event))
        await self._sink.put_media("clip", edge, event, clip)
        return Answer(201, clip.size)

    async def _complete(self, edge: str, event: str, digest: str) -> Answer:
        whole, head = await asyncio.to_thread(self._media.finished, edge, event)
        if head[4:8] != MP4 or whole.sha256 != digest:
            self._media.drop(edge, event)
            await self._tally.count("refused")
            return Answer(422)
        await asyncio.to_thread(self._media.keep, "clip", edge, event, whole)
        await self._sink.put_media("clip", edge, event, whole)
        return Answer(201, whole.size)
