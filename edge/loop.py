"""The hot loop of one camera: frame, motion, detection, track, rule, event."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from core.clock import Clock
from core.events import CameraCounts, Event, Media
from core.ids import new_id
from detectors.detections import Detections
from detectors.detector import Detector
from detectors.images import Yuv420Image
from edge import snapshot
from edge.channel import NO_STREAM, Found
from edge.motion import MotionGate
from edge.pace import Pace
from edge.rules.base import Firing
from edge.rules.engine import RuleEngine
from edge.source import Frame, FrameSource
from edge.tracking import Tracker

REST_AFTER_S = 1.0  # without motion and tracks, before the source may rest


class ClipRequests(Protocol):
    """Where the loop asks for the clip of an event."""

    def request(self, event: str, at: float) -> bool:
        """Ask for the clip around `at` (monotonic seconds); False where there will be none."""
        ...


@dataclass(slots=True)
class Counts:
    """Totals of one loop; see core.events.CameraCounts for what each means."""

    frames_decoded: int = 0
    frames_analysed: int = 0
    frames_gated: int = 0
    frames_dropped: int = 0
    inferences: int = 0
    events: int = 0


@dataclass(frozen=True, slots=True)
class Shared:
    """What the cameras of one shard share: the detector, the right to use it, the clock and the zone of schedules."""

    detector: Detector
    slot: threading.Semaphore
    model: str
    clock: Clock
    zone: ZoneInfo


class CameraLoop:
    """Looks at one camera's pictures and emits an event when a rule fires.

    It keeps its tracks over a reconnect of the source, so that a short gap does not make everybody a newcomer.
    """

    def __init__(
        self,
        camera: str,
        rules: RuleEngine,
        pace: Pace,
        shared: Shared,
        clips: ClipRequests,
        emit: Callable[[Found], None],
    ) -> None:
        self._camera = camera
        self._rules = rules
        self._pace = pace
        self._shared = shared
        self._clips = clips
        self._emit = emit
        self._motion = MotionGate()
        self._tracker = Tracker(shared.detector.classes)
        self._late_since: float | None = None
        self._calm_since: float | None = None
        self.counts = Counts()

    def run(self, source: FrameSource) -> None:
        """Work through `source` until it ends; raises its SourceError."""
        for frame in source.frames():
            self.counts.frames_decoded += 1
            if not self._pace.due(frame.received):
                continue
            if frame.late and not source.resting and self._passes_over(frame):
                continue
            self._late_since = None
            image = frame.image()
            moving = self._motion.update(image.y)
            self.counts.frames_analysed += 1
            if moving and source.resting:
                self._go_back(source)
                continue
            if not moving and not self._tracker.attentive(frame.received):
                self.counts.frames_gated += 1
                self._calm(source, frame)
                continue
            self._calm_since = None
            detections = self._detect(image)
            if detections is None:
                continue
            tracks = self._tracker.update(detections, frame.size, frame.received)
            moment = frame.received_at.astimezone(self._shared.zone)
            for firing in self._rules.update(tracks, frame.received, moment, frame.size[0] / frame.size[1]):
                self._report(firing, frame, image)

    def _calm(self, source: FrameSource, frame: Frame) -> None:
        """Let the source rest when nothing has moved for a while."""
        if self._calm_since is None:
            self._calm_since = frame.received
        if not source.resting and frame.received - self._calm_since >= REST_AFTER_S:
            source.rest()

    def _go_back(self, source: FrameSource) -> None:
        """Something moved while only keyframes came: look at what was left out, from the keyframe before on."""
        source.wake()
        self._pace.restart()
        self._calm_since = None

    def _passes_over(self, frame: Frame) -> bool:
        """Whether a late frame gives way to the next; for one interval only, as some cameras send without a pause."""
        if self._late_since is None:
            self._late_since = frame.received
        if frame.received - self._late_since >= self._pace.interval:
            return False
        self.counts.frames_dropped += 1
        self._pace.restart()
        return True

    def _detect(self, image: Yuv420Image) -> Detections | None:
        """Detections, or None (counted) when the detector stays busy: a missed look is not an empty scene."""
        if not self._shared.slot.acquire(timeout=self._pace.interval):
            self.counts.frames_dropped += 1
            return None
        try:
            detections = self._shared.detector.detect(image)
        finally:
            self._shared.slot.release()
        self.counts.inferences += 1
        return detections

    def _report(self, firing: Firing, frame: Frame, image: Yuv420Image) -> None:
        track = firing.track
        jpeg = snapshot.encode(image, track.box)
        event_id = new_id(self._shared.clock)
        event = Event(
            id=event_id,
            stream=NO_STREAM,
            seq=1,
            camera=self._camera,
            rule=firing.rule,
            kind=firing.kind,
            severity=firing.severity,
            at=_not_before(self._shared.clock.now(), frame.received_at),
            frame_at=frame.received_at,
            label=track.label,
            score=round(min(1.0, max(0.0, track.score)), 4),
            track=track.id,
            box=track.box,
            zone=firing.zone,
            model=self._shared.model,
            snapshot=Media.of(jpeg),
            clip_follows=self._clips.request(event_id, frame.received),
        )
        self.counts.events += 1
        self._emit(Found(event, jpeg))

    def totals(self, clips: int, reconnects: int, packets_lost: int) -> CameraCounts:
        """The counts in the words of the wire, with those that other parts of the camera keep."""
        counts = self.counts
        return CameraCounts(
            frames_decoded=counts.frames_decoded,
            frames_analysed=counts.frames_analysed,
            frames_gated=counts.frames_gated,
            frames_dropped=counts.frames_dropped,
            inferences=counts.inferences,
            tracks=self._tracker.started,
            events=counts.events,
            clips=clips,
            reconnects=reconnects,
            packets_lost=packets_lost,
        )


def _not_before(moment: datetime, earliest: datetime) -> datetime:
    return max(moment, earliest + timedelta(microseconds=1))
