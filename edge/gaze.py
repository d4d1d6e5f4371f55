"""Where to look: the part of a picture that holds all that moves and everybody who is known to be there.

A look costs by its pixels, and on most sites what happens fills a small part of the picture. Now and then, and whenever
an object runs over the border of that part, the whole picture is looked at.
"""

from collections.abc import Sequence
from math import inf

import cv2
import numpy as np
from numpy.typing import NDArray

from core.geometry import Box
from detectors.detections import Detections
from detectors.regions import Region
from edge.motion import View

WHOLE_S = 2.0  # between two looks at the whole picture, while something moves
LEAST = 4  # changed small pixels that hang together; fewer are noise
AROUND_MOTION = 0.5  # of a moving part's height, on each side: legs that move belong to a body that may not
AROUND_KNOWN = 0.3  # of an object's height: nobody walks farther between two looks
MARGIN = 0.03  # of the picture, at least
BORDER_PX = 3.0  # a box this near to the region's border is cut by it


class Gaze:
    """Chooses what part of each picture of one camera is needed."""

    def __init__(self) -> None:
        self._whole_at = -inf

    def needed(self, view: View, known: Sequence[Box], now: float) -> Box | None:
        """The part that is needed, in fractions of the picture; None for the whole. `known` are the objects' boxes."""
        if now - self._whole_at < WHOLE_S:
            boxes = [_grown(box, AROUND_KNOWN) for box in known]
            boxes += [_grown(box, AROUND_MOTION) for box in _moving(view.changed)]
            if boxes:
                return _union(boxes)
        self._whole_at = now
        return None


def cut(found: Detections, region: Region, size: tuple[int, int]) -> bool:
    """Whether an object runs over a border of the region that is no border of the picture of `size` (width, height)."""
    left, top, right, bottom = (found.xyxy[:, side] for side in range(4))
    beyond = np.zeros(len(found), np.bool_)
    if region.left > 0:
        beyond |= left < region.left + BORDER_PX
    if region.top > 0:
        beyond |= top < region.top + BORDER_PX
    if region.right < size[0] - 1:
        beyond |= right > region.right - BORDER_PX
    if region.bottom < size[1] - 1:
        beyond |= bottom > region.bottom - BORDER_PX
    return bool(beyond.any())


def _moving(changed: NDArray[np.uint8]) -> list[Box]:
    """Boxes of the parts that move, in fractions."""
    height, width = changed.shape
    count, _, stats, _ = cv2.connectedComponentsWithStats(changed, connectivity=8)
    boxes = []
    for row in range(1, count):
        left, top, across, down, area = (int(value) for value in stats[row])
        if area >= LEAST:
            boxes.append((left / width, top / height, (left + across) / width, (top + down) / height))
    return boxes


def _grown(box: Box, share: float) -> Box:
    margin = max(MARGIN, share * (box[3] - box[1]))
    return (max(0.0, box[0] - margin), max(0.0, box[1] - margin), min(1.0, box[2] + margin), min(1.0, box[3] + margin))


def _union(boxes: Sequence[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
