"""Where and how often a camera looks."""

import threading
from collections.abc import Iterable

import numpy as np
import pytest
from numpy.typing import NDArray

from detectors.detections import Detections
from detectors.images import Yuv420Image
from detectors.regions import Region
from edge.gaze import WHOLE_S, Gaze, cut
from edge.motion import MotionGate
from edge.pace import Pace
from edge.sight import Sight
from edge.tracking import Tracker
from tests.edge.fakes import HEIGHT, WIDTH, BrightDetector, picture

SIZE = (WIDTH, HEIGHT)


class Eyes:
    """One camera's sight over scripted pictures."""

    def __init__(self, fps: float = 5) -> None:
        self.detector = BrightDetector()
        self.slot = threading.Semaphore()
        self.pace = Pace(fps)
        self.sight = Sight(self.detector, self.slot, self.pace)
        self._gate = MotionGate()
        self._grey = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)

    def see(self, pictures: Iterable[NDArray[np.uint8]], start: float = 0.0, fps: float = 5) -> list[int]:
        """How many tracks each picture shows."""
        counts = []
        for number, luma in enumerate(pictures):
            view = self._gate.update(luma)
            tracks = self.sight.look(Yuv420Image(luma, self._grey, self._grey), view, start + number / fps)
            counts.append(-1 if tracks is None else len(tracks))
        return counts


def walk(begin: float, seconds: float, speed: float = 0.1, fps: float = 5) -> list[NDArray[np.uint8]]:
    return [picture(begin + speed * step / fps) for step in range(round(seconds * fps))]


def test_a_walker_is_looked_at_in_a_part_of_the_picture_and_now_and_then_in_the_whole() -> None:
    eyes = Eyes()
    assert eyes.see(walk(0.2, 6))[3:] == [1] * 27
    looks = eyes.sight.looks
    assert looks.taken == 30
    assert 6 / WHOLE_S <= looks.whole <= 6 / WHOLE_S + 1
    regions = [region for region in eyes.detector.regions if region]
    assert all(region.width * region.height < WIDTH * HEIGHT / 2 for region in regions)


def test_somebody_who_stands_still_is_looked_at_twice_a_second() -> None:
    eyes = Eyes()
    eyes.see(walk(0.2, 3))
    before = eyes.detector.calls
    assert eyes.see([picture(0.48)] * 50, start=3)[10:] == [1] * 40
    assert eyes.detector.calls - before <= 2 * 10 + 5
    assert eyes.sight.looks.spared >= 25


def test_nobody_stays_awake_for_a_thing_that_never_came() -> None:
    eyes = Eyes()
    eyes.see([picture(0.5)] * 100)
    assert eyes.sight.attentive(20.0)
    eyes.sight.dismiss({1})
    assert not eyes.sight.attentive(20.0)
    assert eyes.sight.attentive(9.0)


def test_a_busy_detector_is_a_missed_look_and_no_empty_scene() -> None:
    eyes = Eyes(fps=100)
    eyes.see(walk(0.2, 2))
    eyes.slot.acquire()
    assert eyes.see(walk(0.4, 0.4), start=2) == [-1, -1]
    eyes.slot.release()
    assert eyes.sight.looks.missed == 2


def test_what_is_fast_is_looked_at_twice_as_often() -> None:
    """It comes through the whole picture in a second, three of its own heights."""
    eyes = Eyes()
    eyes.see(walk(0.1, 0.8, speed=0.9))
    assert eyes.pace.interval == pytest.approx(0.1)
    eyes.see(walk(0.5, 2), start=10)
    assert eyes.pace.interval == pytest.approx(0.2)


def test_an_object_that_runs_over_the_border_is_looked_at_again_in_the_whole() -> None:
    """Only its feet move, and nothing else is known of it yet."""
    eyes = Eyes()
    eyes.see(walk(0.2, 0.2))
    found = Detections(np.array([[100, 98, 140, 300]], np.float32), np.array([0.9], np.float32), np.zeros(1, np.int32))
    region = Region(0, 96, 300, 264, (192, 192))
    assert cut(found, region, SIZE)
    assert not cut(found, Region(0, 0, 300, 360, (256, 192)), SIZE)
    assert not cut(found, Region(0, 0, 300, 300, (192, 192)), (300, 300))


def test_without_motion_or_anybody_the_whole_is_looked_at() -> None:
    gate, gaze = MotionGate(), Gaze()
    gate.update(picture())
    still = gate.update(picture())
    assert gaze.needed(still, [], 0.0) is None
    assert gaze.needed(still, [], 0.2) is None
    assert gaze.needed(still, [(0.4, 0.4, 0.5, 0.6)], 0.4) == pytest.approx((0.34, 0.34, 0.56, 0.66))


def test_specks_of_noise_widen_nothing() -> None:
    gate, gaze = MotionGate(), Gaze()
    gate.update(picture())
    speck = picture(0.5)
    speck[4:8, 4:8] = 255
    view = gate.update(speck)
    gaze.needed(view, [], 0.0)
    needed = gaze.needed(view, [], 0.2)
    assert needed is not None
    assert needed[0] > 0.3


def detections(x: float, height: float = 100.0) -> Detections:
    box = np.array([[x, 300 - height, x + 40, 300]], np.float32)
    return Detections(box, np.array([0.9], np.float32), np.zeros(1, np.int32))


@pytest.mark.parametrize(("step", "fast"), [(0.0, False), (20.0, False), (36.0, True)])
def test_speed_is_measured_in_the_objects_own_height(step: float, fast: bool) -> None:
    """At five looks a second 20 pixels are one height a second: a brisk walk."""
    tracker = Tracker(("person",))
    for number in range(6):
        tracker.update(detections(100 + step * number), SIZE, number / 5)
    assert tracker.hurried(1.0) is fast


def test_one_who_is_lost_at_once_while_another_appears_is_fast() -> None:
    tracker = Tracker(("person",))
    tracker.update(detections(100), SIZE, 0.0)
    assert not tracker.hurried(0.0)
    tracker.update(detections(500), SIZE, 0.2)
    assert tracker.hurried(0.2)
