"""A clip as an endless RTP stream: which bytes a camera sends for its n-th picture, and when (RFC 3550)."""

import secrets
import struct
from bisect import bisect_right
from itertools import accumulate

from ekamling.streams.clip import CLOCK_HZ, Clip

_frame_header = struct.Struct(">BBHBBHII").pack
_NTP_EPOCH = 2_208_988_800  # seconds from 1900 to 1970


class RtpSender:
    """What one simulated camera sends. Pictures are numbered from 0 (sent at the start of the simulator) without end.

    Everything is a function of the number, so all clients of a camera see the same stream.
    """

    def __init__(self, clip: Clip, offset_s: float) -> None:
        self.clip = clip
        self.source = secrets.randbits(32)  # SSRC
        self._sequence = secrets.randbits(16)
        self._stamp = secrets.randbits(32)
        self._due = [picture.due for picture in clip.pictures]
        wanted = round(offset_s * CLOCK_HZ) % clip.length
        keys = [number for number, picture in enumerate(clip.pictures) if picture.keyframe]
        self._first = max(number for number in keys if clip.pictures[number].due <= wanted)
        self._counted = [0, *accumulate(len(picture.payloads) for picture in clip.pictures)]
        self._octets = [0, *accumulate(sum(map(len, picture.payloads)) for picture in clip.pictures)]
        self._origin = self._due[self._first]

    def due(self, number: int) -> float:
        """Seconds after the start at which a picture is sent."""
        loop, index = divmod(number + self._first, len(self.clip.pictures))
        return (loop * self.clip.length + self._due[index] - self._origin) / CLOCK_HZ

    def keyframe(self, number: int) -> bool:
        """Whether that picture is a keyframe."""
        return self.clip.pictures[(number + self._first) % len(self.clip.pictures)].keyframe

    def latest(self, elapsed_s: float) -> int:
        """The number of the last picture due within `elapsed_s` seconds of the start."""
        loop, within = divmod(int(elapsed_s * CLOCK_HZ) + self._origin, self.clip.length)
        index = bisect_right(self._due, within) - 1
        return max(loop * len(self.clip.pictures) + index - self._first, 0)

    def group_start(self, number: int) -> int:
        """The keyframe at or before a picture."""
        while not self.keyframe(number):
            number -= 1
        return number

    def frames(self, number: int) -> bytes:
        """A picture as interleaved frames of channel 0, ready to write to a client."""
        loop, index = divmod(number + self._first, len(self.clip.pictures))
        picture = self.clip.pictures[index]
        sequence = self._sequence + loop * self._counted[-1] + self._counted[index]
        stamp = (self._stamp + loop * self.clip.length + picture.stamp) & 0xFFFF_FFFF
        parts = list[bytes]()
        for position, payload in enumerate(picture.payloads, 1):
            kind = self.clip.codec.payload_type | (position == len(picture.payloads)) << 7
            head = _frame_header(0x24, 0, len(payload) + 12, 0x80, kind, sequence & 0xFFFF, stamp, self.source)
            parts += (head, payload)
            sequence += 1
        return b"".join(parts)

    def report(self, elapsed_s: float, wall_s: float) -> bytes:
        """An RTCP sender report (RFC 3550 section 6.4.1) as an interleaved frame of channel 1; `wall_s`: Unix time."""
        loop, index = divmod(self.latest(elapsed_s) + self._first, len(self.clip.pictures))
        stamp = (self._stamp + self._origin + int(elapsed_s * CLOCK_HZ)) & 0xFFFF_FFFF
        seconds, fraction = divmod(wall_s + _NTP_EPOCH, 1)
        packets = (loop * self._counted[-1] + self._counted[index]) & 0xFFFF_FFFF
        octets = (loop * self._octets[-1] + self._octets[index]) & 0xFFFF_FFFF
        words = (self.source, int(seconds), int(fraction * 2**32), stamp, packets, octets)
        return struct.pack(">BBHBBH6I", 0x24, 1, 28, 0x80, 200, 6, *words)
