import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SourceError
from edge.rtsp.message import LARGEST_BODY, Message
from edge.rtsp.packet import Counts
from edge.rtsp.wire import Wire

RESPONSE = b"RTSP/1.0 200 OK\r\nCSeq: 7\r\nContent-Length: 2\r\n\r\nhi"


def frame(payload: bytes, channel: int = 0) -> bytes:
    return bytes((0x24, channel)) + len(payload).to_bytes(2, "big") + payload


class Reader:
    """A wire fed from the other end of a socket pair; notes every frame and message in order."""

    def __init__(self, sock: socket.socket, far: socket.socket) -> None:
        self.counts = Counts()
        self.far = far
        self.wire = Wire(sock, "cam", self.counts)
        self.wire.on_frame = self._note
        self.seen: list[bytes | Message] = []

    def _note(self, payload: memoryview, _received: float) -> None:
        self.seen.append(bytes(payload))

    def take(self, data: bytes, piece: int = 4096) -> "Reader":
        for start in range(0, len(data), piece):
            self.far.sendall(data[start : start + piece])
            self.wire.read(time.monotonic() + 5)
            while (message := self.wire.messages()) is not None:
                self.seen.append(message)
        return self


@contextmanager
def reader() -> Iterator[Reader]:
    near, far = socket.socketpair()
    with near, far:
        yield Reader(near, far)


@pytest.mark.parametrize("piece", [1, 3, 7, 4096])
def test_frames_and_messages_come_apart_however_they_are_cut(piece: int) -> None:
    with reader() as it:
        it.take(frame(b"one") + RESPONSE + frame(b"two") + frame(b"rtcp", 1) + frame(b""), piece)
        message = Message(200, "", (("cseq", "7"), ("content-length", "2")), b"hi")
        assert it.seen == [b"one", message, b"two", b""]
        assert it.counts.spurious == 0


def test_requests_of_the_camera_are_messages_too() -> None:
    with reader() as it:
        it.take(b"GET_PARAMETER rtsp://x/ RTSP/1.0\r\nCSeq: 1\r\n\r\n" + frame(b"one"))
        assert [one.method for one in it.seen if isinstance(one, Message)] == ["GET_PARAMETER"]
        assert b"one" in it.seen


@pytest.mark.parametrize(
    "garbage",
    [b"\x00" * 100, b"\r\n", b"noise $ noise $$$", b"\xff$\x55\x00\x04", b"\xff$\x00\xff\xff\x00", b"rtsp/1.0"],
)
def test_after_garbage_the_next_frame_is_found(garbage: bytes) -> None:
    with reader() as it:
        it.take(frame(b"one") + garbage + frame(b"\x80two") + frame(b"three"))
        assert it.seen[0] == b"one"
        assert it.seen[-2:] == [b"\x80two", b"three"]
        assert it.counts.spurious == len(garbage)


def test_frames_of_other_channels_are_counted_and_skipped() -> None:
    with reader() as it:
        it.take(frame(b"audio", 2) + frame(b"video"))
        assert it.seen == [b"video"]
        assert it.counts.spurious == len(frame(b"audio"))


def test_the_largest_frames_pass_through_the_buffer() -> None:
    payloads = [bytes([number]) * 65_535 for number in range(6)]
    with reader() as it:
        it.take(b"".join(map(frame, payloads)), 10_000)
        assert it.seen == payloads


def test_endless_garbage_is_given_up() -> None:
    with reader() as it, pytest.raises(SourceError, match="camera cam sends garbage instead of video"):
        it.take(b"\x01" * 300_000)


def test_garbage_is_forgiven_when_pictures_come_between() -> None:
    with reader() as it:
        for _ in range(8):
            it.take(b"\x01" * 100_000)
            it.wire.forgive()
        assert it.counts.spurious == 800_000


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"RTSP/1.0 200 OK\r\nX: " + b"a" * 20_000, "headers of more than"),
        (b"RTSP/1.0 200 OK\r\n" + b"X: 1\r\n" * 100 + b"\r\n", "more than 64 headers"),
        (b"RTSP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % (LARGEST_BODY + 1), "too large"),
        (b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n", "too large"),
        (b"RTSP/1.0 abc\r\n\r\n", "no RTSP message"),
    ],
)
def test_oversized_and_malformed_messages_are_errors(text: bytes, complaint: str) -> None:
    with reader() as it, pytest.raises(SourceError, match=complaint):
        it.take(text, 20_000)


def test_nothing_by_the_deadline_is_told_apart_from_an_end() -> None:
    with reader() as it:
        assert it.wire.read(time.monotonic() + 0.01) is False
        assert it.wire.readable() is False
        it.far.sendall(b"x")
        assert it.wire.readable() is True
        it.far.shutdown(socket.SHUT_WR)
        it.wire.read(time.monotonic() + 5)
        with pytest.raises(SourceError, match="closed the connection"):
            it.wire.read(time.monotonic() + 5)


@contextmanager
def unhurried() -> Iterator[Reader]:
    """Over TCP: only there does the kernel wait for more."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        far = socket.create_connection(server.getsockname())
        near, _ = server.accept()
    with near, far:
        it = Reader(near, far)
        it.wire.gather(True)
        yield it


def test_a_reader_in_no_hurry_wakes_seldom() -> None:
    """A main stream comes in some 300 packets a second."""

    def send(it: Reader) -> None:
        for _ in range(300):
            it.far.sendall(frame(bytes(1200)))
            time.sleep(0.001)

    with unhurried() as it:
        sender = threading.Thread(target=send, args=(it,))
        sender.start()
        reads = 0
        while len(it.seen) < 300:
            reads += it.wire.read(time.monotonic() + 5)
            assert it.wire.messages() is None
        sender.join()
    assert reads <= 100


def test_a_reader_in_no_hurry_is_not_left_waiting_for_a_few_bytes() -> None:
    with unhurried() as it:
        it.far.sendall(frame(b"one"))
        while not it.seen:
            it.wire.read(time.monotonic() + 5)
            assert it.wire.messages() is None
        assert it.wire.read(time.monotonic() + 0.01) is False
        it.far.close()
        with pytest.raises(SourceError, match="closed the connection"):
            it.wire.read(time.monotonic() + 5)


PIECES = st.one_of(
    st.binary(max_size=40),
    st.builds(frame, st.binary(max_size=40), st.integers(0, 3)),
    st.sampled_from((RESPONSE, b"RTSP/1.0 ", b"OPTIONS * RTSP/1.0\r\n\r\n", b"$", b"\r\n\r\n")),
)


@given(st.lists(PIECES, min_size=1, max_size=12), st.integers(1, 64))
def test_no_bytes_break_the_wire(pieces: list[bytes], cut: int) -> None:
    with reader() as it:
        try:
            it.take(b"".join(pieces), cut)
        except SourceError:
            return
        assert it.counts.bytes == len(b"".join(pieces))
