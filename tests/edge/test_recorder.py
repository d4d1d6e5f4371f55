"""Clips around an event, out of the bundled footage: 10 pictures a second, a keyframe every 2 seconds."""

import io
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from core.errors import SourceError
from edge import recorder as recorder_module
from edge.recorder import AFTER_S, BEFORE_S, Clip, Muxer, Recorder
from edge.rtsp.packet import Packet, StreamInfo

Footage = tuple[StreamInfo, list[Packet]]
FPS = 10


class Machine:
    """A recorder and the clips that it delivered."""

    def __init__(self) -> None:
        self.clips: list[Clip] = []
        self.recorder = Recorder(self.clips.append)

    def play(self, info: StreamInfo, packets: list[Packet]) -> None:
        for packet in packets:
            self.recorder.push(info, packet)


@pytest.fixture
def machine() -> Machine:
    return Machine()


def opened(mp4: bytes) -> tuple[list[Fraction], list[bool]]:
    """Times of all pictures of a clip in seconds, and which packets are keyframes; every picture must decode."""
    with av.open(io.BytesIO(mp4), "r") as container:
        keys = [packet.is_keyframe for packet in container.demux(video=0) if packet.size]
    with av.open(io.BytesIO(mp4), "r") as container:
        pictures = list(container.decode(video=0))
    assert len(pictures) == len(keys)
    assert not any(picture.is_corrupt for picture in pictures)
    return [Fraction(picture.pts or 0) * (picture.time_base or 0) for picture in pictures], keys


def test_a_clip_has_the_seconds_around_its_event(machine: Machine, footage: Footage) -> None:
    info, packets = footage
    machine.play(info, packets[:200])  # 20 s
    at = packets[199].received
    assert machine.recorder.request("one", at)
    machine.play(info, packets[200:260])
    (clip,) = machine.clips
    times, keys = opened(clip.mp4)
    assert clip.events == ["one"]
    assert keys[0]
    first = 199 - int(BEFORE_S * FPS)  # the wanted start; the clip begins with the keyframe at or before it
    begin = max(number for number, packet in enumerate(packets) if packet.keyframe and number <= first)
    assert len(times) == 199 + int(AFTER_S * FPS) - begin + 1
    assert times[0] == 0
    assert float(times[-1]) == pytest.approx(len(times) / FPS - 1 / FPS)


def test_a_clip_is_delivered_as_soon_as_its_time_is_over(machine: Machine, footage: Footage) -> None:
    info, packets = footage
    machine.play(info, packets[:100])
    machine.recorder.request("one", packets[99].received)
    machine.play(info, packets[100:149])
    assert machine.clips == []
    machine.play(info, packets[149:150])
    assert [clip.events[0] for clip in machine.clips] == ["one"]


def test_a_loop_that_is_late_with_its_request_still_gets_the_whole_clip(machine: Machine, footage: Footage) -> None:
    info, packets = footage
    machine.play(info, packets[:200])
    machine.recorder.request("one", packets[170].received)
    machine.play(info, packets[200:230])
    times, _ = opened(machine.clips[0].mp4)
    assert len(times) >= (BEFORE_S + AFTER_S) * FPS


def test_several_events_share_the_ring(machine: Machine, footage: Footage) -> None:
    info, packets = footage
    machine.play(info, packets[:150])
    for name, number in (("one", 80), ("two", 115), ("three", 149)):
        machine.recorder.request(name, packets[number].received)
    machine.play(info, packets[150:220])
    assert [clip.events[0] for clip in machine.clips] == ["one", "two", "three"]
    assert all(len(opened(clip.mp4)[0]) >= 100 for clip in machine.clips)


def test_an_event_well_within_the_clip_of_another_shares_it(machine: Machine, footage: Footage) -> None:
    info, packets = footage
    machine.play(info, packets[:150])
    machine.recorder.request("one", packets[119].received)
    machine.recorder.request("two", packets[119].received)
    machine.recorder.request("three", packets[149].received)  # 2 s before the end of the clip
    machine.play(info, packets[150:151])
    machine.recorder.request("four", packets[150].received)
    machine.play(info, packets[151:230])
    assert [clip.events for clip in machine.clips] == [["one", "two", "three"], ["four"]]
    assert len(opened(machine.clips[0].mp4)[0]) <= (BEFORE_S + AFTER_S + 2) * FPS + 1


def test_an_event_soon_after_the_start_has_what_there_is(machine: Machine, footage: Footage) -> None:
    info, packets = footage
    machine.play(info, packets[3:25])  # the first keyframe is number 20
    machine.recorder.request("one", packets[24].received)
    machine.play(info, packets[25:100])
    times, keys = opened(machine.clips[0].mp4)
    assert keys[0]
    assert len(times) == 24 + AFTER_S * FPS - 20 + 1


def test_the_ring_forgets_what_no_clip_can_need(machine: Machine, footage: Footage) -> None:
    info, packets = footage
    machine.play(info, packets)
    machine.recorder.request("one", packets[-1].received)
    machine.recorder.request("old", packets[300].received)
    machine.recorder.flush()
    assert len(opened(machine.clips[0].mp4)[0]) <= (BEFORE_S + 2) * FPS + 1
    assert [clip.events[0] for clip in machine.clips] == ["one"]


def test_the_ring_stays_within_its_bytes(machine: Machine, footage: Footage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three groups of pictures fit: the clip gets shorter, and still begins with a keyframe."""
    info, packets = footage
    group = sum(len(packet.data) for packet in packets[:20])
    monkeypatch.setattr(recorder_module, "MAX_RING_BYTES", 3 * group)
    machine.play(info, packets[:200])
    machine.recorder.request("one", packets[199].received)
    machine.recorder.flush()
    times, keys = opened(machine.clips[0].mp4)
    assert keys[0]
    assert 10 <= len(times) <= 60
    assert len(machine.clips[0].mp4) < 3.5 * group


def test_a_group_larger_than_the_ring_is_given_up_whole(
    machine: Machine, footage: Footage, monkeypatch: pytest.MonkeyPatch
) -> None:
    info, packets = footage
    monkeypatch.setattr(recorder_module, "MAX_RING_BYTES", 1000)
    machine.play(info, packets[:100])
    machine.recorder.request("one", packets[99].received)
    machine.recorder.flush()
    assert machine.clips == []


def test_flush_delivers_what_is_there(machine: Machine, footage: Footage) -> None:
    info, packets = footage
    machine.play(info, packets[:100])
    machine.recorder.request("one", packets[99].received)
    machine.recorder.flush()
    assert len(opened(machine.clips[0].mp4)[0]) == 60
    machine.play(info, packets[100:200])
    assert len(machine.clips) == 1


def test_a_broken_stream_delivers_and_then_promises_nothing_until_it_is_back(
    machine: Machine, footage: Footage
) -> None:
    info, packets = footage
    machine.play(info, packets[:100])
    machine.recorder.request("one", packets[99].received)
    machine.recorder.reset()
    assert [clip.events[0] for clip in machine.clips] == ["one"]
    assert not machine.recorder.request("two", packets[99].received)
    restarted = [replace(packet, pts=packet.pts - packets[200].pts) for packet in packets[200:300]]
    machine.play(info, restarted)
    assert machine.recorder.request("three", restarted[-1].received)
    machine.recorder.flush()
    assert [clip.events[0] for clip in machine.clips] == ["one", "three"]
    assert opened(machine.clips[1].mp4)[0][0] == 0


def test_no_clip_is_promised_before_the_first_picture(machine: Machine) -> None:
    assert not machine.recorder.request("one", 1000.0)


def test_no_clip_is_promised_of_motion_jpeg(machine: Machine) -> None:
    machine.play(StreamInfo("mjpeg", b""), [Packet(b"\xff\xd8", 0, True, 1000.0)])
    assert not machine.recorder.request("one", 1000.0)


def encoded(codec: str, width: int, count: int, **options: str) -> list[Packet]:
    """Pictures of another camera, 10 a second, times held at their highest as the client does for B-frames."""
    context = av.CodecContext.create(codec, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = width, 240, "yuv420p"
    context.time_base, context.gop_size, context.options = Fraction(1, FPS), 10, {"preset": "ultrafast"} | options
    random, coded = np.random.default_rng(1), []
    for number in range(count):
        picture = random.integers(0, 255, (360, width), np.uint8) // 8 + 8 * (number % 16)
        frame = VideoFrame.from_ndarray(picture.astype(np.uint8), format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, FPS)
        coded += context.encode(frame)
    coded += context.encode(None)
    packets, highest = [], 0
    for number, packet in enumerate(coded):
        highest = max(highest, (packet.pts or 0) * 90_000 // FPS)
        packets.append(Packet(bytes(packet), highest, packet.is_keyframe, 1000 + number / FPS))
    return packets


def test_a_change_of_the_stream_delivers_what_was_and_begins_anew(machine: Machine, footage: Footage) -> None:
    info, packets = footage
    machine.play(info, packets[:100])
    machine.recorder.request("one", packets[99].received)
    later = [replace(packet, received=packet.received + 10) for packet in encoded("libx264", 320, 30)]
    machine.play(StreamInfo("h264", b"\x00\x00\x00\x01\x67"), later)
    machine.recorder.request("two", later[-1].received)
    machine.recorder.flush()
    assert [clip.events[0] for clip in machine.clips] == ["one", "two"]
    assert [len(opened(clip.mp4)[0]) for clip in machine.clips] == [60, 30]
    with av.open(io.BytesIO(machine.clips[1].mp4)) as container:
        assert container.streams.video[0].width == 320


def test_a_camera_with_b_frames_gets_clips_too() -> None:
    packets = encoded("libx264", 320, 36, **{"x264-params": "bframes=2:b-adapt=0"})
    assert len({packet.pts for packet in packets}) < len(packets)
    times, keys = opened(Muxer().mux(StreamInfo("h264", b""), packets))
    assert len(times) == 36
    assert keys[0]


def test_h265_gets_clips_too() -> None:
    packets = encoded("libx265", 320, 20, **{"x265-params": "log-level=none:bframes=0"})
    assert len(opened(Muxer().mux(StreamInfo("hevc", b""), packets))[0]) == 20


def test_a_clip_can_be_played_while_it_loads(footage: Footage) -> None:
    """Fragmented: the index comes first and needs nothing from the end."""
    info, packets = footage
    mp4 = Muxer().mux(info, packets[:60])
    boxes, place = [], 0
    while place < len(mp4):
        boxes.append(mp4[place + 4 : place + 8])
        place += int.from_bytes(mp4[place : place + 4], "big")
    assert boxes[:4] == [b"ftyp", b"moov", b"moof", b"mdat"]


@pytest.mark.parametrize("data", [b"", b"\x00" * 100, b"\x00\x00\x00\x01\x65" + bytes(range(200))])
def test_what_cannot_be_muxed_is_one_clear_line(data: bytes) -> None:
    with pytest.raises(SourceError, match="its main stream cannot be written as a clip"):
        Muxer().mux(StreamInfo("h264", b""), [Packet(data, 0, True, 1000.0)])


def test_a_clip_that_cannot_be_made_does_not_stop_the_next(
    machine: Machine, footage: Footage, caplog: pytest.LogCaptureFixture
) -> None:
    machine.play(StreamInfo("h264", b""), [Packet(b"\x00" * 100, 0, True, 1000.0)])
    machine.recorder.request("one", 1000.0)
    machine.recorder.reset()
    assert "no clip of event one" in caplog.text
    machine.play(*footage)
    machine.recorder.request("two", footage[1][-1].received)
    machine.recorder.flush()
    assert [clip.events[0] for clip in machine.clips] == ["two"]
