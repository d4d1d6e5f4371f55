"""What one viewer gets of a stream, and when: values in, values out, no network here.

A viewer begins with the packets since the last keyframe, so that the first picture need not wait for the next one.
Their times are pressed together: a browser shows pictures at the pace of their times, and would stay behind for good by
as much as it began with. What is too long to send at once is left out, and the viewer begins with the next keyframe.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

CLOCK_HZ = 90_000  # of pts, and of RTP's clock for video (RFC 6184)
STEP = 90  # ticks between pictures of the beginning: 1 ms
USUAL = CLOCK_HZ // 25  # ticks after a picture where the stream's own clock began anew
LONGEST = 2 * CLOCK_HZ  # ticks that a viewer is ever told to wait between two pictures
BEGINNING_BYTES = 512 * 1024  # sent at once at most; beyond it a network would lose some, and with it all
WAITING = 60  # pictures that may wait for a viewer whose network is slow; then it goes on at the next keyframe


@dataclass(frozen=True, slots=True)
class Picture:
    """One coded picture. `at`: 90 kHz ticks of the viewer's own clock; `hasty`: part of the beginning."""

    data: bytes
    at: int
    hasty: bool = False


@dataclass(frozen=True, slots=True)
class Coded:
    """One packet of a stream; as edge.rtsp.packet has it."""

    data: bytes
    pts: int
    keyframe: bool


class Viewing:
    """The pictures that wait for one viewer. Nothing waits before `begin`."""

    def __init__(self) -> None:
        self.waiting: deque[Picture] = deque()
        self.skipped = 0  # pictures that the viewer missed
        self._begun = False
        self._needs_key = True
        self._at = 0
        self._last: int | None = None

    def begin(self, group: Sequence[Coded]) -> None:
        """The viewer is there; `group` is what came since the last keyframe."""
        self._begun = True
        if not group or sum(len(each.data) for each in group) > BEGINNING_BYTES:
            return
        self._needs_key = False
        for each in group:
            self._at += STEP
            self.waiting.append(Picture(each.data, self._at, hasty=True))
        self._last = group[-1].pts

    def take(self, coded: Coded) -> bool:
        """A picture came; whether it waits for the viewer now."""
        if not self._begun:
            return False
        if len(self.waiting) >= WAITING and not any(each.hasty for each in self.waiting):
            self.skipped += len(self.waiting)
            self.waiting.clear()
            self._needs_key = True
        self._advance(coded.pts)
        if self._needs_key and not coded.keyframe:
            self.skipped += 1
            return False
        self._needs_key = False
        self.waiting.append(Picture(coded.data, self._at))
        return True

    def cut(self) -> None:
        """Pictures were lost before the next one: go on with a keyframe."""
        self._needs_key = True

    def _advance(self, pts: int) -> None:
        step = USUAL if self._last is None or pts <= self._last else pts - self._last
        self._at += min(step, LONGEST)
        self._last = pts


@dataclass
class Group:
    """The packets of a watched stream since its last keyframe."""

    packets: list[Coded] = field(default_factory=list)
    size: int = 0

    def add(self, coded: Coded) -> None:
        """Take in the next packet; what comes before a keyframe cannot be decoded and is left out."""
        if coded.keyframe:
            self.packets, self.size = [], 0
        elif not self.packets:
            return
        self.size += len(coded.data)
        if self.size > BEGINNING_BYTES:
            self.packets = []
        else:
            self.packets.append(coded)
