"""Clips: the packets of the main stream around an event, copied into an MP4 without touching a pixel.

A ring keeps the last seconds of packets, from a keyframe on. An event asks for a clip of the time around it; when the
time after it has passed, the packets are muxed as fragmented MP4, which plays in a browser while it loads.
"""

import io
import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import inf

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from core.errors import SourceError
from edge.rtsp.packet import Packet, StreamInfo

BEFORE_S = 5.0
AFTER_S = 5.0
LEAST_AFTER_S = 2.0  # of a clip after an event that shares another one's
SLACK_S = 3.0  # kept beyond the clip's span, for keyframe distance and for a loop that is a little late
MAX_RING_BYTES = 24 * 1024 * 1024  # of a camera; a stream above 15 Mbit/s gets shorter clips, not all the memory
CLOCK_HZ = 90_000
CLIP_CODECS = ("h264", "hevc")
PARAMETER_SETS = 64  # bytes at the start of a keyframe that tell one set of parameters from another
FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}

log = logging.getLogger("edge.recorder")


@dataclass(frozen=True, slots=True)
class Clip:
    """The MP4 of some events that happened in it."""

    events: list[str]
    mp4: bytes


@dataclass(frozen=True, slots=True)
class _Request:
    events: list[str]
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class _Due:
    events: list[str]
    info: StreamInfo
    packets: list[Packet]


class Recorder:
    """Ring of one camera's main stream. `deliver` is called, on the pushing thread, with each finished clip."""

    def __init__(self, deliver: Callable[[Clip], None]) -> None:
        self._deliver = deliver
        self._lock = threading.Lock()
        self._groups: deque[list[Packet]] = deque()  # groups of pictures, each begins with its keyframe
        self._bytes = 0
        self._info: StreamInfo | None = None
        self._requests: list[_Request] = []
        self._muxer = Muxer()

    def request(self, event: str, at: float) -> bool:
        """Ask for the clip around `at` (monotonic seconds); False where this stream yields no clip.

        An event that happens well within the clip of another one shares it: four people who come in together are one
        clip to record, keep, send and watch.
        """
        with self._lock:
            if self._info is None or self._info.codec not in CLIP_CODECS:
                return False
            for pending in self._requests:
                if pending.start <= at - BEFORE_S and at + LEAST_AFTER_S <= pending.end:
                    pending.events.append(event)
                    return True
            self._requests.append(_Request([event], at - BEFORE_S, at + AFTER_S))
            return True

    def push(self, info: StreamInfo, packet: Packet) -> None:
        """Take in one packet of the main stream."""
        if self._info is not None and info != self._info:
            self.reset()  # a new codec or size: packets of both cannot stand in one clip
        with self._lock:
            self._info = info
            self._append(packet)
            self._trim(packet.received)
            due = self._take(packet.received)
        self._mux(due)

    def flush(self) -> None:
        """Deliver what was asked for with the packets at hand, because no more will come."""
        with self._lock:
            due = self._take(inf)
        self._mux(due)

    def reset(self) -> None:
        """Deliver and forget: the stream broke, and its clock starts anew. There are no clips until it is back."""
        with self._lock:
            due = self._take(inf)
            self._info = None
            self._clear()
        self._mux(due)

    def _clear(self) -> None:
        self._groups.clear()
        self._bytes = 0

    def _append(self, packet: Packet) -> None:
        if packet.keyframe:
            self._groups.append([])
        if self._groups:  # what comes before the first keyframe cannot be decoded
            self._groups[-1].append(packet)
            self._bytes += len(packet.data)

    def _trim(self, now: float) -> None:
        """Drop whole groups from the front, as long as what stays still covers the longest clip."""
        oldest = now - BEFORE_S - AFTER_S - SLACK_S
        while len(self._groups) > 1 and (self._groups[1][0].received <= oldest or self._bytes > MAX_RING_BYTES):
            self._bytes -= sum(len(packet.data) for packet in self._groups.popleft())
        if self._bytes > MAX_RING_BYTES:
            self._clear()

    def _take(self, now: float) -> list[_Due]:
        """The requests whose time is over, each with its packets; they are forgotten here."""
        if self._info is None:
            return []
        over = [request for request in self._requests if request.end <= now]
        self._requests = [request for request in self._requests if request.end > now]
        return [_Due(request.events, self._info, _span(self._groups, request)) for request in over]

    def _mux(self, due: list[_Due]) -> None:
        """Make and deliver clips, without the lock: it takes a while, and `request` must not wait."""
        for clip in due:
            try:
                self._deliver(Clip(clip.events, self._muxer.mux(clip.info, clip.packets)))
            except SourceError as error:
                log.warning("no clip of event %s: %s", ", ".join(clip.events), error)


def _span(groups: deque[list[Packet]], request: _Request) -> list[Packet]:
    """Packets of the wanted time, from the last keyframe at or before its start (or the first one after it)."""
    early = [index for index, group in enumerate(groups) if group[0].received <= request.start]
    wanted = list(groups)[early[-1] if early else 0 :]
    return [packet for group in wanted for packet in group if packet.received <= request.end]


class Muxer:
    """Writes fragmented MP4. It keeps what it learnt of the stream, because learning it costs as much as writing."""

    def __init__(self) -> None:
        self._key: tuple[StreamInfo, bytes] | None = None
        self._described: InputContainer | None = None

    def mux(self, info: StreamInfo, packets: list[Packet]) -> bytes:
        """The MP4 of packets that begin with a keyframe; raises SourceError where they cannot be muxed."""
        if not packets:
            raise SourceError("its main stream brought no keyframe in that time")
        try:
            return self._write(self._describe(info, packets[0]), packets)
        except (av.FFmpegError, ValueError, IndexError) as error:
            raise SourceError(f"its main stream cannot be written as a clip: {error}") from error

    def close(self) -> None:
        """Let go of libav's memory."""
        if self._described:
            self._described.close()
        self._key = self._described = None

    def _describe(self, info: StreamInfo, first: Packet) -> VideoStream:
        """The stream with its size and parameter sets, which libav finds in the first picture."""
        key = (info, first.data[:PARAMETER_SETS])
        described = self._described
        if described is None or key != self._key:
            self.close()
            described = av.open(io.BytesIO(info.parameter_sets + first.data), "r", format=info.codec)
            self._described, self._key = described, key
        return described.streams.video[0]

    def _write(self, described: VideoStream, packets: list[Packet]) -> bytes:
        target, tick, last = io.BytesIO(), Fraction(1, CLOCK_HZ), -1
        with av.open(target, "w", format="mp4", options=FRAGMENTED) as container:
            stream = container.add_stream_from_template(described, opaque=True)
            stream.time_base = tick
            for packet in packets:
                copy = av.Packet(packet.data)
                copy.stream, copy.time_base = stream, tick
                last = max(packet.pts - packets[0].pts, last + 1)  # MP4 wants growing times; B-frames repeat theirs
                copy.pts = copy.dts = last
                copy.is_keyframe = packet.keyframe
                container.mux(copy)
        return target.getvalue()
