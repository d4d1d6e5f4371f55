"""RTP packets of one video track in, whole access units out (RFC 3550; the payloads are in `nal.py` and `jpeg.py`).

The camera is not trusted: whatever it sends, a packet is used, or counted and dropped. Over TCP nothing is reordered,
so a gap in the sequence numbers means that the camera itself dropped packets.
"""

import struct
from collections import deque
from typing import Protocol

from edge.rtsp.jpeg import JpegPicture
from edge.rtsp.nal import H264, HEVC, NalPicture
from edge.rtsp.packet import Counts, Packet
from edge.rtsp.sdp import VideoTrack

_HEADER_BYTES = 12
_read_header = struct.Struct(">BBHI").unpack_from
_PTS_RATE = 90_000
_RESTART_S = 60
"""A step of the timestamp larger than this, either way, is a camera that restarted its clock."""


class Picture(Protocol):
    """The picture being put together from RTP payloads."""

    unfinished: bool
    """True inside a fragmented unit, where a marker bit cannot be true."""
    resumed: bool
    """True if what was collected continues a picture that was already taken."""

    def add(self, payload: memoryview) -> None:
        """Take one RTP payload; it is copied."""

    def lose(self) -> None:
        """Packets are missing before the next payload."""

    def take(self) -> tuple[bytes, bool] | None:
        """The coded picture and whether it is a keyframe; None if there is nothing whole to hand on."""


def _picture(track: VideoTrack, counts: Counts) -> Picture:
    if track.codec == "mjpeg":
        return JpegPicture(counts)
    return NalPicture(H264 if track.codec == "h264" else HEVC, track.parameter_sets, counts)


def _body(data: memoryview, first: int) -> tuple[int, int]:
    """Where the payload begins and ends when the header carries sources, an extension or padding."""
    start, end = _HEADER_BYTES + 4 * (first & 0x0F), len(data)
    if first & 0x10:
        if start + 4 > end:
            return end, 0
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    if first & 0x20:
        end -= data[-1]
    return start, end


class Depacketizer:
    """Collects access units in `ready`, oldest first."""

    def __init__(self, track: VideoTrack, counts: Counts) -> None:
        self.ready: deque[Packet] = deque()
        self._counts = counts
        self._payload_type = track.payload_type
        self._clock = _Clock(track.clock_rate)
        self._picture = _picture(track, counts)
        self._expected = -1
        self._timestamp = -1
        self._taken = -1  # timestamp of the picture that was handed on last
        self._received = 0.0
        self._trust_marker = True

    def push(self, data: memoryview, received: float) -> None:
        """Use one RTP packet, read at `received` (`time.monotonic()` seconds). Never raises."""
        size = len(data)
        if size < _HEADER_BYTES:
            self._counts.spurious += size
            return
        first, second, sequence, timestamp = _read_header(data)
        start, end = (_HEADER_BYTES, size) if first == 0x80 else _body(data, first)
        if first >> 6 != 2 or second & 0x7F != self._payload_type or start > end:
            self._counts.spurious += size
            return
        if sequence != self._expected and not self._jump(sequence):
            self._counts.spurious += size
            return
        self._expected = (sequence + 1) & 0xFFFF
        self._counts.packets += 1
        if timestamp != self._timestamp:
            self._hand_on()
            self._clock.advance(timestamp)
            self._timestamp = timestamp
        self._received = received
        picture = self._picture
        picture.add(data[start:end])
        if second & 0x80 and not picture.unfinished:
            self._mark()

    def _jump(self, sequence: int) -> bool:
        """The sequence number is not the expected one; False if the packet is a repeat and must be ignored."""
        if self._expected >= 0:
            ahead = (sequence - self._expected) & 0xFFFF
            if ahead == 0xFFFF:
                return False
            self._counts.lost += ahead if ahead < 0x8000 else 1  # backwards: the camera restarted its numbers
        self._picture.lose()
        return True

    def _mark(self) -> None:
        """The marker bit says that the picture ends here, which some cameras say of every slice."""
        if self._picture.resumed and self._timestamp == self._taken:
            self._trust_marker = False
        if self._trust_marker:
            self._hand_on()

    def _hand_on(self) -> None:
        taken = self._picture.take()
        if taken is not None:
            self._taken = self._timestamp
            self.ready.append(Packet(taken[0], self._clock.pts, taken[1], self._received))


class _Clock:
    """Unwraps 32-bit RTP timestamps to 90 kHz ticks that never go back."""

    def __init__(self, rate: int) -> None:
        self.pts = 0
        self._rate = rate
        self._last: int | None = None
        self._ticks = 0
        self._step = 0

    def advance(self, timestamp: int) -> None:
        if self._last is None:
            self._last = timestamp
        step = ((timestamp - self._last + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000
        if abs(step) > _RESTART_S * self._rate:
            step = self._step
        elif step > 0:
            self._step = step
        self._last = timestamp
        self._ticks += step
        # B-frames step back and forth in coded order: hold the highest instead of going back.
        self.pts = max(self.pts, self._ticks * _PTS_RATE // self._rate)
