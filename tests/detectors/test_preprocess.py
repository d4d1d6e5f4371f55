"""The tensor holds the picture, wherever it came from, and boxes find their way back."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.errors import SourceError
from core.geometry import Box
from detectors.images import BgrImage, Yuv420Image
from detectors.preprocess import Fit, InputTensor, Normalisation

NANODET = Normalisation(mean=(103.53, 116.28, 123.675), std=(57.375, 57.12, 58.395))
RAW = Normalisation()


def scene(height: int, width: int) -> NDArray[np.uint8]:
    """A smooth picture with all hues, as halved chroma can't hold sharp ones."""
    y, x = np.mgrid[0:height, 0:width]
    channels = [
        127 + 90 * np.sin(x / width * 5),
        127 + 90 * np.cos(y / height * 4),
        127 + 90 * np.sin((x / width + y / height) * 3),
    ]
    return np.stack(channels, axis=2).astype(np.uint8)


def planes(bgr: NDArray[np.uint8]) -> Yuv420Image:
    height, width = bgr.shape[:2]
    flat = cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420).astype(np.uint8).ravel()
    y, u, v = np.split(flat, [height * width, height * width * 5 // 4])
    half = (height // 2, width // 2)
    return Yuv420Image(y.reshape(height, width), u.reshape(half), v.reshape(half))


@pytest.mark.parametrize("shape", [(360, 640), (576, 768), (288, 352), (640, 360), (120, 160)])
@pytest.mark.parametrize("normalisation", [RAW, NANODET, Normalisation(std=(255.0,) * 3, channels="rgb", pad=114)])
def test_planes_and_pixels_give_the_same_tensor(shape: tuple[int, int], normalisation: Normalisation) -> None:
    bgr = scene(*shape)
    packed, planar = InputTensor((256, 416), normalisation), InputTensor((256, 416), normalisation)
    assert packed.letterbox(BgrImage(bgr)) == planar.letterbox(planes(bgr))
    grey_levels = np.abs(packed.data - planar.data) * np.reshape(normalisation.std, (1, 3, 1, 1))
    assert grey_levels.mean() < 1.5
    assert grey_levels.max() < 8


def test_full_range_planes_are_stretched_to_the_same_colours() -> None:
    video = planes(scene(240, 320))
    stretched = [
        (video.y.astype(np.float32) - 16) * 255 / 219,
        *((plane.astype(np.float32) - 128) * 255 / 224 + 128 for plane in (video.u, video.v)),
    ]
    y, u, v = (np.clip(plane.round(), 0, 255).astype(np.uint8) for plane in stretched)
    full = Yuv420Image(y, u, v, full_range=True)
    one, other = InputTensor((320, 416), RAW), InputTensor((320, 416), RAW)
    one.letterbox(video)
    other.letterbox(full)
    assert np.abs(one.data - other.data).max() <= 6
    assert np.abs(one.data - other.data).mean() < 1


def test_planes_may_be_views_into_a_padded_frame() -> None:
    whole = planes(scene(240, 320))
    y, u, v = (np.pad(plane, ((0, 0), (0, 64)))[:, :-64] for plane in (whole.y, whole.u, whole.v))
    padded = Yuv420Image(y, u, v)
    one, other = InputTensor((256, 416), RAW), InputTensor((256, 416), RAW)
    one.letterbox(whole)
    other.letterbox(padded)
    np.testing.assert_array_equal(one.data, other.data)


def test_pictures_with_odd_sides_are_taken() -> None:
    odd = Yuv420Image(np.zeros((101, 203), np.uint8), np.zeros((51, 102), np.uint8), np.zeros((51, 102), np.uint8))
    fit = InputTensor((256, 416), RAW).letterbox(odd)
    assert (fit.height, fit.width) == (206, 416)


def test_each_channel_is_normalised_by_its_own_mean_and_deviation() -> None:
    tensor = InputTensor((64, 64), NANODET)
    tensor.letterbox(BgrImage(np.full((64, 64, 3), (10, 100, 200), np.uint8)))
    expected = (np.array([10, 100, 200]) - NANODET.mean) / NANODET.std
    np.testing.assert_allclose(tensor.data[0, :, 5, 5], expected, atol=1e-5)


def test_rgb_models_get_red_first() -> None:
    tensor = InputTensor((64, 64), Normalisation(channels="rgb"))
    tensor.letterbox(BgrImage(np.full((64, 64, 3), (10, 100, 200), np.uint8)))
    assert tensor.data[0, :, 5, 5].tolist() == [200, 100, 10]


def test_padding_returns_when_a_smaller_picture_follows() -> None:
    tensor = InputTensor((64, 64), Normalisation(pad=114))
    tensor.letterbox(BgrImage(np.full((64, 64, 3), 7, np.uint8)))
    tensor.letterbox(BgrImage(np.full((32, 64, 3), 9, np.uint8)))
    assert set(tensor.data[0, :, :32].ravel()) == {9}
    assert set(tensor.data[0, :, 32:].ravel()) == {114}


@given(
    source=st.tuples(st.integers(1, 4000), st.integers(1, 4000)),
    target=st.tuples(st.integers(1, 32), st.integers(1, 32)),
    box=st.tuples(*[st.floats(0, 1, width=32)] * 4),
)
def test_a_box_survives_the_way_there_and_back(source: tuple[int, int], target: tuple[int, int], box: Box) -> None:
    height, width = source
    fit = Fit.of(source, (target[0] * 32, target[1] * 32))
    assert 2 <= fit.height <= target[0] * 32
    assert 2 <= fit.width <= target[1] * 32
    boxes = np.array([box], np.float32) * np.array([width, height] * 2, np.float32)
    np.testing.assert_allclose(fit.to_source(fit.from_source(boxes)), boxes, rtol=1e-4, atol=1e-3)


@given(source=st.tuples(st.integers(90, 2160), st.integers(90, 3840)))
def test_the_aspect_is_kept_to_a_pixel(source: tuple[int, int]) -> None:
    fit = Fit.of(source, (256, 416))
    scale = min(256 / source[0], 416 / source[1])
    assert abs(fit.height - source[0] * scale) <= 1
    assert abs(fit.width - source[1] * scale) <= 1


def test_boxes_outside_are_clipped_to_the_source() -> None:
    fit = Fit.of((100, 200), (128, 256))
    np.testing.assert_array_equal(fit.to_source(np.array([[-5, -5, 999, 999]], np.float32)), [[0, 0, 200, 100]])


@pytest.mark.parametrize("shape", [(10, 10), (10, 10, 4), (0, 10, 3)])
def test_pixels_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(SourceError, match="BGR"):
        BgrImage(np.zeros(shape, np.uint8))


def test_planes_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(SourceError, match="planes U and V"):
        Yuv420Image(np.zeros((10, 10), np.uint8), np.zeros((5, 5), np.uint8), np.zeros((4, 5), np.uint8))
