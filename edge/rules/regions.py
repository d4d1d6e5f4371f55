"""Places of a zone that look other than before and stay so: what `left` and `removed` are told of.

A background of the zone is learnt all the time, except where something has just moved and the picture is not as it was
before: there the old one is kept until the new look has stood long enough. So dusk, dawn and the shadows of the sun are
learnt as they creep, and what somebody put down or took away stands out. Pictures are compared by their structure, the
grey levels less their local mean over their local spread, which light does not change.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import cv2
import numpy as np
from numpy.typing import NDArray

from core.geometry import Box, Point
from edge.association import covered, overlap
from edge.motion import View
from edge.rules.base import Scene
from edge.rules.structure import structure
from edge.scatter import scattered, wide

Grey = NDArray[np.uint8]
Field = NDArray[np.float32]
Area = tuple[int, int, int, int]  # left, top, right, bottom in pixels

WIDTH = 320  # of the whole picture as it is compared: at 160 a bag beside a person of an eighth of the height is 3 px
TALLEST = 2 * WIDTH  # ... and its height at the most
STEP_S = 1.0  # between two looks at a zone
CALM_STEP_S = 5.0  # ... in which nothing has moved for AWAKE_S
AWAKE_S = 10.0
GAP_S = 120.0  # without a picture, or not armed: learn anew
LEARNING = 0.2  # share of each look in the background where nothing stands out
WINDOW = 15  # pixels across, of the local mean and spread
SPREAD = 8.0  # grey levels added to the spread: noise on a plain wall is no structure
OTHER = 0.8  # of structure, that makes a pixel another; noise of 4 grey levels makes .25
LEVELS = 10  # ... and so many grey levels: the structure beside an object changes too
RECENT = 6  # looks after which movement explains nothing
RESTING = 1 / 60  # share of each look in how restless a place is
RESTLESS = 0.5  # of the time something moves, as in a tree or under a failing lamp: nothing can be told there
SMALLEST = 4  # pixels across: an eightieth of the picture's width
LARGEST = 0.35  # share of the zone; above, it was the light or the camera
SOLID = 0.45  # share of its box that a thing fills; the edge of a shadow does not
STEADY = 0.45  # mean change of structure of a thing that stands; somebody who stands sways
LIT = 0.5  # correlation of fine detail below light or shadow with that before
TEXTURE = 3.0  # grey levels of fine detail from which it can be told
CONTOUR = 1.15  # times as much edge along the contour in the one picture as in the other
SETTLED = 0.7  # overlap with the look before of a region that neither grows nor shrinks
MISSES = 5  # looks without it, after which it was nothing
SETTLING = 4  # looks after a change all over the picture, until all pictures that count are of after it
AROUND = 3  # pixels
STOOD_S = 3.0
SOMEBODY_S = 900.0  # for so long a region is taken for the one who stood there when last seen
VEHICLES = frozenset({"bicycle", "car", "motorcycle", "bus", "train", "truck", "boat"})
MOVERS = VEHICLES | {"person", "bird", "cat", "dog", "horse", "sheep", "cow"}  # other classes are things
SAME = 0.4  # overlap of the box of an object or a region with a region's


@dataclass(frozen=True, slots=True)
class Region:
    """A region that stands since `dwell_s`; `box` in fractions. `appeared` False: something went."""

    box: Box
    appeared: bool


@dataclass(slots=True)
class _Candidate:
    """A region that may become one. `area`: of the compared picture."""

    area: Area
    mask: Grey
    looks: Field
    walked_off: bool  # somebody who was there when the background was learnt
    held_s: float = 0.0
    misses: int = 0


@dataclass(slots=True)
class _Somebody:
    """A tracked object that moves by itself. `stand`: where it has stood since `since`."""

    first: Box
    drives: bool
    stand: Box
    since: float
    box: Box
    seen: float


class Regions:
    """Watches one zone."""

    def __init__(self, zone: Sequence[Point], dwell_s: float) -> None:
        self._zone = np.array(zone, np.float64)
        self._dwell_s = dwell_s
        self._last = -GAP_S
        self._awake_until = 0.0
        self._unsettled = 0  # looks in which the light or the camera still settles
        self._stirred: Grey | None = None  # small pixels that changed since the last look
        self._people: dict[int, _Somebody] = {}
        self._forget()

    def update(self, scene: Scene) -> list[Region]:
        """The regions that have just stood for `dwell_s`; each is told once, and is the background from then on."""
        view = scene.view
        if view is None:
            return []
        self._meet(scene)
        if view.moving:
            self._stir(view, scene.now)
        since = scene.now - self._last
        if since < (STEP_S if scene.now < self._awake_until or self._candidates else CALM_STEP_S) - 0.1:
            return []
        self._last = scene.now
        grey = self._cut(view)
        if since > GAP_S or not self._pictures or self._pictures[-1].shape != grey.shape:
            self._forget()
        return self._look(grey, view, scene.now, min(since, CALM_STEP_S))

    def _forget(self) -> None:
        self._pictures: list[Grey] = []  # the latest three
        self._background = np.zeros((1, 1), np.float32)
        self._structure = np.zeros((1, 1), np.float32)
        self._inside = np.zeros((1, 1), np.uint8)
        self._busy = np.zeros((1, 1), np.uint8)  # looks for which movement still explains a change
        self._restless = np.zeros((1, 1), np.float32)  # 0 to 255: how much of the time something moves
        self._held = np.zeros((1, 1), np.uint8)  # where the old background is kept
        self._candidates: list[_Candidate] = []

    def _meet(self, scene: Scene) -> None:
        """Note where everybody is: who stands is nothing left, and where he stood from the beginning, nothing went."""
        for track in (*scene.tracks, *scene.others):
            if track.label not in MOVERS:
                continue
            known = self._people.get(track.id)
            if known is None:
                drives = track.label in VEHICLES
                self._people[track.id] = _Somebody(track.box, drives, track.box, scene.now, track.box, scene.now)
            elif track.visible:
                known.box, known.seen = track.box, scene.now
                if overlap(known.stand, track.box) < SAME:
                    known.stand, known.since = track.box, scene.now
        if len(self._people) > len(scene.tracks) + len(scene.others):
            self._people = {
                number: one
                for number, one in self._people.items()
                if scene.now - one.seen < (SOMEBODY_S if one.seen - one.since > STOOD_S else AWAKE_S)
            }

    def _stir(self, view: View, now: float) -> None:
        self._awake_until = now + AWAKE_S
        if wide(view) or scattered(view):
            self._unsettled = SETTLING
        if self._stirred is None or self._stirred.shape != view.changed.shape:
            self._stirred = view.changed.copy()
        else:
            cv2.max(self._stirred, view.changed, dst=self._stirred)

    def _frame(self, view: View) -> Area:
        """The zone's box in pixels of the picture `WIDTH` across, a window's half wider."""
        tall = _tall(view)
        left, top = (int(v) for v in self._zone.min(axis=0) * (WIDTH, tall))
        right, bottom = (ceil(v) for v in self._zone.max(axis=0) * (WIDTH, tall))
        half = WINDOW // 2
        return max(0, left - half), max(0, top - half), min(WIDTH, right + half), min(tall, bottom + half)

    def _cut(self, view: View) -> Grey:
        """The zone's part of the picture."""
        left, top, right, bottom = self._frame(view)
        height, width = view.luma.shape
        across, down = width / WIDTH, height / _tall(view)
        part = view.luma[
            int(top * down) : max(int(top * down) + 1, min(height, round(bottom * down))),
            int(left * across) : max(int(left * across) + 1, min(width, round(right * across))),
        ]
        return np.asarray(cv2.resize(part, (right - left, bottom - top), interpolation=cv2.INTER_AREA), np.uint8)

    def _look(self, grey: Grey, view: View, now: float, since: float) -> list[Region]:
        self._pictures = [*self._pictures[-2:], grey]
        if len(self._pictures) < 3:
            self._begin(grey, view)
            return []
        steady = _middle(*self._pictures)  # what is in one of three looks only was rain, or passed by
        looks = structure(steady, WINDOW, SPREAD)
        busy = self._movement(view)
        if self._unsettled:
            self._unsettled -= 1
            self._relearn(steady, looks)
        self._busy = np.maximum(np.maximum(self._busy, 1) - 1, busy // 255 * RECENT)
        other = _other(steady, looks, self._background, self._structure)
        if cv2.countNonZero(other & self._inside) > LARGEST * cv2.countNonZero(self._inside):
            if not busy.any():
                self._relearn(steady, looks)
            return []
        self._held = np.where(self._busy > 0, other, other & self._held)
        self._held[self._restless > RESTLESS * 255] = 0
        free = ~(self._held | busy)
        cv2.accumulateWeighted(steady, self._background, LEARNING, free)
        cv2.accumulateWeighted(looks, self._structure, LEARNING, free)
        self._follow(looks, busy, view, since)
        return self._ripe(steady, looks, view, now)

    def _begin(self, grey: Grey, view: View) -> None:
        left, top, _, _ = self._frame(view)
        tall = _tall(view)
        corners = np.round(self._zone * (WIDTH, tall) - (left, top)).astype(np.int32)
        self._inside = np.zeros_like(grey)
        cv2.fillPoly(self._inside, [corners], 255)
        self._background, self._structure = grey.astype(np.float32), structure(grey, WINDOW, SPREAD)
        self._busy, self._held, self._restless = (
            np.zeros_like(grey),
            np.zeros_like(grey),
            np.zeros_like(grey, np.float32),
        )

    def _movement(self, view: View) -> Grey:
        """Where something moved since the last look, or somebody is: 255 there."""
        left, top, right, bottom = self._frame(view)
        busy = np.zeros((bottom - top, right - left), np.uint8)
        tall = _tall(view)
        if self._stirred is not None:
            whole = cv2.resize(self._stirred, (WIDTH, tall), interpolation=cv2.INTER_NEAREST)
            busy = np.asarray(cv2.dilate(whole[top:bottom, left:right], np.ones((5, 5), np.uint8)), np.uint8)
            self._stirred = None
        cv2.accumulateWeighted(busy, self._restless, RESTING)
        for one in self._people.values():
            if self._last - one.seen < STEP_S:
                x1, y1, x2, y2 = (round(v * s) for v, s in zip(one.box, (WIDTH, tall) * 2, strict=True))
                cv2.rectangle(busy, (x1 - left - 2, y1 - top - 2), (x2 - left + 2, y2 - top + 2), 255, -1)
        return busy

    def _relearn(self, steady: Grey, looks: Field) -> None:
        """The light changed: take everything for the background that was not waited for before."""
        kept = np.zeros_like(steady)
        for candidate in self._candidates:
            left, top, right, bottom = candidate.area
            kept[top:bottom, left:right] = 255
        free = kept == 0
        self._background[free], self._structure[free] = steady[free], looks[free]
        self._held[free] = 0
        self._busy[:] = 0

    def _follow(self, looks: Field, busy: Grey, view: View, since: float) -> None:
        """Match the regions of this look with those known."""
        found = _regions(self._held & ~busy, self._inside)
        for candidate in self._candidates:
            match = max(found, key=lambda one: overlap(one[0], candidate.area), default=None)
            left, top, right, bottom = candidate.area
            if match is None or overlap(match[0], candidate.area) < SAME:
                candidate.misses += not busy[top:bottom, left:right].any()
                continue
            found.remove(match)
            candidate.misses = 0
            change = cv2.absdiff(looks[top:bottom, left:right], candidate.looks)
            if float(change[candidate.mask > 0].mean()) < STEADY and overlap(match[0], candidate.area) > SETTLED:
                candidate.held_s += since
            else:
                candidate.area, candidate.mask = match
                candidate.looks, candidate.held_s = _part(looks, candidate.area).copy(), 0.0
        self._candidates = [one for one in self._candidates if one.misses < MISSES]
        for area, mask in found:
            walked_off = self._walked_off(self._box(area, view))
            self._candidates.append(_Candidate(area, mask, _part(looks, area).copy(), walked_off))

    def _ripe(self, steady: Grey, looks: Field, view: View, now: float) -> list[Region]:
        """Those that have stood long enough; they become background, told or not."""
        told = []
        for ripe in [one for one in self._candidates if one.held_s >= self._dwell_s and not one.misses]:
            if self._somebody(self._box(ripe.area, view), now):
                ripe.held_s = 0.0
            if ripe not in self._candidates or not ripe.held_s:
                continue
            parts = [one for one in self._candidates if _beside(one.area, ripe.area)]
            mask = np.zeros_like(steady)
            for part in parts:
                left, top, right, bottom = part.area
                mask[top:bottom, left:right] |= part.mask
                self._candidates.remove(part)
            area = _union([part.area for part in parts])
            appeared = _appeared(*(_around(one, area) for one in (steady, self._background, mask)))
            if appeared is not None and (appeared or not ripe.walked_off):
                told.append(Region(self._box(area, view), appeared))
            left, top, right, bottom = area
            around = (slice(max(0, top - AROUND), bottom + AROUND), slice(max(0, left - AROUND), right + AROUND))
            self._background[around], self._structure[around] = steady[around], looks[around]
            self._held[around] = 0
        return told

    def _box(self, area: Area, view: View) -> Box:
        left, top, _, _ = self._frame(view)
        tall = _tall(view)
        x1, y1, x2, y2 = area
        return (left + x1) / WIDTH, (top + y1) / tall, (left + x2) / WIDTH, (top + y2) / tall

    def _somebody(self, box: Box, now: float) -> bool:
        """Whether it is one who stood there when he was last seen: a detector does not always see who stands still."""
        return any(now - one.seen < SOMEBODY_S and _fills(box, one.box) for one in self._people.values())

    def _walked_off(self, box: Box) -> bool:
        """Whether what went is a person or an animal that was there when the background was learnt."""
        return any(not one.drives and _fills(box, one.first) for one in self._people.values())


def _fills(region: Box, body: Box) -> bool:
    """Whether a region is most of a body that stands there: somebody's bag is lower."""
    return covered(region, body) > 0.5 and region[3] - region[1] > SAME * (body[3] - body[1])


def _tall(view: View) -> int:
    """The height of the compared picture."""
    height, width = view.luma.shape
    return int(max(1, min(TALLEST, height * WIDTH // width)))


def _middle(one: Grey, two: Grey, three: Grey) -> Grey:
    return np.asarray(cv2.max(cv2.min(one, two), cv2.min(cv2.max(one, two), three)), np.uint8)


def _other(steady: Grey, looks: Field, background: Field, before: Field) -> Grey:
    """255 where the picture is not what it was."""
    levels = cv2.absdiff(steady, cv2.convertScaleAbs(background)) > LEVELS
    shapes = cv2.absdiff(looks, before) > OTHER
    return (levels & shapes).astype(np.uint8) * np.uint8(255)


def _regions(held: Grey, inside: Grey) -> list[tuple[Area, Grey]]:
    """Solid regions whose middle lies in the zone: box and mask within it."""
    closed = cv2.morphologyEx(held, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    opened = np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)
    found = []
    if not opened.any():
        return []
    for contour in cv2.findContours(opened, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]:
        left, top, width, height = cv2.boundingRect(contour)
        if min(width, height) < SMALLEST or not inside[top + height // 2, left + width // 2]:
            continue
        mask = np.zeros((height, width), np.uint8)
        cv2.drawContours(mask, [contour - (left, top)], -1, 255, -1)
        if cv2.countNonZero(mask) >= SOLID * width * height:
            found.append(((left, top, left + width, top + height), mask))
    return found


def _beside(one: Area, other: Area) -> bool:
    """Whether two regions are of one thing: no farther apart than half the larger one is long."""
    reach = max(other[2] - other[0], other[3] - other[1]) / 2
    grown = (other[0] - reach, other[1] - reach, other[2] + reach, other[3] + reach)
    return covered(one, grown) > 0.5


def _union(areas: Sequence[Area]) -> Area:
    lefts, tops, rights, bottoms = zip(*areas, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _around(picture: Field | Grey, area: Area) -> Field:
    """The area with its surroundings, so that its contour lies within."""
    left, top, right, bottom = area
    return _part(picture, (max(0, left - AROUND), max(0, top - AROUND), right + AROUND, bottom + AROUND))


def _part(picture: Field | Grey, area: Area) -> Field:
    left, top, right, bottom = area
    return np.asarray(picture[top:bottom, left:right], np.float32)


def _appeared(now: Field, before: Field, mask: Field) -> bool | None:
    """Whether something came, or went; None where it was light.

    What stands before a ground has an edge along its contour; the ground alone has none there. Under light and shadow
    the fine detail of the ground is still seen.
    """
    fine, finer = now - cv2.blur(now, (5, 5)), before - cv2.blur(before, (5, 5))
    core = np.ones((3, 3), np.uint8)
    within = cv2.erode(mask, core) > 0
    if within.sum() >= 16:
        one, other = fine[within], finer[within]
        if min(one.std(), other.std()) > TEXTURE and float(np.corrcoef(one, other)[0, 1]) > LIT:
            return None
    edge = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, core) > 0
    here, earlier = float(_slope(now)[edge].mean()), float(_slope(before)[edge].mean())
    if here > CONTOUR * earlier:
        return True
    return False if earlier > CONTOUR * here else None


def _slope(picture: Field) -> Field:
    return np.asarray(
        cv2.magnitude(cv2.Sobel(picture, cv2.CV_32F, 1, 0), cv2.Sobel(picture, cv2.CV_32F, 0, 1)), np.float32
    )
