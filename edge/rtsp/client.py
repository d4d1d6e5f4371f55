"""E-Kamling's RTSP client: H.264, H.265 or MJPEG over one TCP connection, with a deadline on every step (RFC 2326)."""

import contextlib
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from core.errors import SourceError, SourceRefused
from edge.rtsp import sdp
from edge.rtsp.address import Address, parse
from edge.rtsp.auth import Authenticator
from edge.rtsp.depacketize import Depacketizer
from edge.rtsp.message import Message, write
from edge.rtsp.packet import Counts, Packet, StreamInfo
from edge.rtsp.report import CameraClock
from edge.rtsp.wire import Wire

_AGENT = "E-Kamling"
_SESSION_TIMEOUT_S = 60.0  # RFC 2326 section 12.37, when the camera names none
_PARTING_S = 2.0  # a camera that said it ends the stream, and sends no picture for so long, meant it
_REFUSED = {
    400: "did not understand the request for",
    403: "forbids",
    404: "has no stream at",
    406: "offers no description of",
    451: "did not understand a parameter for",
    454: "lost the session of",
    455: "does not allow to play",
    457: "cannot play from now at",
    459: "does not play as a whole",
    460: "does not play as a part",
    461: "does not send over TCP",
}
_ANSWERED = ("OPTIONS", "GET_PARAMETER", "SET_PARAMETER")


class RtspClient:
    """One camera stream, once: `open()`, then iterate `packets()`, then `close()`. To try again, make a new client.

    `timeout_s`: for the connection and for each whole response; `open` takes twice that at most, as a whole.
    `stall_s`: the longest wait for a whole picture.
    `let_in`: the camera answered, and the last it said was neither a question for the login nor a prohibition.
    `trouble`: what its reader finds wrong with the pictures so far, if anything; the client itself never looks at it.
    `unhurried`: pictures may come up to a quarter of a second late, in bunches, for a fraction of the work; it may be
    changed while packets come, from any thread.
    A host name is looked up by the system's resolver, whose own time limits hold for that step.
    One thread opens and reads; `close()` may come from any thread.
    """

    def __init__(
        self,
        url: str,
        *,
        username: str = "",
        password: str = "",
        timeout_s: float = 5.0,
        stall_s: float = 8.0,
        unhurried: bool = False,
    ) -> None:
        self.counts = Counts()
        self._address, credentials = parse(url, username, password)
        self._auth = Authenticator(credentials)
        self._timeout_s = timeout_s
        self._stall_s = stall_s
        self.unhurried = unhurried
        self.let_in = False
        self.trouble = ""
        self._lock = threading.Lock()
        self._closed = False
        self._busy = False
        self._socket: socket.socket | None = None
        self._wire: Wire | None = None
        self._depacketizer: Depacketizer | None = None
        self._camera_clock = CameraClock()
        self._sequence = 0
        self._session = ""
        self._keepalive_s = _SESSION_TIMEOUT_S / 2
        self._keepalive = "OPTIONS"
        self._aggregate = self._address.url
        self._ready_by = 0.0
        self._renewing = False
        self._farewell = ""

    def open(self) -> StreamInfo:
        """Connect and start the stream. SourceRefused if trying again will not help, SourceError if it may."""
        self._busy = True
        self._ready_by = time.monotonic() + 2 * self._timeout_s
        try:
            self._connect()
            return self._start()
        except BaseException:
            self._release()
            raise
        finally:
            self._busy = False

    def packets(self) -> Iterator[Packet]:
        """Pictures as they come. Ends by SourceError (no picture for `stall_s`, closed, garbage) or after `close()`."""
        wire, depacketizer = self._wire, self._depacketizer
        if wire is None or depacketizer is None:
            raise SourceError(f"camera {self._address.host} is not open")
        self._busy = True
        ready, before = depacketizer.ready, replace(self.counts)
        try:
            stalled_at = time.monotonic() + self._stall_s
            keepalive_at = time.monotonic() + self._keepalive_s
            while not self._closed:
                wire.gather(self.unhurried)
                parting = bool(self._farewell)
                self._take_messages(wire)
                if ready:
                    wire.forgive()
                    while ready and not self._closed:
                        yield ready.popleft()
                    stalled_at = time.monotonic() + self._stall_s
                    self._farewell, before = "" if parting else self._farewell, replace(self.counts)
                now = time.monotonic()
                if self._farewell:
                    stalled_at = min(stalled_at, now + _PARTING_S)
                if now >= stalled_at:
                    raise SourceError(f"camera {self._address.host} {self._farewell or self._stalled(before)}")
                if now >= keepalive_at:
                    self._renewing = False
                    self._send(self._keepalive, self._aggregate)
                    keepalive_at = now + self._keepalive_s
                wire.read(min(stalled_at, keepalive_at))
        except SourceError:
            if not self._closed:
                raise
        finally:
            self._release()

    def _stalled(self, before: Counts) -> str:
        """What the camera did since its last picture, when the counts were those of `before`."""
        now, said = self.counts, f"sent no picture for {self._stall_s:g} s"
        figures = {
            "bytes": now.bytes - before.bytes,
            "bytes of no use": now.spurious - before.spurious,
            "damaged pictures": now.damaged - before.damaged,
            "missing packets": now.lost - before.lost,
        }
        seen = ", ".join(f"{count} {what}" for what, count in figures.items() if count)
        return f"{said}, but {seen}" if seen else said

    def pending(self) -> bool:
        """Whether a whole picture, or unread bytes, already wait: the caller is behind. Never blocks."""
        if self._depacketizer is not None and self._depacketizer.ready:
            return True
        return self._wire is not None and not self._closed and self._wire.readable()

    @property
    def clock_off_s(self) -> float | None:
        """How far the camera's clock was ahead of this computer's at its last report; None if it tells no time."""
        return self._camera_clock.off_s

    def close(self) -> None:
        """Say goodbye as far as that is possible without waiting, and let `packets()` end."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            sock = self._socket
        if sock is None:
            return
        if self._session:
            with contextlib.suppress(OSError):
                sock.settimeout(0)
                sock.send(self._request("TEARDOWN", self._aggregate, {}))
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        if not self._busy:
            sock.close()  # else the busy thread does, so that the number is not used again under its feet

    def _release(self) -> None:
        self.close()
        if self._socket is not None:
            self._socket.close()

    # --- connection and requests

    def _connect(self) -> None:
        host, until = self._address.host, time.monotonic() + self._timeout_s
        try:
            found = socket.getaddrinfo(host, self._address.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise SourceError(f"camera {host} has no known address: check its name and the name server") from error
        problem = "timed out"
        for family, kind, protocol, _, address in found:
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(max(until - time.monotonic(), 0.001))
                sock.connect(address)
            except OSError as error:
                sock.close()
                problem = error.strerror or "timed out"
                continue
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket, self._wire = sock, Wire(sock, host, self.counts)
            return
        raise SourceError(f"camera {host} does not answer on port {self._address.port}: {problem.lower()}")

    def _request(self, method: str, url: str, headers: dict[str, str]) -> bytes:
        self._sequence += 1
        lines = {"CSeq": str(self._sequence), "User-Agent": _AGENT}
        authorization = self._auth.header(method, url)
        if authorization:
            lines["Authorization"] = authorization
        if self._session:
            lines["Session"] = self._session
        return write(f"{method} {url} RTSP/1.0", lines | headers)

    def _send(self, method: str, url: str, headers: dict[str, str] | None = None) -> None:
        self._write(self._request(method, url, headers or {}))

    def _write(self, data: bytes) -> None:
        host = self._address.host
        if self._socket is None or self._closed:
            raise SourceError(f"camera {host} was closed")
        try:
            self._socket.settimeout(self._timeout_s)
            self._socket.sendall(data)
        except OSError as error:
            raise SourceError(f"connection to camera {host} broke: {error.strerror or 'it takes no data'}") from error

    def _ask(self, method: str, url: str, headers: dict[str, str] | None = None) -> Message:
        """One request and its response, with one new try when the camera asks for a login."""
        for _ in range(3):
            self._send(method, url, headers)
            response = self._response(method)
            self.let_in = response.status not in (401, 403)
            if response.status != 401:
                self._auth.proven()
                return response
            self._auth.accept(response.all("www-authenticate"), self._address.host)
        raise self._never_content()

    def _never_content(self) -> SourceRefused:
        return SourceRefused(f"camera {self._address.host} asks for the login again and again: check its settings")

    def _response(self, method: str) -> Message:
        """The response to the last request, within one deadline however slowly it trickles in."""
        wire, until = self._wire, min(time.monotonic() + self._timeout_s, self._ready_by)
        while wire is not None:
            message = wire.messages()
            if message is None:
                if not wire.read(until):
                    break
            elif not message.status:
                self._serve(message)
            elif message.header("cseq") in (str(self._sequence), "") and message.status >= 200:
                return message
        if until == self._ready_by:
            raise SourceError(f"camera {self._address.host} was not ready to send within {2 * self._timeout_s:g} s")
        raise SourceError(f"camera {self._address.host} did not answer {method} within {self._timeout_s:g} s")

    def _granted(self, method: str, url: str, headers: dict[str, str] | None = None) -> Message:
        """As `_ask`, but everything except success is an error."""
        response = self._ask(method, url, headers)
        self._refuse_redirect(response)
        if 200 <= response.status < 300:
            return response
        host, shown = self._address.host, self._address.shown
        if 400 <= response.status < 500:
            what = _REFUSED.get(response.status, f"refused {method} of")
            raise SourceRefused(f"camera {host} {what} {shown} (status {response.status}): check the stream's path")
        raise SourceError(f"camera {host} failed to serve {shown} (status {response.status} to {method})")

    def _refuse_redirect(self, response: Message) -> None:
        if 300 <= response.status < 400:
            raise SourceRefused(
                f"camera {self._address.host} redirects {self._address.shown} elsewhere, which is never followed: "
                "configure the address of the camera itself"
            )

    def _serve(self, request: Message) -> None:
        """Answer a request of the camera."""
        if request.method == "REDIRECT":
            self._refuse_redirect(Message(301, "", (), b""))
        status = "200 OK" if request.method in _ANSWERED else "501 Not Implemented"
        self._write(write(f"RTSP/1.0 {status}", {"CSeq": _printable(request.header("cseq"))}))

    def _take_messages(self, wire: Wire) -> None:
        """Hand on the frames; a keepalive's answer matters only if the camera wants a new login, or no more of us."""
        while (message := wire.messages()) is not None:
            if not message.status:
                self._serve(message)
            elif message.status == 401:
                self._renew(message)
            elif message.status == 454:
                self._farewell = "lost the session"
            else:
                self._refuse_redirect(message)
        if self._camera_clock.ended:
            self._camera_clock.ended = False
            self._farewell = "ended its stream (RTCP BYE)"

    def _renew(self, message: Message) -> None:
        """Repeat a keepalive with another login; once, so that the camera cannot keep us busy."""
        self.let_in = False
        if self._renewing:
            raise self._never_content()
        self._auth.accept(message.all("www-authenticate"), self._address.host)
        self._renewing = True
        self._send(self._keepalive, self._aggregate)

    # --- the handshake

    def _start(self) -> StreamInfo:
        address = self._address
        options = self._ask("OPTIONS", address.url)
        self._refuse_redirect(options)
        if "GET_PARAMETER" in options.header("public").upper():
            self._keepalive = "GET_PARAMETER"
        described = self._granted("DESCRIBE", address.url, {"Accept": "application/sdp"})
        session = sdp.parse(described.body.decode("utf-8", "replace"), address.host)
        base = described.header("content-base") or described.header("content-location") or address.url
        self._aggregate = _clean(address, address.resolve(base, session.control))
        control = _clean(address, address.resolve(base, session.track.control))
        asked = {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"}
        self._set_up(self._granted("SETUP", control, asked), session.track)
        self._granted("PLAY", self._aggregate, {"Range": "npt=0.000-"})
        return StreamInfo(session.track.codec, session.track.parameter_sets)

    def _set_up(self, response: Message, track: sdp.VideoTrack) -> None:
        """Note the session, its timeout and the channel that the camera really uses."""
        identifier, _, rest = response.header("session").partition(";")
        self._session = _printable(identifier.strip())
        timeout = re.search(r"timeout\s*=\s*([0-9]{1,6})", rest, re.IGNORECASE | re.ASCII)
        self._keepalive_s = max(float(timeout[1]) if timeout else _SESSION_TIMEOUT_S, 2.0) / 2
        transport = response.header("transport")
        if transport and "TCP" not in transport.upper() and "interleaved" not in transport.lower():
            raise SourceRefused(
                f"camera {self._address.host} does not send over TCP: allow RTP over RTSP in its settings"
            )
        channel = re.search(r"interleaved\s*=\s*([0-9]{1,3})", transport, re.IGNORECASE | re.ASCII)
        if self._wire is not None:
            self._depacketizer = Depacketizer(track, self.counts)
            self._wire.channel = min(int(channel[1]) if channel else 0, 254)
            self._wire.on_frame = self._depacketizer.push
            self._wire.on_report = self._camera_clock.push


def _printable(text: str) -> str:
    return "".join(sign for sign in text[:200] if sign.isprintable())


def _clean(address: Address, url: str) -> str:
    """A URL out of the camera's SDP or headers; it must not smuggle lines into our requests."""
    if len(url) > 2048 or re.search(r'[\x00-\x20\x7f"]', url):
        raise SourceRefused(f"camera {address.host} announced a stream address that cannot be used")
    return url
