"""What one camera's pictures show: motion, detections, tracks, with as few and as small looks as will do.

A look of the detector costs more than all the rest, so it is taken when something moves, twice a second while somebody
is there and stands still, and twice as often while an object is fast; and where little of the picture matters, only
at that part. Rates are of the clock, never of counted pictures.
"""

import threading
from collections.abc import Collection
from dataclasses import dataclass
from math import inf

from detectors.detections import Detections
from detectors.detector import RegionDetector
from detectors.images import Yuv420Image
from detectors.regions import Region
from edge.gaze import Gaze, cut
from edge.motion import View
from edge.pace import Pace
from edge.tracking import Track, Tracker

STILL_S = 0.5  # between looks while nothing moves and somebody was there a moment ago
HASTE = 2.0  # times the usual rate while an object is fast


@dataclass(slots=True)
class Looks:
    """How many looks were taken, and how many not."""

    taken: int = 0
    whole: int = 0  # of those taken, at the whole picture
    spared: int = 0  # nothing moved
    missed: int = 0  # the detector was busy


class Sight:
    """The eyes of one camera. `slot` is the right to use the detector, shared with the other cameras of the shard."""

    def __init__(self, detector: RegionDetector, slot: threading.Semaphore, pace: Pace) -> None:
        self._detector = detector
        self._slot = slot
        self._pace = pace
        self._gaze = Gaze()
        self._tracker = Tracker(detector.classes)
        self._looked = -inf
        self._tracks: list[Track] = []
        self._dull: frozenset[int] = frozenset()
        self.looks = Looks()

    @property
    def started(self) -> int:
        """Tracks confirmed so far."""
        return self._tracker.started

    def attentive(self, now: float) -> bool:
        """Whether somebody was there lately, who may stand still."""
        return self._tracker.attentive(now, self._dull)

    def dismiss(self, tracks: Collection[int]) -> None:
        """Stay awake no longer for these tracks alone: parked cars, posts, all that never came."""
        self._dull = frozenset(tracks)

    def look(self, image: Yuv420Image, view: View, now: float) -> list[Track] | None:
        """The tracks in a picture at `now` (monotonic seconds); None where the detector was busy, which proves nothing.

        Where nothing moved since the last look they are those of that look. Raises ModelError when the model fails.
        """
        if not view.moving and now - self._looked < STILL_S:
            self.looks.spared += 1
            return self._tracks
        size = (image.width, image.height)
        needed = self._gaze.needed(view, self._tracker.places(size), now)
        region = self._detector.region(needed, *size) if needed else None
        detections, free = self._detect(image, region)
        if detections is None:
            self._pace.hasten(1.0)
            return None
        self._looked = now
        self._tracks = self._tracker.update(detections, size, now)
        self._pace.hasten(HASTE if free and self._tracker.hurried(now) else 1.0)
        return self._tracks

    def _detect(self, image: Yuv420Image, region: Region | None) -> tuple[Detections | None, bool]:
        """Detections, or None (counted) when the detector stays busy; and whether it was free at once."""
        free = self._slot.acquire(blocking=False)
        if not free and not self._slot.acquire(timeout=self._pace.interval):
            self.looks.missed += 1
            return None, False
        try:
            found = self._detector.detect(image, region)
            self.looks.taken += 1
            if region and cut(found, region, (image.width, image.height)):
                found, region = self._detector.detect(image), None
                self.looks.taken += 1
        finally:
            self._slot.release()
        self.looks.whole += region is None
        return found, free
