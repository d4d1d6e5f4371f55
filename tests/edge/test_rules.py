"""What each kind of rule tells, of objects that walk through a picture as they are told to."""

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, get_args, get_type_hints
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.health.kinds import PICTURE_KINDS
from edge.rules.base import Scene, Signal
from edge.rules.engine import KINDS, RuleEngine
from edge.rules.settings import HEALTH_KINDS, RuleSettings
from edge.tracking import Track
from tests.edge.fakes import WIB

NIGHT = datetime(2026, 11, 22, 23, 0, tzinfo=ZoneInfo("Asia/Jakarta"))
ZONE = [(0.5, 0.5), (1.0, 0.5), (1.0, 1.0), (0.5, 1.0)]
UPWARD = [(0.5, 1.0), (0.5, 0.0)]  # a line in the middle, drawn from the lower edge to the upper one
TALL = 0.3
OF_PIXELS = {"left", "removed", "motion"}  # kinds that look at the picture and not at objects


def engine(kind: str, **changes: Any) -> RuleEngine:
    place = {"line": UPWARD} if kind == "crossing" else {"zone": ZONE}
    return RuleEngine([msgspec.convert({"id": "aturan", "kind": kind} | place | changes, RuleSettings)], WIB)


def track(x: float, y: float = 0.75, *, number: int = 1, label: str = "person", score: float = 0.9) -> Track:
    """An object whose feet stand at (x, y)."""
    return Track(number, label, score, (x - 0.05, y - TALL, x + 0.05, y), 0.0, 0.0)


def told(rules: RuleEngine, scenes: Iterable[Sequence[Track]], step: float = 1.0, aspect: float = 1.0) -> list[float]:
    """When the rules tell something, with a scene every `step` seconds."""
    return [
        number * step
        for number, scene in enumerate(scenes)
        for _ in rules.update(Scene(scene, number * step, aspect), NIGHT)
    ]


def walk(*points: float) -> list[list[Track]]:
    return [[track(x)] for x in points]


def test_every_kind_that_settings_allow_has_a_rule() -> None:
    assert set(get_args(get_type_hints(RuleSettings)["kind"])) == set(KINDS) | set(PICTURE_KINDS)


def test_who_stays_too_long_loiters() -> None:
    assert told(engine("loitering", dwell_s=10, cooldown_s=3600), walk(*[0.75] * 30)) == [10.0]


def test_passing_through_is_no_loitering() -> None:
    assert told(engine("loitering", dwell_s=10), walk(*[0.75] * 9, *[0.2] * 5, *[0.75] * 9)) == []


def test_being_hidden_for_a_moment_does_not_begin_a_new_stay() -> None:
    scenes = [*walk(*[0.75] * 5), [], *walk(*[0.75] * 10)]
    assert told(engine("loitering", dwell_s=10, cooldown_s=3600), scenes) == [10.0]


@given(st.integers(1, 10))
def test_a_stay_is_counted_by_the_clock_at_any_rate(fps: int) -> None:
    (when,) = told(engine("loitering", dwell_s=10, cooldown_s=3600), walk(*[0.75] * 20 * fps), step=1 / fps)
    assert when == pytest.approx(10, abs=1 / fps)


@pytest.mark.parametrize(("direction", "count"), [("both", 1), ("left", 0), ("right", 1)])
def test_a_line_is_crossed_in_its_direction(direction: str, count: int) -> None:
    """Seen upward along the line, walking from small x to large is passing to its right."""
    rules = engine("crossing", direction=direction)
    assert len(told(rules, walk(0.2, 0.3, 0.4, 0.5, 0.6, 0.7))) == count


def test_a_crossing_names_its_side() -> None:
    rules = engine("crossing", cooldown_s=0)
    fired = [firing for scene in walk(0.3, 0.7, 0.3) for firing in rules.update(Scene(scene, 0.0), NIGHT)]
    assert [firing.zone for firing in fired] == ["right", "left"]


def test_trembling_on_the_line_is_no_crossing() -> None:
    assert told(engine("crossing", cooldown_s=0), walk(*[0.47, 0.53] * 20)) == []


def test_passing_beside_the_end_of_a_line_is_no_crossing() -> None:
    assert told(engine("crossing", line=[(0.5, 0.4), (0.5, 0.0)]), walk(0.2, 0.8)) == []


def test_who_appears_beyond_a_line_has_not_crossed_it() -> None:
    assert told(engine("crossing"), walk(0.7, 0.8, 0.9)) == []


@given(st.floats(0.5, 3.0), st.floats(0.0, 0.2), st.floats(0.8, 1.0))
def test_a_slanted_line_is_crossed_once_in_a_picture_of_any_shape(aspect: float, top: float, bottom: float) -> None:
    rules = engine("crossing", line=[(0.4, bottom), (0.6, top)])
    assert len(told(rules, walk(0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95), aspect=aspect)) == 1


def five(count: int = 5) -> list[Track]:
    return [track(0.55 + 0.08 * number, number=number) for number in range(1, count + 1)]


def test_five_make_a_crowd_when_they_stay() -> None:
    assert told(engine("crowd", dwell_s=10, cooldown_s=3600), [five(4)] * 5 + [five()] * 20) == [15.0]


def test_a_crowd_is_told_once_and_not_for_everybody_in_it() -> None:
    people = [track(0.55 + 0.04 * number, number=number, score=0.5 + 0.05 * number) for number in range(1, 9)]
    fired = engine("crowd", dwell_s=0, cooldown_s=60).update(Scene(people, 0.0), NIGHT)
    assert [firing.subject.id for firing in fired] == [8]


def test_a_crowd_that_thins_for_a_moment_is_still_one() -> None:
    rules = engine("crowd", dwell_s=10, cooldown_s=3600)
    assert told(rules, [five()] * 5 + [five(3)] + [five()] * 10) == [10.0]


def test_a_vehicle_that_stands_is_told() -> None:
    rules = engine("stopped", dwell_s=20, classes=["car"], cooldown_s=3600)
    assert told(rules, [[track(0.75, label="car")]] * 40) == [20.0]


def test_a_vehicle_that_creeps_is_not_told() -> None:
    creeping = [[track(0.55 + 0.01 * step, label="car")] for step in range(40)]
    assert told(engine("stopped", dwell_s=20, classes=["car"]), creeping) == []


def test_a_stop_counts_from_where_the_vehicle_came_to_rest() -> None:
    rules = engine("stopped", dwell_s=20, classes=["car"], cooldown_s=3600)
    scenes = [[track(0.5 + 0.05 * step, label="car")] for step in range(6)] + [[track(0.75, label="car")]] * 40
    assert told(rules, scenes) == [25.0]


@pytest.mark.parametrize("kind", sorted(set(KINDS) - set(HEALTH_KINDS) - OF_PIXELS))
def test_only_visible_objects_of_its_classes_count(kind: str) -> None:
    rules = engine(kind, dwell_s=0, count=2, cooldown_s=0, classes=["dog"])
    people = [[track(x, number=number) for number in (1, 2)] for x in (0.2, 0.75, 0.75)]
    dogs = [[track(x, number=number, label="dog") for number in (1, 2)] for x in (0.2, 0.75, 0.75)]
    unseen = [[dataclasses.replace(dog, visible=False) for dog in scene] for scene in dogs]
    assert told(rules, people + unseen) == []
    assert told(rules, dogs) != []


def silences(*seconds: float) -> list[float]:
    """When a camera that is silent at these seconds, looked at once a second, is told."""
    rules = RuleEngine([RuleSettings(id="diam", kind="silent", cooldown_s=30)], WIB)
    scenes = [Scene([], now, signal=Signal(60.0 if now in seconds else 0.0)) for now in range(200)]
    return [scene.now for scene in scenes for _ in rules.tick(scene, NIGHT)]


def test_what_lasts_is_told_once_however_long_it_lasts() -> None:
    assert silences(*range(5, 195)) == [5]


def test_what_was_away_for_a_moment_only_is_not_told_again() -> None:
    assert silences(*range(5, 60), *range(80, 120)) == [5]


def test_what_was_away_for_its_cooldown_is_told_again() -> None:
    assert silences(*range(5, 60), *range(100, 120)) == [5, 100]


def test_rules_that_look_at_pictures_are_not_asked_between_them() -> None:
    rules = RuleEngine([RuleSettings(id="tutup", kind="covered"), RuleSettings(id="diam", kind="silent")], WIB)
    assert [firing.rule for firing in rules.tick(Scene([], 0.0, signal=Signal(60.0)), NIGHT)] == ["diam"]
