"""What the cameras of one shard share."""

import threading
from dataclasses import dataclass

from core.clock import Clock
from detectors.detector import RegionDetector
from edge.live.feed import LiveFeed
from edge.rules.calendar import Calendar


@dataclass(frozen=True, slots=True)
class Equipment:
    """The detector, the right to use it, the name that events call it by, the clock, the calendar, and where packets go
    for live view."""

    detector: RegionDetector
    slot: threading.Semaphore
    model: str
    clock: Clock
    calendar: Calendar
    live: LiveFeed | None = None
