"""The shard's side of live view: keeps each stream's packets since its last keyframe, and hands on what is watched.

A camera's thread only appends to a list and, while somebody watches, to a queue; a thread of its own writes to the
relay. When the relay does not keep up the stream is cut until its next keyframe, and that is counted: analysis never
waits for a viewer.
"""

import contextlib
import logging
import socket
import threading
from collections import Counter, deque
from time import monotonic

from core.errors import WireError
from edge.live.messages import HEAD, Here, Still, Stream, Unit, Watch, framed, length, watch
from edge.rtsp.packet import Packet, StreamInfo

RETRY_S = 0.5
WAITING_BYTES = 4 * 1024 * 1024  # that may wait for the relay, of all streams of a shard
GROUP_BYTES = 2 * 1024 * 1024  # of a stream that are kept; a longer group of pictures begins at its next keyframe
STILL_S = 0.9  # between two pictures of a camera for those who look at pictures only

log = logging.getLogger("edge.live.feed")


class LiveFeed:
    """What a shard gives to the relay that listens at `path`. `cut` counts, for a stream, how often it was."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._taps: dict[tuple[str, Stream], LiveTap] = {}
        self._stills: dict[str, float] = {}  # cameras whose pictures are wanted, and when the last one went
        self._queue: deque[bytes] = deque()
        self._bytes = 0
        self._more = threading.Condition(self._lock)
        self._socket: socket.socket | None = None
        self._stopping = False
        self.cut: Counter[tuple[str, Stream]] = Counter()
        self._threads = [
            threading.Thread(target=self._keep, name="live-listen", daemon=True),
            threading.Thread(target=self._write, name="live-write", daemon=True),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        with self._more:
            self._stopping = True
            self._hang_up()
            self._more.notify_all()
        for thread in self._threads:
            thread.join(timeout=5)

    def tap(self, camera: str, stream: Stream) -> "LiveTap":
        """Where the packets of one stream go in."""
        return LiveTap(self, camera, stream)

    def wants_still(self, camera: str) -> bool:
        """Whether a picture of that camera is due."""
        sent = self._stills.get(camera)
        return sent is not None and monotonic() - sent >= STILL_S

    def still(self, camera: str, jpeg: bytes) -> None:
        """Hand on one picture."""
        with self._more:
            if camera in self._stills:
                self._stills[camera] = monotonic()
                self._put(framed(Still(camera, jpeg)))

    # --- called by taps, which hold the lock

    @property
    def lock(self) -> threading.Lock:
        return self._lock

    def enter(self, tap: "LiveTap") -> None:
        """A stream brings pictures."""
        self._taps[tap.key] = tap
        self._tell()

    def leave(self, tap: "LiveTap") -> None:
        """A stream brings none any more."""
        if self._taps.pop(tap.key, None):
            self._tell()

    def offer(self, tap: "LiveTap", packet: Packet) -> bool:
        """Queue a packet; False where there is no room and the stream must be cut."""
        if self._bytes + len(packet.data) > WAITING_BYTES:
            self.cut[tap.key] += 1
            return False
        self._put(framed(Unit(*tap.key, packet.data, packet.pts, packet.keyframe)))
        return True

    def _put(self, message: bytes) -> None:
        if self._socket is None:
            return
        self._queue.append(message)
        self._bytes += len(message)
        self._more.notify_all()

    def _tell(self) -> None:
        cameras: dict[str, dict[Stream, str]] = {}
        for (camera, stream), tap in self._taps.items():
            cameras.setdefault(camera, {})[stream] = tap.codec
        self._put(framed(Here(cameras)))

    # --- the socket

    def _keep(self) -> None:
        """Stay connected to the relay and do what it wants."""
        pause = threading.Event()
        while not self._stopping:
            with contextlib.suppress(OSError, WireError), socket.socket(socket.AF_UNIX) as link:
                link.connect(self._path)
                with self._more:
                    self._socket = link
                    self._tell()
                while True:
                    self._obey(watch(_exactly(link, length(_exactly(link, HEAD.size)))))
            with self._more:
                self._hang_up()
            if not self._stopping:
                pause.wait(RETRY_S)

    def _obey(self, wanted: Watch) -> None:
        with self._more:
            if wanted.wish == "pictures":
                if wanted.on:
                    self._stills.setdefault(wanted.camera, 0.0)
                else:
                    self._stills.pop(wanted.camera, None)
            elif tap := self._taps.get((wanted.camera, wanted.wish)):
                tap.watch(wanted.on)

    def _hang_up(self) -> None:
        link, self._socket = self._socket, None
        if link is not None:
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
        self._queue.clear()
        self._bytes = 0
        self._stills.clear()
        for tap in self._taps.values():
            tap.watch(False)

    def _write(self) -> None:
        while True:
            with self._more:
                self._more.wait_for(lambda: self._queue or self._stopping)
                if self._stopping:
                    return
                message, link = self._queue.popleft(), self._socket
                self._bytes -= len(message)
            if link is not None:
                with contextlib.suppress(OSError):  # the listening thread finds out as well
                    link.sendall(message)


class LiveTap:
    """The packets of one stream since its last keyframe. `push` and `reset` are called on the stream's own thread.

    `hurried` tells whether somebody watches: then a reader that gathers packets must not.
    """

    def __init__(self, feed: LiveFeed, camera: str, stream: Stream) -> None:
        self.key: tuple[str, Stream] = (camera, stream)
        self.codec = ""
        self.hurried = False
        self._feed = feed
        self._group: list[Packet] = []
        self._bytes = 0
        self._flowing = False  # what comes is decodable for whoever watches

    def push(self, info: StreamInfo, packet: Packet) -> None:
        """Take in one packet."""
        with self._feed.lock:
            if info.codec != self.codec:
                self.codec = info.codec
                self._feed.enter(self)
            self._keep(packet)
            if self.hurried:
                self._flowing = (self._flowing or packet.keyframe) and self._feed.offer(self, packet)

    def reset(self) -> None:
        """The stream broke."""
        with self._feed.lock:
            self.codec, self.hurried, self._flowing = "", False, False
            self._group, self._bytes = [], 0
            self._feed.leave(self)

    def watch(self, on: bool) -> None:
        """Begin or end handing on; the feed holds the lock."""
        if on and not self.hurried:
            self._flowing = bool(self._group) and all([self._feed.offer(self, packet) for packet in self._group])
        self.hurried = on

    def _keep(self, packet: Packet) -> None:
        if packet.keyframe:
            self._group, self._bytes = [], 0
        elif not self._group:
            return
        self._bytes += len(packet.data)
        if self._bytes > GROUP_BYTES:
            self._group, self._bytes = [], 0
        else:
            self._group.append(packet)


def _exactly(link: socket.socket, size: int) -> bytes:
    """That many bytes; raises OSError when the relay is gone."""
    parts = bytearray()
    while len(parts) < size:
        part = link.recv(size - len(parts))
        if not part:
            raise OSError("the relay is gone")
        parts += part
    return bytes(parts)
