"""What is put down in a zone or taken out of it, on the street of the clip that ships."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

import cv2
import numpy as np
import pytest

from edge.motion import MotionGate
from edge.rules.base import Firing, Scene
from edge.rules.engine import RuleEngine
from edge.rules.settings import RuleSettings
from edge.tracking import Track
from ekamling.footage import clip
from tests.edge import disturbances
from tests.edge.disturbances import Disturbance, Luma
from tests.edge.fakes import START, WIB
from tests.edge.stage import Stage, load, planes

FPS = 2.5
ZONE = [(0.05, 0.35), (0.95, 0.35), (0.95, 0.95), (0.05, 0.95)]
DWELL_S = 20.0
ROAD, GRASS = (330, 200), (150, 300)  # where things stand, in pixels of 512x384: middle of the lower edge
Draw = Callable[[Luma], Luma]


@cache
def stage() -> Stage:
    return load(clip("vtest-sub.mp4"))


def street() -> Luma:
    return planes(stage().street)[0].copy()


def bag(at: tuple[int, int] = ROAD, *, grey: int = 40, side: int = 16) -> Draw:
    """A bag with a strap and a bright buckle."""
    x, y = at

    def draw(luma: Luma) -> Luma:
        luma[y - side : y, x - side // 2 : x + side // 2] = grey
        luma[y - side // 2 - 1 : y - side // 2 + 1, x - 2 : x + 2] = 255 - grey
        return luma

    return draw


def motorcycle(at: tuple[int, int] = ROAD) -> Draw:
    """Two dark wheels, a tank, a bright seat, 44 x 26 pixels."""
    x, y = at

    def draw(luma: Luma) -> Luma:
        for wheel in (x - 14, x + 14):
            cv2.circle(luma, (wheel, y - 8), 8, 30, 3)
        cv2.ellipse(luma, (x, y - 16), (18, 6), 0, 0, 360, 45, -1)
        cv2.rectangle(luma, (x - 16, y - 24), (x - 2, y - 19), 200, -1)
        return luma

    return draw


def somebody(at: tuple[int, int], turn: int = 0) -> Draw:
    """A real walker, his feet at `at`; `turn` moves him by so many pixels."""

    return lambda luma: stage().with_walker(luma, (at[0] + turn, at[1]))


def track(at: tuple[int, int], *, number: int = 1, label: str = "person") -> Track:
    x, y = at
    return Track(number, label, 0.8, ((x - 16) / 512, (y - 82) / 384, (x + 16) / 512, y / 384), 0, 0)


class Camera:
    """A camera with both rules; everything that they tell is in `told`."""

    def __init__(self) -> None:
        settings = [
            RuleSettings(id=kind, kind=kind, zone=ZONE, dwell_s=DWELL_S, cooldown_s=0) for kind in ("left", "removed")
        ]
        self._rules = RuleEngine(settings, WIB)
        self._gate = MotionGate()
        self.at = 0.0
        self.told: list[tuple[float, Firing]] = []
        self.weather: Disturbance = disturbances.noise

    def see(self, seconds: float, *things: Draw, tracks: Sequence[Track] = ()) -> None:
        """Look at the street with some things for a while."""
        for _ in range(round(seconds * FPS)):
            self.show(things, tracks)

    def show(self, things: Sequence[Draw], tracks: Sequence[Track] = ()) -> None:
        self.at += 1 / FPS
        luma = street()
        for draw in things:
            luma = draw(luma)
        view = self._gate.update(self.weather(luma, self.at))
        fired = self._rules.update(Scene(tracks, 1000 + self.at, 4 / 3, view), START)
        self.told += [(self.at, firing) for firing in fired]

    def walk(self, start: tuple[int, int], end: tuple[int, int], *things: Draw, tracked: bool = True) -> None:
        """Somebody walks from one place to another, a body's breadth in each picture."""
        for at in steps(start, end):
            self.show([*things, somebody(at)], [track(at)] if tracked else [])

    @property
    def kinds(self) -> list[str]:
        return [firing.kind for _, firing in self.told]


def steps(start: tuple[int, int], end: tuple[int, int]) -> Iterator[tuple[int, int]]:
    count = max(abs(end[0] - start[0]), abs(end[1] - start[1])) // 12
    for step in range(count + 1):
        yield (
            start[0] + (end[0] - start[0]) * step // count,
            start[1] + (end[1] - start[1]) * step // count,
        )


def settled(*things: Draw) -> Camera:
    camera = Camera()
    camera.see(20, *things)
    return camera


def around(at: tuple[int, int]) -> tuple[int, int]:
    """Where somebody stands who puts something down at `at`."""
    return at[0] + 30, at[1] + 4


def put_down(camera: Camera, thing: Draw, at: tuple[int, int], *others: Draw) -> None:
    """Somebody comes from the right, puts something down and goes; out of the picture if it is near."""
    camera.walk((480, 240), around(at), *others)
    camera.see(2, thing, somebody(around(at)), *others, tracks=[track(around(at))])
    camera.walk(around(at), (480, 240), thing, *others)


def take_away(camera: Camera, thing: Draw, at: tuple[int, int]) -> None:
    camera.walk((480, 240), around(at), thing)
    camera.see(2, thing, somebody(around(at)), tracks=[track(around(at))])
    camera.walk(around(at), (480, 240))


@pytest.mark.parametrize("at", [ROAD, GRASS])
@pytest.mark.parametrize("grey", [20, 235])
def test_a_bag_that_is_put_down_and_stays_is_left(at: tuple[int, int], grey: int) -> None:
    camera = settled()
    before = camera.at
    put_down(camera, bag(at, grey=grey), at)
    gone = camera.at
    camera.see(60, bag(at, grey=grey))
    assert camera.kinds == ["left"]
    when, firing = camera.told[0]
    assert before + DWELL_S < when <= gone + DWELL_S + 5
    left, _, right, bottom = firing.subject.box
    assert firing.subject.label == "object"
    assert (left + right) / 2 * 512 == pytest.approx(at[0], abs=5)
    assert bottom * 384 == pytest.approx(at[1], abs=5)
    assert (right - left) * 512 < 30


def test_it_is_told_once_and_then_belongs_to_the_street() -> None:
    camera = settled()
    put_down(camera, bag(), ROAD)
    camera.see(120, bag())
    put_down(camera, bag(GRASS), GRASS, bag())
    camera.see(60, bag(), bag(GRASS))
    assert camera.kinds == ["left", "left"]


@pytest.mark.parametrize(("thing", "at"), [(bag(), ROAD), (bag(GRASS, grey=180), GRASS), (motorcycle(), ROAD)])
def test_what_stood_there_and_is_taken_away_is_removed(thing: Draw, at: tuple[int, int]) -> None:
    camera = settled(thing)
    take_away(camera, thing, at)
    camera.see(60)
    assert camera.kinds == ["removed"]
    left, _, right, bottom = camera.told[0][1].subject.box
    assert (left + right) / 2 * 512 == pytest.approx(at[0], abs=8)
    assert bottom * 384 == pytest.approx(at[1], abs=8)


def test_what_was_left_may_be_removed() -> None:
    camera = settled()
    put_down(camera, bag(), ROAD)
    camera.see(60, bag())
    take_away(camera, bag(), ROAD)
    camera.see(60)
    assert camera.kinds == ["left", "removed"]


def test_what_is_fetched_in_time_was_not_left() -> None:
    camera = settled()
    put_down(camera, bag(), ROAD)
    camera.see(DWELL_S / 2, bag())
    take_away(camera, bag(), ROAD)
    camera.see(60)
    assert camera.kinds == []


def test_who_stands_for_ten_minutes_is_no_object() -> None:
    camera = settled()
    camera.walk((480, 240), ROAD)
    for minute in range(10):
        camera.see(60, somebody(ROAD, turn=minute % 2), tracks=[track(ROAD)])
    camera.walk(ROAD, (480, 240))
    camera.see(60)
    assert camera.kinds == []


def test_who_stands_is_no_object_though_the_detector_loses_him() -> None:
    camera = settled()
    camera.walk((480, 240), ROAD)
    camera.see(6, somebody(ROAD), tracks=[track(ROAD)])
    camera.see(600, somebody(ROAD))
    camera.walk(ROAD, (480, 240))
    camera.see(60)
    assert camera.kinds == []


def test_who_stood_there_from_the_beginning_may_go() -> None:
    camera = settled(somebody(ROAD))
    camera.walk(ROAD, (480, 240))
    camera.see(60)
    assert camera.kinds == []


def test_what_lies_outside_the_zone_does_not_count() -> None:
    camera = settled()
    put_down(camera, bag((330, 110)), (330, 110))
    camera.see(60, bag((330, 110)))
    assert camera.kinds == []


def test_passers_by_do_not_hide_what_was_left() -> None:
    camera = settled()
    put_down(camera, bag(), ROAD)
    for _ in range(6):
        camera.walk((480, 240), (120, 240), bag())
        camera.see(4, bag())
    assert camera.kinds == ["left"]


@pytest.mark.parametrize("kind", sorted(disturbances.QUIET))
def test_weather_and_light_leave_nothing_and_remove_nothing(kind: str) -> None:
    camera = settled(motorcycle(GRASS))
    camera.weather = lambda luma, at: disturbances.noise(disturbances.QUIET[kind](luma, at), at, 3.0)
    camera.see(120, motorcycle(GRASS))
    camera.weather = disturbances.noise
    camera.see(60, motorcycle(GRASS))
    assert camera.kinds == []


def test_a_patch_of_light_on_the_ground_is_no_object() -> None:
    """A window that is lit: hard edges, the grass below still to be seen."""
    x, y = GRASS

    def light(luma: Luma) -> Luma:
        luma[y - 30 : y, x - 15 : x + 15] = cv2.convertScaleAbs(luma[y - 30 : y, x - 15 : x + 15], alpha=1.6)
        return luma

    camera = settled()
    camera.see(90, light)
    camera.see(90)
    assert camera.kinds == []


def test_a_camera_that_was_knocked_learns_anew() -> None:
    camera = settled(motorcycle())
    camera.weather = lambda luma, at: disturbances.noise(np.roll(luma, (6, 9), (0, 1)), at)
    camera.see(120, motorcycle())
    assert camera.kinds == []


def test_a_bag_left_before_the_lamp_is_switched_is_still_told() -> None:
    camera = settled()
    put_down(camera, bag(), ROAD)
    camera.see(6, bag())
    camera.weather = lambda luma, at: disturbances.noise(disturbances.dawn(luma, 300), at)
    camera.see(60, bag())
    assert camera.kinds == ["left"]


def test_without_pictures_there_is_nothing_to_tell() -> None:
    rules = RuleEngine([RuleSettings(id="left", kind="left", zone=ZONE)], WIB)
    assert rules.update(Scene([], 0.0), START) == []
