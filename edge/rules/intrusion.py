"""Intrusion: an object stands in a zone."""

from core.geometry import inside
from edge.rules.base import Scene, Sighting
from edge.rules.settings import RuleSettings


class Intrusion:
    """Holds for every object whose feet are in the zone. A visit is told once, however long it lasts.

    The feet (middle of the box's lower edge) stand for the object, because they are where it touches the ground
    that the zone was drawn on.
    """

    def __init__(self, settings: RuleSettings) -> None:
        self._id = settings.id
        self._zone = settings.zone

    def update(self, scene: Scene) -> list[Sighting]:
        return [Sighting(track, self._id, lasting=True) for track in scene.tracks if inside(track.feet, self._zone)]
