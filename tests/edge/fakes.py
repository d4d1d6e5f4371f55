"""The few stand-ins that tests of the edge share. `test_source.py` holds the source to the contract of the real one."""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from core.errors import SourceError
from core.events import Event
from core.geometry import Box
from core.ids import new_id
from detectors.coco import CLASSES
from detectors.detections import Detections
from detectors.images import Image, Yuv420Image
from detectors.regions import Region, covering
from edge.channel import NO_STREAM
from edge.outbox import Outbox
from edge.rules.calendar import Calendar
from edge.source import Frame

WIDTH, HEIGHT = 640, 360
START = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
DARK, BRIGHT = 60, 230
WIB = Calendar(ZoneInfo("Asia/Jakarta"))
OVER = "the script is over"


def picture(person_at: float | None = None) -> NDArray[np.uint8]:
    """A luma plane of a dark street; somebody bright, 100 px tall, whose feet stand at the fraction `person_at`."""
    luma = np.full((HEIGHT, WIDTH), DARK, np.uint8)
    if person_at is not None:
        middle = round(person_at * WIDTH)
        luma[200:300, max(0, middle - 20) : middle + 20] = BRIGHT
    return luma


def frame(luma: NDArray[np.uint8], at: float, *, late: bool = False) -> Frame:
    """A decoded picture received `at` seconds after the start of the script, on both clocks."""
    grey = np.full((HEIGHT // 2, WIDTH), 128, np.uint8)
    decoded = VideoFrame.from_ndarray(np.concatenate([luma, grey]), format="yuv420p")
    return Frame(decoded, round(at * 90_000), 1000.0 + at, START + timedelta(seconds=at), late)


class ScriptedSource:
    """Gives the frames of a script, then breaks as a camera does; or waits for `close`, if `breaks` is false."""

    def __init__(self, frames: Iterable[Frame], *, breaks: bool = True) -> None:
        self._frames = frames
        self._breaks = breaks
        self._closed = threading.Event()
        self.resting = False
        self.woken = 0

    def frames(self) -> Iterator[Frame]:
        for one in self._frames:
            if self._closed.is_set():
                return
            yield one
        if self._breaks and not self._closed.is_set():
            raise SourceError(OVER)
        self._closed.wait()

    def rest(self) -> None:
        self.resting = True

    def wake(self) -> None:
        self.resting = False
        self.woken += 1

    def close(self) -> None:
        self._closed.set()


@dataclass
class BrightDetector:
    """Finds one person where `picture` drew somebody, and counts how often it was asked."""

    score: float = 0.9
    calls: int = 0
    fails: Exception | None = None
    classes: tuple[str, ...] = field(default=CLASSES)
    regions: list[Region | None] = field(default_factory=list)

    def region(self, needed: Box, width: int, height: int) -> Region | None:
        return covering(needed, (height, width), (256, 416))

    def detect(self, image: Image, region: Region | None = None) -> Detections:
        self.calls += 1
        self.regions.append(region)
        if self.fails is not None:
            raise self.fails
        assert isinstance(image, Yuv420Image)
        seen = np.zeros_like(image.y) if region else image.y
        if region:
            part = slice(region.top, region.bottom), slice(region.left, region.right)
            seen[part] = image.y[part]
        rows, columns = np.nonzero(seen > (DARK + BRIGHT) / 2)
        if not len(rows):
            return Detections.empty()
        box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        return Detections(np.array([box], np.float32), np.array([self.score], np.float32), np.array([0], np.int32))


@dataclass
class ClipDesk:
    """Notes the clips that were asked for."""

    willing: bool = True
    asked: list[tuple[str, float]] = field(default_factory=list)

    def request(self, event: str, at: float) -> bool:
        self.asked.append((event, at))
        return self.willing


def an_event() -> Event:
    """As the loop makes it, still without a number."""
    now = datetime.now(UTC)
    return Event(
        id=new_id(),
        stream=NO_STREAM,
        seq=1,
        camera="gerbang",
        rule="halaman",
        kind="intrusion",
        severity=2,
        at=now,
        frame_at=now,
        label="person",
        score=0.8,
        track=1,
        box=(0.1, 0.1, 0.2, 0.2),
    )


def keep(box: Outbox, mp4: bytes, *events: str) -> None:
    """Put the clip of some events into an outbox, as a shard and the supervisor do."""
    box.add_clip(events, box.clip_folder.put(mp4))


def opened(folder: Path, *, budget: int = 8 << 20, clip_budget: int = 1 << 20) -> Outbox:
    """An outbox with room in bytes."""
    return Outbox(folder, budget_bytes=budget, clip_budget_bytes=clip_budget)
