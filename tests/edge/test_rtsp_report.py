"""The camera's clock from its RTCP, and what of it reaches a frame."""

import struct
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import SystemClock
from edge.rtsp.client import RtspClient
from edge.rtsp.report import CameraClock
from edge.source import RtspSource
from tests.edge.conftest import StartCameras
from tests.edge.test_rtsp_wire import frame, reader

NOW = 1_795_000_000.0  # Unix seconds, November 2026
TO_UNIX = 2_208_988_800
RECEIVER_REPORT = struct.pack(">BBHI", 0x80, 201, 1, 7)
DESCRIPTION = struct.pack(">BBHIBB", 0x81, 202, 2, 7, 1, 2) + b"ab"


def report(unix: float, *, blocks: int = 0) -> bytes:
    """A sender report that says it is `unix` (seconds since 1970)."""
    seconds, fraction = divmod(unix + TO_UNIX, 1)
    words = struct.pack(">6I", 7, int(seconds), int(fraction * 2**32), 0, 0, 0) + bytes(24 * blocks)
    return struct.pack(">BBH", 0x80 | blocks, 200, len(words) // 4) + words


def told(*packets: bytes) -> float | None:
    clock = CameraClock(wall=lambda: NOW)
    for packet in packets:
        clock.push(memoryview(packet), 0.0)
    return clock.off_s


@pytest.mark.parametrize("off", [0.0, 0.25, -7 * 3600.0, 3600.5])
@pytest.mark.parametrize("blocks", [0, 2])
def test_a_sender_report_tells_how_far_the_camera_is_ahead(off: float, blocks: int) -> None:
    assert told(report(NOW + off, blocks=blocks) + DESCRIPTION) == pytest.approx(off, abs=1e-3)


def test_the_last_report_counts_wherever_it_stands() -> None:
    assert told(report(NOW + 90), RECEIVER_REPORT + report(NOW + 5)) == pytest.approx(5, abs=1e-3)
    assert told(report(NOW + 90), RECEIVER_REPORT + DESCRIPTION) == pytest.approx(90, abs=1e-3)


@pytest.mark.parametrize("unix", [-TO_UNIX, -TO_UNIX + 86_400.0, -1.0])
def test_a_time_before_1970_is_no_time(unix: float) -> None:
    assert told(report(NOW), report(unix)) is None


def test_a_clock_that_began_at_1970_is_just_wrong() -> None:
    assert told(report(3600.0)) == pytest.approx(3600 - NOW, abs=1e-3)


@pytest.mark.parametrize("packet", [b"", b"\x80", report(NOW)[:19], b"\x00" + report(NOW)[1:], b"\x80\xc8\x00\x00"])
def test_what_is_no_report_is_passed_over(packet: bytes) -> None:
    assert told(packet) is None


@given(st.binary(max_size=64))
def test_no_bytes_break_it(packet: bytes) -> None:
    told(packet, b"\x80\xc8" + packet)


def test_reports_come_off_the_channel_beside_the_video() -> None:
    reports: list[bytes] = []
    with reader() as it:
        it.wire.on_report = lambda data, _: reports.append(bytes(data))
        it.take(frame(b"one") + frame(report(NOW), 1) + frame(b"audio", 3) + frame(b"two"), 7)
        assert it.seen == [b"one", b"two"]
    assert reports == [report(NOW)]


def test_a_frame_says_how_far_its_cameras_clock_is_off(cameras: StartCameras) -> None:
    """The simulator sends a report with its first pictures, by the clock of this machine."""
    client = RtspClient(cameras().url("a/sub"))
    frames = list(islice(RtspSource(client, SystemClock()).frames(), 12))
    client.close()
    assert frames[-1].clock_off_s == pytest.approx(0, abs=5)
