"""H.264 (RFC 6184) and H.265 (RFC 7798) payloads put together to access units in Annex-B."""

import re
from dataclasses import dataclass

from edge.rtsp.packet import Counts
from edge.rtsp.sdp import START_CODE

LARGEST_PICTURE = 8 * 1024 * 1024  # bytes of one access unit; a 4K keyframe is about 1 MiB
_LARGEST_PRELUDE = 64 * 1024  # bytes of parameter sets and messages that may wait for their picture

# What a NAL unit means to us, as bits.
_SLICE = 1
_KEY = 2
_SPS = 4
_PPS = 8
_OPENS = 16  # only stands before the first slice of a picture
_SET = 32
_BOTH = _SPS | _PPS


@dataclass(frozen=True, slots=True)
class NalSyntax:
    """Where the two codecs differ. `roles` maps a NAL unit type to the bits above; `header` is in bytes.

    Types from `aggregate` on are RTP's own, not the codec's.
    """

    header: int
    shift: int
    mask: int
    aggregate: int
    fragment: int
    roles: bytes


def _roles(size: int, meaning: dict[int, int]) -> bytes:
    return bytes(meaning.get(kind, 0) for kind in range(size))


H264 = NalSyntax(
    header=1,
    shift=0,
    mask=0x1F,
    aggregate=24,
    fragment=28,
    roles=_roles(
        32,
        dict.fromkeys((1, 2, 3, 4), _SLICE)
        | {5: _SLICE | _KEY, 7: _SPS | _SET | _OPENS, 8: _PPS | _SET | _OPENS}
        | dict.fromkeys((6, 9), _OPENS),
    ),
)
HEVC = NalSyntax(
    header=2,
    shift=1,
    mask=0x3F,
    aggregate=48,
    fragment=49,
    roles=_roles(
        64,
        dict.fromkeys(range(16), _SLICE)
        | dict.fromkeys(range(16, 22), _SLICE | _KEY)
        | {32: _SET | _OPENS, 33: _SPS | _SET | _OPENS, 34: _PPS | _SET | _OPENS}
        | dict.fromkeys((35, 39), _OPENS),
    ),
)


class NalPicture:
    """One access unit in the making; see `Picture` in `depacketize.py`."""

    def __init__(self, syntax: NalSyntax, parameter_sets: bytes, counts: Counts) -> None:
        self.unfinished = False
        self.resumed = False
        self._header, self._shift, self._mask = syntax.header, syntax.shift, syntax.mask
        self._aggregate, self._fragment, self._roles = syntax.aggregate, syntax.fragment, syntax.roles
        self._unit_start = re.compile(rb"\x00\x00\x01(.)", re.DOTALL)
        self._parameter_sets = parameter_sets
        self._counts = counts
        self._data = bytearray()
        self._sets = bytearray()
        self._seen = 0
        self._damaged = False
        self._doubt = False

    def add(self, payload: memoryview) -> None:
        header = self._header
        size = len(payload)
        if self._damaged or size <= header:
            return
        kind = payload[0] >> self._shift & self._mask
        if kind == self._fragment:
            flags = payload[header]
            if flags & 0x80:
                self._begin_fragment(payload, flags)
            elif self.unfinished:
                self._data += payload[header + 1 :]
            elif size > header + 1:
                self._damaged = True
            if flags & 0x40:
                self.unfinished = False
        elif kind == self._aggregate:
            self._add_aggregate(payload)
        elif kind < self._aggregate:
            self._add_unit(payload)
        else:
            self._damaged = True
        if len(self._data) > LARGEST_PICTURE:
            self._damaged = True

    def lose(self) -> None:
        self._damaged = self._damaged or bool(self._data)
        self._doubt = True
        self.unfinished = False

    def take(self) -> tuple[bytes, bool] | None:
        if not self._damaged and not self._seen & _SLICE:
            self._look_inside()
            if not self._seen & _SLICE and len(self._data) <= _LARGEST_PRELUDE:
                return None  # parameter sets sent ahead of their picture: they wait for it
        taken = None
        if self._damaged or not self._seen & _SLICE:
            self._counts.damaged += 1
        else:
            taken = self._whole(), bool(self._seen & _KEY)
        self._data.clear()
        self._sets.clear()
        self._seen = 0
        self._damaged = self.unfinished = self.resumed = False
        return taken

    def _whole(self) -> bytes:
        if self._sets and self._seen & _BOTH == _BOTH:
            self._parameter_sets = bytes(self._sets)
        if self._seen & _KEY and self._seen & _BOTH != _BOTH:
            return self._parameter_sets + self._data
        return bytes(self._data)

    def _begin(self, role: int, head: int) -> None:
        """A NAL unit begins; `head` is the byte after its header (its top bit is set in a picture's first slice)."""
        if not self._data:
            opens = role & _OPENS or (role & _SLICE and head & 0x80)
            self._damaged = self._doubt and not opens
            self._doubt = False
            self.resumed = bool(role & _SLICE) and not opens
        self._seen |= role

    def _begin_fragment(self, payload: memoryview, flags: int) -> None:
        header = self._header
        kind = flags & self._mask
        self._begin(self._roles[kind], payload[header + 1] if len(payload) > header + 1 else 0x80)
        first = payload[0] & ~(self._mask << self._shift) & 0xFF | kind << self._shift
        self._data += START_CODE
        self._data.append(first)
        self._data += payload[1:header]
        self._data += payload[header + 1 :]
        self.unfinished = True

    def _add_aggregate(self, payload: memoryview) -> None:
        offset, size = self._header, len(payload)
        while offset + 2 <= size:
            length = payload[offset] << 8 | payload[offset + 1]
            offset += 2
            if offset + length > size:
                self._damaged = True
                return
            self._add_unit(payload[offset : offset + length])
            offset += length

    def _add_unit(self, unit: memoryview) -> None:
        if len(unit) > 3 and unit[0] == unit[1] == 0:
            unit = _unwrapped(unit)
        if len(unit) <= self._header:
            return
        role = self._roles[unit[0] >> self._shift & self._mask]
        self._begin(role, unit[self._header])
        self._data += START_CODE
        self._data += unit
        if role & _SET:
            self._sets += START_CODE
            self._sets += unit
        self.unfinished = False

    def _look_inside(self) -> None:
        """Some cameras put several units with start codes into one RTP unit: see what is really in there."""
        for found in self._unit_start.finditer(self._data):
            self._seen |= self._roles[found[1][0] >> self._shift & self._mask]


def _unwrapped(unit: memoryview) -> memoryview:
    """The unit without the Annex-B start code that some cameras leave before it."""
    zeros = 2
    while zeros < len(unit) and unit[zeros] == 0:
        zeros += 1
    return unit[zeros + 1 :] if zeros < len(unit) and unit[zeros] == 1 else unit
