"""What is told of a camera's picture: each tamper once, by its own name and within 30 s; of an ordinary day nothing."""

import gc
import os
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from edge.health.kinds import picture_rules
from edge.motion import MotionGate
from edge.rules.base import Scene
from edge.rules.settings import RuleSettings
from tests.edge import scenes
from tests.edge.scenes import ORDINARY, ROOM, TAMPERS, Luma, Part, film, nothing, told

KEYFRAMES, FULL = 0.5, 5.0  # pictures a second
NAMED = [(kind, name) for kind, changes in TAMPERS.items() for name in changes]
RULE = RuleSettings(id="kamera", kind="covered")


def street() -> list[Luma]:
    return scenes.footage()


def data(name: str) -> list[Luma]:
    """A clip that does not ship, in its whole width; skips where it is not there."""
    path = Path(os.environ.get("EKAMLING_DATA", "")) / "video" / name
    if not os.environ.get("EKAMLING_DATA") or not path.is_file():
        pytest.skip(f"EKAMLING_DATA names no folder that holds video/{name}")
    return scenes.footage(str(path), whole=True)


def once_and_over(found: list[tuple[float, str]], kind: str, until: float) -> bool:
    """Whether just this kind was told, within 30 s, and taken back soon after `until`."""
    (begun, ended) = found if len(found) == 2 else ((0.0, ""), (0.0, ""))
    return (begun[1], ended[1]) == (kind, f"not {kind}") and 0 < begun[0] <= 30 and until <= ended[0] <= until + 8


@pytest.mark.parametrize(("kind", "name"), NAMED)
def test_a_tampered_camera_is_told_by_keyframes_alone(kind: str, name: str) -> None:
    parts = [Part(nothing, 30), Part(TAMPERS[kind][name], 34), Part(nothing, 12)]
    found = told(film(street(), parts, KEYFRAMES))
    assert once_and_over(found, kind, 34), found


@pytest.mark.parametrize(("kind", "name"), [("covered", "bag"), ("moved", "bumped"), ("defocused", "blurred")])
def test_a_tampered_camera_is_told_at_the_full_rate(kind: str, name: str) -> None:
    found = told(film(street(), [Part(nothing, 20), Part(TAMPERS[kind][name], 22)], FULL))
    assert [what for _, what in found] == [kind]
    assert found[0][0] <= 20


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_day_is_no_trouble(name: str) -> None:
    assert told(film(street(), [Part(nothing, 30), Part(ORDINARY[name], 190), Part(nothing, 30)], KEYFRAMES)) == []


def test_dark_is_told_when_the_last_light_has_gone() -> None:
    """Under 8 % of the light after 55 s; what fades is no cover."""
    found = told(film(street(), [Part(nothing, 30), Part(scenes.lamps_out, 90), Part(nothing, 10)], KEYFRAMES))
    assert [what for _, what in found] == ["dark", "not dark"]
    assert 50 <= found[0][0] <= 85


def test_a_lamp_that_fails_at_once_is_told_as_dark_by_the_trace_that_is_left() -> None:
    def failed(luma: Luma, at: float, chance: scenes.Chance) -> Luma:
        return scenes.lamps_out(luma, 57, chance)

    found = told(film(street(), [Part(nothing, 30), Part(failed, 40)], KEYFRAMES))
    assert [what for _, what in found] == ["dark"]
    assert found[0][0] <= 30


@pytest.mark.parametrize(
    ("cover", "kind"), [("hand", "covered"), ("bag", "covered"), ("white", "covered"), ("capped", "dark")]
)
def test_a_camera_that_starts_covered_is_told(cover: str, kind: str) -> None:
    """Of a black picture that was never anything else it cannot be told whether it is covered."""
    found = told(film(street(), [Part(TAMPERS["covered"][cover], 30), Part(nothing, 20)], KEYFRAMES))
    assert [what for _, what in found] == [kind, f"not {kind}"]


def test_a_camera_that_was_turned_on_purpose_is_well_after_ten_minutes() -> None:
    found = told(film(street(), [Part(nothing, 30), Part(scenes.bumped, 700)], KEYFRAMES))
    assert [what for _, what in found] == ["moved", "not moved"]
    assert 600 <= found[1][0] <= 640


def test_a_truck_that_stood_there_at_the_start_may_leave() -> None:
    def parked(luma: Luma, at: float, chance: scenes.Chance) -> Luma:
        return scenes.truck(luma, 4.0, chance)

    for seconds in (5, 9, 13):
        assert told(film(street(), [Part(parked, seconds), Part(nothing, 60)], 1.0)) == []


def test_a_cover_over_a_camera_that_was_turned_is_told_as_the_cover() -> None:
    parts = [Part(nothing, 30), Part(scenes.bumped, 30), Part(scenes.capped, 30)]
    found = [what for _, what in told(film(street(), parts, KEYFRAMES))]
    assert found == ["moved", "covered", "not moved"]


def test_pictures_that_a_woken_source_gives_again_change_nothing() -> None:
    pictures = list(film(street(), [Part(nothing, 30), Part(scenes.hand, 30)], 1.0))
    again = [pictures[max(0, place - back)] for place in range(len(pictures)) for back in (0, 3, 2, 1, 0)]
    assert told(iter(again)) == told(iter(pictures))


def test_a_break_of_the_stream_proves_nothing() -> None:
    """Covered for one picture before and one after two minutes without any."""
    pictures = [*film(street(), [Part(nothing, 30), Part(scenes.hand, 4)], 1.0)]
    later = [(now + 120, luma) for now, luma in film(street(), [Part(scenes.hand, 6)], 1.0)]
    assert told(iter(pictures + later)) == []


def test_another_resolution_is_another_scene_and_no_trouble() -> None:
    pictures = list(film(street(), [Part(nothing, 60)], 1.0))
    pictures[30:] = [(now, np.ascontiguousarray(luma[:, 80:560])) for now, luma in pictures[30:]]
    assert told(iter(pictures)) == []


def test_a_rule_that_was_not_armed_before_takes_over_what_the_others_know() -> None:
    rules, gate, held = picture_rules(), MotionGate(), []
    for now, luma in film(street(), [Part(nothing, 30), Part(scenes.hand, 30)], 1.0):
        scene = Scene([], now + 100, view=gate.update(np.ascontiguousarray(luma)))
        if now >= 5:
            held.append(bool(rules["covered"].update(scene)))
        rules["moved"].update(scene)
    assert held[-1]


def test_a_camera_costs_less_than_200_kb_of_memory() -> None:
    rules, gate = picture_rules(), MotionGate()
    for now, luma in islice(film(street(), [Part(nothing, 30), Part(scenes.bumped, 30)], 1.0), 50):
        rules["covered"].update(Scene([], now + 100, view=gate.update(np.ascontiguousarray(luma))))
    arrays = [one for one in _reached(rules) if isinstance(one, np.ndarray)]
    assert 0 < sum(array.nbytes for array in arrays) < 200_000


def _reached(start: object) -> list[object]:
    """Everything that hangs on an object, without classes and modules."""
    found, waiting = dict[int, object](), [start]
    while waiting:
        one = waiting.pop()
        if id(one) not in found and not isinstance(one, type | type(os)) and not callable(one):
            found[id(one)] = one
            waiting.extend(gc.get_referents(one))
    return list(found.values())


# --- footage that does not ship


@pytest.mark.parametrize("name", ["vtest.avi", "car-detection.mp4", "tree.avi"])
def test_nothing_is_told_of_footage_as_it_is(name: str) -> None:
    pictures = data(name)
    large = [(number / 5, picture) for number, picture in enumerate(pictures * 3)]
    crop = (slice(ROOM[1], ROOM[1] + scenes.HEIGHT), slice(ROOM[0], ROOM[0] + scenes.WIDTH))
    assert told((now, np.ascontiguousarray(picture[crop])) for now, picture in large) == []


@pytest.mark.parametrize("name", ["vtest.avi", "car-detection.mp4"])
@pytest.mark.parametrize(("kind", "tamper"), NAMED)
def test_other_footage_is_as_well_watched(name: str, kind: str, tamper: str) -> None:
    found = told(film(data(name), [Part(nothing, 60), Part(TAMPERS[kind][tamper], 34), Part(nothing, 12)], 1.0))
    assert once_and_over(found, kind, 34), found


@pytest.mark.parametrize("name", ["vtest.avi", "car-detection.mp4"])
@pytest.mark.parametrize("change", ORDINARY)
def test_other_footage_has_ordinary_days_too(name: str, change: str) -> None:
    assert told(film(data(name), [Part(nothing, 60), Part(ORDINARY[change], 200), Part(nothing, 60)], 1.0)) == []
