"""An hour of weather, light and insects on an empty street says nothing; a person who then comes is told at once.

The real loop with the shipped model looks at pictures at 5 a second by a simulated clock. So that it stays short, each
minute of the hour shows its first twelve seconds; with EKAMLING_QUIET=full it shows all sixty (minutes of CPU).
Where EKAMLING_DATA names the folder of the data, vtest.avi itself is the street, beside the small clip that ships.
"""

import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.errors import SourceError
from core.events import Event
from detectors import registry
from detectors.fitted import FittedDetector
from edge.channel import Found
from edge.equipment import Equipment
from edge.loop import CameraLoop
from edge.pace import Pace
from edge.reporter import Reporter
from edge.rules.engine import RuleEngine
from edge.rules.settings import RuleSettings
from edge.source import Frame
from ekamling.footage import clip
from tests.edge import disturbances
from tests.edge.fakes import OVER, START, WIB, ClipDesk, ScriptedSource
from tests.edge.stage import Planes, Stage, frame, load, planes

FPS = 5
SHOWN_S = 60 if os.environ.get("EKAMLING_QUIET") == "full" else 12  # of each minute
WHOLE = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
ANYTHING = ["person", "bicycle", "car", "motorcycle", "bus", "truck", "dog", "cat"]
RULES = [
    RuleSettings(id="masuk", kind="intrusion", zone=WHOLE, classes=ANYTHING),
    RuleSettings(id="lama", kind="loitering", zone=WHOLE, classes=ANYTHING, dwell_s=20),
    RuleSettings(id="gerak", kind="motion", zone=WHOLE, dwell_s=2),
    RuleSettings(id="titip", kind="left", zone=WHOLE, dwell_s=20),
    RuleSettings(id="hilang", kind="removed", zone=WHOLE, dwell_s=20),
]
FIRST, LAST = 12, 52  # pictures of the clip in which one walker comes in from the right
ENTRY = 0.78  # of the width: where he is looked for
STATUE, PLINTH = (0.918, 0.468, 0.994, 0.693), (0.293, 0.573)  # a walker of picture 16, and where he stands for ever
VIDEOS = ["vtest-sub.mp4", "vtest.avi"]


@cache
def stage_of(video: str) -> Stage:
    if video.endswith(".mp4"):
        return load(clip(video))
    path = Path(os.environ.get("EKAMLING_DATA", "")) / "video" / video
    if not os.environ.get("EKAMLING_DATA") or not path.is_file():
        pytest.skip(f"EKAMLING_DATA names no folder that holds video/{video}")
    return load(path)


@cache
def detector() -> FittedDetector:
    return FittedDetector(registry.find())


@dataclass
class Watch:
    """A camera loop as a shard builds it, with rules over the whole picture."""

    found: list[Found] = field(default_factory=list)
    at: float = 0.0

    def __post_init__(self) -> None:
        equipment = Equipment(detector(), threading.Semaphore(), "shipped", ManualClock(START), WIB)
        reporter = Reporter("jalan", equipment, ClipDesk(), self.found.append)
        self.loop = CameraLoop(RuleEngine(RULES, WIB), Pace(FPS), equipment, reporter)

    def see(self, pictures: Iterable[Planes]) -> None:
        with pytest.raises(SourceError, match=OVER):
            self.loop.run(ScriptedSource(self._frames(pictures)))

    def _frames(self, pictures: Iterable[Planes]) -> Iterator[Frame]:
        for picture in pictures:
            self.at += 1 / FPS
            yield frame(picture, self.at)

    @property
    def events(self) -> list[Event]:
        return [found.event for found in self.found]

    def told(self) -> list[str]:
        """The events in short, for whoever reads a failure."""
        return [
            f"{(event.frame_at - START).total_seconds():.1f} s {event.kind} {event.label} {event.score} {event.box}"
            for event in self.events
        ]


def disturbed(street: Planes, kind: str, seconds: float) -> Planes:
    """The street in weather or light of a kind, with a sensor's noise."""
    picture = street.copy()
    luma, blue, red = planes(picture)
    changed = disturbances.QUIET[kind](luma, seconds)
    luma[:] = changed if kind in ("noise", "dark") else disturbances.noise(changed, seconds, 3.0)
    if kind == "dark" or (kind == "infrared" and seconds % 20 < 10):
        blue[:], red[:] = 128, 128
    return picture


def show(street: Planes, kind: str, start: float, seconds: float) -> Iterator[Planes]:
    return (disturbed(street, kind, start + number / FPS) for number in range(round(seconds * FPS)))


def with_statue(stage: Stage) -> Planes:
    """The street with a walker who has turned to stone."""
    width, height = stage.size
    left, top, right, bottom = (round(v * s) // 2 * 2 for v, s in zip(STATUE, (width, height) * 2, strict=True))
    x, y = (round(v * s) // 2 * 2 for v, s in zip(PLINTH, (width, height), strict=True))
    return stage.with_cutout(stage.street, 16, (left, top, right, bottom), (x, y))


def walk_in(stage: Stage, street: Planes, kind: str) -> Iterator[tuple[bool, Planes]]:
    """A walker comes in from the right; with each picture, whether he is in it by half a head's breadth."""
    width, height = stage.size
    left = round(ENTRY * width) // 2 * 2
    for index, number in enumerate(range(FIRST, LAST, 2)):
        picture = stage.with_walkers(street, number, (left, height // 4 * 2, width, height))
        there = stage.walkers(number)[height // 2 :, left:].sum() > 0.0008 * width * height
        yield bool(there), disturbed(picture, kind, 6 + index / FPS)


@pytest.mark.parametrize("video", VIDEOS)
@pytest.mark.timeout(3600 if SHOWN_S == 60 else 240)
def test_an_hour_without_anybody_says_nothing(video: str) -> None:
    """Five minutes of each kind, on a street with a statue that the model takes for a person."""
    stage = stage_of(video)
    street = with_statue(stage)
    watch = Watch()
    for kind in disturbances.QUIET:
        for minute in range(5):
            watch.see(show(street, kind, minute * 60.0, SHOWN_S))
            watch.at += 60 - SHOWN_S
            assert not watch.told(), f"{kind}, minute {minute}"
    assert watch.at == pytest.approx(3600)
    assert watch.loop.totals(0, 0, 0).tracks > 0, "the model saw nothing at all, so the hour proves nothing"


@pytest.mark.parametrize("kind", disturbances.QUIET)
@pytest.mark.parametrize("video", VIDEOS)
def test_a_person_who_comes_is_told_within_two_seconds(video: str, kind: str) -> None:
    stage = stage_of(video)
    street = with_statue(stage)
    watch = Watch()
    watch.see(show(street, kind, 0, 6))
    assert not watch.told()
    came: list[float] = []

    def pictures() -> Iterator[Planes]:
        for there, picture in walk_in(stage, street, kind):
            if there and not came:
                came.append(watch.at)
            yield picture

    watch.see(pictures())
    first = next(event for event in watch.events if event.kind == "intrusion" and event.label == "person")
    assert (first.frame_at - START).total_seconds() - came[0] <= 2.0
