"""The rules that look at a camera's picture. Those of one camera share one assessment: only one of them may speak."""

import threading

from edge.health.assessment import Assessment
from edge.motion import View
from edge.rules.base import Scene, Sighting, Spot
from edge.rules.settings import HealthKind, RuleSettings


class _Meeting(threading.local):
    """The picture that this thread looked at last, and who assesses it."""

    view: View | None = None
    assessment: Assessment | None = None


_meeting = _Meeting()


class PictureHealth:
    """Holds while the assessment of the picture names its kind.

    Rules are built apart, but those of a camera look at the same picture one after another: there they meet, and the
    assessment that has seen most is taken over by the others.
    """

    def __init__(self, kind: HealthKind, _: RuleSettings) -> None:
        self._kind = kind
        self.assessment: Assessment | None = None

    def update(self, scene: Scene) -> list[Sighting]:
        if scene.view is None or self._assess(scene.view, scene.now) != self._kind:
            return []
        return [Sighting(Spot("camera"), "", alone=False, lasting=True)]

    def _assess(self, view: View, now: float) -> str | None:
        met = _meeting.assessment if _meeting.view is view else None
        own = self.assessment or met or Assessment()
        self.assessment = met if met is not None and met.looks >= own.looks else own
        _meeting.view, _meeting.assessment = view, self.assessment
        return self.assessment.update(view, now)
