"""A camera that misbehaves on demand: a real RTSP server on loopback, with a real stream as long as it is healthy.

How it misbehaves is a `Mode`; all of them stand in `misbehaving.py`.
"""

import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ekamling.rtp_sender import RtpSender
from ekamling.streams.clip import Clip
from tests.edge.test_rtsp_client import Answer, reply, silence

RATE = 40.0  # pictures a second, whatever the clip says
SESSION_S = 60
METHODS = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN\r\n"
_read_head = struct.Struct(">BBH").unpack_from

Distortion = Callable[["Visit", list[bytes]], bytes]


def intact(_visit: "Visit", packets: list[bytes]) -> bytes:
    """The RTP packets of a picture as a healthy camera frames them."""
    return b"".join(map(framed, packets))


def framed(packet: bytes, channel: int = 0, *, declared: int | None = None) -> bytes:
    """One interleaved frame; `declared` is the length that it claims, if not the true one."""
    return struct.pack(">BBH", 0x24, channel, len(packet) if declared is None else declared) + packet


@dataclass(frozen=True)
class Mode:
    """One way to misbehave.

    `answers` stand in place of the healthy ones, method by method; `distort` makes the bytes of each picture.
    `door`: whether the port is open, shut, or open with nobody who accepts. `greets`: what happens before the first
    request. `anew`: only who connects anew meets it, so that whoever is there is thrown out first; otherwise it takes
    hold of streams that run. `shows` instead of the clip, from its first keyframe on; `timeout` of the session.
    """

    answers: Mapping[str, Answer] = field(default_factory=dict)
    distort: Distortion = intact
    door: Literal["open", "shut", "full"] = "open"
    greets: Callable[["Visit"], None] | None = None
    anew: bool = False
    shows: str = ""
    timeout: int = SESSION_S


HEALTHY = Mode()


class MisbehavingCamera:
    """One camera at `url`. `sent`: whole pictures, as far as it was healthy. `visits`: how often somebody connected.

    `clips` by name; the one called "usual" is shown unless the mode says otherwise.
    """

    def __init__(self, clips: Mapping[str, Clip], mode: Mode = HEALTHY) -> None:
        self.mode = mode
        self.sent = 0
        self.visits = 0
        self.senders = {name: RtpSender(clip, 0) for name, clip in clips.items()}
        self._guests = dict[socket.socket, threading.Thread]()
        self._fillers = list[socket.socket]()
        self._lock = threading.RLock()
        self._address = ("127.0.0.1", 0)
        self._listener: socket.socket | None = None
        self._doorman: threading.Thread | None = None
        self._open(mode)

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self._address[1]}/live"

    def turn(self, mode: Mode) -> None:
        """Behave so from now on."""
        reopens = mode.door != self.mode.door
        if reopens:
            self._close()
        self.mode = mode
        if reopens:
            self._open(mode)
        if mode.anew or mode.door != "open":
            self._throw_out()

    def heal(self) -> int:
        """Be healthy to whoever connects from now on; the number of visits so far.

        Who is here now stays with the fault.
        """
        with self._lock:
            self.turn(HEALTHY)
            return self.visits

    def stop(self) -> None:
        self._close()
        self._throw_out()
        for thread in list(self._guests.values()):
            thread.join()

    def leave(self, sock: socket.socket) -> None:
        """A guest is gone."""
        with self._lock:
            self._guests.pop(sock, None)
        sock.close()

    def _throw_out(self) -> None:
        with self._lock:
            for sock in self._guests:
                _shut(sock)

    def _open(self, mode: Mode) -> None:
        if mode.door == "shut":
            return
        self._listener = socket.create_server(self._address, backlog=0 if mode.door == "full" else 16)
        self._address = self._listener.getsockname()
        if mode.door == "full":  # whoever comes then gets no answer at all
            self._fillers = [socket.socket() for _ in range(4)]
            for filler in self._fillers:
                filler.setblocking(False)
                filler.connect_ex(self._address)
            return
        self._doorman = threading.Thread(target=self._accept, args=(self._listener,), name="doorman")
        self._doorman.start()

    def _close(self) -> None:
        if self._listener:
            _shut(self._listener)
            if self._doorman:
                self._doorman.join()
            self._listener.close()
        for filler in self._fillers:
            filler.close()
        self._fillers, self._listener, self._doorman = [], None, None

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                thread = threading.Thread(target=Visit(self, sock).run, name="visit")
                self.visits += 1
                self._guests[sock] = thread
            thread.start()


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


class Visit:
    """One client from its first byte to its last. `count`: pictures since it plays, `since` the last request.

    `reminded`: it asked for something since it plays.
    """

    def __init__(self, camera: MisbehavingCamera, sock: socket.socket) -> None:
        self.camera = camera
        self.sock = sock
        self.count = 0
        self.since = 0
        self.reminded = False
        self._mode = camera.mode
        self._number = 0  # of the next picture of what is shown
        self._sequence = 0
        self._shown = ""
        self._plays = False
        self._waiting = b""

    def run(self) -> None:
        try:
            if self._mode.greets:
                self._mode.greets(self)
            self._serve()
        except OSError:
            pass  # the client is gone, or was thrown out
        finally:
            self.camera.leave(self.sock)

    def numbered(self, packets: list[bytes]) -> list[bytes]:
        """The packets with sequence numbers of this visit, where some of the true ones are left out."""
        first, self._sequence = self._sequence, self._sequence + len(packets)
        numbers = range(first, self._sequence)
        return [
            one[:2] + (number & 0xFFFF).to_bytes(2, "big") + one[4:]
            for number, one in zip(numbers, packets, strict=True)
        ]

    def silent(self) -> None:
        """Read what comes, say nothing, until the client goes away."""
        while self.sock.recv(4096):
            continue
        raise ConnectionAbortedError

    def reset(self) -> None:
        """End the connection in such a way that the client gets an RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise ConnectionAbortedError

    def _serve(self) -> None:
        due = time.monotonic()
        while True:
            if self._heard(max(0.0, due - time.monotonic()) if self._plays else None):
                self._answer()
                due = max(due, time.monotonic())
            elif self._plays:
                self._show()
                due += 1 / RATE

    def _heard(self, wait_s: float | None) -> bool:
        """Whether a whole request, or a part of one, came."""
        if not select.select([self.sock], [], [], wait_s)[0]:
            return False
        came = self.sock.recv(4096)
        if not came:
            raise ConnectionAbortedError
        self._waiting += came
        return True

    def _answer(self) -> None:
        while b"\r\n\r\n" in self._waiting:
            request, _, self._waiting = self._waiting.partition(b"\r\n\r\n")
            method = request.split(b" ", 1)[0].decode()
            self.since, self.reminded = 0, self._plays
            healthy = self._healthy()
            self._mode.answers.get(method, healthy.get(method, silence))(self.sock, request.decode() + "\r\n\r\n")
            self._plays = self._plays or method == "PLAY"

    def _healthy(self) -> dict[str, Answer]:
        return {
            "OPTIONS": reply(headers=METHODS),
            "DESCRIBE": reply(body=described(self.camera.senders[self._mode.shows or "usual"])),
            "SETUP": reply(
                headers=f"Session: abc;timeout={self._mode.timeout}\r\n"
                "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
            ),
            "PLAY": reply(),
            "GET_PARAMETER": reply(),
            "TEARDOWN": reply(),
        }

    def _show(self) -> None:
        """Send the next picture, as the mode of the camera wants it now."""
        if self.camera.mode is not HEALTHY and not self.camera.mode.anew:
            self._mode = self.camera.mode
        shown = self._mode.shows or "usual"
        if shown != self._shown:
            self._shown, self._number = shown, 0
        packets = unframed(self.camera.senders[shown].frames(self._number))
        self._number += 1
        self.count += 1
        self.since += 1
        self.sock.sendall(self._mode.distort(self, packets))
        if self._mode.distort is intact:
            self.camera.sent += 1


def described(sender: RtpSender, *, name: str = "gerbang", sets: bool = True) -> str:
    """A session description of what `sender` sends; without `sets` it holds no parameter sets."""
    track = [line for line in sender.clip.sdp if sets or not line.startswith("a=fmtp")]
    return "\r\n".join(["v=0", "o=- 1 1 IN IP4 127.0.0.1", f"s={name}", "t=0 0", *track, "a=control:track0", ""])


def unframed(frames: bytes) -> list[bytes]:
    """The RTP packets inside interleaved frames."""
    packets, start = list[bytes](), 0
    while start < len(frames):
        size = _read_head(frames, start)[2]
        packets.append(frames[start + 4 : start + 4 + size])
        start += 4 + size
    return packets
