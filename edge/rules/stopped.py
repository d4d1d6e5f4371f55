"""Stopped: an object that came into a zone stands still there, as a vehicle where none may park."""

from dataclasses import dataclass
from math import hypot

from core.geometry import Point
from edge.rules.base import Scene, Sighting
from edge.rules.dwell import Stays
from edge.rules.settings import RuleSettings

STILL = 0.15  # of its own height: an object that moves no farther stands still


@dataclass(slots=True)
class _Stand:
    """Where an object came to rest, and when."""

    feet: Point
    since: float


class Stopped:
    """Holds for every object in the zone that has not moved for `dwell_s` seconds."""

    def __init__(self, settings: RuleSettings) -> None:
        self._id = settings.id
        self._dwell_s = settings.dwell_s
        self._stays = Stays(settings.zone)
        self._stands: dict[int, _Stand] = {}

    def update(self, scene: Scene) -> list[Sighting]:
        found, stands = [], {}
        for track, _ in self._stays.update(scene.tracks, scene.now):
            stand = self._stands.get(track.id)
            height = track.box[3] - track.box[1]
            if stand is None or _distance(stand.feet, track.feet, scene.aspect) > STILL * height:
                stand = _Stand(track.feet, scene.now)
            stands[track.id] = stand
            if scene.now - stand.since >= self._dwell_s:
                found.append(Sighting(track, self._id))
        self._stands = stands
        return found


def _distance(one: Point, other: Point, aspect: float) -> float:
    """In heights of the picture."""
    return hypot((one[0] - other[0]) * aspect, one[1] - other[1])
