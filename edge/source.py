"""A camera's stream as pictures with their clocks. Decoding happens here; looking at them is the loop's business."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import av
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from core.clock import Clock
from core.errors import SourceError
from detectors.images import Yuv420Image
from edge.codec import open_decoder
from edge.rtsp.client import RtspClient
from edge.rtsp.packet import Packet, StreamInfo

PLANAR = {"yuv420p": False, "yuvj420p": True}  # pixel formats whose planes are used as they are; is it full range
MAX_SIDE = 8192  # pixels; a picture larger than this is refused
DECODE_ERRORS = 100  # undecodable packets in a row after which the stream is given up


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture. `received` is monotonic seconds, `received_at` wall time, both of its last byte.

    `late` says that newer bytes already wait, so this picture is not worth analysing.
    """

    picture: VideoFrame
    pts: int
    received: float
    received_at: datetime
    late: bool

    @property
    def size(self) -> tuple[int, int]:
        return self.picture.width, self.picture.height

    def image(self) -> Yuv420Image:
        """The planes of the picture; see `planes`."""
        return planes(self.picture)


class FrameSource(Protocol):
    """Where pictures come from."""

    def frames(self) -> Iterator[Frame]:
        """Pictures as they come; ends by raising SourceError, or silently after `close`."""
        ...

    def close(self) -> None:
        """End `frames`, from any thread."""
        ...


class RtspSource:
    """Reads one RTSP stream and decodes it; `tap` sees every packet before it is decoded."""

    def __init__(
        self, client: RtspClient, clock: Clock, tap: Callable[[StreamInfo, Packet], None] | None = None
    ) -> None:
        self._client = client
        self._clock = clock
        self._tap = tap
        self.lost = 0

    def frames(self) -> Iterator[Frame]:
        info = self._client.open()
        decoder = Decoder(info)
        for packet in self._client.packets():
            if self._tap:
                self._tap(info, packet)
            self.lost = self._client.counts.lost
            for picture in decoder.decode(packet):
                yield self._frame(picture, packet)

    def _frame(self, picture: VideoFrame, packet: Packet) -> Frame:
        age = self._clock.monotonic() - packet.received
        moment = self._clock.now().timestamp() - age
        received_at = datetime.fromtimestamp(moment, tz=self._clock.now().tzinfo)
        return Frame(picture, packet.pts, packet.received, received_at, self._client.pending())

    def close(self) -> None:
        self._client.close()


class Decoder:
    """libav's decoder of one stream, fed with access units, without libav's network code."""

    def __init__(self, info: StreamInfo) -> None:
        self._context = open_decoder(info.codec)
        self._errors = 0
        self._started = False

    def decode(self, packet: Packet) -> list[VideoFrame]:
        """Pictures of one access unit, often one; SourceError when the stream cannot be decoded any more."""
        if not self._started and not packet.keyframe:
            return []  # nothing can be decoded before the first keyframe
        self._started = True
        try:
            pictures = self._context.decode(av.Packet(packet.data))
        except av.FFmpegError as error:
            self._errors += 1
            if self._errors >= DECODE_ERRORS:
                raise SourceError(
                    f"its video cannot be decoded ({error.strerror}); check the camera's codec"
                ) from error
            return []
        self._errors = 0
        for picture in pictures:
            if max(picture.width, picture.height) > MAX_SIDE:
                raise SourceError(f"its picture of {picture.width}x{picture.height} is over {MAX_SIDE} pixels a side")
        return pictures


def planes(picture: VideoFrame) -> Yuv420Image:
    """The planes of a decoded picture, without a copy where the decoder gives 4:2:0; they live as long as it does."""
    if picture.format.name not in PLANAR:
        picture = picture.reformat(format="yuv420p")
    y, u, v = (_plane(picture, index) for index in range(3))
    return Yuv420Image(y, u, v, PLANAR[picture.format.name])


def _plane(picture: VideoFrame, index: int) -> NDArray[np.uint8]:
    plane = picture.planes[index]
    rows: NDArray[np.uint8] = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]
