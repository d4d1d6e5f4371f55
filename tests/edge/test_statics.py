"""Whom the edge believes: a walker of the clip that ships, and one who has turned to stone, with boxes that tremble."""

from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
import pytest

from edge import statics
from edge.motion import MotionGate
from edge.statics import Statics
from edge.tracking import Track
from ekamling.footage import clip
from tests.edge import disturbances
from tests.edge.disturbances import Luma
from tests.edge.stage import Stage, load, planes

FPS = 5
PLINTH, ROAD, EDGE = (168, 306), (360, 230), (500, 230)  # where feet stand, in pixels of 512x384
STATUE = 1
Seen = dict[int, tuple[float, float]]  # feet of the tracks that are seen, by their numbers


@cache
def stage() -> Stage:
    return load(clip("vtest-sub.mp4"))


class Camera:
    """A street with a statue; a tracker that trembles; what is believed of it."""

    def __init__(self, *, statue: bool = True) -> None:
        self.statics = Statics()
        self._gate = MotionGate()
        self._random = np.random.default_rng(3)
        self._born: dict[int, float] = {}
        street = planes(stage().street)[0]
        self.street = stage().with_walker(street, PLINTH) if statue else street
        self.weather: disturbances.Disturbance = lambda luma, at: disturbances.noise(luma, at, 3.0)
        self.at = 0.0
        self._luma: Luma = self.street
        self._drawn: tuple[list[tuple[int, int]], int] = ([], id(self.street))

    def show(self, people: Iterable[tuple[float, float]], seen: Seen, tall: float = 75.0) -> set[int]:
        """One picture with walkers at some places and the tracks that are seen; the numbers of those believed."""
        self.at += 1 / FPS
        drawn = [(round(x), round(y)) for x, y in people]
        if self._drawn != (drawn, id(self.street)):
            self._drawn, self._luma = (drawn, id(self.street)), self.street
            for at in drawn:
                self._luma = stage().with_walker(self._luma, at)
        view = self._gate.update(self.weather(self._luma, self.at))
        tracks = [self._track(number, feet, tall) for number, feet in seen.items()]
        return {track.id for track in self.statics.believed(tracks, view, 1000 + self.at)}

    def _track(self, number: int, feet: tuple[float, float], tall: float) -> Track:
        born = self._born.setdefault(number, 1000 + self.at - 0.4)  # it was first detected two pictures ago
        x, y = feet
        edges = np.array((x - tall / 5, y - tall, x + tall / 5, y)) + self._random.normal(0, 0.02 * tall, 4)
        left, top, right, bottom = (float(v) for v in edges / (512, 384, 512, 384))
        return Track(number, "person", 0.7, (left, top, right, bottom), born, 1000 + self.at)

    def stay(self, seconds: float, people: Sequence[tuple[float, float]], seen: Seen) -> list[set[int]]:
        return [self.show(people, seen) for _ in range(round(seconds * FPS))]

    def walk(
        self, number: int, start: tuple[float, float], end: tuple[float, float], seen: Seen, seconds: float = 3.0
    ) -> list[set[int]]:
        """Somebody walks; his track begins two pictures after he came."""
        believed, count = [], round(seconds * FPS)
        for step in range(count + 1):
            at = tuple(a + (b - a) * step / count for a, b in zip(start, end, strict=True))
            believed.append(self.show([(at[0], at[1])], seen | ({number: (at[0], at[1])} if step >= 2 else {})))
        return believed


@pytest.fixture
def camera() -> Camera:
    """A camera that knows its statue."""
    known = Camera()
    known.stay(10, [], {STATUE: PLINTH})
    return known


def test_what_was_always_there_is_never_believed() -> None:
    camera = Camera()
    assert not any(camera.stay(600, [], {STATUE: PLINTH}))
    assert len(camera.statics.places) == 1


def test_a_statue_that_is_seen_now_and_then_is_never_believed() -> None:
    camera = Camera()
    for number in range(1, 60):
        assert not any(camera.stay(1, [], {number: PLINTH}))
        camera.stay(6, [], {})


@pytest.mark.parametrize("kind", sorted(disturbances.QUIET))
def test_weather_and_light_do_not_make_a_statue_believed(kind: str, camera: Camera) -> None:
    camera.weather = lambda luma, at: disturbances.noise(disturbances.QUIET[kind](luma, at), at, 3.0)
    assert not any(camera.stay(120, [], {STATUE: PLINTH}))
    assert not any(camera.stay(20, [], {STATUE + 1: PLINTH})), "nor if it is lost and found again"


def test_who_walks_in_is_believed_at_once(camera: Camera) -> None:
    believed = camera.walk(2, EDGE, ROAD, {STATUE: PLINTH})
    assert all(2 in one for one in believed[4:])
    assert not any(STATUE in one for one in believed)


def test_who_walks_in_the_first_pictures_is_believed_after_half_his_height() -> None:
    camera = Camera()
    believed = camera.walk(2, EDGE, ROAD, {})
    assert all(2 in one for one in believed[6:])


def test_who_is_first_detected_when_he_stands_is_believed(camera: Camera) -> None:
    """He came out of a door, and the detector took a second to see him."""
    camera.show([ROAD], {STATUE: PLINTH})
    camera.show([ROAD], {STATUE: PLINTH})
    believed = camera.stay(60, [ROAD], {STATUE: PLINTH, 2: ROAD})
    assert all(one == {2} for one in believed[2:])


def test_who_walked_in_and_stands_still_for_ten_minutes_is_believed(camera: Camera) -> None:
    camera.walk(2, EDGE, ROAD, {STATUE: PLINTH})
    assert all(one == {2} for one in camera.stay(600, [ROAD], {STATUE: PLINTH, 2: ROAD}))


@pytest.mark.parametrize("gap_s", [0.0, 3.0, 60.0, 300.0])
def test_another_track_of_who_stands_still_is_believed(gap_s: float, camera: Camera) -> None:
    camera.walk(2, EDGE, ROAD, {STATUE: PLINTH})
    camera.stay(30, [ROAD], {STATUE: PLINTH, 2: ROAD})
    camera.stay(gap_s, [ROAD], {STATUE: PLINTH})
    assert all(one == {3} for one in camera.stay(60, [ROAD], {STATUE: PLINTH, 3: ROAD}))


def test_a_track_that_breaks_while_it_walks_is_believed(camera: Camera) -> None:
    middle = (430.0, 230.0)
    camera.walk(2, EDGE, middle, {})
    camera.stay(1, [middle], {})
    assert all(3 in one for one in camera.stay(5, [middle], {3: middle}))


def test_who_stands_before_a_statue_is_believed_for_as_long_as_he_stands(camera: Camera) -> None:
    """The detector sees him only, as he hides most of it."""
    before = (PLINTH[0] + 7, PLINTH[1] + 8)
    camera.walk(2, ROAD, before, {})
    assert all(one == {2} for one in camera.stay(600, [before], {2: before}))


def test_a_statue_that_takes_over_the_track_of_a_walker_is_not_believed(camera: Camera) -> None:
    """He passes before it, and the tracker goes on with the wrong one."""
    camera.walk(2, ROAD, PLINTH, {})
    believed = camera.stay(60, [], {2: PLINTH})
    assert not any(believed[30:])


def test_a_statue_is_not_the_heir_of_who_vanished_before_it(camera: Camera) -> None:
    camera.walk(2, ROAD, PLINTH, {})
    camera.stay(1, [], {})
    assert not any(camera.stay(60, [], {3: PLINTH}))


def test_who_passes_a_statue_makes_only_himself_believed(camera: Camera) -> None:
    for number in range(2, 12):
        believed = camera.walk(number, (ROAD[0], 310.0), (30.0, 310.0), {STATUE: PLINTH}, seconds=5)
        assert not any(STATUE in one for one in believed)
        camera.stay(3, [], {STATUE: PLINTH})


def test_what_was_parked_is_believed_when_it_moves() -> None:
    camera = Camera(statue=False)
    assert not any(camera.stay(60, [ROAD], {1: ROAD}))
    believed = []
    for step in range(20):
        at = (ROAD[0] - 6.0 * step, float(ROAD[1]))
        believed.append(camera.show([at], {1: at}))
    assert all(1 in one for one in believed[10:])


def test_a_track_that_jumps_to_another_thing_has_made_no_way(camera: Camera) -> None:
    """The camera shakes, so that pixels change; the filter of the tracker lets the box glide for some pictures."""
    camera.weather = lambda luma, at: disturbances.noise(disturbances.shake(luma, 1 + at % 3), at, 3.0)
    other = (PLINTH[0] + 120.0, PLINTH[1] + 6.0)
    for step in range(1, 200):
        share = 1 - 0.4**step
        at = (PLINTH[0] + share * (other[0] - PLINTH[0]), PLINTH[1] + share * (other[1] - PLINTH[1]))
        assert not camera.show([], {STATUE: at}), f"after {step} pictures"


def test_a_camera_that_is_knocked_makes_nobody_move(camera: Camera) -> None:
    camera.street = np.roll(np.clip(camera.street.astype(int) + 30, 0, 255).astype(np.uint8), (-60, 90), (0, 1))
    moved = (PLINTH[0] + 90.0, PLINTH[1] - 60.0)
    assert not any(camera.stay(60, [], {STATUE: moved}))


def test_a_place_is_forgotten_when_nothing_was_seen_there_for_hours(camera: Camera) -> None:
    assert len(camera.statics.places) == 1
    camera.at += statics.FORGET_S / 2
    camera.walk(2, EDGE, ROAD, {}, seconds=60)
    assert len(camera.statics.places) == 1
    camera.at += statics.FORGET_S / 2
    camera.walk(3, EDGE, ROAD, {}, seconds=60)
    assert camera.statics.places == []


def test_a_place_is_kept_while_nobody_looks_for_it(camera: Camera) -> None:
    """No picture is looked at in a night without motion."""
    camera.at += statics.FORGET_S * 2
    assert not any(camera.stay(10, [], {2: PLINTH}))
    assert len(camera.statics.places) == 1


def test_no_more_places_are_kept_than_are_of_use() -> None:
    camera = Camera()
    for number in range(statics.PLACES + 20):
        feet = (20.0 + 23 * (number % 20), 90.0 + 28 * (number // 20))
        for _ in range(6 * FPS):
            camera.show([], {1000 + number: feet}, tall=20)
    assert len(camera.statics.places) == statics.PLACES
