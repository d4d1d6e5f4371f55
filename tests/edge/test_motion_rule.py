"""Something that no class fits moves through the street of the clip that ships."""

from collections.abc import Callable, Sequence
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
from tests.edge.disturbances import Luma
from tests.edge.fakes import START, WIB
from tests.edge.stage import Stage, load, planes

ZONE = [(0.02, 0.3), (0.98, 0.3), (0.98, 0.98), (0.02, 0.98)]
Path = Callable[[float], tuple[float, float] | None]  # where it is after so many seconds; None: not there


@cache
def stage() -> Stage:
    return load(clip("vtest-sub.mp4"))


def crawler(luma: Luma, at: tuple[float, float], long: int) -> Luma:
    """Somebody under a sheet: a heap with folds, `long` pixels across."""
    x, y = round(at[0]), round(at[1])
    picture = luma.copy()
    cv2.ellipse(picture, (x, y), (long // 2, long // 4), 0, 0, 360, 30, -1)
    for fold in (-0.25, 0.0, 0.25):
        top = (round(x + fold * long), y - long // 6)
        cv2.line(picture, top, (top[0] + long // 10, y + long // 6), 190, max(1, long // 16))
    return picture


def across(speed: float, *, start: float = 40.0, y: float = 250.0) -> Path:
    return lambda seconds: (start + speed * seconds, y)


def watch(
    path: Path,
    seconds: float,
    *,
    fps: float = 5,
    long: int = 48,
    seen_as: str = "",
    dwell_s: float = 2.0,
    size: float = 0.1,
) -> list[tuple[float, Firing]]:
    """What the rule tells, and when, of a crawler on its path through the street; `seen_as` a class, if any."""
    settings = RuleSettings(id="gerak", kind="motion", zone=ZONE, dwell_s=dwell_s, size=size, cooldown_s=600)
    rules, gate = RuleEngine([settings], WIB), MotionGate()
    street = planes(stage().street)[0]
    told = []
    for number in range(-10, round(seconds * fps)):
        now = number / fps
        at = path(now) if number >= 0 else None
        luma = disturbances.noise(street if at is None else crawler(street, at, long), now + 10, 3.0)
        seen = [track(at, long, seen_as)] if seen_as and at else []
        told += [(now, one) for one in rules.update(Scene(seen, 1000 + now, 4 / 3, gate.update(luma)), START)]
    return told


def track(at: tuple[float, float], long: int, label: str) -> Track:
    x, y = at
    box = ((x - long / 2) / 512, (y - long / 4) / 384, (x + long / 2) / 512, (y + long / 4) / 384)
    return Track(1, label, 0.8, box, 0, 0)


@pytest.mark.parametrize("fps", [3, 5, 10])
@pytest.mark.parametrize("speed", [20, 40, 80])
def test_something_unknown_that_moves_through_the_zone_is_told(speed: float, fps: float) -> None:
    """From two heights of a walker a second down to a fourth of one."""
    told = watch(across(speed), 5, fps=fps, dwell_s=2)
    assert told
    when, firing = told[0]
    assert 2 <= when <= 4.6
    assert firing.subject.label == "motion"
    left, top, right, bottom = (round(v * s) for v, s in zip(firing.subject.box, (512, 384) * 2, strict=True))
    assert left - 20 <= 40 + speed * when <= right + 20
    assert top - 10 <= 250 <= bottom + 10


def test_it_must_go_on_for_as_long_as_is_set() -> None:
    def to_and_fro(seconds: float) -> tuple[float, float]:
        turn = seconds % 16
        return 60 + 45 * (turn if turn < 8 else 16 - turn), 250

    (when, _), *more = watch(to_and_fro, 80, dwell_s=60)
    assert 60 <= when <= 64
    assert not more
    assert not watch(lambda seconds: to_and_fro(seconds) if seconds < 40 else None, 80, dwell_s=60)


@pytest.mark.parametrize("label", ["person", "dog"])
def test_what_the_detector_sees_is_not_unknown(label: str) -> None:
    assert not watch(across(40), 6, dwell_s=1, seen_as=label)


def test_what_is_smaller_than_the_size_does_not_count() -> None:
    assert watch(across(40), 6, long=48, dwell_s=1, size=0.1)
    assert not watch(across(40), 6, long=48, dwell_s=1, size=0.3)
    assert not watch(across(40), 6, long=24, dwell_s=1, size=0.1)


def test_what_moves_outside_the_zone_does_not_count() -> None:
    assert not watch(across(40, y=60), 6, dwell_s=1)


def test_what_appears_and_stands_is_not_in_motion() -> None:
    assert not watch(lambda _: (200.0, 250.0), 20, dwell_s=1)


def test_what_flutters_in_its_place_goes_nowhere() -> None:
    """A sheet on a line, in gusts."""
    assert not watch(lambda seconds: (200 + 14 * np.sin(4 * seconds), 250.0), 60, dwell_s=1)


def test_what_jumps_about_is_an_insect() -> None:
    random = np.random.default_rng(5)
    places = random.uniform((40, 150), (470, 350), (400, 2))
    flights: Sequence[tuple[float, float]] = [(float(x), float(y)) for x, y in places]
    assert not watch(lambda seconds: flights[round(seconds * 5)], 60, dwell_s=1)


@pytest.mark.parametrize("kind", sorted(disturbances.QUIET))
def test_weather_light_and_insects_are_not_unknown_things(kind: str) -> None:
    rules = RuleEngine([RuleSettings(id="gerak", kind="motion", zone=ZONE, dwell_s=1)], WIB)
    gate, street = MotionGate(), planes(stage().street)[0]
    for number in range(600):
        luma = disturbances.noise(disturbances.QUIET[kind](street, number / 5), number / 5, 3.0)
        fired = rules.update(Scene([], 1000 + number / 5, 4 / 3, gate.update(luma)), START)
        assert not fired, f"after {number / 5} s, {fired[0].subject.box}"


def test_without_pictures_there_is_nothing_to_tell() -> None:
    rules = RuleEngine([RuleSettings(id="gerak", kind="motion", zone=ZONE, dwell_s=0)], WIB)
    assert rules.update(Scene([], 0.0), START) == []
