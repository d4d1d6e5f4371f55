"""Silent: no picture has come from the camera for a while, whatever the reason."""

from edge.rules.base import Scene, Sighting, Spot
from edge.rules.settings import RuleSettings

AFTER_S = 10.0  # a camera without frames is noticed within 10 s


class Silent:
    """Holds while the last picture is older than `AFTER_S`."""

    def __init__(self, _: RuleSettings) -> None:
        pass

    def update(self, scene: Scene) -> list[Sighting]:
        if scene.signal.silent_s < AFTER_S:
            return []
        return [Sighting(Spot("camera"), "", alone=False, lasting=True)]
