import asyncio
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from av.error import HTTPUnauthorizedError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from core.errors import ServiceError, SourceRefused, StorageError
from edge.rtsp.client import RtspClient
from edge.rtsp.depacketize import Depacketizer
from edge.rtsp.packet import Counts, Packet
from edge.rtsp.sdp import VideoTrack
from ekamling.footage import clip
from ekamling.rtp_sender import RtpSender
from ekamling.simulator import CameraSimulator, SimulatedCamera
from ekamling.streams import h264, h265
from ekamling.streams.annexb import units
from ekamling.streams.clip import LARGEST_PAYLOAD, load
from tests.edge.recordings import Recording, record
from tests.edge.recordings import coded as access_units

SUB = clip("vtest-sub.mp4")
SHORT_FRAMES, SHORT_RATE = 8, 40


@pytest.fixture(scope="session")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of 0.2 s with a keyframe every fourth picture."""
    path = tmp_path_factory.mktemp("clips") / "short.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            "libx264", rate=SHORT_RATE, options={"preset": "ultrafast", "tune": "zerolatency"}
        )
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.gop_size = 4
        for number in range(SHORT_FRAMES):
            frame = VideoFrame.from_ndarray(np.full((72, 64), 20 * number, np.uint8), format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, SHORT_RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
async def simulator(short: Path) -> AsyncIterator[tuple[CameraSimulator, int]]:
    cameras = [
        SimulatedCamera("cam1/sub", SUB),
        SimulatedCamera("cam2/sub", SUB, 30.5),
        SimulatedCamera("short", short),
    ]
    served = CameraSimulator(cameras, username="admin", password="rahasia")
    port = await served.start()
    yield served, port
    await served.stop()


def read(url: str, count: int) -> list[Packet]:
    source, taken = RtspClient(url), list[Packet]()
    source.open()
    for packet in source.packets():
        taken.append(packet)
        if len(taken) >= count:
            source.close()
    assert (source.counts.lost, source.counts.damaged, source.counts.spurious) == (0, 0, 0)
    return taken


def read_with_libavformat(url: str, count: int) -> list[tuple[int, int]]:
    with av.open(url, options={"rtsp_transport": "tcp"}, timeout=(5, 5)) as container:
        pictures = container.decode(video=0)
        return [(frame.width, frame.height) for frame, _ in zip(pictures, range(count), strict=False)]


async def test_our_client_starts_at_a_keyframe_and_decodes(simulator: tuple[CameraSimulator, int]) -> None:
    packets = await asyncio.to_thread(read, f"rtsp://admin:rahasia@127.0.0.1:{simulator[1]}/cam2/sub", 4)
    assert packets[0].keyframe
    decoder = av.CodecContext.create("h264", "r")
    frames = [frame for packet in packets for frame in decoder.decode(av.Packet(packet.data))]
    assert frames


async def test_libavformat_reads_the_simulator_with_digest(simulator: tuple[CameraSimulator, int]) -> None:
    url = f"rtsp://admin:rahasia@127.0.0.1:{simulator[1]}/cam1/sub"
    assert await asyncio.to_thread(read_with_libavformat, url, 3) == [(512, 384)] * 3


async def test_a_clip_loops_without_a_gap_in_time_or_numbers(simulator: tuple[CameraSimulator, int]) -> None:
    packets = await asyncio.to_thread(read, f"rtsp://admin:rahasia@127.0.0.1:{simulator[1]}/short", 3 * SHORT_FRAMES)
    steps = {after.pts - before.pts for before, after in pairwise(packets)}
    assert steps == {90_000 // SHORT_RATE}
    assert [packet.keyframe for packet in packets] == [number % 4 == 0 for number in range(3 * SHORT_FRAMES)]


async def test_clients_of_one_camera_see_the_same_pictures(simulator: tuple[CameraSimulator, int]) -> None:
    url = f"rtsp://admin:rahasia@127.0.0.1:{simulator[1]}/cam1/sub"
    one, other = await asyncio.gather(*(asyncio.to_thread(read, url, 3) for _ in range(2)))
    assert {packet.data for packet in one} & {packet.data for packet in other}


@pytest.mark.parametrize("login", ["admin:wrong@", "other:rahasia@", ""])
async def test_a_wrong_or_missing_login_is_refused(simulator: tuple[CameraSimulator, int], login: str) -> None:
    with pytest.raises(SourceRefused, match="user name"):
        await asyncio.to_thread(read, f"rtsp://{login}127.0.0.1:{simulator[1]}/cam1/sub", 1)


async def test_libavformat_is_refused_too(simulator: tuple[CameraSimulator, int]) -> None:
    with pytest.raises(HTTPUnauthorizedError):
        await asyncio.to_thread(read_with_libavformat, f"rtsp://admin:wrong@127.0.0.1:{simulator[1]}/cam1/sub", 1)


async def test_an_unknown_path_is_refused(simulator: tuple[CameraSimulator, int]) -> None:
    with pytest.raises(SourceRefused, match="has no stream at /nowhere"):
        await asyncio.to_thread(read, f"rtsp://admin:rahasia@127.0.0.1:{simulator[1]}/nowhere", 1)


async def test_stopping_ends_the_streams_and_frees_the_port(short: Path) -> None:
    served = CameraSimulator([SimulatedCamera("short", short)])
    port = await served.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await served.stop()
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
    again = CameraSimulator([SimulatedCamera("short", short)], port=port)
    assert await again.start() == port
    await again.stop()


@pytest.mark.parametrize(
    "noise", [b"\x16\x03\x01\x00\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"$\x00\x00\x02abX", b"A" * 40_000]
)
async def test_noise_on_the_port_disturbs_nobody(simulator: tuple[CameraSimulator, int], noise: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", simulator[1])
    writer.write(noise)
    writer.write_eof()
    await reader.read()
    writer.close()
    assert await asyncio.to_thread(read, f"rtsp://admin:rahasia@127.0.0.1:{simulator[1]}/short", 1)


async def test_a_slow_client_continues_at_a_later_keyframe(tmp_path: Path) -> None:
    """Noise at a high bit rate, so that a client that reads nothing falls behind quickly."""
    path, rate = tmp_path / "noise.mp4", 50
    random = np.random.default_rng(1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "qp": "4"})
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        stream.codec_context.gop_size, stream.codec_context.max_b_frames = 5, 0
        for number in range(10):
            frame = VideoFrame.from_ndarray(random.integers(0, 255, (720, 640), np.uint8), format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    served = CameraSimulator([SimulatedCamera("noise", path)])
    port = await served.start()

    def lag() -> tuple[int, bool]:
        source = RtspClient(f"rtsp://127.0.0.1:{port}/noise")
        source.open()
        pictures = source.packets()
        next(pictures)
        threading.Event().wait(1.0)  # what makes the client slow
        while not source.counts.lost:
            packet = next(pictures)
        source.close()
        return source.counts.damaged, packet.keyframe

    damaged, keyframe = await asyncio.to_thread(lag)
    await served.stop()
    assert (damaged, keyframe) == (0, True)


async def test_a_port_in_use_is_one_clear_line(short: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServiceError, match=rf"cannot listen on 127\.0\.0\.1:{port} .*choose another port"):
            await CameraSimulator([SimulatedCamera("short", short)], port=port).start()


async def test_a_clip_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    for path in (broken, tmp_path / "missing.mp4"):
        with pytest.raises(StorageError, match=rf"clip .*{path.name} cannot be read: give an H\.264, H\.265 or MJPEG"):
            await CameraSimulator([SimulatedCamera("x", path)]).start()


# --- other codecs

EVERY_CODEC = [
    Recording("h264", 638, 358),
    Recording("hevc", 640, 360),
    Recording("hevc", 704, 576, "yuv420p10le"),
    Recording("mjpeg", 640, 360, "yuvj420p"),
    Recording("mjpeg", 704, 576, "yuvj422p", restart=4),
]


@pytest.mark.parametrize("recording", EVERY_CODEC, ids=str)
async def test_libavformat_and_our_client_read_every_codec(recording: Recording, tmp_path: Path) -> None:
    served = CameraSimulator([SimulatedCamera("x", record(recording, tmp_path / "clip"))])
    url = f"rtsp://127.0.0.1:{await served.start()}/x"
    sizes, packets = await asyncio.gather(
        asyncio.to_thread(read_with_libavformat, url, 3), asyncio.to_thread(read, url, 15)
    )
    await served.stop()
    assert sizes == [recording.size] * 3
    assert {after.pts - before.pts for before, after in pairwise(packets)} == {9000}
    assert packets[0].keyframe
    assert all(packet.keyframe for packet in packets) == (recording.codec == "mjpeg")


@pytest.mark.parametrize(("codec", "container"), [("libx265", "mp4"), ("libx264", "mpegts"), ("mjpeg", "matroska")])
def test_clips_come_in_many_containers(codec: str, container: str, tmp_path: Path) -> None:
    """As users make them; MJPEG with libav's default Huffman tables, B-frames where the codec has them."""
    path = tmp_path / "clip"
    coded(path, codec, container, {"huffman": "default"} if codec == "mjpeg" else {"x265-params": "log-level=none"})
    clip = load(path)
    assert len(clip.pictures) == SHORT_FRAMES
    stamps = sorted(picture.stamp for picture in clip.pictures)
    assert {after - before for before, after in pairwise(stamps)} == {90_000 // SHORT_RATE}
    assert all(len(payload) <= LARGEST_PAYLOAD for picture in clip.pictures for payload in picture.payloads)


def coded(path: Path, codec: str, container: str, options: dict[str, str]) -> None:
    """Moving stripes."""
    with av.open(str(path), "w", format=container) as target:
        stream = target.add_stream(codec, rate=SHORT_RATE, options=options)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.thread_count = 1  # with more, libav's MJPEG has default tables whatever one says
        for number in range(SHORT_FRAMES):
            plane = np.add.outer(np.zeros(144), np.arange(128) * 2 + 9 * number).astype(np.uint8)
            frame = VideoFrame.from_ndarray(plane, format=stream.pix_fmt)
            frame.pts, frame.time_base = number, Fraction(1, SHORT_RATE)
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))


@pytest.mark.parametrize(
    ("recording", "reason"),
    [
        (Recording("mjpeg", 640, 360, "yuvj444p"), "has colours that MJPEG over RTP does not carry"),
        (
            Recording("mjpeg", 638, 358, "yuvj420p"),
            "is 638x358, but MJPEG over RTP has sides in steps of 8, up to 2040",
        ),
        (Recording("mjpeg", 2560, 1440, "yuvj420p"), "is 2560x1440, but MJPEG over RTP has sides in steps of 8"),
    ],
    ids=str,
)
def test_mjpeg_that_rtp_cannot_carry_is_refused(recording: Recording, reason: str, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=rf"^clip .* {reason}.*: give an H\.264, H\.265 or MJPEG video file"):
        load(record(recording, tmp_path / "clip"))


def test_mjpeg_with_huffman_tables_of_its_own_is_refused(tmp_path: Path) -> None:
    coded(tmp_path / "clip", "mjpeg", "avi", {"huffman": "optimal"})
    with pytest.raises(StorageError, match=r"has Huffman tables of its own \(encode it with the default ones"):
        load(tmp_path / "clip")


def test_another_codec_is_named(tmp_path: Path) -> None:
    coded(tmp_path / "clip", "mpeg4", "mp4", {})
    with pytest.raises(StorageError, match=r"clip .* is mpeg4: give an H\.264, H\.265 or MJPEG video file"):
        load(tmp_path / "clip")


@pytest.mark.parametrize(
    ("recording", "payloads"),
    [(Recording("h264", 640, 360), h264.payloads), (Recording("hevc", 640, 360), h265.payloads)],
    ids=["h264", "hevc"],
)
@pytest.mark.parametrize("largest", [20, 300, 100_000])
def test_a_picture_comes_back_from_payloads_of_any_size(
    recording: Recording, payloads: Callable[[bytes, int], list[bytes]], largest: int
) -> None:
    depacketizer = Depacketizer(VideoTrack(recording.codec, 96, 90_000, "", b""), Counts())
    sent = [bytes(packet) for packet in access_units(recording)]
    number = 0
    for stamp, picture in enumerate(sent):
        made = payloads(picture, largest)
        assert max(map(len, made)) <= largest
        for position, payload in enumerate(made, 1):
            head = struct.pack(">BBHII", 0x80, 96 | (position == len(made)) << 7, number & 0xFFFF, stamp * 9000, 7)
            depacketizer.push(memoryview(head + payload), 0.0)
            number += 1
    assert [units(packet.data) for packet in depacketizer.ready] == [units(picture) for picture in sent]


def test_the_offset_begins_at_the_keyframe_before_it() -> None:
    begun, offset = RtpSender(load(SUB), 0), RtpSender(load(SUB), 30.5)
    assert offset.keyframe(0)
    assert offset.due(0) == 0
    payloads = begun.clip.pictures[300].payloads
    assert offset.frames(0).endswith(payloads[-1])
    assert begun.frames(300).endswith(payloads[-1])


def test_the_latest_picture_follows_the_clock_over_the_end_of_the_clip() -> None:
    sender = RtpSender(load(SUB), 75)
    for number in (0, 1, 44, 45, 46, 795, 2000):
        assert sender.latest(sender.due(number) + 0.01) == number


READY = """
import sys
from pathlib import Path
from ekamling.simulator import SimulatedCamera, run
run([SimulatedCamera("x", Path(sys.argv[1]))], host="127.0.0.1", port=0, ready=lambda port: print(port, flush=True))
"""


def test_run_serves_until_it_is_told_to_end(short: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", READY, str(short)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        assert read(f"rtsp://127.0.0.1:{port}/x", 1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


@pytest.fixture
def foreign_server() -> Iterator[int]:
    """The independent server of aio-rtsp-toolkit, publishing the folder of bundled clips."""
    ports = []
    for _ in range(2):
        with socket.create_server(("127.0.0.1", 0)) as free:
            ports.append(str(free.getsockname()[1]))
    program = Path(sys.executable).with_name("rtsp-server")
    if not program.exists():
        pytest.skip("aio-rtsp-toolkit is not installed")
    arguments = [str(program), "-d", str(SUB.parent), "-H", "127.0.0.1", "-p", ports[0], "-cp", ports[1]]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if b"listening on 127" in line:
                break
        yield int(ports[0])
        process.kill()


def test_our_client_reads_an_independent_server(foreign_server: int) -> None:
    packets = read(f"rtsp://127.0.0.1:{foreign_server}/vtest-sub.mp4?play_count=0", 5)
    assert packets[0].keyframe
    assert {after.pts - before.pts for before, after in pairwise(packets)} == {9000}
