"""How the scene of one camera looks while all is well: learnt slowly, so that dusk, fog and seasons become part of it."""

from math import exp, hypot, sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.health.look import Field, Look

LEARNING_S = 90.0  # time constant; what changes over minutes is learnt, what happens at once is not
FIRST_LOOKS = 5  # before the scenery counts as known
VISIBLE = 0.3  # length of an edge that is more than noise or a fold of cloth
MARK, CLEAR_MARK = 0.35, 0.5  # mean length of an edge that counts as a landmark, and as a good one
RICH = 0.02  # of the cells; an empty tarmac filling the picture has less, any street or yard ten times as much
SECTORS = (4, 3)  # columns and rows
WORTH = 1.5  # sum of landmarks that makes a sector count in full: three to ten of them
SPREAD = 3  # sectors with landmarks that a scene is known by
SEARCH = 0.2  # of the picture's sides: how far a bumped camera is looked for


class Scenery:
    """The running mean of looks at a scene that was well."""

    def __init__(self, first: Look) -> None:
        self.edges: Field = first.edges.copy()
        self.thumb: Field = first.thumb.copy()
        self.contrast = max(first.contrast, 0.1)
        self.sharpness = first.sharpness
        self.usual = 1.0  # how much single looks are alike to it
        self._looks = 1
        self._mark()

    @property
    def known(self) -> bool:
        """Whether it was looked at often enough, and has enough to be known by."""
        return self._looks >= FIRST_LOOKS and self._rich

    def _mark(self) -> None:
        """Find the landmarks: edges that are strong and always there. Who passes leaves fainter ones in the mean."""
        length = np.linalg.norm(self.edges, axis=2, keepdims=True)
        weight = np.maximum(0, length - np.float32(MARK))
        self._marks = self.edges * (weight / (length + np.float32(1e-6)))
        self._weight = _sectors(weight[:, :, 0])
        self._worth = np.minimum(self._weight, np.float32(WORTH))
        spread = np.count_nonzero(self._worth >= WORTH / 2) >= SPREAD
        self._rich = bool(spread) and float((length > CLEAR_MARK).mean()) >= RICH

    def learn(self, seen: Look, seconds: float) -> None:
        """Take in one more look, `seconds` after the one before."""
        self._looks += 1
        rate = max(1 - exp(-seconds / LEARNING_S), 1 / self._looks)
        self.usual += rate * (self.alike(seen.ways) - self.usual)
        self.edges += np.float32(rate) * (seen.edges - self.edges)
        self.thumb += np.float32(rate) * (seen.thumb - self.thumb)
        self.contrast *= (max(seen.contrast, 0.1) / self.contrast) ** rate  # in steps of ratios: passers-by are outliers
        self.sharpness += rate * (seen.sharpness - self.sharpness)
        self._mark()

    def alike(self, ways: Field) -> float:
        """How far the scene's landmarks still run as they did, however faint: 1 the same scene, about 0 another.

        Edges where the scene has none count nothing, so who passes through it does not make it another one; and no
        part of the picture counts for much more than others, so that a parked car may leave.
        """
        same = _sectors((ways * self._marks).sum(axis=2))
        return float((self._worth * same / (self._weight + np.float32(1e-6))).sum() / (self._worth.sum() + 1e-6))

    def rest(self, edges: Field, ways: Field) -> float:
        """As `alike`, but of those landmarks only where there is anything to be seen now."""
        there = np.linalg.norm(edges, axis=2) >= VISIBLE
        weight = float(np.linalg.norm(self._marks, axis=2)[there].sum())
        return _dot(ways[there], self._marks[there]) / weight if weight > WORTH else 0.0

    def layout(self, thumb: Field) -> float:
        """The correlation of the coarsest pictures, which blur does not change."""
        one, other = thumb - thumb.mean(), self.thumb - self.thumb.mean()
        return _dot(one, other) / (sqrt(_dot(one, one) * _dot(other, other)) + 1e-6)

    def shifted(self, edges: Field) -> tuple[float, float]:
        """Where the middle of the picture fits best into the scenery: (how far in cells, how well as `alike`)."""
        rows, columns = edges.shape[0], edges.shape[1]
        top, left = int(rows * SEARCH), int(columns * SEARCH)
        middle = np.ascontiguousarray(edges[top : rows - top, left : columns - left])
        if _dot(middle, middle) < 0.02 * middle[..., 0].size:
            return 0.0, 0.0
        fits = cv2.matchTemplate(self.edges, middle, cv2.TM_CCORR_NORMED)
        _, best, _, (x, y) = cv2.minMaxLoc(fits)
        return hypot(x - left, y - top), float(best)


def _sectors(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """The sums over each sector of the picture."""
    mean = np.asarray(cv2.resize(cells, SECTORS, interpolation=cv2.INTER_AREA), np.float32)
    return mean * np.float32(cells.size / mean.size)


def _dot(one: Field, other: Field) -> float:
    return float(np.vdot(one, other))
