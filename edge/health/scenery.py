"""How the scene of one camera looks while all is well: learnt slowly, so that dusk, fog and seasons become part of it."""

from math import exp, hypot, sqrt

import cv2
import numpy as np

from edge.health.look import Field, Look

LEARNING_S = 90.0  # time constant; what changes over minutes is learnt, what happens at once is not
FIRST_LOOKS = 5  # before the scenery counts as known
VISIBLE = 0.3  # length of an edge that is more than noise or a fold of cloth
TRACE = 0.03  # length of an edge of half a grey level: the least that has a direction
SEARCH = 0.2  # of the picture's sides: how far a bumped camera is looked for


class Scenery:
    """The running mean of looks at a scene that was well."""

    def __init__(self, first: Look) -> None:
        self.edges: Field = first.edges.copy()
        self.thumb: Field = first.thumb.copy()
        self.contrast = first.contrast
        self.sharpness = first.sharpness
        self.usual = 1.0  # how much single looks are alike to it
        self._looks = 1

    @property
    def known(self) -> bool:
        return self._looks >= FIRST_LOOKS

    def learn(self, seen: Look, seconds: float) -> None:
        """Take in one more look, `seconds` after the one before."""
        self._looks += 1
        rate = max(1 - exp(-seconds / LEARNING_S), 1 / self._looks)
        self.usual += rate * (self.alike(seen.edges) - self.usual)
        self.edges += np.float32(rate) * (seen.edges - self.edges)
        self.thumb += np.float32(rate) * (seen.thumb - self.thumb)
        self.contrast += rate * (seen.contrast - self.contrast)
        self.sharpness += rate * (seen.sharpness - self.sharpness)

    def alike(self, edges: Field) -> float:
        """How far the scene's edges still run as they did, however faint: 1 the same scene, about 0 another.

        Edges where the scene has none count nothing, so who passes through it does not make it another one.
        """
        strength = np.linalg.norm(edges, axis=2, keepdims=True)
        return _dot(edges / (strength + np.float32(TRACE)), self.edges) / (self._total() + 1e-6)

    def _total(self) -> float:
        return float(np.linalg.norm(self.edges, axis=2).sum())

    def rest(self, edges: Field) -> float:
        """As `alike`, of those cells only in which there is something to be seen."""
        there = np.linalg.norm(edges, axis=2) >= VISIBLE
        if np.count_nonzero(there) < 0.02 * there.size:
            return 0.0
        now, then = edges[there], self.edges[there]
        return _dot(now, then) / (sqrt(_dot(now, now) * _dot(then, then)) + 1e-6)

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


def _dot(one: Field, other: Field) -> float:
    return float(np.vdot(one, other))
