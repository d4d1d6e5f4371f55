"""Every layout answers the same questions in the same way."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import ModelError
from detectors.images import BgrImage
from detectors.layouts import recognise
from detectors.registry import own
from detectors.session import OnnxDetector

Thing = tuple[float, float, float, float, float, int]
Outputs = dict[str, NDArray[np.float32]]
Answer = Callable[[str, list[Thing]], Outputs]
Save = Callable[[Mapping[str, NDArray[np.float32]]], Path]

SIZE = (64, 96)
NAMES = ("person", "bicycle", "car", "motorcycle", "truck")
MAN: Thing = (10.0, 8.5, 30.0, 50.0, 0.9, 0)
CAR: Thing = (40.5, 20.0, 90.0, 60.0, 0.7, 2)


def picture(width: int = 96, height: int = 64) -> BgrImage:
    return BgrImage(np.full((height, width, 3), 127, np.uint8))


@pytest.fixture
def detector(layout: str, answer: Answer, save: Save) -> Callable[..., OnnxDetector]:
    def build(*things: Thing, threshold: float = 0.3) -> OnnxDetector:
        return OnnxDetector(own(save(answer(layout, list(things))), layout, NAMES), score_threshold=threshold)

    return build


def test_things_are_found_best_first(detector: Callable[..., OnnxDetector]) -> None:
    found = detector(CAR, MAN).detect(picture())
    assert found.xyxy.dtype == np.float32
    assert found.class_id.dtype == np.int32
    np.testing.assert_allclose(found.xyxy, [MAN[:4], CAR[:4]], atol=0.01)
    np.testing.assert_allclose(found.score, [0.9, 0.7], atol=1e-5)
    assert found.class_id.tolist() == [0, 2]


def test_boxes_come_in_pixels_of_the_source(detector: Callable[..., OnnxDetector]) -> None:
    found = detector(MAN).detect(picture(width=960, height=640))
    np.testing.assert_allclose(found.xyxy, [[100, 85, 300, 500]], atol=0.1)


def test_boxes_are_clipped_to_the_source(detector: Callable[..., OnnxDetector]) -> None:
    found = detector((60.0, 40.0, 120.0, 80.0, 0.8, 1)).detect(picture())
    np.testing.assert_allclose(found.xyxy, [[60, 40, 96, 64]], atol=0.01)


def test_what_scores_below_the_threshold_is_not_reported(detector: Callable[..., OnnxDetector]) -> None:
    assert detector(CAR, MAN, threshold=0.8).detect(picture()).class_id.tolist() == [0]
    assert len(detector(CAR, MAN, threshold=0.95).detect(picture())) == 0


def test_one_object_seen_twice_is_reported_once(detector: Callable[..., OnnxDetector]) -> None:
    again: Thing = (10.0, 17.0, 30.0, 57.0, 0.8, 0)
    found = detector(MAN, again).detect(picture())
    np.testing.assert_allclose(found.score, [0.9], atol=1e-5)


def test_a_rider_and_the_vehicle_under_him_are_both_reported(detector: Callable[..., OnnxDetector]) -> None:
    bicycle: Thing = (10.0, 17.0, 30.0, 57.0, 0.8, 1)
    assert detector(MAN, bicycle).detect(picture()).class_id.tolist() == [0, 1]


def test_nonsense_from_a_model_is_dropped_without_a_word(layout: str, answer: Answer, save: Save) -> None:
    outputs = answer(layout, [MAN])
    for bad in (np.nan, np.inf, -np.inf, 1e30):
        spoilt = {name: np.full_like(array, bad) for name, array in outputs.items()}
        found = OnnxDetector(own(save(spoilt), layout, NAMES)).detect(picture())
        assert np.isfinite(found.xyxy).all()
        assert ((found.class_id >= 0) & (found.class_id < len(NAMES))).all()
        assert (found.score <= 1).all()


def test_every_layout_is_told_from_the_others(layout: str, answer: Answer) -> None:
    shapes = {name: array.shape for name, array in answer(layout, []).items()}
    assert recognise(shapes, SIZE).name == layout


@pytest.mark.parametrize(
    "shapes",
    [
        {},
        {"output": (1, 1000)},
        {"output": (8, 126, 85)},
        {"output": (1, 125, 85)},
        {"cls8": (1, 96, 80), "cls16": (1, 24, 80)},
        {"scores": (1, 127, 80), "dist": (1, 128, 32)},
        {f"{kind}{stride}": (1, 96, 44) for kind in ("cls", "dis") for stride in (8, 16, 32)},
    ],
)
def test_other_outputs_are_refused_by_name_and_shape(shapes: dict[str, tuple[int, ...]]) -> None:
    with pytest.raises(ModelError, match="no known layout") as caught:
        recognise(shapes, SIZE)
    for name in shapes:
        assert name in str(caught.value)
