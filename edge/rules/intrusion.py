"""Intrusion: an object of a given class stands in a zone while the rule is armed."""

from collections.abc import Sequence
from datetime import datetime

from core.geometry import inside
from edge.rules.base import Firing
from edge.rules.schedule import Schedule
from edge.settings import RuleSettings
from edge.tracking import Track


class Intrusion:
    """Fires once when a track's feet enter the zone, and again only after `cooldown_s`.

    The feet (middle of the box's lower edge) stand for the object, because they are where it touches the ground
    that the zone was drawn on.
    """

    def __init__(self, settings: RuleSettings) -> None:
        self._settings = settings
        self._zone = settings.zone
        self._classes = frozenset(settings.classes)
        self._schedule = Schedule.parse(settings.schedule)
        self._fired: dict[int, float] = {}

    def update(self, tracks: Sequence[Track], now: float, moment: datetime) -> list[Firing]:
        if not self._schedule.armed(moment):
            return []
        self._fired = {track: at for track, at in self._fired.items() if now - at < self._settings.cooldown_s}
        return [self._fire(track, now) for track in tracks if self._due(track)]

    def _due(self, track: Track) -> bool:
        known = track.id in self._fired or not track.visible
        return not known and track.label in self._classes and inside(track.feet, self._zone)

    def _fire(self, track: Track, now: float) -> Firing:
        self._fired[track.id] = now
        return Firing(self._settings.id, "intrusion", self._settings.severity, track, self._settings.id)
