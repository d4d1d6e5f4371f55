"""The ways in which cameras misbehave, each a `Mode` of a `MisbehavingCamera` and what is to be said of it.

The sizes below are those of a test: a client that waits .5 s for a picture and .4 s for an answer.
"""

import socket
import threading
from dataclasses import dataclass

from tests.edge import spoiled
from tests.edge.misbehaving_camera import Distortion, Mode, Visit
from tests.edge.test_rtsp_client import (
    DESCRIBED,
    MD5,
    SDP,
    Answer,
    hang_up,
    locked,
    reply,
    send,
    silence,
    then,
    trickle,
)

HELD_S = 0.3  # an answer that comes just in time


@dataclass(frozen=True)
class Fault:
    """A mode that ends the pictures; `said` is found in the reason that the camera's state gives for it.

    `login`: it has to do with the login, so the camera asks for one before and is left in peace for long.
    """

    mode: Mode
    said: str
    login: bool = False


@dataclass(frozen=True)
class Oddity:
    """A mode that is put up with for so many `pictures` (40 a second). `loses`: packets are counted as lost."""

    mode: Mode
    loses: bool = False
    pictures: int = 25


def met(**answers: Answer) -> Mode:
    """Met by whoever connects anew."""
    return Mode(answers=answers, anew=True)


def while_playing(distort: Distortion) -> Mode:
    """Taking hold of the stream that runs."""
    return Mode(distort=distort)


# --- at the door


def stall(visit: Visit) -> None:
    visit.silent()


def leave(_visit: Visit) -> None:
    raise ConnectionAbortedError


def reset(visit: Visit) -> None:
    visit.reset()


def noise(visit: Visit) -> None:
    """Random bytes for ever, without a word heard."""
    while True:
        visit.sock.sendall(spoiled.NOISE)


def banner(visit: Visit) -> None:
    """Another service on the port."""
    visit.sock.sendall(b"SSH-2.0-example\r\n")
    visit.silent()


# --- answers


def held(answer: Answer) -> Answer:
    """The same answer, late."""

    def late(connection: socket.socket, request: str) -> None:
        threading.Event().wait(HELD_S)
        answer(connection, request)

    return late


def asking(challenge: str) -> Answer:
    return reply("401 Unauthorized", challenge)


def other_number(connection: socket.socket, _request: str) -> None:
    connection.sendall(b"RTSP/1.0 200 OK\r\nCSeq: 4711\r\n\r\n")


def not_yet(connection: socket.socket, request: str) -> None:
    """Says 100 (Continue) for ever."""
    while not threading.Event().wait(0.005):
        reply("100 Continue")(connection, request)


def dribble(connection: socket.socket, _request: str) -> None:
    """A session description that is promised to be long and comes byte by byte."""
    connection.sendall(b"RTSP/1.0 200 OK\r\nContent-Length: 60000\r\n\r\nv=0\r\n")
    while not threading.Event().wait(0.005):
        connection.sendall(b"a")


def headers(connection: socket.socket, _request: str) -> None:
    """Headers without end, as fast as they are taken."""
    connection.sendall(b"RTSP/1.0 200 OK\r\n")
    while True:
        connection.sendall(b"X-Padding: " + b"a" * 1000 + b"\r\n")


def announcing(length: str) -> Answer:
    return send(f"RTSP/1.0 200 OK\r\nContent-Length: {length}\r\n\r\n".encode() + b"v=0\r\n")


def in_charset(charset: str) -> Answer:
    """A session description with a name that is not ASCII, in that character set."""
    body = f"v=0\r\ns=Café Purbalingga\r\n{SDP}".encode(charset)
    return then(reply(headers=f"Content-Length: {len(body)}\r\n"), send(body))


def renewed(connection: socket.socket, request: str) -> None:
    """Keepalives are taken with the second nonce only."""
    (reply() if 'nonce="n2"' in request else asking(STALE))(connection, request)


def set_up(headers: str) -> Answer:
    return reply(headers=f"{headers}Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n")


STALE = MD5.replace('"n"', '"n2", stale=true')
LOCKED = {method: asking(MD5) for method in ("DESCRIBE", "SETUP", "PLAY")}
UNUSABLE = r"sent no picture for .*, but \d+ "

FAULTS: dict[str, Fault] = {
    # the port
    "refuses": Fault(Mode(door="shut"), "does not answer on port .*: connection refused"),
    "answers no SYN": Fault(Mode(door="full"), "does not answer on port .*: timed out"),
    "accepts and stalls": Fault(Mode(greets=stall, anew=True), "did not answer OPTIONS"),
    "accepts and closes": Fault(Mode(greets=leave, anew=True), "closed the connection|reset"),
    "accepts and resets": Fault(Mode(greets=reset, anew=True), "reset"),
    "sends noise at once": Fault(Mode(greets=noise, anew=True), "sends garbage"),
    "is another service": Fault(Mode(greets=banner, anew=True), "did not answer OPTIONS"),
    # the handshake
    "trickles its headers": Fault(met(DESCRIBE=trickle), "did not answer DESCRIBE"),
    "stalls at PLAY": Fault(met(PLAY=silence), "did not answer PLAY"),
    "hangs up at SETUP": Fault(met(SETUP=hang_up), "closed the connection"),
    "is slow at every step": Fault(
        met(OPTIONS=held(reply()), DESCRIBE=held(reply(body=SDP)), SETUP=held(set_up("Session: a\r\n"))),
        "was not ready to send within",
    ),
    "says 100 for ever": Fault(met(DESCRIBE=not_yet), "did not answer DESCRIBE"),
    "sends headers without end": Fault(met(DESCRIBE=headers), "headers of more than|more than 64 headers"),
    "dribbles an endless SDP": Fault(met(DESCRIBE=dribble), "did not answer DESCRIBE"),
    "promises a huge body": Fault(met(DESCRIBE=announcing("999999999")), "body that is too large"),
    "promises a negative body": Fault(met(DESCRIBE=announcing("-1")), "body that is too large"),
    "promises more than it sends": Fault(met(DESCRIBE=announcing("60000")), "did not answer DESCRIBE"),
    "writes its SDP in UTF-16": Fault(met(DESCRIBE=in_charset("utf-16")), "offers no video"),
    "describes no video": Fault(met(DESCRIBE=reply(body=SDP.replace("video", "audio"))), "offers no video"),
    "sends an unknown codec": Fault(met(DESCRIBE=reply(body=SDP.replace("H264", "VP8"))), "sends VP8"),
    "numbers its answers wrongly": Fault(met(OPTIONS=other_number), "did not answer OPTIONS"),
    "redirects": Fault(met(DESCRIBE=reply("302 Moved", "Location: rtsp://127.0.0.2/\r\n")), "redirects"),
    "knows no such stream": Fault(met(DESCRIBE=reply("404 Not Found")), "has no stream at"),
    "loses the session": Fault(met(PLAY=reply("454 Session Not Found")), "lost the session"),
    "wants another transport": Fault(met(SETUP=reply("461 Unsupported Transport")), "does not send over TCP"),
    "is busy": Fault(met(DESCRIBE=reply("503 Service Unavailable")), "failed to serve .* 503"),
    "refuses the password": Fault(met(**LOCKED), "refused the user name or password", login=True),
    "finds each login stale": Fault(met(DESCRIBE=asking(STALE)), "login again and again", login=True),
    "finds each keepalive stale": Fault(
        Mode(answers={"GET_PARAMETER": asking(STALE)}, timeout=1, anew=True), "login again and again", login=True
    ),
    # a stream that ends
    "stalls": Fault(while_playing(spoiled.nothing), "sent no picture for"),
    "is gone without a word": Fault(while_playing(spoiled.gone), "sent no picture for"),
    "closes": Fault(while_playing(spoiled.closes), "closed the connection"),
    "resets": Fault(while_playing(spoiled.resets), "reset"),
    "closes one side": Fault(while_playing(spoiled.says_no_more), "closed the connection"),
    "says BYE": Fault(while_playing(spoiled.bye), "ended its stream"),
    "sends 0.1 pictures a second": Fault(while_playing(spoiled.seldom), "sent no picture for"),
    "trickles bytes": Fault(while_playing(spoiled.trickles), UNUSABLE),
    "sends zeros": Fault(while_playing(spoiled.one_byte), UNUSABLE),
    "sends garbage": Fault(while_playing(spoiled.garbage), "sends garbage"),
    "asks in place of sending": Fault(while_playing(spoiled.asks), UNUSABLE),
    "redirects while it plays": Fault(while_playing(spoiled.redirects), "redirects"),
    "announces a huge message": Fault(while_playing(spoiled.oversized_request), "too large"),
    # pictures that are none
    "cuts its units": Fault(while_playing(spoiled.cut), "cannot be decoded .*damaged"),
    "sends no parameter sets": Fault(
        Mode({"DESCRIBE": reply(body=SDP)}, spoiled.without(spoiled.SPS, spoiled.PPS), anew=True),
        "cannot be decoded",
    ),
    "sends no keyframe": Fault(Mode(distort=spoiled.steps_only, anew=True), "no keyframe"),
    "changes its codec": Fault(
        Mode(shows="other codec", answers={"DESCRIBE": DESCRIBED}), f"cannot be decoded|{UNUSABLE}"
    ),
    "changes its payload type": Fault(while_playing(spoiled.of_payload_type(97)), UNUSABLE),
    "sends on other channels": Fault(while_playing(spoiled.on_channel(4)), UNUSABLE),
    "claims longer frames": Fault(while_playing(spoiled.declared(40)), UNUSABLE),
    "claims shorter frames": Fault(while_playing(spoiled.declared(-40)), f"cannot be decoded|{UNUSABLE}"),
    "never ends a frame": Fault(while_playing(spoiled.unfinished), UNUSABLE),
    "never ends a unit": Fault(while_playing(spoiled.endless_unit), UNUSABLE),
    "forgets the session": Fault(
        Mode({"GET_PARAMETER": reply("454 Session Not Found")}, spoiled.until_reminded, anew=True, timeout=1),
        "lost the session$",
    ),
}

ODDITIES: dict[str, Oddity] = {
    "jumps in time": Oddity(while_playing(spoiled.moved(10_000_000))),
    "jumps back in time": Oddity(while_playing(spoiled.moved(-10_000_000))),
    "stands still in time": Oddity(while_playing(spoiled.still)),
    "loses pictures": Oddity(while_playing(spoiled.lossy), loses=True),
    "jumps in its numbers": Oddity(
        while_playing(spoiled.numbered(lambda number, picture: number + picture // 10 * 1000)), loses=True
    ),
    "counts anew": Oddity(
        while_playing(spoiled.numbered(lambda number, picture: number - picture // 10 * 1000)), loses=True
    ),
    "changes its size": Oddity(Mode(shows="other size"), loses=True),
    "sends sound nobody asked for": Oddity(while_playing(spoiled.with_sound)),
    "sends reports that are none": Oddity(while_playing(spoiled.with_reports)),
    "writes its SDP in Latin-1": Oddity(met(DESCRIBE=in_charset("latin-1"))),
    "ends sessions that it does not hear of": Oddity(Mode(distort=spoiled.hushed, timeout=2, anew=True), pictures=100),
    "answers no keepalive": Oddity(Mode(answers={"GET_PARAMETER": silence}, timeout=1, anew=True), pictures=60),
    "renews its nonce": Oddity(
        Mode(answers={"DESCRIBE": locked(MD5, DESCRIBED), "GET_PARAMETER": renewed}, timeout=1, anew=True), pictures=60
    ),
}

RARE_KEYFRAMES = Mode()  # sends them at last, to whoever is there
BREAKS_OFF = while_playing(spoiled.breaks_off)
LOGIN = met(DESCRIBE=locked(MD5, DESCRIBED))
