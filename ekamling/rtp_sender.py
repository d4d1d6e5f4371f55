"""A clip as an endless RTP stream: which bytes a camera sends for its n-th picture, and when (RFC 6184)."""

import base64
import re
import secrets
import struct
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path

import av
from av.bitstream import BitStreamFilterContext

from core.errors import StorageError

CLOCK_HZ = 90_000
PAYLOAD_TYPE = 96
LARGEST_PAYLOAD = 1400  # bytes: fits an Ethernet frame, as cameras do
_START_CODE = re.compile(rb"\x00\x00\x00?\x01")
_frame_header = struct.Struct(">BBHBBHII").pack
_NTP_EPOCH = 2_208_988_800  # seconds from 1900 to 1970


@dataclass(frozen=True, slots=True)
class CodedPicture:
    """One access unit of a clip: its RTP payloads; `ticks` (90 kHz) tell when it is due and what it is stamped with."""

    payloads: tuple[bytes, ...]
    due: int
    stamp: int
    keyframe: bool


@dataclass(frozen=True, slots=True)
class Clip:
    """A demuxed H.264 clip; `length` in 90 kHz ticks, `sets` are its SPS and PPS without start codes."""

    pictures: tuple[CodedPicture, ...]
    length: int
    sets: tuple[bytes, ...]

    @property
    def fmtp(self) -> str:
        """The format parameters of its SDP (RFC 6184 section 8.1)."""
        profile = next(unit[1:4].hex() for unit in self.sets if unit[0] & 0x1F == 7)
        coded = ",".join(base64.b64encode(unit).decode() for unit in self.sets)
        return f"packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={coded}"


def units(annex_b: bytes) -> list[bytes]:
    """The NAL units of an Annex-B access unit."""
    return [unit for unit in _START_CODE.split(annex_b) if unit]


def packetize(nal_units: Sequence[bytes], largest: int = LARGEST_PAYLOAD) -> list[bytes]:
    """RTP payloads of one access unit: a unit as it is, or in FU-A fragments if it exceeds `largest` bytes."""
    payloads = list[bytes]()
    for unit in nal_units:
        if len(unit) <= largest:
            payloads.append(unit)
            continue
        indicator, kind = unit[0] & 0xE0 | 28, unit[0] & 0x1F
        starts = range(1, len(unit), largest - 2)
        for start in starts:
            flags = (start == 1) << 7 | (start == starts[-1]) << 6
            payloads.append(bytes((indicator, flags | kind)) + unit[start : start + largest - 2])
    return payloads


@lru_cache(maxsize=16)
def load(path: Path) -> Clip:
    """Read a clip into memory; StorageError if it is missing or is no H.264 video that begins with a keyframe."""
    remedy = "give an H.264 video file (for example MP4) that begins with a keyframe"
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            if stream.codec_context.name != "h264" or stream.time_base is None:
                raise StorageError(f"clip {path} is {stream.codec_context.name}, not H.264: {remedy}")
            to_annex_b = BitStreamFilterContext("h264_mp4toannexb", stream)
            scale = stream.time_base * CLOCK_HZ
            packets = [made for packet in container.demux(stream) for made in to_annex_b.filter(packet)]
    except (OSError, IndexError, ValueError, av.error.FFmpegError) as error:
        raise StorageError(f"clip {path} cannot be read: {remedy}") from error
    packets = [packet for packet in packets if packet.size and packet.dts is not None and packet.pts is not None]
    if not packets or not packets[0].is_keyframe:
        raise StorageError(f"clip {path} holds no video that begins with a keyframe: {remedy}")
    first = packets[0].dts or 0
    pictures = tuple(
        CodedPicture(
            payloads=tuple(packetize(units(bytes(packet)))),
            due=round(((packet.dts or 0) - first) * scale),
            stamp=round(((packet.pts or 0) - first) * scale),
            keyframe=packet.is_keyframe,
        )
        for packet in packets
    )
    last = round((packets[-1].duration or 0) * scale) or CLOCK_HZ // 25
    sets = tuple(unit for unit in units(bytes(packets[0])) if unit[0] & 0x1F in (7, 8))
    if not any(unit[0] & 0x1F == 7 for unit in sets):
        raise StorageError(f"clip {path} holds no sequence parameter set: {remedy}")
    return Clip(pictures, pictures[-1].due + last, sets)


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
            kind = PAYLOAD_TYPE | (position == len(picture.payloads)) << 7
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
