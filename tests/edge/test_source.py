"""Streams as pictures, on simulated cameras; and the contract that every source of pictures keeps."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice, pairwise

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from core.clock import SystemClock
from core.errors import SourceError
from edge import source as source_module
from edge.rtsp.client import RtspClient
from edge.rtsp.packet import Packet, StreamInfo
from edge.source import DECODE_ERRORS, Decoder, Frame, FrameSource, RtspSource
from tests.edge.conftest import SUB, StartCameras
from tests.edge.fakes import ScriptedSource, frame, picture
from tests.patience import pause

Footage = tuple[StreamInfo, list[Packet]]


@pytest.fixture
def client(cameras: StartCameras) -> Iterator[RtspClient]:
    opened = RtspClient(cameras().url("a/sub"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def reference() -> list[NDArray[np.uint8]]:
    """Y, U and V of the first pictures of the sub stream, in one array each, as libavformat reads them."""
    with av.open(str(SUB), "r") as container:
        container.streams.video[0].codec_context.options = {"skip_loop_filter": "all"}  # as `open_decoder` does
        return [np.asarray(one.to_ndarray(), np.uint8) for one in islice(container.decode(video=0), 100)]


def planes(one: Frame) -> NDArray[np.uint8]:
    image = one.image()
    parts = [part.reshape(-1) for part in (image.y, image.u, image.v)]
    return np.concatenate(parts).reshape(image.height * 3 // 2, image.width)


def test_pictures_are_those_that_libavformat_decodes(client: RtspClient, reference: list[NDArray[np.uint8]]) -> None:
    seen = [planes(one) for one in islice(RtspSource(client, SystemClock()).frames(), 12)]
    first = next(number for number, wanted in enumerate(reference) if np.array_equal(wanted, seen[0]))
    assert all(np.array_equal(wanted, here) for wanted, here in zip(reference[first:], seen, strict=False))


def test_a_picture_has_sane_clocks(client: RtspClient) -> None:
    clock = SystemClock()
    before, started = clock.now(), clock.monotonic()
    frames = list(islice(RtspSource(client, clock).frames(), 8))
    after, ended = clock.now(), clock.monotonic()
    assert {later.pts - earlier.pts for earlier, later in pairwise(frames)} == {9000}
    for one in frames:
        assert one.received_at.utcoffset() is not None
        assert started <= one.received <= ended
        assert before <= one.received_at <= after
        assert one.size == (512, 384)
        assert one.decode_s > 0


def test_a_picture_is_late_while_newer_bytes_wait(client: RtspClient) -> None:
    frames = RtspSource(client, SystemClock()).frames()
    next(frames)
    pause(0.5)  # several pictures come meanwhile
    assert next(frames).late
    assert any(not one.late for one in islice(frames, 40))


def test_every_packet_is_tapped_before_it_is_decoded(client: RtspClient) -> None:
    tapped: list[Packet] = []
    source = RtspSource(client, SystemClock(), lambda _, packet: tapped.append(packet))
    frames = list(islice(source.frames(), 4))
    assert tapped[0].keyframe
    assert [packet.received for packet in tapped] == [one.received for one in frames]
    assert client.counts.lost == 0


# --- the contract of a source, kept by the real one and by the script that stands in for it


@dataclass
class Case:
    """A source, and how to break it."""

    source: FrameSource
    break_it: Callable[[], None]


def scripted(breaks: bool) -> ScriptedSource:
    return ScriptedSource((frame(picture(), number / 10) for number in range(20)), breaks=breaks)


@pytest.fixture(params=["rtsp", "script"])
def case(request: pytest.FixtureRequest, cameras: StartCameras) -> Case:
    if request.param == "script":
        return Case(scripted(breaks=True), lambda: None)
    plugged = cameras()
    return Case(RtspSource(RtspClient(plugged.url("a/sub")), SystemClock()), plugged.unplug)


def test_pictures_come_in_the_order_of_their_clocks(case: Case) -> None:
    frames = list(islice(case.source.frames(), 6))
    case.source.close()
    for earlier, later in pairwise(frames):
        assert earlier.received <= later.received
        assert earlier.received_at <= later.received_at
        assert earlier.pts < later.pts


def test_a_source_that_breaks_says_so(case: Case) -> None:
    frames = case.source.frames()
    next(frames)
    case.break_it()
    with pytest.raises(SourceError):
        list(frames)


@pytest.fixture(params=["rtsp", "script"])
def endless(request: pytest.FixtureRequest, cameras: StartCameras) -> FrameSource:
    if request.param == "script":
        return scripted(breaks=False)
    return RtspSource(RtspClient(cameras().url("a/sub")), SystemClock())


def test_a_source_that_is_closed_by_another_thread_ends_in_silence(endless: FrameSource) -> None:
    frames = endless.frames()
    next(frames)
    threading.Timer(0.2, endless.close).start()
    assert len(list(frames)) <= 100


# --- decoding


def test_nothing_is_decoded_before_the_first_keyframe(footage: Footage) -> None:
    info, packets = footage
    decoder = Decoder(info)
    assert [len(decoder.decode(packet)) for packet in packets[15:22]] == [0, 0, 0, 0, 0, 1, 1]


def test_a_stream_that_cannot_be_decoded_is_given_up(footage: Footage) -> None:
    info, packets = footage
    decoder = Decoder(info)
    decoder.decode(packets[0])
    garbage = replace(packets[1], data=b"\x00\x00\x00\x01\x65" + bytes(100))
    assert [decoder.decode(garbage) for _ in range(DECODE_ERRORS - 1)] == [[]] * (DECODE_ERRORS - 1)
    with pytest.raises(SourceError, match=r"its video cannot be decoded .*check the camera's codec"):
        decoder.decode(garbage)


def test_one_good_picture_forgives_the_bad_ones(footage: Footage) -> None:
    info, packets = footage
    decoder = Decoder(info)
    garbage = replace(packets[1], data=b"\x00\x00\x00\x01\x65" + bytes(100))
    for _ in range(3):
        assert decoder.decode(packets[0])
        for _ in range(DECODE_ERRORS - 1):
            decoder.decode(garbage)


def test_a_picture_that_is_too_large_is_refused(footage: Footage, monkeypatch: pytest.MonkeyPatch) -> None:
    info, packets = footage
    monkeypatch.setattr(source_module, "MAX_SIDE", 767)
    with pytest.raises(SourceError, match="its picture of 768x576 is over 767 pixels a side"):
        Decoder(info).decode(packets[0])


# --- planes


def coloured(width: int, height: int) -> NDArray[np.uint8]:
    """Squares of random colours, as red, green and blue."""
    random = np.random.default_rng(2)
    squares = random.integers(0, 255, (height // 8 + 1, width // 8 + 1, 3), np.uint8)
    return np.ascontiguousarray(np.kron(squares, np.ones((8, 8, 1), np.uint8))[:height, :width])


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "nv12", "gray", "yuv420p10le"])
@pytest.mark.parametrize("size", [(640, 360), (641, 361), (33, 17)])
def test_luma_is_that_of_the_picture_whatever_its_format_and_size(pixel_format: str, size: tuple[int, int]) -> None:
    """Y' = 0.299 R + 0.587 G + 0.114 B (BT.601), from 16 to 235 unless the range is full."""
    colours = coloured(*size)
    decoded = VideoFrame.from_ndarray(colours, format="rgb24").reformat(format=pixel_format)
    one = replace(frame(picture(), 0.0), picture=decoded)
    image, luma = one.image(), colours @ np.array([0.299, 0.587, 0.114])
    assert (image.width, image.height) == one.size == size
    assert image.full_range == (pixel_format == "yuvj420p")
    assert np.abs(image.y - (luma if image.full_range else luma * 219 / 255 + 16)).mean() < 0.5


def test_planes_are_the_decoders_own_memory(footage: Footage) -> None:
    info, packets = footage
    (decoded,) = Decoder(info).decode(packets[0])
    one = replace(frame(picture(), 0.0), picture=decoded)
    assert np.shares_memory(one.image().y, one.image().y)
    assert not one.image().y.flags.owndata


class ScriptedClient(RtspClient):
    """Packets of the bundled footage without a network, one after another."""

    def __init__(self, footage: Footage, count: int) -> None:
        super().__init__("rtsp://127.0.0.1/scripted")
        self._footage = footage
        self._count = count

    def open(self) -> StreamInfo:
        return self._footage[0]

    def packets(self) -> Iterator[Packet]:
        return iter(self._footage[1][: self._count])

    def pending(self) -> bool:
        return False


def times(frames: list[Frame]) -> list[float]:
    return [round(one.received - 1000, 1) for one in frames]


def test_a_resting_source_gives_keyframes_only(footage: Footage) -> None:
    """Ten pictures a second with a keyframe every 2 s: it rests from 2.5 s on."""
    source = RtspSource(ScriptedClient(footage, 100), SystemClock(), may_rest=True)
    seen = []
    for one in source.frames():
        seen.append(one)
        if len(seen) == 25:
            source.rest()
            assert source.resting
    assert times(seen[25:]) == [4.0, 6.0, 8.0]


def test_a_woken_source_goes_back_to_the_keyframe_before(footage: Footage, reference_main: list[bytes]) -> None:
    source = RtspSource(ScriptedClient(footage, 100), SystemClock(), may_rest=True)
    seen = []
    for one in source.frames():
        seen.append((round(one.received - 1000, 1), bytes(planes(one))))
        if len(seen) == 25:
            source.rest()
        if source.resting and seen[-1][0] == 6.0:
            source.wake()
    again = [step / 10 for step in range(40, 61)]
    assert [when for when, _ in seen[25:]] == [4.0, 6.0, *again, *[step / 10 for step in range(61, 100)]]
    assert [picture for _, picture in seen[27:]] == reference_main[40:100]


def test_a_source_rests_only_where_it_may_and_keyframes_are_frequent(footage: Footage) -> None:
    info, packets = footage
    rare = [replace(packet, keyframe=packet.keyframe and number % 60 == 0) for number, packet in enumerate(packets)]
    for script, may_rest in ((footage, False), ((info, rare), True)):
        source = RtspSource(ScriptedClient(script, 100), SystemClock(), may_rest=may_rest)
        for number, _ in enumerate(source.frames()):
            if number == 90:
                source.rest()
                assert not source.resting


@pytest.fixture
def reference_main(footage: Footage) -> list[bytes]:
    """The pictures of the bundled main stream when nothing is left out."""
    source = RtspSource(ScriptedClient(footage, 100), SystemClock())
    return [bytes(planes(one)) for one in source.frames()]
