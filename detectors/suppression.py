"""Non-maximum suppression: of boxes of one class that cover each other, keep the best."""

import numpy as np
from numpy.typing import NDArray

from detectors.detections import Detections

_CANDIDATES = 1000  # the pairwise table holds the square of it: 4 MB


def iou_table(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of each box of `a` (n, 4) with each of `b` (m, 4): (n, m), 0 where both are empty."""
    corner = np.maximum(a[:, None, :2], b[None, :, :2])
    size = np.minimum(a[:, None, 2:], b[None, :, 2:]) - corner
    overlap = np.prod(np.maximum(size, 0), axis=2)
    union = np.prod(a[:, 2:] - a[:, :2], axis=1)[:, None] + np.prod(b[:, 2:] - b[:, :2], axis=1) - overlap
    return np.asarray(overlap / np.maximum(union, 1e-9), np.float32)


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
