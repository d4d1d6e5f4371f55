"""From a firing to an event: its picture, its clocks, its clip."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from core.events import Event, Media
from core.ids import new_id
from detectors.images import Yuv420Image
from edge import snapshot
from edge.channel import NO_STREAM, Found
from edge.equipment import Equipment
from edge.rules.base import Firing


class ClipRequests(Protocol):
    """Where an event asks for its clip."""

    def request(self, event: str, at: float) -> bool:
        """Ask for the clip around `at` (monotonic seconds); False where there will be none."""
        ...


@dataclass(frozen=True, slots=True)
class Moment:
    """When and of what an event tells. `image` is None where there is no picture, as of a silent camera."""

    received: float
    received_at: datetime
    image: Yuv420Image | None = None


class Reporter:
    """Makes the events of one camera and hands them on."""

    def __init__(self, camera: str, equipment: Equipment, clips: ClipRequests, emit: Callable[[Found], None]) -> None:
        self._camera = camera
        self._equipment = equipment
        self._clips = clips
        self._emit = emit
        self.events = 0

    def report(self, firing: Firing, moment: Moment) -> None:
        """Tell of one firing."""
        subject = firing.subject
        jpeg = snapshot.encode(moment.image, subject.box) if moment.image else b""
        event_id = new_id(self._equipment.clock)
        event = Event(
            id=event_id,
            stream=NO_STREAM,
            seq=1,
            camera=self._camera,
            rule=firing.rule,
            kind=firing.kind,
            severity=firing.severity,
            at=max(self._equipment.clock.now(), moment.received_at + timedelta(microseconds=1)),
            frame_at=moment.received_at,
            label=subject.label,
            score=round(min(1.0, max(0.0, subject.score)), 4),
            track=subject.id,
            box=subject.box,
            zone=firing.zone,
            model=self._equipment.model if subject.id else "",
            snapshot=Media.of(jpeg) if jpeg else None,
            clip_follows=self._clips.request(event_id, moment.received),
        )
        self.events += 1
        self._emit(Found(event, jpeg))
