from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from edge.rules.base import Scene
from edge.rules.engine import RuleEngine
from edge.rules.settings import RuleSettings
from edge.tracking import Track
from tests.edge.fakes import WIB

NIGHT = datetime(2026, 11, 22, 23, 0, tzinfo=ZoneInfo("Asia/Jakarta"))
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=ZoneInfo("Asia/Jakarta"))
ZONE = [(0.5, 0.5), (1.0, 0.5), (1.0, 1.0), (0.5, 1.0)]  # the lower right quarter


def rule(**changes: Any) -> RuleEngine:
    return RuleEngine([rule_settings(**changes)], WIB)


def rule_settings(**changes: Any) -> RuleSettings:
    return msgspec.convert({"id": "halaman", "zone": ZONE} | changes, RuleSettings)


def track(x: float, y: float, *, number: int = 1, label: str = "person", visible: bool = True) -> Track:
    """An object whose feet stand at (x, y)."""
    return Track(number, label, 0.9, (x - 0.05, y - 0.3, x + 0.05, y), 0.0, 0.0, visible)


IN, OUT = track(0.75, 0.75), track(0.25, 0.75)


def test_it_fires_when_somebody_enters() -> None:
    watching = rule(severity=1)
    assert watching.update(Scene([OUT], 0.0), NIGHT) == []
    (fired,) = watching.update(Scene([IN], 0.2), NIGHT)
    assert (fired.rule, fired.kind, fired.severity, fired.zone) == ("halaman", "intrusion", 1, "halaman")
    assert fired.subject is IN


def test_a_visit_is_told_once_however_long_it_lasts() -> None:
    watching = rule(cooldown_s=30)
    fired = [now for now in range(100) if watching.update(Scene([IN], float(now)), NIGHT)]
    assert fired == [0]


def test_coming_back_within_the_cooldown_is_no_second_entry() -> None:
    watching = rule(cooldown_s=30)
    steps = [(0.0, IN), (5.0, OUT), (10.0, IN), (29.9, IN), (35.0, OUT), (40.0, IN), (69.0, OUT), (70.0, IN)]
    assert [now for now, here in steps if watching.update(Scene([here], now), NIGHT)] == [0.0, 70.0]


def test_every_object_fires_for_itself() -> None:
    watching = rule()
    assert len(watching.update(Scene([IN, track(0.9, 0.9, number=2)], 0.0), NIGHT)) == 2
    assert [fired.subject.id for fired in watching.update(Scene([IN, track(0.6, 0.6, number=3)], 1.0), NIGHT)] == [3]


def test_the_feet_decide() -> None:
    head_in_feet_out = Track(1, "person", 0.9, (0.4, 0.6, 0.48, 0.95), 0.0, 0.0)
    head_out_feet_in = Track(2, "person", 0.9, (0.55, 0.1, 0.65, 0.55), 0.0, 0.0)
    assert [fired.subject.id for fired in rule().update(Scene([head_in_feet_out, head_out_feet_in], 0.0), NIGHT)] == [2]


def test_other_classes_do_not_count() -> None:
    watching = rule(classes=["motorcycle", "car"])
    assert watching.update(Scene([IN], 0.0), NIGHT) == []
    assert len(watching.update(Scene([track(0.75, 0.75, number=2, label="car")], 0.2), NIGHT)) == 1


def test_a_track_that_is_only_carried_on_does_not_enter() -> None:
    assert rule().update(Scene([track(0.75, 0.75, visible=False)], 0.0), NIGHT) == []


def test_it_is_silent_while_it_is_not_armed() -> None:
    watching = rule(schedule=["22:00-05:00"])
    assert watching.update(Scene([IN], 0.0), NOON) == []
    assert len(watching.update(Scene([IN], 1.0), NIGHT)) == 1


def test_who_stands_inside_when_it_is_armed_has_entered() -> None:
    watching = rule(schedule=["22:00-05:00"])
    moments = [datetime(2026, 11, 22, 21, 59, 59, tzinfo=NIGHT.tzinfo) + timedelta(seconds=step) for step in range(3)]
    assert [len(watching.update(Scene([IN], float(step)), moment)) for step, moment in enumerate(moments)] == [0, 1, 0]


def test_a_camera_asks_all_its_rules_each_with_its_own_memory() -> None:
    armed_at_night = rule_settings(id="malam", schedule=["22:00-05:00"])
    engine = RuleEngine([armed_at_night, rule_settings(id="selalu", cooldown_s=10)], WIB)
    assert [fired.rule for fired in engine.update(Scene([IN], 0.0), NOON)] == ["selalu"]
    assert [fired.rule for fired in engine.update(Scene([IN], 1.0), NIGHT)] == ["malam"]
    assert [fired.rule for fired in engine.update(Scene([IN], 11.0), NIGHT)] == ["selalu"]


def test_a_camera_without_rules_never_fires() -> None:
    assert RuleEngine([], WIB).update(Scene([IN], 0.0), NIGHT) == []
