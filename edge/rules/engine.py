"""All rules of one camera: when each is armed, which objects it looks at, and that nothing is told twice."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from core.events import Severity
from edge.health import kinds as health
from edge.rules.base import Firing, Rule, Scene, Sighting
from edge.rules.calendar import Calendar
from edge.rules.crossing import Crossing
from edge.rules.crowd import Crowd
from edge.rules.intrusion import Intrusion
from edge.rules.left import Left
from edge.rules.loitering import Loitering
from edge.rules.motion import Motion
from edge.rules.removed import Removed
from edge.rules.schedule import Schedule
from edge.rules.settings import HEALTH_KINDS, Mode, RuleSettings
from edge.rules.stopped import Stopped
from edge.tracking import Track

KINDS: dict[str, Callable[[RuleSettings], Rule]] = {
    "intrusion": Intrusion,
    "loitering": Loitering,
    "crossing": Crossing,
    "crowd": Crowd,
    "stopped": Stopped,
    "left": Left,
    "removed": Removed,
    "motion": Motion,
    **health.SIGNAL_KINDS,
}
AROUND_THE_CLOCK: tuple[Mode, ...] = ("night", "mudik")  # modes in which schedules do not count
TOGETHER = 0  # stands for the track where a rule speaks of all objects; tracks count from 1


class RuleEngine:
    """Builds the rules that a camera's settings ask for and gathers what they say."""

    def __init__(self, settings: Sequence[RuleSettings], calendar: Calendar, mode: Mode = "armed") -> None:
        self._calendar = calendar
        self._mode = mode
        self._health = health.picture_rules()
        self._watches = [self._watch(rule) for rule in settings]

    def apply(self, settings: Sequence[RuleSettings], mode: Mode) -> None:
        """Take other rules and another mode; a rule that stays as it was keeps what it knows."""
        kept = {watch.settings.id: watch for watch in self._watches}
        self._mode = mode
        self._watches = [
            kept[rule.id] if rule.id in kept and kept[rule.id].settings == rule else self._watch(rule)
            for rule in settings
        ]

    def _watch(self, settings: RuleSettings) -> "_Watch":
        return _Watch(settings, self._health.get(settings.kind) or KINDS[settings.kind](settings))

    def update(self, scene: Scene, moment: datetime) -> list[Firing]:
        """Every firing of one picture; `moment` is its wall time, for schedules."""
        return self._ask(self._watches, scene, moment)

    def tick(self, scene: Scene, moment: datetime) -> list[Firing]:
        """What is to be told between two pictures, by rules that look at the camera's signal."""
        watches = [watch for watch in self._watches if watch.settings.kind in health.SIGNAL_KINDS]
        return self._ask(watches, scene, moment)

    def _ask(self, watches: Sequence["_Watch"], scene: Scene, moment: datetime) -> list[Firing]:
        local = self._calendar.local(moment)
        return [
            firing
            for watch in watches
            for firing in watch.update(scene, watch.armed(local, self._calendar, self._mode), self._mode)
        ]

    @property
    def troubles(self) -> list[str]:
        """Kinds of camera health that are bad now."""
        return [watch.settings.kind for watch in self._watches if watch.health and watch.holds]


class _Watch:
    """One rule with its schedule, its classes and its cooldown."""

    def __init__(self, settings: RuleSettings, rule: Rule) -> None:
        self.settings = settings
        self.health = settings.kind in HEALTH_KINDS
        self.holds = False
        self._classes = frozenset(settings.classes)
        self._schedule = Schedule.parse(settings.schedule)
        self._rule = rule
        self._told: dict[tuple[int, str], float] = {}

    def update(self, scene: Scene, armed: bool, mode: Mode) -> list[Firing]:
        if not armed:
            self.holds = False
            return []
        cooldown = self.settings.cooldown_s
        self._told = {key: at for key, at in self._told.items() if scene.now - at < cooldown}
        seen: list[Track] = []
        others: list[Track] = []
        for track in scene.tracks:
            (seen if track.visible and track.label in self._classes else others).append(track)
        sightings = self._rule.update(replace(scene, tracks=seen, others=others))
        self.holds = bool(sightings)
        return [self._fire(sighting, mode) for sighting in sightings if self._new(sighting, scene.now)]

    def armed(self, moment: datetime, calendar: Calendar, mode: Mode) -> bool:
        """Whether its schedule and the mode of the cameras let it speak at a local time."""
        return armed(self.settings, self._schedule, mode, moment, calendar)

    def _new(self, sighting: Sighting, now: float) -> bool:
        key = (sighting.subject.id if sighting.alone else TOGETHER, sighting.where)
        new = key not in self._told
        if new or sighting.lasting:
            self._told[key] = now
        return new

    def _fire(self, sighting: Sighting, mode: Mode) -> Firing:
        settings = self.settings
        return Firing(settings.id, settings.kind, _severity(settings, mode), sighting.subject, sighting.where)


def _severity(settings: RuleSettings, mode: Mode) -> Severity:
    """One step graver while the residents are away: nobody else is there to notice."""
    graver: dict[Severity, Severity] = {1: 1, 2: 1, 3: 2}
    return graver[settings.severity] if mode == "mudik" else settings.severity


def armed(rule: RuleSettings, schedule: Schedule, mode: Mode, local: datetime, calendar: Calendar) -> bool:
    """Whether a rule may speak at a local time, by its schedule and the mode of its cameras; health knows no modes."""
    if rule.kind in HEALTH_KINDS:
        return schedule.armed(local, calendar)
    return mode in rule.modes and (mode in AROUND_THE_CLOCK or schedule.armed(local, calendar))
