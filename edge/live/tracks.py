"""What aiortc sends of a viewing: the camera's own packets, or pictures that are made anew.

Made anew they are VP8, which every browser takes and whose encoder, libvpx, is under a BSD licence; those for H.264 and
H.265 in PyAV's wheel are under the GPL. aiortc follows the viewer's own estimate of the network with its bit rate.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from fractions import Fraction

import av
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av.codec.codec import UnknownCodecError
from av.stream import Stream
from av.video.frame import VideoFrame

from edge.codec import open_decoder
from edge.live import mark
from edge.live.viewing import CLOCK_HZ, Picture, Viewing

TICK = Fraction(1, CLOCK_HZ)
HASTE_S = 0.003  # between pictures of the beginning, so that a network does not get them in one burst
MOST_FPS = 12.5  # of what is made anew
LONGEST = 640  # pixels of its longer side
ENCODER = "libvpx"

log = logging.getLogger("edge.live.tracks")


class Outgoing(MediaStreamTrack):
    """A viewing on its way. `started` is called once, when the viewer is connected."""

    kind = "video"

    def __init__(self, viewing: Viewing, started: Callable[[], None]) -> None:
        super().__init__()
        self._viewing = viewing
        self._started: Callable[[], None] | None = started
        self._more = asyncio.Event()

    def wake(self) -> None:
        """Say that a picture waits."""
        self._more.set()

    async def picture(self) -> Picture:
        """The next coded picture; raises MediaStreamError when the track has ended."""
        if self._started:
            started, self._started = self._started, None
            started()
        while not self._viewing.waiting:
            self._more.clear()
            await self._more.wait()
            if self.readyState != "live":
                raise MediaStreamError
        return self._viewing.waiting.popleft()


class Relayed(Outgoing):
    """Packets as they are."""

    async def recv(self) -> "av.Packet[Stream]":
        picture = await self.picture()
        if picture.hasty:
            await asyncio.sleep(HASTE_S)
        packet = av.Packet(picture.data)
        packet.pts, packet.time_base = picture.at, TICK
        return packet


class MadeAnew(Outgoing):
    """Decoded pictures with the mark of the viewer; `text` gives the mark for now. aiortc encodes what `recv` returns.

    Each packet is decoded, but what is older than another that waits already is not sent: a viewer, or a machine, that
    does not keep up sees fewer pictures and no late ones.
    """

    def __init__(self, viewing: Viewing, started: Callable[[], None], codec: str, text: Callable[[], str]) -> None:
        super().__init__(viewing, started)
        self._codec = codec
        self._text = text
        self._decoder = open_decoder(codec)
        self._sent = 0

    async def recv(self) -> VideoFrame:
        while True:
            picture = await self.picture()
            wanted = self._wanted(picture)
            frame = await asyncio.to_thread(self._made, picture, wanted)
            if frame is not None:
                self._sent = picture.at
                return frame

    def _wanted(self, picture: Picture) -> bool:
        since = picture.at - self._sent
        if self._viewing.waiting:
            return since > CLOCK_HZ  # late as it is, it shows that the camera goes on
        return picture.hasty or since > 0.9 * CLOCK_HZ / MOST_FPS

    def _made(self, picture: Picture, wanted: bool) -> VideoFrame | None:
        try:
            frames = self._decoder.decode(av.Packet(picture.data))
        except av.FFmpegError as error:
            log.debug("a picture cannot be decoded: %s", error)
            self._viewing.cut()
            self._decoder = open_decoder(self._codec)
            return None
        if not frames or not wanted:
            return None
        made = mark.on_frame(_small(frames[-1]), self._text())
        made.pts, made.time_base = picture.at, TICK
        return made


def can_encode() -> bool:
    """Whether this PyAV can make pictures anew."""
    try:
        return av.Codec(ENCODER, "w").is_encoder
    except UnknownCodecError:
        return False


def mark_of(viewer: str, now: Callable[[], datetime]) -> Callable[[], str]:
    """The mark of a viewer at any time."""
    return lambda: mark.words(viewer, now())


def _small(frame: VideoFrame) -> VideoFrame:
    """A picture of even sides, at most LONGEST long, as yuv420p."""
    scale = min(1.0, LONGEST / max(frame.width, frame.height))
    width, height = (max(2, round(side * scale) & ~1) for side in (frame.width, frame.height))
    return frame.reformat(width, height, "yuv420p")
