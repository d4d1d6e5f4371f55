"""How good a detector is: COCO's mean average precision on a folder of pictures with labels in YOLO's format.

As COCO's own evaluation does it (cocodataset.org, "Detection Evaluation"): for each class and each IoU threshold
.50, .55 … .95 detections claim, best score first, the free object they overlap most; precision is made falling, read at
101 recalls and averaged; classes without an object don't count. Labels of this kind mark no crowds and no sizes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import SourceError
from detectors.detections import Detections
from detectors.detector import Detector
from detectors.images import BgrImage
from detectors.suppression import iou_table

_THRESHOLDS = np.arange(50, 100, 5) / 100
_RECALLS = np.linspace(0, 1, 101)
_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp"}


@dataclass(frozen=True, slots=True)
class DetectionScores:
    """`map` averages over IoU .50 to .95, `ap50` is at IoU .50, both over the classes that occur; 0..1.

    `class_ap50` holds the AP at IoU .50 of each class that occurs, by its index.
    """

    map: float
    ap50: float
    images: int
    objects: int
    class_ap50: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Truth:
    """The objects of one picture: `xyxy` (n, 4) in pixels and `class_id` (n,)."""

    xyxy: NDArray[np.float32]
    class_id: NDArray[np.int32]


def evaluate(detector: Detector, images: Path, labels: Path) -> DetectionScores:
    """Scores of a detector on the pictures of a folder; a picture without a label file has no objects.

    Give the detector a low score threshold (.01), for the whole curve counts. SourceError when there is no picture or
    a file cannot be read.
    """
    found, truths = [], []
    for path in sorted(path for path in _entries(images) if path.suffix.lower() in _SUFFIXES):
        pixels = cv2.imread(str(path), cv2.IMREAD_COLOR_BGR)
        if pixels is None:
            raise SourceError(f"{path} is no picture that can be read")
        picture = BgrImage(pixels.astype(np.uint8, copy=False))
        found.append(detector.detect(picture))
        truths.append(read_labels(labels / f"{path.stem}.txt", picture.width, picture.height))
    if not found:
        raise SourceError(f"{images} holds no pictures ({', '.join(sorted(_SUFFIXES))})")
    return score(found, truths)


def score(found: Sequence[Detections], truths: Sequence[Truth]) -> DetectionScores:
    """Scores of the detections of some pictures against what is there, picture by picture."""
    classes = sorted({int(class_id) for truth in truths for class_id in truth.class_id})
    table = np.array([_precisions(found, truths, class_id) for class_id in classes]).reshape(len(classes), -1)
    return DetectionScores(
        map=float(table.mean()) if classes else 0.0,
        ap50=float(table[:, 0].mean()) if classes else 0.0,
        images=len(found),
        objects=sum(len(truth.class_id) for truth in truths),
        class_ap50={class_id: float(row[0]) for class_id, row in zip(classes, table, strict=True)},
    )


def read_labels(path: Path, width: int, height: int) -> Truth:
    """Lines `class centre_x centre_y width height` in parts of the picture; SourceError names a wrong line."""
    rows = []
    for number, line in enumerate(path.read_text().splitlines() if path.exists() else [], start=1):
        try:
            class_id, x, y, wide, high = (float(word) for word in line.split())
        except ValueError as error:
            raise SourceError(f"{path}, line {number}: five numbers are expected") from error
        rows.append((class_id, x - wide / 2, y - high / 2, x + wide / 2, y + high / 2))
    table = np.array(rows, np.float32).reshape(-1, 5)
    return Truth(table[:, 1:] * np.array([width, height] * 2, np.float32), table[:, 0].astype(np.int32))


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError as error:
        raise SourceError(f"{folder} cannot be read ({error.strerror})") from error


def _precisions(found: Sequence[Detections], truths: Sequence[Truth], class_id: int) -> NDArray[np.float64]:
    """Average precision of one class at each threshold."""
    scores, hits = [], []
    for detections, truth in zip(found, truths, strict=True):
        mine = detections.select(detections.class_id == class_id)
        mine = mine.select(np.argsort(-mine.score, kind="stable"))
        scores.append(mine.score)
        hits.append(_claims(iou_table(mine.xyxy, truth.xyxy[truth.class_id == class_id])))
    order = np.argsort(-np.concatenate(scores), kind="stable")
    right = np.cumsum(np.concatenate(hits, axis=1)[:, order], axis=1)
    objects = sum(int((truth.class_id == class_id).sum()) for truth in truths)
    return np.array([_average(row / objects, row / np.arange(1, len(order) + 1)) for row in right])


def _claims(iou: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(thresholds, detections): which detections, best first, find an object that is still free."""
    hits = np.zeros((len(_THRESHOLDS), len(iou)), np.bool_)
    for level, threshold in enumerate(_THRESHOLDS):
        free = iou.copy()
        for row in range(len(iou) if iou.shape[1] else 0):
            best = int(free[row].argmax())
            if free[row, best] >= threshold:
                hits[level, row] = True
                free[:, best] = -1
    return hits


def _average(recall: NDArray[np.float64], precision: NDArray[np.float64]) -> float:
    falling = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)
    return float(falling[np.searchsorted(recall, _RECALLS, side="left")].mean())
