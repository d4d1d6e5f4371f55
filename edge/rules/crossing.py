"""Crossing: an object passes a line, to one side of it or to either."""

from dataclasses import dataclass
from math import hypot

from core.geometry import Point
from edge.rules.base import Scene, Sighting
from edge.rules.settings import RuleSettings

HYSTERESIS = 0.2  # of the object's height: feet must be so far beyond the line, or a box that trembles crosses for ever
FORGET_S = 10.0


@dataclass(slots=True)
class _Side:
    """The side on which an object was last surely seen, where, and when."""

    left: bool
    feet: Point
    at: float


class Crossing:
    """Holds for every object that has just passed the line, within its ends, in the wanted direction.

    Left and right are seen from the line's first point towards its second.
    """

    def __init__(self, settings: RuleSettings) -> None:
        self._line = (settings.line[0], settings.line[1])
        self._direction = settings.direction
        self._sides: dict[int, _Side] = {}

    def update(self, scene: Scene) -> list[Sighting]:
        start, end = ((x * scene.aspect, y) for x, y in self._line)
        found = []
        for track in scene.tracks:
            feet = (track.feet[0] * scene.aspect, track.feet[1])
            distance = _beyond(feet, start, end)
            if abs(distance) < HYSTERESIS * (track.box[3] - track.box[1]):
                continue
            now, before = _Side(distance < 0, feet, scene.now), self._sides.get(track.id)
            self._sides[track.id] = now
            if before and before.left != now.left and _within(before.feet, feet, start, end):
                where = "left" if now.left else "right"
                if self._direction in ("both", where):
                    found.append(Sighting(track, where))
        self._sides = {track: side for track, side in self._sides.items() if scene.now - side.at < FORGET_S}
        return found


def _beyond(point: Point, start: Point, end: Point) -> float:
    """Signed distance of a point from the line through two others; negative on the left, for y points down."""
    along = (end[0] - start[0], end[1] - start[1])
    return (along[0] * (point[1] - start[1]) - along[1] * (point[0] - start[0])) / hypot(*along)


def _within(before: Point, after: Point, start: Point, end: Point) -> bool:
    """Whether the way from one point to another meets the line between its ends."""
    one, other = abs(_beyond(before, start, end)), abs(_beyond(after, start, end))
    share = one / (one + other)
    x = before[0] + share * (after[0] - before[0])
    y = before[1] + share * (after[1] - before[1])
    along = (end[0] - start[0], end[1] - start[1])
    position = ((x - start[0]) * along[0] + (y - start[1]) * along[1]) / (along[0] ** 2 + along[1] ** 2)
    return 0 <= position <= 1
