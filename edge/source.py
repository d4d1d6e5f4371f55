"""A camera's stream as pictures with their clocks. Decoding happens here; looking at them is the loop's business."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Protocol

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from core.clock import Clock
from core.errors import SourceError, SourceRefused
from detectors.images import Yuv420Image
from edge.codec import open_decoder
from edge.rtsp.client import RtspClient
from edge.rtsp.packet import Packet, StreamInfo

PLANAR = {"yuv420p": False, "yuvj420p": True}  # pixel formats whose planes are used as they are; is it full range
MAX_SIDE = 8192  # pixels; a picture larger than this is refused
MAX_GROUP_S = 4.0  # between keyframes; where they come less often the source never rests, events would be too late
DECODE_ERRORS = 100  # packets in a row without a picture after which the stream is given up, or
DECODE_S = 8.0  # ... so many seconds of them, where they come slowly
KEYFRAME_S = 30.0  # without the first keyframe, after which the stream is given up: most cameras begin with one
TOLD_S = 8.0  # without it, after which that is told


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture. `received` is monotonic seconds, `received_at` wall time, both of its last byte.

    `late` says that newer bytes already wait, so this picture is not worth analysing. `clock_off_s`: how far the
    camera's own clock is ahead of the edge's, where the stream tells it. `decode_s`: seconds that its decoding took.
    """

    picture: VideoFrame
    pts: int
    received: float
    received_at: datetime
    late: bool
    clock_off_s: float | None = None
    decode_s: float = 0.0

    @property
    def size(self) -> tuple[int, int]:
        return self.picture.width, self.picture.height

    def image(self) -> Yuv420Image:
        """The planes of the picture; see `planes`."""
        return planes(self.picture)


def _never() -> bool:
    return False


class FrameSource(Protocol):
    """Where pictures come from."""

    def frames(self) -> Iterator[Frame]:
        """Pictures as they come; ends by raising SourceError, or silently after `close`."""
        ...

    @property
    def resting(self) -> bool:
        """Whether only keyframes come, because nothing moves."""
        ...

    def rest(self) -> None:
        """Nothing moves: give keyframes only from now on, if this stream has them often enough."""
        ...

    def wake(self) -> None:
        """Something moved since the last keyframe: give what was left out since then, and every picture from now on."""
        ...

    def close(self) -> None:
        """End `frames`, from any thread."""
        ...


class RtspSource:
    """Reads one RTSP stream and decodes it; `tap` sees every packet first, `alive` is called for each picture.

    A source that `may_rest` keeps the packets since the last keyframe but one, so that `wake` can go back to them.
    """

    def __init__(
        self,
        client: RtspClient,
        clock: Clock,
        tap: Callable[[StreamInfo, Packet], None] | None = None,
        *,
        alive: Callable[[], None] | None = None,
        may_rest: bool = False,
    ) -> None:
        self._client = client
        self._clock = clock
        self._tap = tap
        self._alive = alive
        self._may_rest = may_rest
        self._previous: list[Packet] = []  # the group of pictures before this one
        self._current: list[Packet] = []
        self._resting = False
        self._going_back = False

    @property
    def resting(self) -> bool:
        return self._resting

    def rest(self) -> None:
        often = bool(self._previous) and self._current[0].received - self._previous[0].received <= MAX_GROUP_S
        self._resting = self._may_rest and often

    def wake(self) -> None:
        self._going_back = self._resting
        self._resting = False

    def frames(self) -> Iterator[Frame]:
        info = self._client.open()
        decoder = Decoder(info)
        for packet in self._client.packets():
            self._client.trouble = decoder.trouble
            if self._tap:
                self._tap(info, packet)
            if self._may_rest:
                self._keep(packet)
            if not self._resting or packet.keyframe:
                yield from self._decoded(decoder, packet, late=self._client.pending)
            if self._going_back:
                self._going_back = False
                for missed in [*self._previous, packet]:
                    yield from self._decoded(decoder, missed, late=_never)

    def _keep(self, packet: Packet) -> None:
        if packet.keyframe:
            self._previous, self._current = self._current, []
        self._current.append(packet)

    def _decoded(self, decoder: "Decoder", packet: Packet, late: Callable[[], bool]) -> Iterator[Frame]:
        began = perf_counter()
        pictures = decoder.decode(packet)
        decode_s = perf_counter() - began
        for picture in pictures:
            if self._alive:
                self._alive()
            age = self._clock.monotonic() - packet.received
            now = self._clock.now()
            received_at = datetime.fromtimestamp(now.timestamp() - age, tz=now.tzinfo)
            yield Frame(picture, packet.pts, packet.received, received_at, late(), self._client.clock_off_s, decode_s)

    def close(self) -> None:
        self._client.close()


class Decoder:
    """libav's decoder of one stream, fed with access units, without libav's network code.

    `trouble`: what it waits for, once that takes long; empty: nothing.
    """

    def __init__(self, info: StreamInfo) -> None:
        self._context = open_decoder(info.codec)
        self.trouble = ""
        self._began: float | None = None
        self._started = False
        self._barren = 0  # packets since the last picture
        self._barren_since = 0.0

    def decode(self, packet: Packet) -> list[VideoFrame]:
        """Pictures of one access unit, often one; SourceError when the stream cannot be decoded any more.

        A picture in which libav had to guess a part is none: its streaks would be taken for motion.
        """
        self._started = self._started or packet.keyframe
        if not self._started:
            self._wait(packet.received)
            return []  # nothing can be decoded before the first keyframe
        self.trouble = ""
        pictures, reason = list[VideoFrame](), ""
        try:
            decoded = self._context.decode(av.Packet(packet.data))
            pictures = [one for one in decoded if not one.is_corrupt]
            reason = " (its pictures arrive damaged)" if decoded else ""
        except av.FFmpegError as error:
            reason = f" ({error.strerror})"
        if pictures or not self._barren:
            self._barren_since = packet.received
        self._barren = 0 if pictures else self._barren + 1
        if self._barren >= DECODE_ERRORS or packet.received - self._barren_since >= DECODE_S:
            # some decoders pass over garbage without a word
            raise SourceError(f"its video cannot be decoded{reason}: check the camera's codec, restart the camera")
        for picture in pictures:
            if max(picture.width, picture.height) > MAX_SIDE:
                raise SourceRefused(
                    f"its picture of {picture.width}x{picture.height} is over {MAX_SIDE} pixels a side:"
                    " choose a smaller size in the camera's settings"
                )
        return pictures

    def _wait(self, now: float) -> None:
        self._began = now if self._began is None else self._began
        if now - self._began >= TOLD_S:
            self.trouble = f"it sent no keyframe for {TOLD_S:g} s; waiting for one"
        if now - self._began >= KEYFRAME_S:
            raise SourceError(
                f"it sent no keyframe for {KEYFRAME_S:.0f} s: set its keyframe (I-frame) interval to 2 s, without"
                " intra refresh"
            )


def planes(picture: VideoFrame) -> Yuv420Image:
    """The planes of a decoded picture, without a copy where the decoder gives 4:2:0; they live as long as it does."""
    if picture.format.name not in PLANAR:
        picture = picture.reformat(format="yuv420p")
    y, u, v = (_plane(picture, index) for index in range(3))
    return Yuv420Image(y, u, v, PLANAR[picture.format.name] or picture.color_range == ColorRange.JPEG)


def _plane(picture: VideoFrame, index: int) -> NDArray[np.uint8]:
    plane = picture.planes[index]
    rows: NDArray[np.uint8] = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]
