"""The shard's side of live view: what it keeps, what it hands on, and that no camera waits for a viewer."""

import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.live import feed as feed_module
from edge.live.feed import GROUP_BYTES, LiveFeed
from edge.live.messages import HEAD, FromShard, Here, Still, Unit, Watch, framed, from_shard, length
from edge.rtsp.packet import Packet, StreamInfo
from tests.patience import PATIENCE_S, pause, until

INFO = StreamInfo("h264", b"")


def packet(number: int, *, keyframe: bool = False, size: int = 50) -> Packet:
    return Packet(bytes([number % 256]) * size, number * 9000, keyframe, 1000 + number / 10)


class PlayedRelay:
    """Listens where a shard connects, and hears what it says."""

    def __init__(self, path: str) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen()
        self._listener.settimeout(PATIENCE_S)
        self._link: socket.socket | None = None
        self.said: list[FromShard] = []
        self.reading = threading.Event()
        self.reading.set()

    def accept(self) -> None:
        self._link, _ = self._listener.accept()
        threading.Thread(target=self._read, args=(self._link,), daemon=True).start()

    def _read(self, link: socket.socket) -> None:
        stream = link.makefile("rb")
        with stream:
            while head := stream.read(HEAD.size):
                self.said.append(from_shard(stream.read(length(head))))
                self.reading.wait()

    def tell(self, wanted: Watch) -> None:
        assert self._link
        self._link.sendall(framed(wanted))

    def units(self) -> list[int]:
        """The first bytes of the pictures that came."""
        return [each.data[0] for each in self.said if isinstance(each, Unit)]

    def hang_up(self) -> None:
        if self._link:
            self._link.shutdown(socket.SHUT_RDWR)
            self._link.close()
            self._link = None

    def close(self) -> None:
        self.reading.set()
        self.hang_up()
        self._listener.close()


@pytest.fixture
def path() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="ek") as folder:  # a socket's path has 108 characters at most
        yield str(Path(folder) / "relay")


@pytest.fixture
def relay(path: str) -> Iterator[PlayedRelay]:
    relay = PlayedRelay(path)
    yield relay
    relay.close()


@pytest.fixture
def feed(path: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveFeed]:
    monkeypatch.setattr(feed_module, "RETRY_S", 0.01)
    feed = LiveFeed(path)
    yield feed
    feed.stop()


def begun(feed: LiveFeed, relay: PlayedRelay) -> None:
    feed.start()
    relay.accept()
    until(lambda: relay.said)


def test_a_watched_stream_begins_with_its_last_keyframe(feed: LiveFeed, relay: PlayedRelay) -> None:
    tap = feed.tap("gerbang", "sub")
    for number in range(8):
        tap.push(INFO, packet(number, keyframe=number in (0, 5)))
    begun(feed, relay)
    until(lambda: Here({"gerbang": {"sub": "h264"}}) in relay.said)
    assert relay.units() == []
    relay.tell(Watch("gerbang", "sub", on=True))
    until(lambda: relay.units() == [5, 6, 7])
    relay.tell(Watch("gerbang", "sub", on=True))  # said again: nothing comes twice
    until(lambda: tap.hurried)
    tap.push(INFO, packet(8))
    until(lambda: relay.units() == [5, 6, 7, 8])
    relay.tell(Watch("gerbang", "sub", on=False))
    until(lambda: not tap.hurried)
    tap.push(INFO, packet(9))
    feed.still("gerbang", b"nobody wants it")
    pause(0.05)
    assert relay.units() == [5, 6, 7, 8]


def test_streams_that_come_and_go_are_told(feed: LiveFeed, relay: PlayedRelay) -> None:
    begun(feed, relay)
    tap = feed.tap("gerbang", "main")
    tap.push(StreamInfo("hevc", b""), packet(0, keyframe=True))
    until(lambda: relay.said[-1] == Here({"gerbang": {"main": "hevc"}}))
    tap.reset()
    until(lambda: relay.said[-1] == Here({}))


def test_a_relay_that_does_not_read_costs_pictures_and_no_time(
    feed: LiveFeed, relay: PlayedRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "WAITING_BYTES", 100_000)
    tap = feed.tap("gerbang", "sub")
    begun(feed, relay)
    tap.push(INFO, packet(0, keyframe=True, size=20_000))
    relay.tell(Watch("gerbang", "sub", on=True))
    until(lambda: tap.hurried)
    relay.reading.clear()
    for number in range(1, 200):  # no wait in it: a camera's thread does this
        tap.push(INFO, packet(number, size=20_000))
    assert feed.cut["gerbang", "sub"] == 1  # and then nothing was tried before a keyframe
    relay.reading.set()
    before = until(lambda: len(relay.units()) > 1 and len(relay.units()))
    pause(0.1)
    tap.push(INFO, packet(200))
    tap.push(INFO, packet(201, keyframe=True))
    until(lambda: relay.units()[-1] == 201)
    assert 200 not in relay.units()
    assert before < 200


def test_a_relay_that_comes_back_finds_everything(feed: LiveFeed, relay: PlayedRelay) -> None:
    tap = feed.tap("gerbang", "sub")
    tap.push(INFO, packet(0, keyframe=True))
    begun(feed, relay)
    relay.tell(Watch("gerbang", "sub", on=True))
    until(lambda: tap.hurried)
    relay.hang_up()
    until(lambda: not tap.hurried)
    relay.said.clear()
    relay.accept()
    until(lambda: relay.said == [Here({"gerbang": {"sub": "h264"}})])
    relay.tell(Watch("gerbang", "sub", on=True))
    until(lambda: relay.units() == [0])


def test_pictures_are_wanted_about_once_a_second(
    feed: LiveFeed, relay: PlayedRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(feed, relay)
    assert not feed.wants_still("gerbang")
    relay.tell(Watch("gerbang", "pictures", on=True))
    until(lambda: feed.wants_still("gerbang"))
    feed.still("gerbang", b"a picture")
    until(lambda: Still("gerbang", b"a picture") in relay.said)
    assert not feed.wants_still("gerbang")
    monkeypatch.setattr(feed_module, "STILL_S", 0.0)
    assert feed.wants_still("gerbang")


def test_a_group_that_grows_too_large_is_not_kept(feed: LiveFeed, relay: PlayedRelay) -> None:
    tap = feed.tap("gerbang", "sub")
    begun(feed, relay)
    tap.push(INFO, packet(0, keyframe=True, size=GROUP_BYTES))
    tap.push(INFO, packet(1))
    relay.tell(Watch("gerbang", "sub", on=True))
    until(lambda: tap.hurried)
    tap.push(INFO, packet(2))
    tap.push(INFO, packet(3, keyframe=True))
    until(lambda: relay.units() == [3])


def test_without_a_relay_cameras_go_on(feed: LiveFeed) -> None:
    feed.start()
    tap = feed.tap("gerbang", "sub")
    for number in range(100):
        tap.push(INFO, packet(number, keyframe=number % 10 == 0))
    assert not tap.hurried
