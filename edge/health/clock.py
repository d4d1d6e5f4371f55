"""Clock: the camera's own clock is wrong, and with it the time that it prints into its picture and its recordings."""

from edge.rules.base import Scene, Sighting, Spot
from edge.rules.settings import RuleSettings

OFF_S = 60.0  # more than this is no drift between two looks at a time server
RIGHT_S = 45.0  # back within this, it is right again
AFTER_S = 30.0


class Clock:
    """Holds while the camera's clock is off by more than `OFF_S`, ahead or behind, for `AFTER_S` seconds."""

    def __init__(self, _: RuleSettings) -> None:
        self._since: float | None = None
        self._told = False

    def update(self, scene: Scene) -> list[Sighting]:
        off_s = scene.signal.clock_off_s
        if off_s is None or abs(off_s) <= (RIGHT_S if self._told else OFF_S):
            self._since, self._told = None, False
            return []
        if self._since is None:
            self._since = scene.now
        self._told = self._told or scene.now - self._since >= AFTER_S
        return [Sighting(Spot("camera"), "", alone=False, lasting=True)] if self._told else []
