"""Tracking: detections of one picture after another become objects with a life, on one camera and without identity.

A causal two-stage tracker in the manner of ByteTrack (Zhang et al., ECCV 2022): sure detections are matched first,
doubtful ones only keep a known track alive. Beside overlap it compares where the feet stand, measured in widths and
heights of the object, because at 5 pictures a second a walker's box may not overlap its last one at all. Time is
monotonic seconds, so a changed frame rate changes nothing.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import hypot

import numpy as np
from numpy.typing import NDArray

from core.geometry import Point
from detectors.detections import Detections

SURE = 0.5  # score from which a detection takes part in the first stage
START = 0.6  # score from which an unmatched detection starts a track
CONFIRM_HITS = 3  # detections that make a track real
LOST_S = 4.0  # a track unseen for longer is over
TENTATIVE_S = 0.9  # ... and one not yet confirmed, for longer than this
MAX_COST = 1.0  # of a match; see _cost
SMOOTH = 0.5  # share of a new measurement in the velocity
COAST_S = 1.0  # a lost track's motion is trusted no longer than this

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Track:
    """A confirmed object as rules see it. `box` is left, top, right, bottom in fractions of the picture."""

    id: int
    label: str
    score: float
    box: Box
    first_seen: float
    last_seen: float

    @property
    def feet(self) -> Point:
        """Middle of the lower edge: where the object touches the ground."""
        return (self.box[0] + self.box[2]) / 2, self.box[3]


@dataclass(slots=True)
class _Life:
    """What the tracker knows of one object; positions in pixels."""

    id: int
    box: NDArray[np.float32]
    score: float
    first_seen: float
    last_seen: float
    hits: int = 1
    confirmed: bool = False
    velocity: tuple[float, float] = (0.0, 0.0)
    votes: Counter[int] = field(default_factory=Counter)

    def predicted(self, now: float) -> NDArray[np.float32]:
        """The box where its motion would have carried it."""
        ahead = min(now - self.last_seen, COAST_S)
        dx, dy = self.velocity[0] * ahead, self.velocity[1] * ahead
        return self.box + np.array([dx, dy, dx, dy], np.float32)

    def see(self, box: NDArray[np.float32], score: float, class_id: int, now: float) -> None:
        elapsed = max(now - self.last_seen, 1e-3)
        moved = _feet(box) - _feet(self.box)
        vx = (1 - SMOOTH) * self.velocity[0] + SMOOTH * float(moved[0]) / elapsed
        vy = (1 - SMOOTH) * self.velocity[1] + SMOOTH * float(moved[1]) / elapsed
        self.velocity, self.box, self.score, self.last_seen = (vx, vy), box, score, now
        self.votes[class_id] += 1
        self.hits += 1
        self.confirmed = self.confirmed or self.hits >= CONFIRM_HITS


class Tracker:
    """Tracks of one camera. `classes` names the detector's class ids; `started` counts confirmed tracks so far."""

    def __init__(self, classes: Sequence[str]) -> None:
        self._classes = classes
        self._lives: list[_Life] = []
        self._next = 1
        self.started = 0

    @property
    def alive(self) -> bool:
        """Whether any object was seen lately, so that the next picture is worth an inference even if nothing moves."""
        return bool(self._lives)

    def update(self, detections: Detections, size: tuple[int, int], now: float) -> list[Track]:
        """Take in the detections of one picture of `size` (width, height); returns the confirmed tracks seen in it."""
        sure = detections.score >= SURE
        rest = self._match(self._lives, detections.select(sure), now)
        unseen = [life for life in self._lives if life.last_seen < now]
        self._match(unseen, detections.select(~sure), now)
        self._start(rest, now)
        self._end(now)
        return [self._track(life, size) for life in self._lives if life.confirmed and life.last_seen == now]

    def _match(self, lives: Sequence[_Life], detections: Detections, now: float) -> Detections:
        """Give each detection to the nearest track, best pairs first; returns the detections left over."""
        free = np.ones(len(detections), dtype=bool)
        pairs = sorted(_pairs(lives, detections, now))
        for _, track, position in pairs:
            life = lives[track]
            if life.last_seen == now or not free[position]:
                continue
            free[position] = False
            was = life.confirmed
            score, class_id = float(detections.score[position]), int(detections.class_id[position])
            life.see(detections.xyxy[position], score, class_id, now)
            self.started += life.confirmed and not was
        return detections.select(free)

    def _start(self, detections: Detections, now: float) -> None:
        for box, score, class_id in zip(detections.xyxy, detections.score, detections.class_id, strict=True):
            if score >= START:
                life = _Life(self._next, box, float(score), now, now)
                life.votes[int(class_id)] = 1
                self._lives.append(life)
                self._next += 1

    def _end(self, now: float) -> None:
        self._lives = [
            life for life in self._lives if now - life.last_seen <= (LOST_S if life.confirmed else TENTATIVE_S)
        ]

    def _track(self, life: _Life, size: tuple[int, int]) -> Track:
        left, top, right, bottom = (
            min(1.0, max(0.0, float(value) / side)) for value, side in zip(life.box, (*size, *size), strict=True)
        )
        label = self._classes[life.votes.most_common(1)[0][0]]
        return Track(life.id, label, life.score, (left, top, right, bottom), life.first_seen, life.last_seen)


def _pairs(lives: Sequence[_Life], detections: Detections, now: float) -> Iterable[tuple[float, int, int]]:
    """(cost, track, detection) of every pair that may be one object."""
    for track, life in enumerate(lives):
        expected = life.predicted(now)
        for position, box in enumerate(detections.xyxy):
            cost = _cost(expected, box)
            if cost < MAX_COST:
                yield cost, track, position


def _cost(expected: NDArray[np.float32], box: NDArray[np.float32]) -> float:
    """0 for the same box, 1 where feet lie a width or a third of a height apart, or one is over half as tall again."""
    width = max(float(expected[2] - expected[0]), float(box[2] - box[0]), 1.0)
    tall, low = float(expected[3] - expected[1]), float(box[3] - box[1])
    height = max(tall, low, 1.0)
    dx, dy = (float(value) for value in _feet(box) - _feet(expected))
    ratio = 1 - max(min(tall, low), 0.0) / height
    return hypot(dx / width, 3 * dy / height, 2 * ratio) * (1 - 0.5 * _overlap(expected, box))


def _feet(box: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.array([(box[0] + box[2]) / 2, box[3]], np.float32)


def _overlap(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Intersection over union of two boxes."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = float(width * height)
    total = float((one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1]))
    return shared / (total - shared)
