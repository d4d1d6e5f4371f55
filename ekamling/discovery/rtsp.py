"""What one open port says of itself over RTSP: whether it is a camera, and which streams it describes without a login.

No password is ever tried: a wrong one locks accounts on many cameras, and a right one would be somebody's secret.
"""

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.errors import SourceError
from edge.rtsp import sdp
from edge.rtsp.address import Address
from edge.rtsp.message import Message, write
from edge.rtsp.packet import Counts
from edge.rtsp.wire import Wire
from ekamling.discovery.paths import PLACES, Place, of_maker
from ekamling.discovery.text import tame

ANSWER_S = 2.0  # for one answer
WHOLE_S = 10.0  # for everything that is asked of one port
NOWHERE = "/no-such-stream"  # what a camera says of a path that nobody has
LOGIN = 401


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream that is there. `codec` is empty where it asks for a login first, or sends what we cannot read."""

    url: str
    asks_login: bool
    codec: str = ""
    maker: str = ""


@dataclass(frozen=True, slots=True)
class RtspPort:
    """A port that speaks RTSP. `hides` means that it asks for a login before it tells which streams it has."""

    host: str
    port: int
    server: str = ""
    hides: bool = False
    streams: tuple[Stream, ...] = field(default_factory=tuple)

    def likely(self, words: str = "") -> str:
        """The address to try first; `words` are what else is known of the camera, and may name its maker."""
        if self.streams:
            return self.streams[0].url
        place = of_maker(f"{words} {self.server}")
        return Address(self.host, self.port, place.main if place else "/").url


def ask(host: str, port: int, places: Sequence[Place] = PLACES) -> RtspPort | None:
    """Ask one open port; None where it does not speak RTSP. Takes `WHOLE_S` seconds at most, and raises nothing."""
    until = time.monotonic() + WHOLE_S
    try:
        options = _once(host, port, "OPTIONS", "/", until)
    except (OSError, SourceError):
        return None
    server = tame(options.header("server"))
    nowhere = _describe(host, port, NOWHERE, until)
    if nowhere is None:
        return RtspPort(host, port, server)
    server = server or tame(nowhere.header("server"))
    if nowhere.status == LOGIN:
        return RtspPort(host, port, server, hides=True)
    if nowhere.status == 200:  # it has one stream, whatever it is asked for
        return RtspPort(host, port, server, streams=(_stream(Address(host, port, "/").url, nowhere, ""),))
    return RtspPort(host, port, server, streams=tuple(_streams(host, port, places, until)))


def _streams(host: str, port: int, places: Sequence[Place], until: float) -> list[Stream]:
    """Those of the usual streams that are there, main before sub."""
    found = []
    for place in places:
        for path in filter(None, (place.main, place.sub)):
            answer = _describe(host, port, path, until)
            if answer is not None and answer.status in (200, LOGIN):
                found.append(_stream(Address(host, port, path).url, answer, place.maker))
    return found


def _stream(url: str, answer: Message, maker: str) -> Stream:
    codec = ""
    if answer.status == 200:
        try:
            codec = sdp.parse(answer.body.decode("utf-8", "replace"), "").track.codec
        except SourceError:
            pass
    return Stream(url, answer.status == LOGIN, codec, maker)


def _describe(host: str, port: int, path: str, until: float) -> Message | None:
    """The answer to a DESCRIBE without a login, on a connection of its own: many cameras close it after a refusal."""
    if time.monotonic() >= until:
        return None
    try:
        return _once(host, port, "DESCRIBE", path, until)
    except (OSError, SourceError):
        return None


def _once(host: str, port: int, method: str, path: str, until: float) -> Message:
    """The answer to one question; raises OSError or SourceError where none in RTSP comes."""
    until = min(until, time.monotonic() + ANSWER_S)
    url = Address(host, port, path).url
    with socket.create_connection((host, port), timeout=ANSWER_S) as sock:
        sock.sendall(write(f"{method} {url} RTSP/1.0", {"CSeq": "1", "Accept": "application/sdp"}))
        wire = Wire(sock, host, Counts())
        while wire.read(until):
            message = wire.messages()
            if message is not None and message.status >= 200:
                return message
    raise SourceError(f"{host} does not speak RTSP on port {port}")
