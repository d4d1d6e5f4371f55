"""Which tracks to believe: an object that came is told, one that was always there is not.

A detector takes a sign post, a statue or a parked motorcycle for a person, steadily and for ever. What sets it apart
is that it never came. So a track is shown to rules only with evidence that it moved: a way of its own, or change in the
picture that began and ended with its box. Places where detections stay without evidence are remembered, with their
looks, and there only a way counts: lamps, rain and shadows change pixels under a sign post too. Somebody who came is
believed for as long as the track lasts, or another takes its place, however still he stands.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from math import hypot

import cv2
import numpy as np
from numpy.typing import NDArray

from core.geometry import Box
from edge.association import covered, overlap
from edge.motion import View
from edge.scatter import scattered, wide
from edge.tracking import Track

Grey = NDArray[np.uint8]
Patch = NDArray[np.float32]

WAY = 0.5  # heights from where it was first seen: farther than any box of a thing that stands trembles
SHORT_WAY = 0.25  # ... which does beside change in the picture, where no static thing is known
LONG_WAY = 1.5  # ... which does without any: somebody dark in the dark
STRIDE = 0.4  # of the way at the most in one picture: a track that jumps to another thing makes more at once
STIR = 0.15  # share of a box that must have changed; a walker changes a third and more
STIR_PIXELS = 4
OUTSIDE = 0.6  # times as much change around it as in it, and it was not the object that changed
TRACE = 0.05  # share of changed pixels that a moving object leaves at the least
STIRS = 2  # pictures
BIRTH_S = 2.0  # after its first detection: change that comes later is somebody else's
BEFORE_S = 1.0  # and before it: a detector may see somebody only once he stands
SETTLE_S = 1.0  # after change all over the picture, the light's or the camera's, for which change is no evidence
KNOWN_S = 3.0  # of detections without evidence, from which a place is known
SAME = 0.5  # overlap of boxes that are at one place
APART = 0.2  # ... and of those that have nothing to do with each other
FORGET_S = 6 * 3600.0  # a place without a detection for so long is forgotten,
MISSES = 200  # if it was looked at so often: no picture is looked at while nothing moves
PLACES = 64  # remembered at the most
STAND = 0.2  # heights: who moves no farther stands
STANDING_S = 2.0
STOOD_S = 600.0  # for so long a track may take over from one that vanished while it stood
WALKED_S = 5.0  # ... or while it walked
NEAR = 0.5  # heights between the two
DOUBT_S = 900.0  # belief by changed pixels alone ends when nothing has stirred for so long
LOOKS = (12, 24)  # columns and rows of the remembered looks of a place
ALIKE = 0.7  # correlation from which a place looks as it did; with somebody before it .0 to .5
ALIKE_S = 3.0
REMEMBER_S = 3.0  # between two of the looks that are learnt


class Belief(IntEnum):
    """How sure it is that a track is of something that came."""

    NONE = 0
    STIRRED = 1  # the picture changed where it appeared
    WALKED = 2  # it made a way


@dataclass(slots=True)
class _Place:
    """Where something static is taken for an object. `looks`: zero mean, unit length."""

    box: Box
    seen: float
    seconds: float = 0.0
    misses: int = 0
    looks: Patch | None = None

    @property
    def known(self) -> bool:
        return self.seconds >= KNOWN_S


@dataclass(slots=True)
class _Life:
    """What is known of one track. `origin`: where it was first seen; `stand`: where it has stood since `stands`."""

    origin: Box
    born: float
    box: Box
    seen: float
    stand: Box
    stands: float
    stirred: float
    belief: Belief = Belief.NONE
    stirs: int = 0
    traces: int = 0
    fed: float = 0.0  # seconds given to `place`
    place: _Place | None = None
    alike: float = 0.0  # seconds for which it has looked as the static thing at its place
    stride: float = 0.0  # heights: the longest from one picture to the next
    heir: bool = False  # another track has taken over from it

    def disbelieve(self) -> None:
        """Ask for evidence anew, from here on."""
        self.belief, self.origin, self.stirs, self.traces, self.stride = Belief.NONE, self.box, 0, 0, 0.0


@dataclass(slots=True)
class _Change:
    """The changed pixels of one picture."""

    at: float
    pixels: Grey


@dataclass(slots=True)
class _Look:
    """One picture, as the questions below need it."""

    view: View
    now: float
    since: float  # seconds since the picture before, 1 at the most
    settled: bool
    boxes: list[Box] = field(default_factory=list)

    @property
    def aspect(self) -> float:
        height, width = self.view.luma.shape
        return float(width / height)


class Statics:
    """Learns the static things of one camera and holds back the tracks that are of them."""

    def __init__(self) -> None:
        self._lives: dict[int, _Life] = {}
        self._places: list[_Place] = []
        self._changes: deque[_Change] = deque()
        self._wide_until = self._scattered_until = 0.0
        self._last = 0.0

    @property
    def places(self) -> list[Box]:
        """Where static things are known to be taken for objects, in fractions of the picture."""
        return [place.box for place in self._places if place.known]

    def believed(self, tracks: Sequence[Track], view: View, now: float) -> list[Track]:
        """Those of `tracks` that came; to be asked of every analysed picture, also of those without tracks."""
        look = self._look(tracks, view, now)
        if tracks:
            for place in self._places:
                place.misses += view.moving
        shown = [track for track in tracks if self._judge(track, look)]
        self._lives = {number: life for number, life in self._lives.items() if _remembered(life, now)}
        if len(self._places) > PLACES or any(_outlived(place, now) for place in self._places):
            newest = sorted(self._places, key=lambda place: -place.seen)[:PLACES]
            self._places = [place for place in newest if not _outlived(place, now)]
        return shown

    def _look(self, tracks: Sequence[Track], view: View, now: float) -> _Look:
        """Note what changed, and whether all of it did."""
        if view.moving:
            if wide(view):
                self._wide_until = now + SETTLE_S
            if scattered(view):
                self._scattered_until = now + SETTLE_S
            if now < max(self._wide_until, self._scattered_until):
                self._changes.clear()
            else:
                self._changes.append(_Change(now, view.changed.copy()))
        while self._changes and now - self._changes[0].at > BIRTH_S + BEFORE_S:
            self._changes.popleft()
        since, self._last = min(1.0, max(0.0, now - self._last)), now
        return _Look(view, now, since, now >= self._wide_until, [track.box for track in tracks])

    def _judge(self, track: Track, look: _Look) -> bool:
        life = self._lives.get(track.id)
        if life is None:
            life = self._lives[track.id] = self._newborn(track, look)
        if not life.belief:
            life.stride = max(life.stride, _way(life.box, track.box, look.aspect))
        life.box = track.box
        if track.visible:
            life.seen = look.now
            self._follow(life, look)
        return life.belief > Belief.NONE

    def _newborn(self, track: Track, look: _Look) -> _Life:
        now, box = look.now, track.box
        life = _Life(box, track.first_seen, box, now, box, now, now)
        place = self._known_place(life)
        earlier = [one for one in self._lives.values() if one.seen < now and one.belief and not one.heir]
        before = next((one for one in earlier if _takes_over(one, box, look)), None)
        if before is not None and (place is None or not _looks_alike(place, look.view)):
            before.heir = True
            life.belief, life.stands, life.stirred = before.belief, before.stands, before.stirred
        for change in self._changes:
            if track.first_seen - BEFORE_S <= change.at < now:
                self._note_change(life, change.pixels, look)
        return life

    def _follow(self, life: _Life, look: _Look) -> None:
        """Take in one more picture of a track."""
        if _way(life.stand, life.box, look.aspect) > STAND:
            life.stand, life.stands = life.box, look.now
        if life.belief < Belief.WALKED:
            self._weigh(life, look)
        elif look.now - life.stands >= ALIKE_S:
            self._doubt(life, look)
        if not life.belief:
            self._learn(life, look)

    def _weigh(self, life: _Life, look: _Look) -> None:
        """Look for evidence that it came."""
        if not look.settled:
            if not life.belief:
                life.origin, life.stride = life.box, 0.0
            return
        place = self._known_place(life)
        if place is None:
            self._weigh_change(life, look)
        elif look.view.moving and life.stand != life.box:
            life.traces += _change(look.view.changed, life.box)[0] >= TRACE
        if life.belief == Belief.STIRRED and (look.now - life.stirred > DOUBT_S or self._is_static(life, look)):
            life.disbelieve()

    def _weigh_change(self, life: _Life, look: _Look) -> None:
        """Where no static thing is known, change counts as well as a way."""
        if look.view.moving:
            self._note_change(life, look.view.changed, look)
        way = _way(life.origin, life.box, look.aspect)
        if life.stride > STRIDE * way:
            way = 0.0
        if way > LONG_WAY or (way > WAY and life.traces >= STIRS and self._apart(life)):
            self._believe(life, Belief.WALKED, look.now)
        elif life.stirs >= STIRS and (way > SHORT_WAY or look.now - life.born <= BIRTH_S):
            self._believe(life, Belief.STIRRED, look.now)

    def _note_change(self, life: _Life, changed: Grey, look: _Look) -> None:
        inside, outside, pixels = _change(changed, life.box)
        life.traces += inside >= TRACE
        if look.now < self._scattered_until or any(
            box != life.box and covered(life.box, box) > 0.2 for box in look.boxes
        ):
            return  # it may be the camera's, or another's who passes
        if pixels >= STIR_PIXELS and inside >= STIR and outside <= OUTSIDE * inside:
            life.stirs += 1
            life.stirred = look.now

    def _believe(self, life: _Life, belief: Belief, now: float) -> None:
        """It came: what it gave to a place was not for a static thing."""
        if life.belief == Belief.NONE:
            life.stirred = now
        life.belief = max(life.belief, belief)
        if life.place is not None:
            life.place.seconds -= life.fed
            if life.place.seconds <= 0 and life.place in self._places:
                self._places.remove(life.place)
            life.place, life.fed = None, 0.0

    def _doubt(self, life: _Life, look: _Look) -> None:
        """End the belief in a track that a static thing has taken over, as when somebody passes before a sign post."""
        if self._is_static(life, look):
            life.disbelieve()

    def _is_static(self, life: _Life, look: _Look) -> bool:
        """Whether it has stood for a while at a place that looks as it always did."""
        place = self._known_place(life)
        if place is None or not _looks_alike(place, look.view):
            life.alike = 0.0
            return False
        life.alike += look.since
        return life.alike >= ALIKE_S

    def _learn(self, life: _Life, look: _Look) -> None:
        """Something is detected that has not come."""
        place = self._place(life)
        if place is None:
            place = _Place(life.box, look.now)
            self._places.append(place)
        if life.place is not place:
            life.place, life.fed = place, 0.0
        life.fed += look.since
        before = int(place.seconds / REMEMBER_S)
        place.seconds += look.since
        place.seen, place.misses = look.now, 0
        if place.looks is None or int(place.seconds / REMEMBER_S) > before:
            self._remember_looks(place, life.box, look)

    def _remember_looks(self, place: _Place, box: Box, look: _Look) -> None:
        """Every few seconds: where it is, and how it looks, unless something else is before it."""
        place.box = _between(place.box, box, 0.2)
        if any(other != box and covered(place.box, other) > 0.1 for other in look.boxes):
            return
        seen = _looks(look.view, place.box)
        place.looks = seen if place.looks is None else _unit(place.looks + np.float32(0.2) * (seen - place.looks))

    def _place(self, life: _Life) -> _Place | None:
        """Where it stands, if something static was seen there. Most tracks stand where they stood before."""
        if life.place is not None and overlap(life.place.box, life.box) >= SAME:
            return life.place
        best = max(self._places, key=lambda place: overlap(place.box, life.box), default=None)
        return best if best is not None and overlap(best.box, life.box) >= SAME else None

    def _apart(self, life: _Life) -> bool:
        """Whether it is clear of static things: a track that hops from one to its neighbour goes no way."""
        return all(overlap(place.box, life.box) < APART for place in self._places if place.known)

    def _known_place(self, life: _Life) -> _Place | None:
        place = self._place(life)
        return place if place is not None and place.known else None


def _remembered(life: _Life, now: float) -> bool:
    if not life.belief:
        return now - life.seen <= WALKED_S
    stood = life.seen - life.stands >= STANDING_S
    return now - life.seen <= (STOOD_S if stood else WALKED_S)


def _outlived(place: _Place, now: float) -> bool:
    return now - place.seen > FORGET_S and place.misses >= MISSES


def _takes_over(before: _Life, box: Box, look: _Look) -> bool:
    """Whether a track born at `box` may be the one that vanished."""
    height = max(before.box[3] - before.box[1], box[3] - box[1])
    across = ((before.box[0] + before.box[2]) - (box[0] + box[2])) / 2 * look.aspect
    return hypot(across, before.box[3] - box[3]) <= NEAR * height


def _way(one: Box, other: Box, aspect: float) -> float:
    """How far a box has moved, in heights. A box that only trembles moves one edge at a time, and not its opposite."""
    height = max(1e-6, (one[3] - one[1] + other[3] - other[1]) / 2)
    across = _together(other[0] - one[0], other[2] - one[2]) * aspect
    down = _together(other[1] - one[1], other[3] - one[3])
    feet = hypot((other[0] + other[2] - one[0] - one[2]) / 2 * aspect, other[3] - one[3])
    return max(hypot(across, down), feet / 2) / height


def _together(one: float, other: float) -> float:
    """What two movements have in common."""
    return min(abs(one), abs(other)) if one * other > 0 else 0.0


def _change(changed: Grey, box: Box) -> tuple[float, float, int]:
    """Share of changed pixels in a box and in the frame around it, and how many there are in the box."""
    height, width = changed.shape
    across, down = (box[2] - box[0]) / 2, (box[3] - box[1]) / 4
    inner, area = _count(changed, box, width, height)
    outer, all_area = _count(changed, (box[0] - across, box[1] - down, box[2] + across, box[3] + down), width, height)
    return inner / area, (outer - inner) / max(1, all_area - area), inner


def _count(changed: Grey, box: Box, width: int, height: int) -> tuple[int, int]:
    left, top, right, bottom = _pixels(box, width, height)
    return cv2.countNonZero(changed[top:bottom, left:right]), (right - left) * (bottom - top)


def _pixels(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """The pixels of a box, one at the least."""
    left, top = max(0, min(width - 1, int(box[0] * width))), max(0, min(height - 1, int(box[1] * height)))
    right, bottom = max(left + 1, min(width, round(box[2] * width))), max(top + 1, min(height, round(box[3] * height)))
    return left, top, right, bottom


def _looks_alike(place: _Place, view: View) -> bool:
    return place.looks is not None and float(np.vdot(place.looks, _looks(view, place.box))) >= ALIKE


def _looks(view: View, box: Box) -> Patch:
    """A box of the picture in few pixels, without its brightness and contrast."""
    height, width = view.luma.shape
    left, top, right, bottom = _pixels(box, width, height)
    cut = view.luma[top:bottom, left:right]
    return _unit(np.asarray(cv2.resize(cut, LOOKS, interpolation=cv2.INTER_AREA), np.float32))


def _unit(patch: Patch) -> Patch:
    level = patch - patch.mean()
    return np.asarray(level / (np.linalg.norm(level) + 1e-6), np.float32)


def _between(one: Box, other: Box, share: float) -> Box:
    left, top, right, bottom = (a + share * (b - a) for a, b in zip(one, other, strict=True))
    return left, top, right, bottom
