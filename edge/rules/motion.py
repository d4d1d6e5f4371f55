"""Motion: something moves through a zone that no class fits, as somebody who crawls, or hides under a sheet.

Leaves, rain, insects and light move too, but none of them covers ground steadily as one thing and changes what the
picture shows while it does. Parts of the picture that change are followed from one to the next; one that has gone its
own length in nearly a straight line, in steps that its size allows, is coherent motion. What the detector sees as any
class is not unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

import cv2
import numpy as np
from numpy.typing import NDArray

from core.geometry import Box, Point, inside
from edge.association import covered, overlap
from edge.motion import THRESHOLD, View
from edge.rules.base import Scene, Sighting, Spot
from edge.rules.settings import RuleSettings
from edge.rules.structure import structure
from edge.scatter import scattered, wide
from edge.tracking import Track

Grey = NDArray[np.uint8]

LEAST_S = 1.0  # that a thing must have moved to be believed
GAP_S = 3.0  # without coherent motion, after which it is over
LOST_S = 0.7  # a thing not seen for longer is another
STEP = 1.0  # of its own longer side between two pictures; at 5 a second a motorcycle makes half of it, insects more
WAY = 1.0  # of its own longer side: a branch sways by less
FAR = 0.08  # of the picture's height: ... and where it is small, at least so far
FAR_ENOUGH = 0.3  # ... and where it is large, no farther
STRAIGHT = 0.6  # of the way it went is the way it came; an insect's is .1 to .4
GROWTH = 2.5  # times the area of the picture before
SLIM = 0.25  # of its longer side is the shorter one at the least; a streak of rain is slimmer
FULL = 0.35  # share of its box that changes
TURN = 0.6  # of its own longer side: so far it may be from where it would be by its last step
PICTURES = 8  # remembered, as many as look back behind a thing at 5 a second
PAST_S = 1.0  # how old the picture must be that shows the ground without it
WINDOW = 9  # small pixels across, of a local mean
NEW = 0.35  # share of changed pixels that must show another structure: light and shadow leave that of the ground
SPREAD = 6.0  # grey levels
OTHER = 0.7
KNOWN = 0.3  # share of it that a tracked object covers


@dataclass(slots=True)
class _Thing:
    """One part of the picture that moves. Points in heights of the picture."""

    start: Point
    since: float
    at: Point
    seen: float
    box: Box
    area: float
    long: float
    speed: Point = (0.0, 0.0)
    path: float = 0.0
    far: float = 0.0  # as it has been from its start
    news: int = 0
    pictures: int = 1

    @property
    def coherent(self) -> bool:
        gone = _distance(self.at, self.start)
        return (
            self.seen - self.since >= LEAST_S
            and gone >= max(FAR, min(WAY * self.long, FAR_ENOUGH))
            and gone >= STRAIGHT * self.path
            and 2 * self.news >= self.pictures
        )


@dataclass(frozen=True, slots=True)
class _Part:
    """A connected part that changes. `box` in fractions, `at` and `long` in heights of the picture."""

    box: Box
    at: Point
    area: float
    long: float
    new: bool


class Motion:
    """Holds while something unknown of at least `size` has moved in the zone for `dwell_s` seconds.

    That time runs from when the thing began to move, through pauses of `GAP_S`; another thing may go on for it.
    """

    def __init__(self, settings: RuleSettings) -> None:
        self._id = settings.id
        self._zone = settings.zone
        self._dwell_s = settings.dwell_s
        self._size = settings.size
        self._things: list[_Thing] = []
        self._past: list[tuple[float, Grey]] = []
        self._since: float | None = None
        self._last = 0.0

    def update(self, scene: Scene) -> list[Sighting]:
        view, now = scene.view, scene.now
        if view is None:
            return []
        moving = self._moving(view, scene) if view.moving else None
        if not self._past or now - self._past[-1][0] >= PAST_S / 4:
            self._past = [*self._past[1 - PICTURES :], (now, view.small.copy())]
        if self._since is not None and now - self._last > GAP_S:
            self._since = None
        if moving is None:
            return []
        self._since = moving.since if self._since is None else self._since
        self._last = now
        if now - self._since < self._dwell_s:
            return []
        return [Sighting(Spot("motion", moving.box), self._id, alone=False)]

    def _moving(self, view: View, scene: Scene) -> _Thing | None:
        """Take in a picture in which something moves; the largest thing in coherent motion in it."""
        now = scene.now
        if wide(view) or scattered(view):
            self._things = []
            return None
        parts = self._parts(view, (*scene.tracks, *scene.others), now)
        self._things = [thing for thing in self._things if now - thing.seen <= LOST_S]
        for thing in sorted(self._things, key=lambda one: -one.area):
            expected = _expected(thing, now)
            part = min(parts, key=lambda one: _distance(one.at, expected), default=None)
            if part is not None and _follows(thing, part, now):
                parts.remove(part)
                _go_on(thing, part, now)
        self._things += [_Thing(one.at, now, one.at, now, one.box, one.area, one.long) for one in parts]
        coherent = [one for one in self._things if one.seen == now and one.coherent]
        return max(coherent, key=lambda one: one.area, default=None)

    def _parts(self, view: View, tracks: Sequence[Track], now: float) -> list[_Part]:
        """What changes in the zone, is large enough, and is not of a tracked object.

        Where the picture is again as it was a while ago, something has just left: that is its trail, not itself.
        """
        before = next((small for at, small in reversed(self._past) if now - at >= PAST_S), None)
        if before is None or before.shape != view.small.shape:
            return []
        itself = cv2.bitwise_and(view.changed, cv2.inRange(cv2.absdiff(view.small, before), THRESHOLD, 255))
        changed = cv2.morphologyEx(itself, cv2.MORPH_CLOSE, np.ones((5, 3), np.uint8))
        height, width = changed.shape
        parts = []
        for left, top, across, down, area in cv2.connectedComponentsWithStats(changed)[2][1:].tolist():
            long = max(across, down) / height
            box = (left / width, top / height, (left + across) / width, (top + down) / height)
            foot = ((box[0] + box[2]) / 2, box[3])
            if min(across, down) < SLIM * max(across, down) or area < FULL * across * down:
                continue
            if long < self._size or not inside(foot, self._zone) or any(_same(box, one.box) for one in tracks):
                continue
            at = ((left + across / 2) / height, (top + down / 2) / height)
            parts.append(_Part(box, at, area / height**2, long, _new(view, before, (left, top, across, down))))
        return parts


def _new(view: View, before: Grey, part: tuple[int, int, int, int]) -> bool:
    """Whether the picture shows something else there than before, and not the same in another light."""
    left, top, across, down = part
    half = WINDOW // 2
    around = (slice(max(0, top - half), top + down + half), slice(max(0, left - half), left + across + half))
    looks, looked = (structure(small[around], WINDOW, SPREAD) for small in (view.small, before))
    other = cv2.absdiff(looks, looked) > OTHER
    changed = view.changed[around] > 0
    return bool(other[changed].mean() >= NEW) if changed.any() else False


def _same(box: Box, known: Box) -> bool:
    return covered(box, known) > KNOWN or overlap(box, known) > KNOWN or covered(known, box) > 1 - KNOWN


def _distance(one: Point, other: Point) -> float:
    return hypot(one[0] - other[0], one[1] - other[1])


def _follows(thing: _Thing, part: _Part, now: float) -> bool:
    long = max(thing.long, part.long)
    near = _distance(part.at, thing.at) <= STEP * long
    steady = thing.pictures < 2 or _distance(part.at, _expected(thing, now)) <= TURN * long
    return thing.seen < now and near and steady and 1 / GROWTH <= part.area / thing.area <= GROWTH


def _expected(thing: _Thing, now: float) -> Point:
    """Where it would be if it went on."""
    since = now - thing.seen
    return thing.at[0] + since * thing.speed[0], thing.at[1] + since * thing.speed[1]


def _go_on(thing: _Thing, part: _Part, now: float) -> None:
    since = now - thing.seen
    thing.path += _distance(part.at, thing.at)
    thing.speed = ((part.at[0] - thing.at[0]) / since, (part.at[1] - thing.at[1]) / since)
    thing.at, thing.box, thing.area, thing.seen = part.at, part.box, part.area, now
    thing.long += 0.3 * (part.long - thing.long)
    thing.news += part.new
    thing.pictures += 1
    gone = _distance(thing.at, thing.start)
    thing.far = max(thing.far, gone)
    if gone < thing.far - TURN * thing.long:  # it turned round: a way of its own begins
        thing.start, thing.since, thing.path, thing.far, thing.news, thing.pictures = thing.at, now, 0.0, 0.0, 0, 1
