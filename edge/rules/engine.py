"""All rules of one camera: when each is armed, which objects it looks at, and that nothing is told twice."""

from collections.abc import Callable, Sequence
from datetime import datetime

from edge.rules.base import Firing, Rule, Scene, Sighting
from edge.rules.crossing import Crossing
from edge.rules.crowd import Crowd
from edge.rules.intrusion import Intrusion
from edge.rules.loitering import Loitering
from edge.rules.schedule import Schedule
from edge.rules.settings import RuleSettings
from edge.rules.stopped import Stopped
from edge.tracking import Track

KINDS: dict[str, Callable[[RuleSettings], Rule]] = {
    "intrusion": Intrusion,
    "loitering": Loitering,
    "crossing": Crossing,
    "crowd": Crowd,
    "stopped": Stopped,
}
TOGETHER = 0  # stands for the track where a rule speaks of all objects; tracks count from 1


class RuleEngine:
    """Builds the rules that a camera's settings ask for and gathers what they say."""

    def __init__(self, settings: Sequence[RuleSettings]) -> None:
        self._watches = [_Watch(rule) for rule in settings]

    def update(self, tracks: Sequence[Track], now: float, moment: datetime, aspect: float = 1.0) -> list[Firing]:
        """Every firing of one picture.

        `now` is monotonic seconds, for durations; `moment` is the time of day in the edge's zone, for schedules;
        `aspect` is the picture's width over its height.
        """
        return [firing for watch in self._watches for firing in watch.update(tracks, now, moment, aspect)]


class _Watch:
    """One rule with its schedule, its classes and its cooldown."""

    def __init__(self, settings: RuleSettings) -> None:
        self._settings = settings
        self._classes = frozenset(settings.classes)
        self._schedule = Schedule.parse(settings.schedule)
        self._rule = KINDS[settings.kind](settings)
        self._fired: dict[tuple[int, str], float] = {}

    def update(self, tracks: Sequence[Track], now: float, moment: datetime, aspect: float) -> list[Firing]:
        if not self._schedule.armed(moment):
            return []
        cooldown = self._settings.cooldown_s
        self._fired = {key: at for key, at in self._fired.items() if now - at < cooldown}
        seen = [track for track in tracks if track.visible and track.label in self._classes]
        return [
            self._fire(sighting, now) for sighting in self._rule.update(Scene(seen, now, aspect)) if self._new(sighting)
        ]

    def _new(self, sighting: Sighting) -> bool:
        return _key(sighting) not in self._fired

    def _fire(self, sighting: Sighting, now: float) -> Firing:
        self._fired[_key(sighting)] = now
        settings = self._settings
        return Firing(settings.id, settings.kind, settings.severity, sighting.track, sighting.where)


def _key(sighting: Sighting) -> tuple[int, str]:
    return (sighting.track.id if sighting.alone else TOGETHER, sighting.where)
