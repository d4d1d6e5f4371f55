"""The scores agree with cases worked out by hand, and the default model reaches what its page says."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.errors import SourceError
from core.geometry import Box
from detectors.detections import Detections
from detectors.evaluation import Truth, evaluate, read_labels, score
from detectors.images import Image
from detectors.registry import find
from detectors.session import OnnxDetector

SQUARE: Box = (0, 0, 100, 100)
OTHER: Box = (200, 0, 300, 100)
FAR: Box = (500, 500, 510, 510)


def found(*rows: tuple[Box, float, int]) -> Detections:
    return Detections(
        np.array([box for box, _, _ in rows], np.float32).reshape(-1, 4),
        np.array([value for _, value, _ in rows], np.float32),
        np.array([class_id for _, _, class_id in rows], np.int32),
    )


def truth(*rows: tuple[Box, int]) -> Truth:
    boxes = np.array([box for box, _ in rows], np.float32).reshape(-1, 4)
    return Truth(boxes, np.array([class_id for _, class_id in rows], np.int32))


def test_all_found_exactly_scores_one() -> None:
    scores = score([found((SQUARE, 0.9, 0), (OTHER, 0.3, 2))], [truth((SQUARE, 0), (OTHER, 2))])
    assert (scores.map, scores.ap50, scores.images, scores.objects) == (1.0, 1.0, 1, 2)
    assert scores.class_ap50 == {0: 1.0, 2: 1.0}


def test_nothing_found_scores_nothing() -> None:
    assert score([Detections.empty()], [truth((SQUARE, 0))]).map == 0


def test_a_box_that_overlaps_by_72_percent_counts_at_five_of_ten_thresholds() -> None:
    scores = score([found(((0, 0, 100, 72), 0.9, 0))], [truth((SQUARE, 0))])
    assert scores.ap50 == 1
    assert scores.map == pytest.approx(0.5)


def test_one_of_two_found_reaches_51_of_101_recalls() -> None:
    scores = score([found((SQUARE, 0.9, 0))], [truth((SQUARE, 0), (OTHER, 0))])
    assert scores.ap50 == pytest.approx(51 / 101)


def test_a_false_alarm_before_the_hit_halves_precision_and_one_after_it_costs_nothing() -> None:
    assert score([found((FAR, 0.9, 0), (SQUARE, 0.5, 0))], [truth((SQUARE, 0))]).ap50 == pytest.approx(0.5)
    assert score([found((FAR, 0.4, 0), (SQUARE, 0.5, 0))], [truth((SQUARE, 0))]).ap50 == pytest.approx(1.0)


def test_the_second_box_on_one_object_is_a_false_alarm() -> None:
    twice = found((SQUARE, 0.9, 0), (SQUARE, 0.8, 0), (OTHER, 0.7, 0))
    # Recall .5 at precision 1, recall 1 at precision 2/3.
    assert score([twice], [truth((SQUARE, 0), (OTHER, 0))]).ap50 == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_detections_of_all_pictures_are_ranked_together() -> None:
    results = [found((FAR, 0.9, 0)), found((SQUARE, 0.5, 0))]
    assert score(results, [truth(), truth((SQUARE, 0))]).ap50 == pytest.approx(0.5)


def test_labels_are_read_in_pixels_and_a_missing_file_has_none(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("2 0.5 0.5 0.5 1.0\n")
    labels = read_labels(tmp_path / "a.txt", width=200, height=100)
    np.testing.assert_allclose(labels.xyxy, [[50, 0, 150, 100]])
    assert labels.class_id.tolist() == [2]
    assert len(read_labels(tmp_path / "b.txt", 10, 10).class_id) == 0


@pytest.mark.parametrize("line", ["1 2 3", "person 0 0 1 1", "0 0 0 1 1 0.5"])
def test_a_wrong_line_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.txt").write_text(f"0 0.5 0.5 1 1\n{line}\n")
    with pytest.raises(SourceError, match=r"a\.txt, line 2"):
        read_labels(tmp_path / "a.txt", 10, 10)


class Blind:
    """A detector that sees nothing."""

    classes = ("person",)

    def detect(self, image: Image) -> Detections:
        return Detections.empty()


def test_a_folder_is_read_picture_by_picture(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.png"):
        cv2.imwrite(str(tmp_path / name), np.zeros((20, 20, 3), np.uint8))
    (tmp_path / "a.txt").write_text("0 0.5 0.5 1 1\n")
    scores = evaluate(Blind(), tmp_path, tmp_path)
    assert (scores.images, scores.objects, scores.map) == (2, 1, 0.0)


def test_a_folder_without_pictures_and_a_picture_that_is_none_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no pictures"):
        evaluate(Blind(), tmp_path, tmp_path)
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    with pytest.raises(SourceError, match=r"a\.jpg"):
        evaluate(Blind(), tmp_path, tmp_path)
    with pytest.raises(SourceError, match="gone"):
        evaluate(Blind(), tmp_path / "gone", tmp_path)


def test_the_default_model_reaches_its_accuracy_on_coco128() -> None:
    folder = Path(os.environ.get("EKAMLING_DATA", "")) / "coco128"
    if not os.environ.get("EKAMLING_DATA") or not folder.is_dir():
        pytest.skip("EKAMLING_DATA names no folder that holds coco128")
    detector = OnnxDetector(find(), score_threshold=0.02)
    scores = evaluate(detector, folder / "images", folder / "labels")
    assert scores.images == 128
    assert scores.map >= 0.285
    assert scores.class_ap50[0] >= 0.61
