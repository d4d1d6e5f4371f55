"""Cameras for demonstrations and tests: an RTSP server over TCP that loops clips in real time, as live cameras do."""

import asyncio
import contextlib
import os
import re
import secrets
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from core.errors import ServiceError
from core.tasks import stop
from edge.rtsp.auth import Challenge, Credentials, digest, parameters
from ekamling.rtp_sender import RtpSender
from ekamling.streams.clip import load

_REALM = "E-Kamling simulator"
_SESSION_TIMEOUT_S = 60
_REPORT_EVERY_S = 5.0
_LARGEST_REQUEST = 16 * 1024  # bytes
_MOST_WAITING = 512 * 1024  # bytes a slow client may have waiting; then it continues at a later keyframe
_METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, SET_PARAMETER, TEARDOWN"
_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 454: "Session Not Found"}
_REASONS |= {461: "Unsupported Transport", 501: "Not Implemented"}


@dataclass(frozen=True)
class SimulatedCamera:
    """One stream: `path` without a leading slash, such as "cam1/main"; `clip` an H.264, H.265 or MJPEG file.

    The stream starts at the keyframe at or before `offset_s` seconds of the clip.
    """

    path: str
    clip: Path
    offset_s: float = 0


@dataclass(eq=False)
class _Client:
    """One connection. `next_number` is the next picture it gets; `waiting` means that it was too slow."""

    writer: asyncio.StreamWriter
    nonce: str = field(default_factory=lambda: secrets.token_hex(16))
    session: str = field(default_factory=lambda: secrets.token_hex(8))
    camera: "_Camera | None" = None
    next_number: int = 0
    waiting: bool = False
    gone: asyncio.Event = field(default_factory=asyncio.Event)


class _Camera:
    """Sends one stream to everybody who plays it; sleeps while nobody does."""

    def __init__(self, sender: RtpSender) -> None:
        self.sender = sender
        self.clients: set[_Client] = set()
        self._playing = asyncio.Event()
        self._started = 0.0

    def start_clock(self, now: float) -> None:
        self._started = now

    def join(self, client: _Client, now: float) -> None:
        """The client gets the current group of pictures at once and then follows real time."""
        if client.camera is not None:
            client.camera.leave(client)
        number = self.sender.latest(now - self._started)
        client.camera, client.waiting, client.next_number = self, False, self.sender.group_start(number)
        self.clients.add(client)
        self._playing.set()

    def leave(self, client: _Client) -> None:
        client.camera = None
        self.clients.discard(client)
        if not self.clients:
            self._playing.clear()

    async def run(self) -> None:
        """Send every picture when it is due, until cancelled."""
        loop, report_at = asyncio.get_running_loop(), 0.0
        while True:
            await self._playing.wait()
            elapsed = loop.time() - self._started
            latest = self.sender.latest(elapsed)
            for client in tuple(self.clients):
                self._send(client, latest)
            if elapsed >= report_at:
                report = self.sender.report(elapsed, time.time())
                for client in self.clients:
                    client.writer.write(report)
                report_at = elapsed + _REPORT_EVERY_S
            await asyncio.sleep(self._started + self.sender.due(latest + 1) - loop.time())

    def _send(self, client: _Client, latest: int) -> None:
        """Bring a client up to the latest picture, or to a later keyframe if it does not keep up."""
        transport = client.writer.transport
        for number in range(client.next_number, latest + 1):
            client.waiting = client.waiting or transport.get_write_buffer_size() > _MOST_WAITING
            if client.waiting and self.sender.keyframe(number) and not transport.get_write_buffer_size():
                client.waiting = False
            if not client.waiting and not transport.is_closing():
                client.writer.write(self.sender.frames(number))
        client.next_number = latest + 1


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    headers: dict[str, str]

    @property
    def path(self) -> str:
        return urlsplit(self.url).path.strip("/").removesuffix("/track0")


class CameraSimulator:
    """An RTSP server with one path a camera. With a `username` it asks for Digest credentials."""

    def __init__(
        self,
        cameras: Sequence[SimulatedCamera],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        username: str = "",
        password: str = "",
    ) -> None:
        self._wanted = tuple(cameras)
        self._host, self._port = host, port
        self._credentials = Credentials(username, password) if username else None
        self._cameras: dict[str, _Camera] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._clients: set[_Client] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen and return the port. StorageError: a clip cannot be read; ServiceError: the port cannot be had."""
        for wanted in self._wanted:
            clip = await asyncio.to_thread(load, wanted.clip)
            self._cameras[wanted.path.strip("/")] = _Camera(RtpSender(clip, wanted.offset_s))
        try:
            self._server = await asyncio.start_server(self._serve, self._host, self._port, limit=_LARGEST_REQUEST)
        except (OSError, OverflowError) as error:
            reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
            raise ServiceError(
                f"camera simulator cannot listen on {self._host}:{self._port} ({reason.lower()}): choose another port"
            ) from error
        now = asyncio.get_running_loop().time()
        for camera in self._cameras.values():
            camera.start_clock(now)
            self._tasks.append(asyncio.create_task(camera.run()))
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        """Close every connection and the port; harmless when not started."""
        await stop(*self._tasks)
        self._tasks.clear()
        for client in tuple(self._clients):
            client.writer.transport.abort()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None
        await asyncio.gather(*(client.gone.wait() for client in self._clients))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = _Client(writer)
        self._clients.add(client)
        try:
            while (request := await _read_request(reader)) is not None:
                self._answer(client, request)
                await writer.drain()
                if request.method == "TEARDOWN":
                    break
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
            pass  # a client that went away or speaks no RTSP: nothing to tell anybody
        finally:
            if client.camera is not None:
                client.camera.leave(client)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            self._clients.discard(client)
            client.gone.set()

    def _answer(self, client: _Client, request: _Request) -> None:
        status, headers, body = self._respond(client, request)
        headers = {"CSeq": request.headers.get("cseq", "0"), "Server": _REALM} | headers
        if body:
            headers |= {"Content-Type": "application/sdp", "Content-Length": str(len(body))}
        lines = [f"RTSP/1.0 {status} {_REASONS[status]}", *(f"{name}: {value}" for name, value in headers.items())]
        client.writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        if status == 200 and request.method == "PLAY":
            self._cameras[request.path].join(client, asyncio.get_running_loop().time())

    def _respond(self, client: _Client, request: _Request) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of one answer."""
        if request.method == "OPTIONS":
            return 200, {"Public": _METHODS}, b""
        if not self._authorized(client, request):
            return 401, {"WWW-Authenticate": f'Digest realm="{_REALM}", nonce="{client.nonce}", qop="auth"'}, b""
        camera = self._cameras.get(request.path)
        if camera is None:
            return 404, {}, b""
        if request.method == "DESCRIBE":
            return 200, {"Content-Base": f"{request.url.rstrip('/')}/"}, self._describe(camera)
        session = {"Session": f"{client.session};timeout={_SESSION_TIMEOUT_S}"}
        if request.method == "SETUP":
            if "TCP" not in request.headers.get("transport", "").upper():
                return 461, {}, b""
            ssrc = f"{camera.sender.source:08X}"
            return 200, session | {"Transport": f"RTP/AVP/TCP;unicast;interleaved=0-1;ssrc={ssrc}"}, b""
        if request.headers.get("session", "").partition(";")[0].strip() != client.session:
            return 454, {}, b""
        if request.method in ("PAUSE", "TEARDOWN") and client.camera is not None:
            client.camera.leave(client)
        return (200 if request.method in _METHODS.split(", ") else 501), session, b""

    def _describe(self, camera: _Camera) -> bytes:
        lines = (
            "v=0",
            f"o=- {camera.sender.source} 1 IN IP4 {self._host}",
            f"s={_REALM}",
            f"c=IN IP4 {self._host}",
            "t=0 0",
            "a=control:*",
            *camera.sender.clip.sdp,
            "a=control:track0",
        )
        return "".join(f"{line}\r\n" for line in lines).encode()

    def _authorized(self, client: _Client, request: _Request) -> bool:
        if self._credentials is None:
            return True
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        given = parameters(rest)
        challenge = Challenge("Digest", _REALM, client.nonce, "MD5", qop_auth=given.get("qop") == "auth")
        count, cnonce = given.get("nc", ""), given.get("cnonce", "")
        uri = given.get("uri", "")
        wanted = digest(challenge, self._credentials, request.method, uri, count=count, cnonce=cnonce)
        same = secrets.compare_digest(wanted.encode(), given.get("response", "").encode())
        known = given.get("username") == self._credentials.username and given.get("nonce") == client.nonce
        return scheme.lower() == "digest" and same and known


async def _read_request(reader: asyncio.StreamReader) -> _Request | None:
    """The next request, past any RTCP that the client sends; None at the end."""
    while (first := await reader.read(1)) == b"$":
        head = await reader.readexactly(3)
        await reader.readexactly(int.from_bytes(head[1:], "big"))
    if not first:
        return None
    lines = re.split(r"\r\n", (first + await reader.readuntil(b"\r\n\r\n")).decode())
    method, url, _ = lines[0].split(" ")
    pairs = (line.partition(":") for line in lines[1:] if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    await reader.readexactly(min(int(headers.get("content-length", "0")), _LARGEST_REQUEST))
    return _Request(method, url, headers)


def run(
    cameras: Sequence[SimulatedCamera],
    *,
    host: str,
    port: int,
    username: str = "",
    password: str = "",
    ready: Callable[[int], None],
) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is called with the port once clients can connect. Errors as `start`."""

    async def serve() -> None:
        simulator = CameraSimulator(cameras, host=host, port=port, username=username, password=password)
        ended = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        try:
            ready(await simulator.start())
            await ended.wait()
        finally:
            await simulator.stop()

    asyncio.run(serve())
