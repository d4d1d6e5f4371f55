"""The motion gate: whether anything moves, from the luma plane alone, so that most pictures cost no inference."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH = 160  # of the small picture that is compared; 0.02 ms of CPU at 160x120
THRESHOLD = 18  # grey levels above which a small pixel counts as changed; sensor noise after averaging stays below 8
MINIMUM = 10  # changed small pixels that make motion; a walker 45 px high in a 512x384 picture covers about 50
LEARNING = 0.25  # share of each new picture in the background: what has left is forgotten within a second at 5 fps
FLOOD = 0.6  # share of the picture above which it was the light that changed: learn at once


@dataclass(frozen=True, slots=True)
class View:
    """One picture in grey, for whoever looks at pixels. The arrays live as long as the picture: copy what is kept.

    `luma` is the (h, w) plane, `small` the same at `WIDTH` pixels across; `changed` has the shape of `small`, 255 where
    it differs from the second before and 0 elsewhere. `moving`: enough of it does.
    """

    luma: NDArray[np.uint8]
    small: NDArray[np.uint8]
    changed: NDArray[np.uint8]
    moving: bool


class MotionGate:
    """Compares each luma plane with a slowly learnt background."""

    def __init__(self) -> None:
        self._background: NDArray[np.float32] | None = None

    def update(self, luma: NDArray[np.uint8]) -> View:
        """The picture of `luma`, an (h, w) plane, and what moves in it. The first picture counts as moving."""
        height, width = luma.shape
        size = (WIDTH, max(1, height * WIDTH // width))
        small = np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        if self._background is None or self._background.shape != small.shape:
            self._background = small.astype(np.float32)
            return View(luma, small, np.full_like(small, 255), moving=True)
        difference = cv2.absdiff(small, cv2.convertScaleAbs(self._background))
        changed = np.asarray(cv2.threshold(difference, THRESHOLD, 255, cv2.THRESH_BINARY)[1], dtype=np.uint8)
        count = cv2.countNonZero(changed)
        cv2.accumulateWeighted(small, self._background, 1.0 if count > FLOOD * small.size else LEARNING)
        return View(luma, small, changed, moving=count >= MINIMUM)
