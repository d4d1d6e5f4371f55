import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import EkamlingError
from core.events import MAX_SNAPSHOT_BYTES
from core.geometry import Box
from detectors.images import Yuv420Image
from edge import snapshot

BOX = (0.25, 0.25, 0.5, 0.75)
JPEG = b"\xff\xd8\xff"


def plain(width: int, height: int, grey: int = 120) -> Yuv420Image:
    half = ((height + 1) // 2, (width + 1) // 2)
    return Yuv420Image(
        np.full((height, width), grey, np.uint8), np.full(half, 128, np.uint8), np.full(half, 128, np.uint8)
    )


def noise(width: int, height: int) -> Yuv420Image:
    random = np.random.default_rng(3)
    half = ((height + 1) // 2, (width + 1) // 2)
    y, u, v = (random.integers(0, 256, shape, np.uint8) for shape in ((height, width), half, half))
    return Yuv420Image(y, u, v)


def opened(jpeg: bytes) -> NDArray[np.uint8]:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture, np.uint8)


def test_an_ordinary_picture_keeps_its_size_and_best_quality() -> None:
    jpeg = snapshot.encode(plain(640, 360), BOX)
    assert jpeg.startswith(JPEG)
    assert opened(jpeg).shape == (360, 640, 3)


def test_even_noise_in_4k_fits_the_wire() -> None:
    jpeg = snapshot.encode(noise(3840, 2160), BOX)
    assert len(jpeg) <= MAX_SNAPSHOT_BYTES
    height, width, _ = opened(jpeg).shape
    assert width / height == pytest.approx(16 / 9, rel=0.02)


def test_quality_falls_before_size() -> None:
    picture = noise(320, 240)
    best = len(snapshot.encode(picture, BOX, limit=10**9))
    assert opened(snapshot.encode(picture, BOX, limit=best - 1)).shape == (240, 320, 3)
    assert opened(snapshot.encode(picture, BOX, limit=best // 5)).shape < (240, 320, 3)


def test_the_box_is_drawn_where_it_is_said_to_be() -> None:
    picture = opened(snapshot.encode(plain(640, 360), BOX))
    left, top, right, bottom = 160, 90, 320, 270
    middle = picture[(top + bottom) // 2, (left + right) // 2]
    for x, y in ((left, 180), (right, 180), (240, top), (240, bottom)):
        assert np.abs(picture[y, x].astype(int) - middle).max() > 40
    assert np.abs(picture[20, 20].astype(int) - middle).max() < 5


def test_the_box_is_drawn_on_a_copy() -> None:
    """The planes are the decoder's own memory, which later pictures are predicted from."""
    picture = noise(640, 360)
    before = [plane.copy() for plane in (picture.y, picture.u, picture.v)]
    for plane in (picture.y, picture.u, picture.v):
        plane.flags.writeable = False
    snapshot.encode(picture, BOX)
    assert all(np.array_equal(was, is_) for was, is_ in zip(before, (picture.y, picture.u, picture.v), strict=True))


@pytest.mark.parametrize("size", [(641, 361), (640, 361), (641, 360), (101, 33), (2, 2), (3, 2)])
def test_odd_sizes_are_drawn(size: tuple[int, int]) -> None:
    width, height = size
    assert opened(snapshot.encode(plain(width, height), BOX)).shape == (height & ~1, width & ~1, 3)


def test_planes_with_padded_rows_are_read_as_they_are() -> None:
    wide = noise(704, 360)
    view = Yuv420Image(wide.y[:, :640], wide.u[:, :320], wide.v[:, :320])
    y, u, v = (np.ascontiguousarray(plane) for plane in (view.y, view.u, view.v))
    tight = Yuv420Image(y, u, v)
    assert snapshot.encode(view, BOX) == snapshot.encode(tight, BOX)


@pytest.mark.parametrize("box", [(0.0, 0.0, 1.0, 1.0), (0.5, 0.5, 0.5, 0.5), (0.9, 0.9, 1.0, 1.0)])
def test_a_box_at_the_edge_or_without_area_is_no_trouble(box: Box) -> None:
    assert snapshot.encode(plain(640, 360), box)


def test_colours_survive() -> None:
    red = plain(64, 48, grey=81)
    red.u[:], red.v[:] = 90, 240
    blue_part, green_part, red_part = snapshot.to_bgr(red)[24, 32]
    assert red_part > 200
    assert max(blue_part, green_part) < 60


def test_what_cannot_fit_is_told() -> None:
    with pytest.raises(EkamlingError, match="a picture of 640x360 does not fit 100 bytes"):
        snapshot.encode(noise(640, 360), BOX, limit=100)


@pytest.mark.parametrize(("full_range", "luma"), [(True, 60), (False, 16 + round(60 * 219 / 255))])
def test_a_picture_of_full_range_is_as_bright_as_one_of_video_range(full_range: bool, luma: int) -> None:
    grey = np.full((32, 48), 128, np.uint8)
    image = Yuv420Image(np.full((64, 96), luma, np.uint8), grey, grey, full_range=full_range)
    assert np.abs(snapshot.to_bgr(image).astype(int) - 60).max() <= 2
