"""Loitering: an object stays in a zone for longer than it should."""

from edge.rules.base import Scene, Sighting
from edge.rules.dwell import Stays
from edge.rules.settings import RuleSettings


class Loitering:
    """Holds for every object that has been in the zone for `dwell_s` seconds."""

    def __init__(self, settings: RuleSettings) -> None:
        self._id = settings.id
        self._dwell_s = settings.dwell_s
        self._stays = Stays(settings.zone)

    def update(self, scene: Scene) -> list[Sighting]:
        stays = self._stays.update(scene.tracks, scene.now)
        return [Sighting(track, self._id) for track, seconds in stays if seconds >= self._dwell_s]
