"""What the cameras of one shard share."""

import threading
from dataclasses import dataclass

from core.clock import Clock
from detectors.detector import RegionDetector
from edge.rules.calendar import Calendar


@dataclass(frozen=True, slots=True)
class Equipment:
    """The detector, the right to use it, the name that events call it by, the clock and the calendar."""

    detector: RegionDetector
    slot: threading.Semaphore
    model: str
    clock: Clock
    calendar: Calendar
