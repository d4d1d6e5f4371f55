"""Detections are three arrays that stay in step."""

import numpy as np

from detectors.coco import CLASSES
from detectors.detections import Detections


def test_a_mask_and_a_list_of_rows_select_the_same() -> None:
    every = Detections(
        np.arange(12, dtype=np.float32).reshape(3, 4),
        np.array([0.9, 0.5, 0.1], np.float32),
        np.array([0, 2, 0], np.int32),
    )
    people = every.select(every.class_id == 0)
    assert len(people) == 2
    np.testing.assert_array_equal(people.xyxy, every.select(np.array([0, 2])).xyxy)
    np.testing.assert_array_equal(people.score, np.array([0.9, 0.1], np.float32))


def test_nothing_has_the_types_of_something() -> None:
    nothing = Detections.empty()
    assert (len(nothing), nothing.xyxy.shape) == (0, (0, 4))
    assert [str(array.dtype) for array in (nothing.xyxy, nothing.score, nothing.class_id)] == [
        "float32",
        "float32",
        "int32",
    ]


def test_the_classes_are_the_80_of_coco_in_their_order() -> None:
    assert (len(CLASSES), len(set(CLASSES))) == (80, 80)
    assert [CLASSES[i] for i in (0, 2, 16, 39, 79)] == ["person", "car", "dog", "bottle", "toothbrush"]
