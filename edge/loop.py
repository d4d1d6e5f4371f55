"""The hot loop of one camera: frame, motion, detection, track, rule, event."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from core.events import CameraCounts
from detectors.images import Yuv420Image
from edge.equipment import Equipment
from edge.motion import MotionGate, View
from edge.observer import Look, Observer
from edge.pace import Pace
from edge.reporter import Moment, Reporter
from edge.rules.base import Scene, Signal
from edge.rules.engine import RuleEngine
from edge.rules.settings import Mode, RuleSettings
from edge.sight import Sight
from edge.source import Frame, FrameSource
from edge.statics import Statics
from edge.tracking import Track

REST_AFTER_S = 1.0  # without motion and tracks, before the source may rest


@dataclass(slots=True)
class Counts:
    """Totals of one loop besides those of its sight; see core.events.CameraCounts for what each means."""

    frames_decoded: int = 0
    frames_analysed: int = 0
    frames_gated: int = 0
    frames_dropped: int = 0


class CameraLoop:
    """Looks at one camera's pictures and emits an event when a rule fires.

    It keeps its tracks over a reconnect of the source, so that a short gap does not make everybody a newcomer.
    """

    def __init__(
        self, rules: RuleEngine, pace: Pace, equipment: Equipment, reporter: Reporter, observer: Observer | None = None
    ) -> None:
        self._rules = rules
        self._ruling = threading.Lock()  # rules are changed and ticked from other threads
        self._pace = pace
        self._equipment = equipment
        self._reporter = reporter
        self._observer = observer
        self._motion = MotionGate()
        self._sight = Sight(equipment.detector, equipment.slot, pace)
        self._statics = Statics()
        self._late_since: float | None = None
        self._calm_since: float | None = None
        self._last_picture = equipment.clock.monotonic()
        self._clock_off_s: float | None = None
        self.counts = Counts()

    def run(self, source: FrameSource) -> None:
        """Work through `source` until it ends; raises its SourceError."""
        for frame in source.frames():
            self.counts.frames_decoded += 1
            self._last_picture, self._clock_off_s = frame.received, frame.clock_off_s
            if not self._pace.due(frame.received):
                continue
            if frame.late and not source.resting and self._passes_over(frame):
                continue
            self._late_since = None
            began = perf_counter()
            image = frame.image()
            view = self._motion.update(image.y)
            moved = perf_counter()
            self.counts.frames_analysed += 1
            if view.moving and source.resting:
                self._go_back(source)
                continue
            if not view.moving and not self._sight.attentive(frame.received):
                self.counts.frames_gated += 1
                self._calm(source, frame)
                self._judge([], frame, image, view, (began, moved))
                continue
            self._calm_since = None
            tracks = self._sight.look(image, view, frame.received)
            if tracks is not None:
                self._judge(tracks, frame, image, view, (began, moved))

    def apply(self, rules: Sequence[RuleSettings], mode: Mode) -> None:
        """Go on with other rules and another mode, from the next picture on; from any thread."""
        with self._ruling:
            self._rules.apply(rules, mode)

    def tick(self) -> None:
        """Look at the signal between pictures; from any thread, about once a second."""
        now = self._equipment.clock.monotonic()
        at = self._equipment.clock.now()
        scene = Scene([], now, signal=self._signal(now))
        with self._ruling:
            firings = self._rules.tick(scene, at)
        for firing in firings:
            self._reporter.report(firing, Moment(now, at))

    @property
    def troubles(self) -> list[str]:
        """Kinds of camera health that are bad now."""
        with self._ruling:
            return self._rules.troubles

    def _judge(
        self, tracks: list[Track], frame: Frame, image: Yuv420Image, view: View, marks: tuple[float, float]
    ) -> None:
        """Let the rules look at one picture, and report what they say; `marks`: when it was begun, and seen to move."""
        looked = perf_counter()
        believed = self._statics.believed(tracks, view, frame.received)  # what never came is not shown to rules
        if tracks:
            self._sight.dismiss({track.id for track in tracks} - {track.id for track in believed})
        tracks = believed
        scene = Scene(tracks, frame.received, frame.size[0] / frame.size[1], view, self._signal(frame.received))
        with self._ruling:
            firings = self._rules.update(scene, frame.received_at)
        for firing in firings:
            self._reporter.report(firing, Moment(frame.received, frame.received_at, image))
        if self._observer:
            began, moved = marks
            rules_s = perf_counter() - looked
            self._observer(Look(frame, image, view, tracks, firings, moved - began, looked - moved, rules_s))

    def _signal(self, now: float) -> Signal:
        return Signal(max(0.0, now - self._last_picture), self._clock_off_s)

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
        self._pace.postpone()
        return True

    def totals(self, clips: int, reconnects: int, packets_lost: int) -> CameraCounts:
        """The counts in the words of the wire, with those that other parts of the camera keep."""
        counts, looks = self.counts, self._sight.looks
        return CameraCounts(
            frames_decoded=counts.frames_decoded,
            frames_analysed=counts.frames_analysed,
            frames_gated=counts.frames_gated + looks.spared,
            frames_dropped=counts.frames_dropped + looks.missed,
            inferences=looks.taken,
            tracks=self._sight.started,
            events=self._reporter.events,
            clips=clips,
            reconnects=reconnects,
            packets_lost=packets_lost,
        )
