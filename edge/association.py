"""Association: which detection belongs to which track."""

from collections.abc import Sequence
from math import hypot

import numpy as np
from numpy.typing import NDArray

from core.geometry import Box

MAX_COST = 0.75
FEET = 2.5  # weight of the feet's distance along the height: a person's height is seen more surely than the width
SIZE = 0.5  # weight of a difference in height
OVERLAP = 0.5  # share of the cost that a full overlap takes away


def cost(expected: Box, box: Box) -> float:
    """0 for the same box, growing with the distance of the feet, in widths and heights, and the difference in size.

    Feet are compared beside overlap, because at 5 pictures a second a walker's box may not overlap its last one.
    """
    tall, low = expected[3] - expected[1], box[3] - box[1]
    width = max(expected[2] - expected[0], box[2] - box[0], 1.0)
    height = max(tall, low, 1.0)
    across = ((box[0] + box[2]) - (expected[0] + expected[2])) / 2 / width
    along = FEET * (box[3] - expected[3]) / height
    size = SIZE * (1 - min(tall, low) / height)
    return hypot(across, along, size) * (1 - OVERLAP * overlap(expected, box))


def pairs(expected: Sequence[Box], boxes: Sequence[Box]) -> list[tuple[int, int]]:
    """(index of expected, index of box) of those that belong together, each used once, best first.

    Taking the best pair first did better here than the assignment of least total cost (Kuhn 1955), which gives a sure
    match away to save a doubtful one: 7 switches against 15 on PETS09-S2L1.
    """
    found = sorted(
        (value, track, position)
        for track, wanted in enumerate(expected)
        for position, box in enumerate(boxes)
        if (value := cost(wanted, box)) < MAX_COST
    )
    tracks: set[int] = set()
    positions: set[int] = set()
    chosen = []
    for _, track, position in found:
        if track not in tracks and position not in positions:
            tracks.add(track)
            positions.add(position)
            chosen.append((track, position))
    return chosen


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    shared = _shared(one, other)
    return shared / (_area(one) + _area(other) - shared) if shared else 0.0


def covered(inner: Box, outer: Box) -> float:
    """Share of `inner` that lies within `outer`."""
    shared = _shared(inner, outer)
    return shared / _area(inner) if shared else 0.0


def boxes_of(xyxy: NDArray[np.float32]) -> list[Box]:
    """Rows of an (n, 4) array as tuples of floats, which are faster one by one."""
    return [(left, top, right, bottom) for left, top, right, bottom in xyxy.tolist()]


def _shared(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return width * height if width > 0 and height > 0 else 0.0


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
