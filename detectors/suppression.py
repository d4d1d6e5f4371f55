"""Non-maximum suppression: of boxes of one class that cover each other, keep the best."""

import numpy as np
from numpy.typing import NDArray

from detectors.detections import Detections

_CANDIDATES = 1000  # the pairwise table holds the square of it: 4 MB


def iou_table(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of each box of `a` (n, 4) with each of `b` (m, 4): (n, m), 0 where both are empty."""
    wide = np.minimum(a[:, None, 2], b[:, 2]) - np.maximum(a[:, None, 0], b[:, 0])
    high = np.minimum(a[:, None, 3], b[:, 3]) - np.maximum(a[:, None, 1], b[:, 1])
    overlap = np.maximum(wide, 0) * np.maximum(high, 0)
    union = _areas(a)[:, None] + _areas(b) - overlap
    return np.asarray(overlap / np.maximum(union, 1e-9), np.float32)


def _areas(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    areas: NDArray[np.float32] = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return areas


def suppress(detections: Detections, iou: float, limit: int = 100) -> Detections:
    """The best `limit` detections, best first, of which no two of one class have an IoU above `iou`.

    Only the 1000 best candidates are looked at.
    """
    best = detections.select(np.argsort(-detections.score, kind="stable")[:_CANDIDATES])
    rival = iou_table(best.xyxy, best.xyxy) > iou
    rival &= best.class_id[:, None] == best.class_id
    alive = np.ones(len(best), np.bool_)
    for row in np.flatnonzero(np.triu(rival, 1).any(axis=1)):
        if alive[row]:
            alive[row + 1 :] &= ~rival[row, row + 1 :]
    return best.select(np.flatnonzero(alive)[:limit])
