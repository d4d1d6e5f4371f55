"""Of boxes that cover each other, the best stays."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.detections import Detections
from detectors.suppression import iou_table, suppress


def detections(*rows: tuple[float, float, float, float, float, int]) -> Detections:
    table = np.array(rows, np.float32).reshape(-1, 6)
    return Detections(table[:, :4], table[:, 4], table[:, 5].astype(np.int32))


def test_iou_of_known_boxes() -> None:
    one = np.array([[0, 0, 10, 10]], np.float32)
    others = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [10, 10, 20, 20], [3, 3, 3, 3]], np.float32)
    np.testing.assert_allclose(iou_table(one, others), [[1, 1 / 3, 0, 0]], rtol=1e-6)


def test_the_limit_keeps_the_best() -> None:
    far_apart = detections(*[(50.0 * i, 0.0, 50.0 * i + 10, 10.0, 0.1 + i / 100, 0) for i in range(50)])
    kept = suppress(far_apart, 0.5, limit=3)
    np.testing.assert_allclose(kept.score, [0.59, 0.58, 0.57])


def test_a_suppressed_box_suppresses_no_other() -> None:
    # The middle one covers both ends, but goes itself: the ends don't cover each other.
    chain = detections((0, 0, 10, 10, 0.9, 0), (4, 0, 14, 10, 0.8, 0), (8, 0, 18, 10, 0.7, 0))
    np.testing.assert_allclose(suppress(chain, 0.4).score, [0.9, 0.7])


def test_nothing_stays_nothing() -> None:
    assert len(suppress(Detections.empty(), 0.5)) == 0


boxes = st.tuples(
    st.integers(0, 20), st.integers(0, 20), st.integers(21, 40), st.integers(21, 40), st.floats(0, 1), st.integers(0, 2)
)


@given(st.lists(boxes, max_size=30), st.floats(0.1, 0.9))
def test_it_does_what_its_definition_says(rows: list[tuple[int, int, int, int, float, int]], threshold: float) -> None:
    every = detections(*rows)
    expected: list[int] = []
    for index in np.argsort(-every.score, kind="stable").tolist():
        rivals = [other for other in expected if every.class_id[other] == every.class_id[index]]
        mine = every.xyxy[[index]]
        if not rivals or iou_table(every.xyxy[rivals], mine).max() <= threshold:
            expected.append(index)
    np.testing.assert_array_equal(suppress(every, threshold).xyxy, every.xyxy[expected])
