"""Tracking: detections of one picture after another become objects with a life, on one camera and without identity.

A causal two-stage tracker in the manner of ByteTrack (Zhang et al., ECCV 2022): sure detections are matched first,
doubtful ones only keep a known track alive. What made it good on PETS09-S2L1 at 5 pictures a second
(`docs/design/tracking.md`): only sure detections start a track, feet are compared beside overlap, a box that the
picture's edge cuts keeps its height, a track that is hidden for a moment is carried on. Time is monotonic seconds
everywhere, so a changed frame rate changes nothing.
"""

from collections import Counter, deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from math import hypot
from statistics import median

from core.geometry import Box, Point
from detectors.detections import Detections
from edge.association import boxes_of, covered, overlap, pairs
from edge.kalman import Axis

LOWEST = 0.3  # score below which a detection is not looked at
SURE = 0.6  # score from which a detection takes part in the first stage
START = 0.6  # score from which an unmatched detection starts a track
CONFIRM_HITS = 3  # detections that make a track real
CONFIRM_SURE = 0.7  # ... and two are enough when neither scores less
SCORES = 10  # its latest scores, whose median is its score: one bad picture says little
ATTENTIVE_S = 2.0  # after which a track that is not seen is not looked for until something moves
DULL_S = 10.0  # for which a thing that never came is looked at while nothing moves
LOST_S = 4.0  # a track unseen for longer is over
TENTATIVE_S = 0.9  # ... and one not yet confirmed, for longer than this
GONE_S = 0.5  # ... and one that has walked out of the picture
COAST_S = 0.6  # a track unseen for no longer is carried on
HIDDEN_S = 1.0  # ... or for no longer than this while it stands behind another
HIDDEN = 0.25  # share of its box that the other must cover
DUPLICATE = 0.5  # overlap from which two detections of one kind are one object
ACCELERATION = 0.8  # deviation, in heights a second squared
DAMPING = 0.5  # a second: the speed of an unseen track fades
FADE_AFTER_S = 0.4
FAST = 1.4  # heights a second: a walker makes up to 1.1
NOISE = 0.04  # deviation of a sure measurement, in heights
CROWD_NOISE = 2.0  # by how much its variance grows where another object covers it
SIZE_RATE = 0.4  # share of a new measurement in the size
THIN_PX = 1.0  # a box thinner than this is what clipping left of one outside the picture
EDGE_PX = 4.0  # a box nearer to the picture's edge is cut by it
CUT = 0.4  # share of its width that a track must still show

# Classes that a detector mixes up from picture to picture count as one kind of object; the votes name it.
KINDS = {"truck": "car", "bus": "car", "train": "car"}


@dataclass(frozen=True, slots=True)
class Track:
    """A confirmed object as rules see it. `box` is left, top, right, bottom in fractions of the picture.

    `label` is what most of its detections were, `score` the median of the latest ones.
    """

    id: int
    label: str
    score: float
    box: Box
    first_seen: float
    last_seen: float
    visible: bool = True  # False while it is only carried on, for lack of a detection

    @property
    def feet(self) -> Point:
        """Middle of the lower edge: where the object touches the ground."""
        return (self.box[0] + self.box[2]) / 2, self.box[3]


@dataclass(frozen=True, slots=True)
class _Sight:
    """One detection, in pixels."""

    box: Box
    score: float
    class_id: int


@dataclass(slots=True)
class _Life:
    """What the tracker knows of one object. `x` is the middle and `y` the lower edge of its box, in pixels."""

    id: int
    kind: str
    x: Axis
    y: Axis
    width: float
    height: float
    first_seen: float
    last_seen: float
    at: float
    hits: int = 1
    confirmed: bool = False
    votes: Counter[int] = field(default_factory=Counter)
    scores: deque[float] = field(default_factory=lambda: deque(maxlen=SCORES))

    @classmethod
    def born(cls, number: int, kind: str, sight: _Sight, now: float) -> "_Life":
        left, top, right, bottom = sight.box
        height = bottom - top
        spread, speed = (NOISE * height) ** 2, height**2
        life = cls(
            id=number,
            kind=kind,
            x=Axis((left + right) / 2, spread, speed),
            y=Axis(bottom, spread, speed),
            width=right - left,
            height=height,
            first_seen=now,
            last_seen=now,
            at=now,
        )
        life.votes[sight.class_id] = 1
        life.scores.append(sight.score)
        return life

    @property
    def box(self) -> Box:
        """Where it is, by its own motion."""
        x, y = self.x.position, self.y.position
        return x - self.width / 2, y - self.height, x + self.width / 2, y

    @property
    def pace(self) -> float:
        """Its speed, in heights a second."""
        return hypot(self.x.speed, self.y.speed) / self.height

    def advance(self, now: float) -> None:
        """Let its motion carry it on."""
        elapsed = now - self.at
        unseen = max(0.0, now - self.last_seen - FADE_AFTER_S)
        damping = DAMPING * unseen / elapsed if elapsed > 0 else 0.0
        for axis in (self.x, self.y):
            axis.advance(elapsed, ACCELERATION * self.height, damping)
        self.at = now

    def see(self, sight: _Sight, size: tuple[int, int], crowd: float, now: float) -> None:
        """Take in a detection; where the picture's edge cuts it, the known size fills in what is missing.

        `crowd` is the share of it that another object covers: there boxes run into each other and say less.
        """
        left, top, right, bottom = sight.box
        cut_left, cut_right, cut_below = left < EDGE_PX, right > size[0] - EDGE_PX, bottom > size[1] - EDGE_PX
        x, y = (left + right) / 2, bottom
        if self.hits >= CONFIRM_HITS:
            y = max(y, top + self.height) if cut_below else y
            x = min(x, right - self.width / 2) if cut_left else x
            x = max(x, left + self.width / 2) if cut_right else x
        variance = (NOISE * self.height) ** 2 / max(sight.score, 0.2) * (1 + CROWD_NOISE * crowd)
        self.x.measure(x, variance)
        self.y.measure(y, variance)
        if not (cut_left or cut_right):
            self.width += SIZE_RATE * (right - left - self.width)
        if not cut_below:
            self.height += SIZE_RATE * (bottom - top - self.height)
        self.last_seen = now
        self.scores.append(sight.score)
        self.votes[sight.class_id] += 1
        self.hits += 1
        self.confirmed = self.confirmed or self.hits >= CONFIRM_HITS or min(self.scores) >= CONFIRM_SURE


class Tracker:
    """Tracks of one camera. `classes` names the detector's class ids; `started` counts confirmed tracks so far."""

    def __init__(self, classes: Sequence[str]) -> None:
        self._classes = classes
        self._kinds = [KINDS.get(name, name) for name in classes]
        self._lives: list[_Life] = []
        self._next = 1
        self.started = 0

    def attentive(self, now: float, dull: Collection[int] = ()) -> bool:
        """Whether any object was seen lately, so that the picture at `now` is worth a look even if nothing moves.

        `dull` are tracks of things that never came; after a while nobody stays awake for them.
        """
        return any(
            now - life.last_seen <= ATTENTIVE_S and (life.id not in dull or now - life.first_seen <= DULL_S)
            for life in self._lives
        )

    def hurried(self, now: float) -> bool:
        """Whether something at `now` moves so fast that the usual looks may lose it, or have just done so."""
        if any(life.last_seen == now and life.hits > 1 and life.pace > FAST for life in self._lives):
            return True
        born = any(life.first_seen == now for life in self._lives)
        lost = any(life.hits == 1 and life.first_seen < now <= life.first_seen + TENTATIVE_S for life in self._lives)
        return born and lost

    def places(self, size: tuple[int, int]) -> list[Box]:
        """Where every object was last seen or supposed, in fractions of a picture of `size` (width, height)."""
        width, height = size
        boxes = (life.box for life in self._lives)
        return [(left / width, top / height, right / width, bottom / height) for left, top, right, bottom in boxes]

    def update(self, detections: Detections, size: tuple[int, int], now: float) -> list[Track]:
        """Take in the detections of one picture of `size` (width, height).

        Returns the confirmed tracks that are seen in it, and those that are carried on for a moment (`visible` False).
        """
        for life in self._lives:
            life.advance(now)
        sights = self._sights(detections)
        sure = [sight for sight in sights if sight.score >= SURE]
        doubtful = [sight for sight in sights if sight.score < SURE]
        known = [life for life in self._lives if life.confirmed]
        sure = self._match(known, sure, size, now)
        self._match([life for life in known if life.last_seen < now], doubtful, size, now)
        sure = self._match([life for life in self._lives if not life.confirmed], sure, size, now)
        self._start(sure, now)
        self._lives = [life for life in self._lives if _lives_on(life, size, now)]
        shown = [life for life in self._lives if life.confirmed and self._shown(life, size, now)]
        return [self._track(life, size, now) for life in shown]

    def _sights(self, detections: Detections) -> list[_Sight]:
        """Detections worth a look, best first, one for each object."""
        ranked = sorted(
            zip(boxes_of(detections.xyxy), detections.score.tolist(), detections.class_id.tolist(), strict=True),
            key=lambda row: -row[1],
        )
        kept: list[_Sight] = []
        for box, score, class_id in ranked:
            if score < LOWEST:
                break
            if min(box[2] - box[0], box[3] - box[1]) < THIN_PX:
                continue
            kind = self._kinds[class_id]
            if not any(self._kinds[one.class_id] == kind and overlap(box, one.box) > DUPLICATE for one in kept):
                kept.append(_Sight(box, score, class_id))
        return kept

    def _match(
        self, lives: Sequence[_Life], sights: Sequence[_Sight], size: tuple[int, int], now: float
    ) -> list[_Sight]:
        """Give sights to tracks of their kind; returns the sights left over."""
        left = list(sights)
        for kind in {life.kind for life in lives}:
            mine = [life for life in lives if life.kind == kind]
            theirs = [sight for sight in left if self._kinds[sight.class_id] == kind]
            taken = set()
            for track, position in pairs([life.box for life in mine], [sight.box for sight in theirs]):
                was = mine[track].confirmed
                mine[track].see(theirs[position], size, self._crowd(mine[track]), now)
                self.started += mine[track].confirmed and not was
                taken.add(id(theirs[position]))
            left = [sight for sight in left if id(sight) not in taken]
        return left

    def _crowd(self, life: _Life) -> float:
        """The largest share of a track's box that another covers."""
        others = (other for other in self._lives if other is not life and other.confirmed)
        return max((covered(life.box, other.box) for other in others), default=0.0)

    def _start(self, sights: Sequence[_Sight], now: float) -> None:
        for sight in sights:
            if sight.score >= START:
                self._lives.append(_Life.born(self._next, self._kinds[sight.class_id], sight, now))
                self._next += 1

    def _shown(self, life: _Life, size: tuple[int, int], now: float) -> bool:
        """Whether a track is seen, or hidden so briefly that it is surely still there."""
        left, _, right, _ = _clipped(life.box, size)
        if right - left < CUT * life.width:
            return False
        unseen = now - life.last_seen
        if not unseen:
            return True
        inside = life.box[0] >= 0 and life.box[2] <= size[0]
        return inside and (unseen <= COAST_S or (unseen <= HIDDEN_S and self._hidden(life, now)))

    def _hidden(self, life: _Life, now: float) -> bool:
        """Whether another object stands before it, nearer to the camera."""
        return any(
            covered(life.box, other.box) > HIDDEN
            for other in self._lives
            if other is not life and other.confirmed and other.last_seen == now and other.y.position >= life.y.position
        )

    def _track(self, life: _Life, size: tuple[int, int], now: float) -> Track:
        left, top, right, bottom = _clipped(life.box, size)
        width, height = size
        return Track(
            id=life.id,
            label=self._classes[life.votes.most_common(1)[0][0]],
            score=median(life.scores),
            box=(left / width, top / height, right / width, bottom / height),
            first_seen=life.first_seen,
            last_seen=life.last_seen,
            visible=life.last_seen == now,
        )


def _lives_on(life: _Life, size: tuple[int, int], now: float) -> bool:
    """Whether a track may still come back."""
    unseen = now - life.last_seen
    if not life.confirmed:
        return unseen <= TENTATIVE_S
    outside = not 0 <= life.x.position <= size[0]
    return unseen <= (GONE_S if outside else LOST_S)


def _clipped(box: Box, size: tuple[int, int]) -> Box:
    width, height = float(size[0]), float(size[1])
    left, right = (min(width, max(0.0, value)) for value in (box[0], box[2]))
    top, bottom = (min(height, max(0.0, value)) for value in (box[1], box[3]))
    return left, top, right, bottom
