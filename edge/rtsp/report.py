"""What a camera says beside its video, in RTCP (RFC 3550): its own time (section 6.4.1), and goodbye (section 6.6).

The camera is not trusted: whatever it sends, a report is used or passed over.
"""

import struct
import time
from collections.abc import Callable

_SENDER_REPORT = 200
_BYE = 203
_NTP_TO_UNIX = 2_208_988_800  # seconds from 1900, where NTP counts from, to 1970
_HEADER_BYTES = 4
_NTP_AT, _NTP_BYTES = 8, 8  # behind the header and the sender's number
_read_header = struct.Struct(">BBH").unpack_from
_read_ntp = struct.Struct(">II").unpack_from


class CameraClock:
    """Compares the clock of the camera with that of the edge, at each sender report. `wall` gives Unix seconds.

    `ended`: the camera said that it sends no more.
    """

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self.off_s: float | None = None
        self.ended = False

    def push(self, data: memoryview, _received: float) -> None:
        """Take one RTCP packet, compound or not. Never raises.

        `off_s` is afterwards how far the camera is ahead, in seconds. A time before 1970 is none: such cameras count
        from when they were switched on, or send zeros. (NTP's seconds begin anew in February 2036; so does this.)
        """
        start = 0
        while len(data) - start >= _HEADER_BYTES:
            first, kind, words = _read_header(data, start)
            end = start + _HEADER_BYTES + 4 * words
            if first >> 6 != 2 or end > len(data):
                return
            if kind == _SENDER_REPORT and end - start >= _NTP_AT + _NTP_BYTES:
                seconds, fraction = _read_ntp(data, start + _NTP_AT)
                unix = seconds - _NTP_TO_UNIX + fraction / 2**32
                self.off_s = unix - self._wall() if unix >= 0 else None
            self.ended = self.ended or kind == _BYE
            start = end
