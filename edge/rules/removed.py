"""Removed: something that stood in a zone is gone, as a parked motorcycle at night."""

from edge.rules.base import Scene, Sighting, Spot
from edge.rules.regions import Regions
from edge.rules.settings import RuleSettings


class Removed:
    """Holds once for every thing that has been gone from the zone for `dwell_s` seconds."""

    def __init__(self, settings: RuleSettings) -> None:
        self._id = settings.id
        self._regions = Regions(settings.zone, settings.dwell_s)

    def update(self, scene: Scene) -> list[Sighting]:
        regions = self._regions.update(scene)
        return [Sighting(Spot("object", region.box), self._id) for region in regions if not region.appeared]
