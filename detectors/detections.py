"""Detections: what one picture shows, as three arrays of the same length."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Detections:
    """The objects of one picture, best score first.

    `xyxy` is (n, 4) float32: left, top, right, bottom in pixels of the source image, clipped to it.
    `score` is (n,) float32 in 0..1. `class_id` is (n,) int32, an index into the `classes` of the detector.
    """

    xyxy: NDArray[np.float32]
    score: NDArray[np.float32]
    class_id: NDArray[np.int32]

    @classmethod
    def empty(cls) -> Self:
        """A picture in which nothing was found."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int32))

    def __len__(self) -> int:
        return len(self.score)

    def select(self, mask: NDArray[np.bool_] | NDArray[np.integer]) -> Self:
        """Keep the rows of a boolean mask, or those of an array of indices in its order."""
        return type(self)(self.xyxy[mask], self.score[mask], self.class_id[mask])
