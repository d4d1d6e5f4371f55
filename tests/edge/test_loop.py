"""The hot loop on scripted pictures: what it looks at, what it counts, and what it tells."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import cv2
import numpy as np
import pytest

from core.clock import ManualClock
from core.errors import ModelError, SourceError
from core.events import CameraCounts, Event, Media, decode, encode
from detectors.detections import Detections
from edge import sight as sight_module
from edge.channel import NO_STREAM, Found
from edge.equipment import Equipment
from edge.loop import CameraLoop
from edge.pace import Pace
from edge.reporter import Reporter
from edge.rules.engine import RuleEngine
from edge.rules.settings import HealthKind, RuleSettings
from edge.settings import health_rule
from edge.source import Frame
from edge.tracking import Track, Tracker
from tests.edge.fakes import OVER, START, WIB, BrightDetector, ClipDesk, ScriptedSource, frame, picture

RIGHT_HALF = [(0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)]


class Slot(threading.Semaphore):
    """The right to use the detector, which others hold as long as `busy`."""

    busy = False

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        return not self.busy and super().acquire(blocking, timeout)


@dataclass
class Bench:
    """A loop with everything around it."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    detector: BrightDetector = field(default_factory=BrightDetector)
    slot: Slot = field(default_factory=Slot)
    clips: ClipDesk = field(default_factory=ClipDesk)
    found: list[Found] = field(default_factory=list)
    fps: float = 5
    health: tuple[HealthKind, ...] = ()

    def __post_init__(self) -> None:
        watched = [health_rule(kind) for kind in self.health]
        rules = RuleEngine([RuleSettings(id="halaman", zone=RIGHT_HALF, severity=1), *watched], WIB)
        equipment = Equipment(self.detector, self.slot, "bright@01234567", self.clock, WIB)
        reporter = Reporter("gerbang", equipment, self.clips, self.found.append)
        self.loop = CameraLoop(rules, Pace(self.fps), equipment, reporter)

    def run(self, frames: Iterable[Frame]) -> CameraCounts:
        with pytest.raises(SourceError, match=OVER):
            self.loop.run(ScriptedSource(frames))
        return self.loop.totals(clips=0, reconnects=0, packets_lost=0)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def still(seconds: float, *, start: float = 0.0, fps: float = 5) -> list[Frame]:
    return [frame(picture(), start + number / fps) for number in range(round(seconds * fps))]


def walking(seconds: float, *, start: float = 0.0, fps: float = 5, begin: float = 0.3) -> list[Frame]:
    """Somebody walks to the right by a tenth of the picture a second."""
    steps = range(round(seconds * fps))
    return [frame(picture(begin + number / fps * 0.1), start + number / fps) for number in steps]


def test_a_still_scene_costs_no_inference_beyond_the_first(bench: Bench) -> None:
    counts = bench.run(still(10))
    assert counts == CameraCounts(frames_decoded=50, frames_analysed=50, frames_gated=49, inferences=1)
    assert bench.detector.calls == 1


def test_a_camera_is_looked_at_at_its_pace_whatever_it_sends(bench: Bench) -> None:
    counts = bench.run(still(10, fps=25))
    assert counts.frames_decoded == 250
    assert counts.frames_analysed == pytest.approx(50, abs=1)


def test_a_walker_is_looked_at_until_long_gone(bench: Bench) -> None:
    counts = bench.run(walking(4) + still(20, start=4))
    assert counts.tracks == 1
    assert counts.inferences + counts.frames_gated == counts.frames_analysed == 120
    assert 25 <= counts.inferences <= 40


def test_who_walks_into_the_zone_makes_one_event(bench: Bench) -> None:
    counts = bench.run(walking(5))
    assert counts.events == len(bench.found) == 1
    event = bench.found[0].event
    assert (event.camera, event.rule, event.kind, event.severity) == ("gerbang", "halaman", "intrusion", 1)
    assert (event.label, event.zone, event.model, event.track) == ("person", "halaman", "bright@01234567", 1)
    assert (event.stream, event.seq) == (NO_STREAM, 1)
    assert event.score == pytest.approx(0.9, abs=0.001)


def test_an_event_tells_where_the_object_stands(bench: Bench) -> None:
    bench.run(walking(5))
    left, top, right, bottom = bench.found[0].event.box
    assert 0.5 <= (left + right) / 2 < 0.56
    assert (right - left, top, bottom) == pytest.approx((40 / 640, 200 / 360, 300 / 360), abs=0.02)


def test_an_event_has_the_clocks_of_its_picture_and_of_its_firing(bench: Bench) -> None:
    bench.clock.advance(60)  # the script is long over by the wall clock when the loop comes to it
    bench.run(walking(5))
    event = bench.found[0].event
    entered = next(one for one in walking(5) if one.received_at == event.frame_at)
    assert START + timedelta(seconds=1.8) <= entered.received_at <= START + timedelta(seconds=2.6)
    assert event.at == bench.clock.now()
    assert bench.clips.asked == [(event.id, entered.received)]


def test_an_event_never_fires_before_its_picture_was_taken(bench: Bench) -> None:
    """The manual clock stands at the start of the script, as after a step back by NTP."""
    bench.run(walking(5))
    event = bench.found[0].event
    assert event.at > event.frame_at


def test_an_event_names_its_picture_by_its_hash(bench: Bench) -> None:
    bench.run(walking(5))
    found = bench.found[0]
    assert found.event.snapshot == Media.of(found.jpeg)
    opened = cv2.imdecode(np.frombuffer(found.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert opened is not None
    assert opened.shape == (360, 640, 3)


def test_an_event_is_of_the_contract(bench: Bench) -> None:
    bench.run(walking(5))
    event = bench.found[0].event
    assert decode(Event, encode(event)) == event


@pytest.mark.parametrize("willing", [True, False])
def test_an_event_promises_a_clip_only_if_there_will_be_one(willing: bool) -> None:
    bench = Bench(clips=ClipDesk(willing))
    bench.run(walking(5))
    assert bench.found[0].event.clip_follows is willing


def test_who_stays_outside_the_zone_makes_no_event(bench: Bench) -> None:
    assert bench.run(walking(3, begin=0.1)).events == 0


def test_tracks_outlive_a_short_break_of_the_source(bench: Bench) -> None:
    bench.run(walking(4))
    counts = bench.run(walking(2, start=5, begin=0.8))
    assert (counts.tracks, counts.events) == (1, 1)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The times of which the tracker was told what was seen."""
    times: list[float] = []

    class Spy(Tracker):
        def update(self, detections: Detections, size: tuple[int, int], now: float) -> list[Track]:
            times.append(now)
            return super().update(detections, size, now)

    monkeypatch.setattr(sight_module, "Tracker", Spy)
    return times


def busy_between(frames: Sequence[Frame], slot: Slot, start: float, end: float) -> Iterable[Frame]:
    for one in frames:
        slot.busy = start <= one.received - 1000 < end
        yield one


def test_a_busy_detector_is_counted_and_not_taken_for_an_empty_scene(told: list[float]) -> None:
    bench = Bench()
    counts = bench.run(busy_between(walking(5), bench.slot, 2.0, 3.0))
    assert counts.frames_dropped == 5
    assert counts.inferences == bench.detector.calls == len(told) == 20
    assert not [now for now in told if 1002 <= now < 1003]
    assert (counts.tracks, counts.events) == (1, 1)


def test_the_detector_is_free_again_after_each_picture(bench: Bench) -> None:
    bench.run(walking(1))
    assert bench.slot.acquire(blocking=False)


def test_a_failing_model_ends_the_loop_and_frees_the_detector() -> None:
    bench = Bench(detector=BrightDetector(fails=ModelError("model x: fails")))
    with pytest.raises(ModelError, match="model x: fails"):
        bench.loop.run(ScriptedSource(walking(1)))
    assert bench.slot.acquire(blocking=False)


def test_a_late_picture_gives_way_to_the_newest(bench: Bench) -> None:
    """Ten pictures wait when the loop comes to read them: only the last of them is looked at."""
    backlog = [frame(picture(), 1 + number * 0.001, late=number < 9) for number in range(10)]
    counts = bench.run([*still(1), *backlog, *still(1, start=1.3)])
    assert counts.frames_dropped == 9
    assert counts.frames_analysed == 5 + 1 + 5


def test_a_camera_that_sends_without_a_pause_is_still_looked_at(bench: Bench) -> None:
    """Its next bytes always wait, so every picture looks late; one of two or so must be analysed all the same."""
    always_late = [frame(picture(), number / 25, late=True) for number in range(250)]
    counts = bench.run(always_late)
    assert 20 <= counts.frames_analysed <= 50
    assert counts.frames_dropped > 0


def test_figures_of_other_parts_stand_beside_its_own(bench: Bench) -> None:
    totals = bench.loop.totals(clips=3, reconnects=4, packets_lost=5)
    assert totals == CameraCounts(clips=3, reconnects=4, packets_lost=5)


def test_the_source_rests_when_nothing_has_moved_for_a_while(bench: Bench) -> None:
    source = ScriptedSource(still(10))
    with pytest.raises(SourceError):
        bench.loop.run(source)
    assert source.resting
    assert source.woken == 0


def test_motion_wakes_a_resting_source_before_anything_is_inferred(bench: Bench) -> None:
    """What is left out between two keyframes must be seen from its beginning, so the keyframe itself can wait."""
    source = ScriptedSource(still(10) + walking(0.2, start=10))
    with pytest.raises(SourceError):
        bench.loop.run(source)
    assert source.woken == 1
    assert not source.resting
    assert bench.detector.calls == 1  # the very first picture


def test_pictures_from_before_are_looked_at_after_waking(bench: Bench) -> None:
    source = ScriptedSource(still(10) + walking(0.2, start=10) + walking(3, start=8.2))
    with pytest.raises(SourceError):
        bench.loop.run(source)
    assert len(bench.found) == 1
    assert bench.found[0].event.frame_at < START + timedelta(seconds=12)


def test_a_source_does_not_rest_while_somebody_is_there(bench: Bench) -> None:
    source = ScriptedSource(walking(1) + [frame(picture(0.4), 1 + number / 5) for number in range(50)])
    with pytest.raises(SourceError):
        bench.loop.run(source)
    assert not source.resting


def test_a_thing_that_always_stood_there_lets_the_source_rest(bench: Bench) -> None:
    """The detector takes it for a person in every picture that it is shown."""
    always = [frame(picture(0.4), number / 5) for number in range(300)]
    source = ScriptedSource(always)
    with pytest.raises(SourceError):
        bench.loop.run(source)
    assert source.resting
    assert bench.detector.calls <= 40
    assert bench.found == []


def test_a_keyframe_of_a_resting_source_is_looked_at_even_if_others_wait(bench: Bench) -> None:
    """The pictures that wait will be left out, so this is the newest there will be for seconds."""
    keyframes = [frame(picture(), 10 + 2 * number, late=True) for number in range(5)]
    source = ScriptedSource(still(10) + keyframes)
    with pytest.raises(SourceError):
        bench.loop.run(source)
    assert bench.loop.counts.frames_dropped == 0
    assert bench.loop.counts.frames_analysed == 55


def test_a_camera_that_falls_silent_is_told_without_a_picture_and_once() -> None:
    bench = Bench(health=("silent",))
    bench.run(still(1))
    bench.clock.advance(1000.8)  # as long after the script began as its last picture
    for _ in range(30):
        bench.loop.tick()
        bench.clock.advance(1)
    (found,) = bench.found
    assert (found.event.kind, found.event.label, found.event.track) == ("silent", "camera", 0)
    assert found.event.frame_at == START + timedelta(seconds=1000.8 + 10)
    assert (found.jpeg, found.event.snapshot) == (b"", None)
    assert bench.loop.troubles == ["silent"]


def test_a_camera_that_sends_again_is_well() -> None:
    bench = Bench(health=("silent",))
    bench.clock.advance(60)
    bench.loop.tick()
    assert bench.loop.troubles == ["silent"]
    bench.run(still(1))
    assert bench.loop.troubles == []
