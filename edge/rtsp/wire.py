"""The one TCP connection to a camera: RTP frames between RTSP messages (RFC 2326 section 10.12), out of one buffer."""

import select
import socket
import time
from collections.abc import Callable
from dataclasses import replace

from core.errors import SourceError
from edge.rtsp.message import LARGEST_BODY, LARGEST_HEAD, Message, body_length, looks_like_message, parse_head
from edge.rtsp.packet import Counts

_DOLLAR = 0x24
_BUFFER = LARGEST_BODY + LARGEST_HEAD  # holds the largest frame (64 KiB + 3) and the largest message
_MOST_SPURIOUS = 256 * 1024  # bytes of garbage in a row, without one picture between
_MESSAGE_PEEK = 24
_ROOM = 32 * 1024  # bytes that a read should find free
_GATHERED = 48 * 1024  # bytes for which a reader in no hurry sleeps: about an eighth of a second of a main stream
_GATHER_S = 0.25  # ... but no longer than this


class Wire:
    """Reads with a deadline and takes apart what was read.

    Frames go to `on_frame(payload, received)` at once, RTCP to `on_report`.
    """

    def __init__(self, sock: socket.socket, host: str, counts: Counts) -> None:
        self.channel = 0  # the interleaved channel of the video; the next one carries its RTCP
        self.on_frame: Callable[[memoryview, float], None] | None = None
        self.on_report: Callable[[memoryview, float], None] | None = None
        self._sock = sock
        self._host = host
        self._counts = counts
        self._buffer = bytearray(_BUFFER)
        self._view = memoryview(self._buffer)
        self._start = 0
        self._end = 0
        self._forgiven = 0
        self._lost_step = False
        self._gathers = False

    def gather(self, wanted: bool) -> None:
        """Read seldom and much from now on, or not: each wake-up costs more than the bytes that it brings.

        The kernel wakes the reader when `_GATHERED` bytes wait (SO_RCVLOWAT, which poll heeds too).
        """
        if wanted != self._gathers:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, _GATHERED if wanted else 1)
            self._gathers = wanted

    def readable(self) -> bool:
        """Whether bytes wait in the socket, without waiting."""
        poll = select.poll()
        try:
            poll.register(self._sock, select.POLLIN)
        except ValueError:  # closed by another thread just now
            return False
        return bool(poll.poll(0))

    def forgive(self) -> None:
        """A whole picture came: garbage before it counts no more towards giving up."""
        self._forgiven = self._counts.spurious

    def read(self, until: float) -> bool:
        """Read what is there, waiting at most until `until` (`time.monotonic()`); False if nothing came by then."""
        self._make_room()
        left = until - time.monotonic()
        if left <= 0:
            return False
        try:
            size = self._receive(min(left, _GATHER_S) if self._gathers else left)
        except (TimeoutError, BlockingIOError):
            return False
        except OSError as error:
            raise SourceError(f"connection to camera {self._host} broke: {error.strerror or 'read failed'}") from error
        if not size:
            raise SourceError(f"camera {self._host} closed the connection")
        self._counts.bytes += size
        self._end += size
        return True

    def _receive(self, wait_s: float) -> int:
        self._sock.settimeout(wait_s)
        try:
            return self._sock.recv_into(self._view[self._end :])
        except TimeoutError:
            if not self._gathers:
                raise
        self._sock.settimeout(0)  # fewer bytes wait than were to be gathered
        return self._sock.recv_into(self._view[self._end :])

    def _make_room(self) -> None:
        """Move what waits for its end to the front, but only when that is free or needed."""
        kept = self._end - self._start
        if self._start and (not kept or _BUFFER - self._end < _ROOM):
            self._buffer[:kept] = self._buffer[self._start : self._end]
            self._start, self._end = 0, kept

    def messages(self) -> Message | None:
        """Hand on all whole frames that were read, up to the next RTSP message, which is returned; else None."""
        buffer, view = self._buffer, self._view
        received = time.monotonic()
        start, end = self._start, self._end
        while end - start >= 4:
            if buffer[start] != _DOLLAR or (self._lost_step and not self._plausible(start)):
                self._start = start
                message = self._take_message()
                if message is not None or self._start == start:
                    return message
                start = self._start
                continue
            after = start + 4 + (buffer[start + 2] << 8 | buffer[start + 3])
            if after > end:
                break
            if self.on_frame is not None and buffer[start + 1] == self.channel:
                self.on_frame(view[start + 4 : after], received)
            elif buffer[start + 1] != self.channel + 1:
                self._spurious(after - start)
            elif self.on_report is not None:
                self.on_report(view[start + 4 : after], received)
            self._lost_step = False
            start = after
        self._start = start
        return None

    def _plausible(self, start: int) -> bool:
        """After garbage a dollar sign alone proves nothing: look for our channels and RTP's version too."""
        known = self._buffer[start + 1] in (self.channel, self.channel + 1)
        return known and (self._end - start < 5 or self._buffer[start + 4] >> 6 == 2)

    def _spurious(self, size: int) -> None:
        self._counts.spurious += size
        if self._counts.spurious - self._forgiven > _MOST_SPURIOUS:
            raise SourceError(f"camera {self._host} sends garbage instead of video")

    def _take_message(self) -> Message | None:
        """The message at the start of the buffer; None if more bytes are needed or (the start moved) it was garbage."""
        start, end = self._start, self._end
        if self._buffer[start] == _DOLLAR or not looks_like_message(
            bytes(self._view[start : start + _MESSAGE_PEEK][: end - start])
        ):
            self._skip_garbage()
            return None
        stop = self._buffer.find(b"\r\n\r\n", start, min(end, start + LARGEST_HEAD))
        if stop < 0:
            if end - start >= LARGEST_HEAD:
                raise SourceError(f"camera {self._host} sent RTSP headers of more than {LARGEST_HEAD} bytes")
            return None
        message = parse_head(bytes(self._view[start:stop]), self._host)
        after = stop + 4 + body_length(message, self._host)
        if after > end:
            return None
        self._start = after
        self._lost_step = False
        return replace(message, body=bytes(self._view[stop + 4 : after]))

    def _skip_garbage(self) -> None:
        """Move the start to the next byte that may begin a frame or a response, or to the end."""
        begin = self._start + 1
        found = (self._buffer.find(mark, begin, self._end) for mark in (b"$", b"RTSP/"))
        after = min((place for place in found if place >= 0), default=self._end)
        self._lost_step = True
        self._spurious(after - self._start)
        self._start = after
