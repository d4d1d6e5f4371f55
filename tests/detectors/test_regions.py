"""Regions: parts of a picture that are looked at as the whole is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import registry
from detectors.fitted import FittedDetector
from detectors.images import Yuv420Image
from detectors.regions import STEP, covering
from detectors.registry import input_for
from detectors.suppression import iou_table
from ekamling.evaluation.footage import Span, shots
from ekamling.footage import clip

SIDES = st.floats(0, 1)
SIZES = st.sampled_from([(640, 360), (704, 576), (768, 576), (1920, 1080), (641, 359), (352, 288), (360, 640)])


@given(SIZES, SIDES, SIDES, SIDES, SIDES)
def test_a_region_holds_what_is_needed_and_stays_in_the_picture(
    size: tuple[int, int], x1: float, x2: float, y1: float, y2: float
) -> None:
    (width, height), whole = size, input_for(*size)
    left, right, top, bottom = min(x1, x2), max(x1, x2), min(y1, y2), max(y1, y2)
    region = covering((left, top, right, bottom), (height, width), whole)
    if region is None:
        return
    slack = 2 + 2 * max(width, height) / 416  # the planes of YUV 4:2:0 want even pixels
    assert 0 <= region.left <= left * width + slack
    assert 0 <= region.top <= top * height + slack
    assert right * width - slack <= region.right <= width
    assert bottom * height - slack <= region.bottom <= height
    assert region.left % 2 == region.top % 2 == 0
    assert all(length % STEP == 0 and length <= most for length, most in zip(region.input, whole, strict=True))
    assert region.input[0] * region.input[1] <= 0.5 * whole[0] * whole[1]


def test_what_fills_half_the_picture_is_looked_at_as_a_whole() -> None:
    assert covering((0.0, 0.0, 0.9, 0.9), (360, 640), (256, 416)) is None
    assert covering((0.4, 0.4, 0.5, 0.6), (360, 640), (256, 416)) is not None


@pytest.fixture(scope="module")
def street() -> Yuv420Image:
    return next(iter(shots(clip("vtest-main.mp4"), Span(), 5))).image


@pytest.fixture(scope="module")
def detector() -> FittedDetector:
    return FittedDetector(registry.find(), score_threshold=0.3)


def test_people_are_found_in_a_region_where_they_are_in_the_whole(
    detector: FittedDetector, street: Yuv420Image
) -> None:
    whole = detector.detect(street)
    compared = 0
    for box in whole.xyxy[whole.score > 0.6]:
        x, y = float(box[0] + box[2]) / 2 / street.width, float(box[1] + box[3]) / 2 / street.height
        needed = (max(0.0, x - 0.12), max(0.0, y - 0.25), min(1.0, x + 0.12), min(1.0, y + 0.25))
        part = detector.region(needed, street.width, street.height)
        if part:
            compared += 1
            assert iou_table(box[None], detector.detect(street, part).xyxy).max() > 0.8
    assert compared >= 2
