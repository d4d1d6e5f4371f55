"""The client against a camera that misbehaves on demand. Good cameras are in tests/ekamling/test_simulator.py."""

import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator

import pytest

from core.errors import SourceError, SourceRefused
from edge.rtsp.client import RtspClient
from edge.rtsp.packet import Packet

STEP = b"\x41\x9a" + bytes(range(1, 30))
SDP = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n"
MD5 = 'WWW-Authenticate: Digest realm="cam", nonce="n", qop="auth"\r\n'
SHA256 = 'WWW-Authenticate: Digest realm="cam", nonce="n", algorithm=SHA-256\r\n'
BASIC = 'WWW-Authenticate: Basic realm="cam"\r\n'

Answer = Callable[[socket.socket, str], None]


def reply(status: str = "200 OK", headers: str = "", body: str = "") -> Answer:
    """An answer with the right CSeq."""

    def answer(connection: socket.socket, request: str) -> None:
        sequence = re.search(r"CSeq: (\d+)", request)
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        number = sequence[1] if sequence else ""
        connection.sendall(f"RTSP/1.0 {status}\r\nCSeq: {number}\r\n{headers}{length}\r\n{body}".encode())

    return answer


def then(*answers: Answer) -> Answer:
    """One after the other, to the same request."""

    def answer(connection: socket.socket, request: str) -> None:
        for one in answers:
            one(connection, request)

    return answer


def send(data: bytes) -> Answer:
    return lambda connection, _request: connection.sendall(data)


def hang_up(connection: socket.socket, _request: str) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def silence(_connection: socket.socket, _request: str) -> None:
    return


def trickle(connection: socket.socket, _request: str) -> None:
    """A response that never ends, byte by byte, until the client goes away."""
    connection.sendall(b"RTSP/1.0 200 OK\r\nX: ")
    try:
        while not threading.Event().wait(0.005):
            connection.sendall(b"a")
    except OSError:
        return


def locked(challenge: str, granted: Answer) -> Answer:
    """Asks for a login until one is sent, whatever it is."""

    def answer(connection: socket.socket, request: str) -> None:
        (granted if "Authorization: " in request else reply("401 Unauthorized", challenge))(connection, request)

    return answer


def rtp(sequence: int, stamp: int, payload: bytes = STEP, channel: int = 0) -> bytes:
    packet = struct.pack(">BBHII", 0x80, 0xE0, sequence, stamp, 7) + payload
    return bytes((0x24, channel)) + len(packet).to_bytes(2, "big") + packet


DESCRIBED = reply(body=SDP)
PICTURES = send(rtp(1, 0) + rtp(2, 3000) + rtp(3, 6000))


class FakeCamera:
    """A listening socket whose answers the test chooses, request by request."""

    def __init__(self, **answers: Answer) -> None:
        self.answers: dict[str, Answer] = {
            "OPTIONS": reply(headers="Public: DESCRIBE, GET_PARAMETER\r\n"),
            "DESCRIBE": DESCRIBED,
            "SETUP": reply(headers="Session: abc;timeout=60\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"),
            "PLAY": then(reply(), PICTURES),
            "GET_PARAMETER": reply(),
            "TEARDOWN": reply(),
        } | answers
        self.requests: list[str] = []
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def url(self, path: str = "/live", login: str = "") -> str:
        return f"rtsp://{login}127.0.0.1:{self.port}{path}"

    def request(self, method: str) -> str:
        return next(request for request in self.requests if request.startswith(method))

    def stop(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            with connection, connection.makefile("rb") as lines:
                try:
                    self._talk(connection, lines)
                except OSError:
                    continue

    def _talk(self, connection: socket.socket, lines: Iterator[bytes]) -> None:
        request = ""
        for line in lines:
            request += line.decode()
            if line == b"\r\n":
                self.requests.append(request)
                self.answers.get(request.split(" ")[0], silence)(connection, request)
                request = ""


Start = Callable[..., FakeCamera]


@pytest.fixture
def camera() -> Iterator[Start]:
    started: list[FakeCamera] = []

    def start(**answers: Answer) -> FakeCamera:
        started.append(FakeCamera(**answers))
        return started[-1]

    yield start
    for one in started:
        one.stop()


def client(
    url: str, *, timeout_s: float = 5.0, stall_s: float = 5.0, username: str = "", password: str = ""
) -> RtspClient:
    return RtspClient(url, username=username, password=password, timeout_s=timeout_s, stall_s=stall_s)


def take(source: RtspClient, count: int = 3) -> list[Packet]:
    """The first pictures; then the stream is closed."""
    taken: list[Packet] = []
    source.open()
    for packet in source.packets():
        taken.append(packet)
        if len(taken) == count:
            source.close()
    return taken


def test_pictures_come_in_order_and_the_camera_is_told_goodbye(camera: Start) -> None:
    told = threading.Event()
    there = camera(TEARDOWN=lambda _connection, _request: told.set())
    source = client(there.url())
    assert [packet.pts for packet in take(source)] == [0, 3000, 6000]
    assert [request.split(" ")[0] for request in there.requests][:4] == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"]
    assert f"PLAY rtsp://127.0.0.1:{there.port}/live RTSP/1.0" in there.request("PLAY")
    assert "Session: abc\r\n" in there.request("PLAY")
    assert (source.counts.packets, source.counts.spurious) == (3, 0)
    assert told.wait(10)


def test_closing_twice_or_unopened_is_harmless(camera: Start) -> None:
    source = client(camera().url())
    source.open()
    source.close()
    source.close()
    client("rtsp://127.0.0.1/").close()
    assert list(source.packets()) == []


def test_close_from_another_thread_ends_the_iteration(camera: Start) -> None:
    source = client(camera().url(), stall_s=100)
    source.open()
    first, ended = threading.Event(), list[bool]()

    def consume() -> None:
        for _ in source.packets():
            first.set()
        ended.append(True)

    consumer = threading.Thread(target=consume)
    consumer.start()
    assert first.wait(10)
    source.close()
    consumer.join(10)
    assert ended == [True]


def test_pending_tells_that_pictures_wait(camera: Start) -> None:
    source = client(camera(PLAY=then(reply(), send(rtp(1, 0) + rtp(2, 3000)))).url())
    source.open()
    pictures = source.packets()
    next(pictures)
    while not source.pending():
        continue
    next(pictures)
    assert source.pending() is False
    source.close()
    assert source.pending() is False
    assert list(pictures) == []


@pytest.mark.parametrize("method", ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"])
@pytest.mark.parametrize("answer", [silence, trickle])
def test_every_step_of_the_handshake_has_a_deadline(camera: Start, method: str, answer: Answer) -> None:
    with pytest.raises(SourceError, match=f"camera 127.0.0.1 did not answer {method} within 0.1 s"):
        client(camera(**{method: answer}).url(), timeout_s=0.1).open()


@pytest.mark.parametrize("method", ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"])
def test_a_connection_closed_during_the_handshake_is_an_error(camera: Start, method: str) -> None:
    with pytest.raises(SourceError, match="closed the connection"):
        client(camera(**{method: hang_up}).url()).open()


def test_a_port_nobody_listens_on_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(SourceError, match=f"does not answer on port {port}: connection refused"):
        client(f"rtsp://127.0.0.1:{port}/").open()


def test_a_stall_is_an_error(camera: Start) -> None:
    source = client(camera(PLAY=reply()).url(), stall_s=0.1)
    source.open()
    with pytest.raises(SourceError, match=r"sent no picture for 0\.1 s"):
        next(source.packets())


def test_bytes_that_make_no_picture_do_not_put_off_the_stall(camera: Start) -> None:
    def endless(connection: socket.socket, _request: str) -> None:
        sequence = 0
        try:
            while not threading.Event().wait(0.005):
                sequence += 1
                connection.sendall(rtp(sequence & 0xFFFF, 0, b"\x7c\x05more"))
        except OSError:
            return

    source = client(camera(PLAY=then(reply(), endless)).url(), stall_s=0.1)
    source.open()
    with pytest.raises(SourceError, match="sent no picture"):
        next(source.packets())


def test_a_stream_that_is_closed_gives_its_pictures_and_then_an_error(camera: Start) -> None:
    source = client(camera(PLAY=then(reply(), PICTURES, hang_up)).url())
    source.open()
    pictures = source.packets()
    assert [next(pictures).pts for _ in range(3)] == [0, 3000, 6000]
    with pytest.raises(SourceError, match="closed the connection"):
        next(pictures)


def test_garbage_between_frames_is_skipped_and_counted(camera: Start) -> None:
    stream = send(rtp(1, 0) + b"\x00noise\xff" * 10 + rtp(2, 3000) + rtp(3, 6000))
    source = client(camera(PLAY=then(reply(), stream)).url())
    assert len(take(source)) == 3
    assert source.counts.spurious == 70


def test_nothing_but_garbage_is_an_error(camera: Start) -> None:
    source = client(camera(PLAY=then(reply(), send(b"\x00" * 300_000))).url())
    source.open()
    with pytest.raises(SourceError, match="garbage"):
        next(source.packets())


@pytest.mark.parametrize("method", ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"])
def test_a_redirect_is_refused_and_its_target_never_hears_of_us(camera: Start, method: str) -> None:
    target = camera()
    there = camera(**{method: reply("302 Moved", f"Location: {target.url()}\r\n")})
    with pytest.raises(SourceRefused, match="redirects /live elsewhere"):
        client(there.url()).open()
    assert (there.connections, target.connections) == (1, 0)


def test_a_redirect_request_in_the_stream_is_refused(camera: Start) -> None:
    redirect = send(b"REDIRECT rtsp://x/ RTSP/1.0\r\nCSeq: 1\r\nLocation: rtsp://127.0.0.2/\r\n\r\n")
    source = client(camera(PLAY=then(reply(), redirect)).url())
    source.open()
    with pytest.raises(SourceRefused, match="redirects"):
        next(source.packets())


def test_an_announced_address_on_another_host_is_asked_on_our_own(camera: Start) -> None:
    elsewhere = SDP.replace("track1", "rtsp://10.255.255.1:554/real/track1")
    there = camera(DESCRIBE=reply(headers="Content-Base: rtsp://10.255.255.1/real/\r\n", body=elsewhere))
    assert take(client(there.url()))
    assert f"SETUP rtsp://127.0.0.1:{there.port}/real/track1 " in there.request("SETUP")
    assert f"PLAY rtsp://127.0.0.1:{there.port}/real/ " in there.request("PLAY")


def test_an_announced_address_cannot_smuggle_headers(camera: Start) -> None:
    there = camera(DESCRIBE=reply(body=SDP.replace("track1", "track1 RTSP/1.0\x0bX: y")))
    with pytest.raises(SourceRefused, match="cannot be used"):
        client(there.url()).open()


def test_the_camera_may_choose_other_channels(camera: Start) -> None:
    other = reply(headers="Session: abc\r\nTransport: RTP/AVP/TCP;unicast;interleaved=4-5;mode=play\r\n")
    there = camera(SETUP=other, PLAY=then(reply(), send(rtp(1, 0, channel=4))))
    assert len(take(client(there.url()), 1)) == 1


@pytest.mark.parametrize("challenge", [MD5, SHA256, BASIC, BASIC + MD5])
def test_each_kind_of_login_is_answered(camera: Start, challenge: str) -> None:
    there = camera(DESCRIBE=locked(challenge, DESCRIBED))
    assert take(client(there.url(login="admin:rahasia@")))
    sent = re.findall(r"Authorization: (\w+)", there.request("SETUP"))
    assert sent == ["Basic" if challenge == BASIC else "Digest"]
    assert all("rahasia" not in request for request in there.requests)


def test_a_wrong_password_is_refused_and_shown_nowhere(camera: Start) -> None:
    there = camera(DESCRIBE=reply("401 Unauthorized", MD5))
    source = client(there.url("/live?password=rahasia"), username="admin", password="rahasia")
    with pytest.raises(SourceRefused, match=r"camera 127\.0\.0\.1 refused the user name or password") as refused:
        source.open()
    assert "rahasia" not in str(refused.value) + repr(refused.value) + repr(source) + repr(vars(source)["_auth"])
    assert len([request for request in there.requests if request.startswith("DESCRIBE")]) == 2


def test_a_missing_login_is_refused(camera: Start) -> None:
    with pytest.raises(SourceRefused, match="asks for a user name and password"):
        client(camera(DESCRIBE=reply("401 Unauthorized", MD5)).url()).open()


@pytest.mark.parametrize(
    ("method", "status", "complaint"),
    [
        ("DESCRIBE", "404 Not Found", "has no stream at /live"),
        ("SETUP", "461 Unsupported Transport", "does not send over TCP /live"),
        ("PLAY", "454 Session Not Found", "lost the session of /live"),
        ("DESCRIBE", "499 Odd", "refused DESCRIBE of /live"),
    ],
)
def test_a_refusal_names_the_path(camera: Start, method: str, status: str, complaint: str) -> None:
    with pytest.raises(SourceRefused, match=re.escape(complaint)):
        client(camera(**{method: reply(status)}).url()).open()


def test_a_fault_inside_the_camera_may_pass(camera: Start) -> None:
    with pytest.raises(SourceError, match="failed to serve /live") as failed:
        client(camera(DESCRIBE=reply("503 Service Unavailable")).url()).open()
    assert not isinstance(failed.value, SourceRefused)


def test_a_camera_that_dislikes_options_is_read_all_the_same(camera: Start) -> None:
    assert take(client(camera(OPTIONS=reply("501 Not Implemented")).url()))


def test_an_unknown_codec_never_gets_as_far_as_setup(camera: Start) -> None:
    there = camera(DESCRIBE=reply(body=SDP.replace("H264", "VP9")))
    with pytest.raises(SourceRefused, match="sends VP9, which is not read"):
        client(there.url()).open()
    assert not [request for request in there.requests if request.startswith("SETUP")]


def test_a_transport_over_udp_is_refused(camera: Start) -> None:
    there = camera(SETUP=reply(headers="Session: a\r\nTransport: RTP/AVP;unicast;client_port=5000-5001\r\n"))
    with pytest.raises(SourceRefused, match="does not send over TCP"):
        client(there.url()).open()


def test_frames_and_requests_before_the_answer_to_play_are_no_trouble(camera: Start) -> None:
    early = send(rtp(1, 0) + b"OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\nANNOUNCE * RTSP/1.0\r\nCSeq: 10\r\n\r\n")
    there = camera(PLAY=then(early, reply(), send(rtp(2, 3000) + rtp(3, 6000))))
    assert [packet.pts for packet in take(client(there.url()))] == [0, 3000, 6000]


def test_the_session_is_kept_alive_and_a_stale_login_renewed(camera: Start) -> None:
    alive = then(reply(), PICTURES)
    there = camera(
        DESCRIBE=locked(MD5, DESCRIBED),
        SETUP=reply(headers="Session: abc;timeout=1\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n"),
        PLAY=reply(),
    )

    def renew(connection: socket.socket, request: str) -> None:
        stale = MD5.replace('"n"', '"n2"')
        (alive if 'nonce="n2"' in request else reply("401 Unauthorized", stale))(connection, request)

    there.answers["GET_PARAMETER"] = renew
    assert len(take(client(there.url(login="admin:rahasia@")))) == 3
