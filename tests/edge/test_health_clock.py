"""When a camera's clock is told to be wrong."""

import pytest

from edge.health.clock import Clock
from edge.rules.base import Scene, Signal
from edge.rules.settings import RuleSettings


def held(*offsets: float | None, step: float = 2.0) -> list[float]:
    """When the rule holds, with one look every `step` seconds."""
    rule = Clock(RuleSettings(id="jam", kind="clock"))
    scenes = [Scene([], 100 + number * step, signal=Signal(0, off)) for number, off in enumerate(offsets)]
    return [scene.now - 100 for scene in scenes if rule.update(scene)]


@pytest.mark.parametrize("off", [61.0, -61.0, 25200.0, -1.7e9])
def test_a_wrong_clock_is_told_after_30_s_whichever_way_it_is_off(off: float) -> None:
    assert held(*[off] * 20)[0] == 30


@pytest.mark.parametrize("off", [0.0, 59.0, -59.0, None])
def test_a_clock_that_drifts_a_little_or_tells_no_time_is_left_alone(off: float | None) -> None:
    assert held(*[off] * 60) == []


def test_a_clock_that_was_off_for_a_moment_is_left_alone() -> None:
    assert held(*[70.0] * 10, 0.0, *[70.0] * 10) == []


def test_a_wrong_clock_holds_until_it_is_clearly_right() -> None:
    assert held(*[90.0] * 20, *[50.0] * 10, *[40.0] * 10)[-1] == 58
