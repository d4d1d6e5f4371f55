"""The rules that look at a camera's picture. Those of one camera share one assessment: only one of them may speak."""

from edge.health.assessment import Assessment
from edge.rules.base import Scene, Sighting, Spot
from edge.rules.settings import HealthKind


class PictureHealth:
    """Holds while the assessment of the picture names its kind."""

    def __init__(self, kind: HealthKind, assessment: Assessment) -> None:
        self._kind = kind
        self._assessment = assessment

    def update(self, scene: Scene) -> list[Sighting]:
        if scene.view is None or self._assessment.update(scene.view, scene.now) != self._kind:
            return []
        return [Sighting(Spot("camera"), "", alone=False, lasting=True)]
