"""Whether two ways to run one model see the same: for machines without labelled pictures to measure accuracy with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from core.errors import ModelError
from detectors.detections import Detections
from detectors.detector import Detector
from detectors.images import BgrImage
from detectors.suppression import iou_table

SURE = 0.4  # score from which an object must be seen by both
LOWEST = 0.3  # of the detectors that are compared, so that a score may fall a little


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How near two boxes must be to be one: the least overlap, and the most that their scores may differ by."""

    iou: float
    score: float


CLOSE = Tolerance(iou=0.9, score=0.05)

_PICTURES = Path(__file__).parent / "pictures"


def reference_pictures() -> list[BgrImage]:
    """The pictures that are shipped for this: 768x576, a yard with some people. ModelError when one is damaged."""
    found = []
    for path in sorted(_PICTURES.glob("*.jpg")):
        pixels = cv2.imread(str(path), cv2.IMREAD_COLOR_BGR)
        if pixels is None:
            raise ModelError(f"{path} is no picture that can be read; install E-Kamling again")
        found.append(BgrImage(pixels.astype(np.uint8, copy=False)))
    return found


def agreement(
    one: Detector, other: Detector, pictures: Sequence[BgrImage], tolerance: Tolerance = CLOSE
) -> float | None:
    """Share of the sure objects of either detector that the other sees with nearly the same box and score.

    0..1, or None where neither is sure of anything, so that nothing was compared. Give both the threshold LOWEST.
    """
    sure = same = 0
    for picture in pictures:
        left, right = one.detect(picture), other.detect(picture)
        for mine, theirs in ((left, right), (right, left)):
            hits = _seen_by(theirs, mine.select(mine.score >= SURE), tolerance)
            sure, same = sure + len(hits), same + sum(hits)
    return same / sure if sure else None


def _seen_by(theirs: Detections, mine: Detections, tolerance: Tolerance) -> list[bool]:
    if not len(theirs):
        return [False] * len(mine)
    near = iou_table(mine.xyxy, theirs.xyxy) >= tolerance.iou
    kind = mine.class_id[:, None] == theirs.class_id[None, :]
    close = np.abs(mine.score[:, None] - theirs.score[None, :]) <= tolerance.score
    return [bool(hit) for hit in (near & kind & close).any(axis=1)]
