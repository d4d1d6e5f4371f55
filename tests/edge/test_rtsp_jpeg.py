import av
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.rtsp.depacketize import Depacketizer
from edge.rtsp.jpeg import JpegPicture
from edge.rtsp.packet import Counts
from edge.rtsp.sdp import VideoTrack


def picture(width: int = 64, height: int = 48) -> bytes:
    y, x = np.mgrid[0:height, 0:width]
    image = np.dstack([x * 3, y * 4, 255 - x * 2]).astype(np.uint8)
    return bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 70])[1])


def parts(image: bytes) -> tuple[bytes, bytes]:
    """Both quantisation tables in one, and the scan, of a baseline JPEG."""
    offset, quantisers = 2, b""
    while image[offset + 1] != 0xDA:
        length = int.from_bytes(image[offset + 2 : offset + 4], "big")
        if image[offset + 1] == 0xDB:
            quantisers += image[offset + 5 : offset + 2 + length]
        offset += 2 + length
    return quantisers, image[offset + 2 + int.from_bytes(image[offset + 2 : offset + 4], "big") : -2]


def payload(offset: int, data: bytes, *, quality: int, kind: int = 1, tables: bytes = b"") -> bytes:
    head = bytes(1) + offset.to_bytes(3, "big") + bytes((kind, quality, 64 // 8, 48 // 8))
    if kind >= 64:
        head += b"\x00\x04\xff\xff"
    if quality >= 128 and offset == 0:
        head += bytes(2) + len(tables).to_bytes(2, "big") + tables
    return head + data


def collect(*payloads: bytes, counts: Counts | None = None) -> bytes | None:
    joined = JpegPicture(counts or Counts())
    for one in payloads:
        joined.add(memoryview(one))
    taken = joined.take()
    return None if taken is None else taken[0]


def pixels(image: bytes) -> list[int]:
    frame = av.CodecContext.create("mjpeg", "r").decode(av.Packet(image))[0]
    return list(np.asarray(frame.to_ndarray()).ravel())


@pytest.mark.parametrize("quality", [70, 255])
def test_a_rebuilt_image_decodes_to_the_same_pixels(quality: int) -> None:
    original = picture()
    tables, scan = parts(original)
    half = len(scan) // 2
    first = payload(0, scan[:half], quality=quality, tables=tables)
    rebuilt = collect(first, payload(half, scan[half:], quality=quality))
    assert rebuilt is not None
    assert pixels(rebuilt) == pixels(original)


def test_restart_intervals_are_written_down() -> None:
    rebuilt = collect(payload(0, b"scan", quality=50, kind=65))
    assert rebuilt is not None
    assert b"\xff\xdd\x00\x04\x00\x04" in rebuilt


def test_tables_sent_once_serve_later_images_of_that_quality() -> None:
    tables = bytes(range(1, 129))
    joined = JpegPicture(Counts())
    joined.add(memoryview(payload(0, b"scan", quality=200, tables=tables)))
    first = joined.take()
    joined.add(memoryview(payload(0, b"scan", quality=200)))
    assert joined.take() == first


@pytest.mark.parametrize(
    "broken",
    [
        payload(7, b"scan", quality=50),
        payload(0, b"scan", quality=50, kind=2),
        payload(0, b"scan", quality=200),
        payload(0, b"", quality=50),
        payload(0, b"scan", quality=255, tables=bytes(63)),
        b"\x00" * 7,
        payload(0, b"scan", quality=50).replace(b"\x08\x06", b"\x00\x00"),
    ],
)
def test_what_cannot_be_an_image_is_dropped_and_counted(broken: bytes) -> None:
    counts = Counts()
    assert collect(broken, counts=counts) is None
    assert counts.damaged == 1


def test_a_missing_piece_damages_the_image() -> None:
    counts = Counts()
    joined = JpegPicture(counts)
    joined.add(memoryview(payload(0, b"scan", quality=50)))
    joined.lose()
    joined.add(memoryview(payload(4, b"more", quality=50)))
    assert joined.take() is None
    assert counts.damaged == 1


@given(st.lists(st.binary(max_size=200), max_size=8))
def test_no_payload_breaks_the_jpeg_reader(payloads: list[bytes]) -> None:
    taken = collect(*payloads)
    assert taken is None or taken.startswith(b"\xff\xd8")


def test_every_jpeg_is_a_keyframe() -> None:
    track = VideoTrack("mjpeg", 26, 90_000, "", b"")
    depacketizer = Depacketizer(track, Counts())
    header = bytes((0x80, 0x80 | 26)) + bytes(10)
    depacketizer.push(memoryview(header + payload(0, b"scan", quality=50)), 1.0)
    assert [packet.keyframe for packet in depacketizer.ready] == [True]
