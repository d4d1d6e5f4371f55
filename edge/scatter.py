"""Whether change is all over a picture, so that it is no object's: a camera that shakes, a light, heavy weather."""

import cv2
import numpy as np

from edge.motion import View

WIDE = 0.3  # share of the small pixels
CELLS = (8, 6)  # columns and rows
CHANGED = 6.0  # mean of a cell in which 2 % of the pixels changed
SPREAD = 0.4  # share of the cells; a street full of walkers changes a fourth, a shaking camera more than half


def wide(view: View) -> bool:
    """Whether a large share of the picture changed: the light, or another scene."""
    return cv2.countNonZero(view.changed) > WIDE * view.changed.size


def scattered(view: View) -> bool:
    """Whether there is change in nearly every part of the picture, however little."""
    cells = np.asarray(cv2.resize(view.changed, CELLS, interpolation=cv2.INTER_AREA))
    return int(np.count_nonzero(cells > CHANGED)) >= SPREAD * cells.size
