"""How the scene of one camera looks while all is well: learnt slowly, so that dusk, fog and seasons belong to it."""

from math import exp, hypot, sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.health.look import Field, Look

LEARNING_S = 90.0  # time constant; what changes over minutes is learnt, what happens at once is not
FIRST_LOOKS = 5  # before the scenery counts as known
YOUNG_LOOKS = 30  # until when it may turn out to be an empty one
VISIBLE = 0.3  # length of an edge that is more than noise or a fold of cloth
MARK, CLEAR_MARK = 0.35, 0.5  # mean length of an edge that counts as a landmark, and as a good one
RICH = 0.02  # of the cells; an empty tarmac filling the picture has less, any street or yard ten times as much
RICH_S = 900.0  # after which what came to an empty scene, as a parked car or a crowd, is part of it
SECTORS = (4, 3)  # columns and rows
WORTH = 1.5  # sum of landmarks that makes a sector count in full: three to ten of them
SPREAD = 3  # sectors with landmarks that a scene is known by
SHIFT = 2.0  # cells, 5 % of the picture's width
FIT, BETTER = 0.5, 0.2  # cosine of the edges there, and how much it is above the likeness here
SEARCH = 0.2  # of the picture's sides: how far a bumped camera is looked for
_SUM = np.ones((1, 2), np.float32)


class Scenery:
    """The running mean of looks at a scene that was well."""

    def __init__(self, first: Look) -> None:
        self.edges: Field = first.edges.copy()
        self.thumb: Field = first.thumb.copy()
        self.contrast = max(first.contrast, 0.1)
        self.sharpness = first.sharpness
        self.bright = first.bright
        self.usual = 1.0  # how much single looks are alike to it
        self._looks = 1
        self.seen_s = 0.0  # for how long it was learnt
        self._always = True
        self._rich_s = 0.0
        self._mark()

    @property
    def known(self) -> bool:
        """Whether it was looked at often enough, and has enough to be known by: from the start, or for long."""
        return self._looks >= FIRST_LOOKS and self._rich and (self._always or self._rich_s >= RICH_S)

    def _mark(self) -> None:
        """Find the landmarks: edges that are strong and always there. Who passes leaves fainter ones in the mean."""
        length = lengths(self.edges)[:, :, np.newaxis]
        weight = np.maximum(0, length - np.float32(MARK))
        self._marks = self.edges * (weight / (length + np.float32(1e-6)))
        self._lengths = weight[:, :, 0]
        self._weight = _sectors(self._lengths)
        self._worth = np.minimum(self._weight, np.float32(WORTH))
        spread = np.count_nonzero(self._worth >= WORTH / 2) >= SPREAD
        self._rich = bool(spread) and float((length > CLEAR_MARK).mean()) >= RICH

    def learn(self, seen: Look, seconds: float) -> None:
        """Take in one more look, `seconds` after the one before."""
        self._looks += 1
        self.seen_s += seconds
        rate = max(1 - exp(-seconds / LEARNING_S), 1 / self._looks)
        self.usual += rate * (self.alike(seen.ways) - self.usual)
        self.edges += np.float32(rate) * (seen.edges - self.edges)
        self.thumb += np.float32(rate) * (seen.thumb - self.thumb)
        self.contrast *= (
            max(seen.contrast, 0.1) / self.contrast
        ) ** rate  # in steps of ratios: passers-by are outliers
        self.bright += rate * (seen.bright - self.bright)
        self.sharpness += rate * (seen.sharpness - self.sharpness)
        self._mark()
        self._always = self._always and (self._rich or not FIRST_LOOKS <= self._looks < YOUNG_LOOKS)
        self._rich_s = self._rich_s + seconds if self._rich else 0.0

    def alike(self, ways: Field) -> float:
        """How far the scene's landmarks still run as they did, however faint: 1 the same scene, about 0 another.

        Edges where the scene has none count nothing, so who passes through it does not make it another one; and no
        part of the picture counts for much more than others, so that a parked car may leave.
        """
        same = _sectors(np.asarray(cv2.transform(ways * self._marks, _SUM), np.float32))
        return float((self._worth * same / (self._weight + np.float32(1e-6))).sum() / (self._worth.sum() + 1e-6))

    def rest(self, edges: Field, ways: Field) -> float:
        """As `alike`, but of those landmarks only where there is anything to be seen now."""
        there = lengths(edges) >= VISIBLE
        weight = float(self._lengths[there].sum())
        return _dot(ways[there], self._marks[there]) / weight if weight > WORTH else 0.0

    def layout(self, thumb: Field) -> float:
        """The correlation of the coarsest pictures, which blur does not change."""
        one, other = thumb - thumb.mean(), self.thumb - self.thumb.mean()
        return _dot(one, other) / (sqrt(_dot(one, one) * _dot(other, other)) + 1e-6)

    def elsewhere(self, edges: Field, alike: float) -> bool:
        """Whether the middle of the picture fits well into the scenery at another place, and much better there."""
        rows, columns = edges.shape[0], edges.shape[1]
        top, left = int(rows * SEARCH), int(columns * SEARCH)
        middle = np.ascontiguousarray(edges[top : rows - top, left : columns - left])
        if _dot(middle, middle) < RICH * middle[..., 0].size:
            return False
        fits = cv2.matchTemplate(self.edges, middle, cv2.TM_CCORR_NORMED)
        _, best, _, (x, y) = cv2.minMaxLoc(fits)
        return hypot(x - left, y - top) >= SHIFT and best >= max(FIT, alike + BETTER)


def lengths(field: Field) -> NDArray[np.float32]:
    """How long the vector of each cell is."""
    return np.asarray(cv2.magnitude(field[:, :, 0], field[:, :, 1]), np.float32)


def _sectors(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """The sums over each sector of the picture."""
    mean = np.asarray(cv2.resize(cells, SECTORS, interpolation=cv2.INTER_AREA), np.float32)
    return mean * np.float32(cells.size / mean.size)


def _dot(one: Field, other: Field) -> float:
    return float(np.vdot(one, other))
