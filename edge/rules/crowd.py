"""Crowd: many objects stand in a zone at once, for a while."""

from core.geometry import inside
from edge.rules.base import Scene, Sighting
from edge.rules.settings import RuleSettings

GAP_S = 2.0  # fewer than enough for no longer than this does not end a crowd: people hide one another


class Crowd:
    """Holds when at least `count` objects have been in the zone for `dwell_s` seconds; the surest of them is shown."""

    def __init__(self, settings: RuleSettings) -> None:
        self._id = settings.id
        self._zone = settings.zone
        self._count = settings.count
        self._dwell_s = settings.dwell_s
        self._since: float | None = None
        self._enough_at = 0.0

    def update(self, scene: Scene) -> list[Sighting]:
        here = [track for track in scene.tracks if inside(track.feet, self._zone)]
        if len(here) < self._count:
            if scene.now - self._enough_at > GAP_S:
                self._since = None
            return []
        self._enough_at = scene.now
        self._since = scene.now if self._since is None else self._since
        if scene.now - self._since < self._dwell_s:
            return []
        return [Sighting(max(here, key=lambda track: track.score), self._id, alone=False)]
