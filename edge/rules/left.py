"""Left: something was put down in a zone and stays, of whatever kind: a bag, a sack, a box."""

from edge.rules.base import Scene, Sighting, Spot
from edge.rules.regions import Regions
from edge.rules.settings import RuleSettings


class Left:
    """Holds once for every thing that has stood in the zone for `dwell_s` seconds without anybody before it."""

    def __init__(self, settings: RuleSettings) -> None:
        self._id = settings.id
        self._regions = Regions(settings.zone, settings.dwell_s)

    def update(self, scene: Scene) -> list[Sighting]:
        regions = self._regions.update(scene)
        return [Sighting(Spot("object", region.box), self._id) for region in regions if region.appeared]
