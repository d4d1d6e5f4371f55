"""Live view of what cannot go out as the camera made it: decoded, marked, and encoded for its viewer."""

from fractions import Fraction

import cv2
import numpy as np
import pytest
from av.frame import Frame
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from core.clock import SystemClock
from edge.live import tracks
from edge.live.messages import Stream
from edge.live.plan import Plan, planned
from edge.live.settings import LiveSettings
from edge.live.tracks import LONGEST, MadeAnew, mark_of
from edge.live.viewing import Coded, Viewing
from edge.rtsp.packet import Packet, StreamInfo
from tests.edge.test_live_relay import Footage, running, viewers
from tests.edge.viewers import loopback

__all__ = ["loopback"]
WIDTH, HEIGHT, PICTURES = 960, 540, 20
LEVEL = 90


def ground(number: int) -> VideoFrame:
    """A flat picture with a bar that moves."""
    planes = np.full((HEIGHT * 3 // 2, WIDTH), LEVEL, np.uint8)
    planes[HEIGHT:] = 128
    planes[HEIGHT // 2 : HEIGHT * 3 // 4, 10 * number : 10 * number + 40] = 200
    return VideoFrame.from_ndarray(planes, format="yuv420p")


def coded(codec: str) -> Footage:
    """Ten pictures a second, as a camera with that codec would send them."""
    if codec == "mjpeg":
        frames = [ground(number).to_ndarray(format="bgr24") for number in range(PICTURES)]
        made = [(cv2.imencode(".jpg", np.asarray(each))[1].tobytes(), True) for each in frames]
    else:
        encoder = VideoCodecContext.create("libx264" if codec == "h264" else "libx265", "w")
        assert isinstance(encoder, VideoCodecContext)
        encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = WIDTH, HEIGHT, "yuv420p", Fraction(1, 10)
        encoder.options = {"preset": "ultrafast", "tune": "zerolatency"}
        if codec == "hevc":
            encoder.options |= {"x265-params": "log-level=error"}
        packets = [packet for number in range(PICTURES) for packet in encoder.encode(timed(number))]
        made = [(bytes(packet), packet.is_keyframe) for packet in [*packets, *encoder.encode(None)]]
    return StreamInfo(codec, b""), [
        Packet(data, number * 9000, keyframe, 1000 + number / 10) for number, (data, keyframe) in enumerate(made)
    ]


def timed(number: int) -> VideoFrame:
    frame = ground(number)
    frame.pts, frame.time_base = number, Fraction(1, 10)
    return frame


def marked(frame: Frame) -> bool:
    """Whether the upper right corner, flat at the camera, is no longer so."""
    assert isinstance(frame, VideoFrame)
    luma = np.asarray(frame.to_ndarray(format="gray"))
    return bool(luma[: frame.height // 12, frame.width // 2 :].max() > 180)


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize("codec", ["hevc", "mjpeg"])
async def test_a_camera_without_h264_is_shown_with_the_viewer_s_name(codec: str) -> None:
    codecs: dict[Stream, str] = {"main": codec, "sub": codec}
    async with running(coded(codec), codecs=codecs) as (it, shard), viewers(1) as (viewer,):
        answer = await it.view(viewer, stream="main", name="Bripka Sri Wahyuni")
        assert (answer.ok, answer.stream) == (True, "sub")
        for _ in range(4):
            picture = await viewer.picture()
        assert picture.width == LONGEST
        assert marked(picture)
        assert not shard.watched("main")


@pytest.mark.usefixtures("loopback")
async def test_an_edge_that_burns_names_in_draws_them_into_h264_too() -> None:
    async with running(coded("h264"), LiveSettings(burn_in=True)) as (it, _), viewers(2) as (viewer, second):
        assert (await it.view(viewer, name="Bripka Sri Wahyuni")).ok
        assert marked(await viewer.picture())
        refused = await it.view(second)  # never without the name
        assert (refused.ok, refused.code) == (False, "codec")
        assert refused.message == "the viewer's name is drawn into 1 views at most, and so many are watched"


@pytest.mark.usefixtures("loopback")
async def test_as_many_are_encoded_anew_as_the_edge_allows_and_then_no_more() -> None:
    codecs: dict[Stream, str] = {"sub": "mjpeg"}
    async with running(coded("mjpeg"), codecs=codecs) as (it, _), viewers(3) as (one, other, third):
        first = await it.view(one)
        refused = await it.view(other)
        assert (first.ok, refused.ok, refused.code) == (True, False, "codec")
        await it.ask("live-end", view=first.command)
        assert (await it.view(third)).ok


@pytest.mark.usefixtures("loopback")
async def test_without_an_encoder_it_is_as_if_none_were_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracks, "ENCODER", "no-such-encoder")
    codecs: dict[Stream, str] = {"sub": "mjpeg"}
    async with running(coded("mjpeg"), codecs=codecs) as (it, _), viewers(1) as (viewer,):
        refused = await it.view(viewer)
        assert (refused.code, refused.message) == ("codec", "camera gerbang sends no H.264, only mjpeg")


@pytest.mark.usefixtures("loopback")
async def test_a_browser_without_vp8_is_told_so_in_one_line() -> None:
    codecs: dict[Stream, str] = {"sub": "mjpeg"}
    async with running(coded("mjpeg"), codecs=codecs) as (it, _), viewers(1) as (viewer,):
        offer = (await viewer.offer()).replace("VP8", "VP9")
        refused = await it.ask("live", camera="gerbang", sdp=offer)
        assert (refused.code, refused.message) == ("bad-offer", "the offer names no VP8 that can be sent")
        assert it.relay.watched == 0


async def made(viewing: Viewing, count: int, codec: str = "mjpeg") -> list[int]:
    """The times of the pictures that go out, for the first `count` of them."""
    track = MadeAnew(viewing, lambda: None, codec, mark_of("Sri", SystemClock().now))
    return [(await track.recv()).pts or 0 for _ in range(count)]


def waiting(codec: str = "mjpeg") -> tuple[Viewing, list[Coded]]:
    return Viewing(), [Coded(each.data, each.pts, each.keyframe) for each in coded(codec)[1]]


async def test_of_pictures_that_wait_the_newest_goes_out_and_the_old_ones_do_not() -> None:
    viewing, pictures = waiting("hevc")
    viewing.begin(pictures[:10])
    newest = viewing.waiting[-1].at
    assert await made(viewing, 1, "hevc") == [newest]
    assert not viewing.waiting


async def test_what_cannot_be_decoded_is_left_out_and_a_keyframe_awaited() -> None:
    viewing, pictures = waiting()
    viewing.begin([])
    viewing.take(Coded(b"no picture at all", 0, keyframe=True))
    viewing.take(pictures[5])
    assert len(await made(viewing, 1)) == 1
    assert not viewing.take(Coded(pictures[6].data, pictures[6].pts, keyframe=False))
    assert viewing.take(pictures[7])


@pytest.mark.parametrize(
    ("codecs", "wish", "touched", "plan"),
    [
        ({"main": "h264", "sub": "h264"}, "sub", False, Plan("sub", anew=False)),
        ({"main": "h264", "sub": "h264"}, "main", False, Plan("main", anew=False)),
        ({"main": "h264", "sub": "hevc"}, "sub", False, Plan("main", anew=False)),
        ({"main": "hevc", "sub": "h264"}, "main", False, Plan("sub", anew=False)),
        ({"main": "hevc", "sub": "mjpeg"}, "main", False, Plan("sub", anew=True)),
        ({"main": "hevc"}, "sub", False, Plan("main", anew=True)),
        ({"main": "h264", "sub": "h264"}, "main", True, Plan("sub", anew=True)),
        ({}, "sub", False, None),
    ],
)
def test_a_stream_goes_out_untouched_where_it_can(
    codecs: dict[Stream, str], wish: Stream, touched: bool, plan: Plan | None
) -> None:
    assert planned(codecs, wish, touched=touched) == plan
