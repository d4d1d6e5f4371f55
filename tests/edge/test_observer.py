"""Who looks over a loop's shoulder sees each judged picture, and disturbs nothing."""

import threading

import pytest

from core.clock import ManualClock
from core.errors import SourceError
from edge.channel import Found
from edge.equipment import Equipment
from edge.loop import CameraLoop
from edge.observer import Look, Observer
from edge.pace import Pace
from edge.reporter import Reporter
from edge.rules.engine import RuleEngine
from edge.rules.settings import RuleSettings
from tests.edge.fakes import OVER, START, WIB, BrightDetector, ClipDesk, ScriptedSource, frame, picture


def run(observer: Observer | None) -> tuple[CameraLoop, list[Found]]:
    """Nobody for a second, too short for the source to rest; then somebody walks into the right half for five."""
    found: list[Found] = []
    equipment = Equipment(BrightDetector(), threading.Semaphore(1), "bright", ManualClock(START), WIB)
    rules = RuleEngine([RuleSettings(id="halaman", zone=[(0.5, 0), (1, 0), (1, 1), (0.5, 1)])], WIB)
    loop = CameraLoop(rules, Pace(5), equipment, Reporter("gerbang", equipment, ClipDesk(), found.append), observer)
    still = [frame(picture(), number / 5) for number in range(5)]
    walk = [frame(picture(0.3 + number / 50), 1 + number / 5) for number in range(25)]
    with pytest.raises(SourceError, match=OVER):
        loop.run(ScriptedSource([*still, *walk]))
    return loop, found


def test_every_judged_picture_is_shown_with_what_was_made_of_it() -> None:
    looks: list[Look] = []
    loop, found = run(looks.append)
    assert len(looks) == loop.counts.frames_analysed == 30
    assert [firing.rule for look in looks for firing in look.firings] == [each.event.rule for each in found]
    assert [look.frame.received for look in looks] == sorted(look.frame.received for look in looks)
    last = looks[-1]
    assert [track.label for track in last.tracks] == ["person"]
    assert last.view.moving
    assert last.image.y.shape == (360, 640)


def test_each_step_s_time_is_told() -> None:
    looks: list[Look] = []
    run(looks.append)
    assert all(look.motion_s > 0 and look.rules_s > 0 and look.inference_s >= 0 for look in looks)
    assert looks[3].tracks == []  # nothing moved, so no one looked


def test_events_are_the_same_without_an_observer() -> None:
    _, seen = run(lambda look: None)
    _, unseen = run(None)
    assert len(seen) == len(unseen) == 1
    assert seen[0].event.frame_at == unseen[0].event.frame_at
