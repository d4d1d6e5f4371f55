"""How each rule of a camera stands at a moment."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from core.geometry import Point, inside
from edge.rules.calendar import Calendar
from edge.rules.engine import armed
from edge.rules.schedule import Schedule
from edge.rules.settings import HEALTH_KINDS, Mode, RuleSettings
from edge.tracking import Track


class Standing(Struct, frozen=True):
    """One rule. `here` counts the objects of its classes that stand in its zone; `events` what it has told so far."""

    id: str
    kind: str
    severity: int
    zone: list[Point]
    line: list[Point]
    schedule: list[str]
    armed: bool
    here: int
    events: int


def standings(
    rules: Sequence[RuleSettings],
    tracks: Sequence[Track],
    told: Mapping[str, int],
    mode: Mode,
    moment: datetime,
    calendar: Calendar,
) -> list[Standing]:
    """The rules but those of camera health; `told` counts events by rule."""
    local = calendar.local(moment)
    return [
        Standing(
            id=rule.id,
            kind=rule.kind,
            severity=rule.severity,
            zone=[] if rule.kind == "crossing" else rule.zone,
            line=rule.line if rule.kind == "crossing" else [],
            schedule=rule.schedule,
            armed=armed(rule, Schedule.parse(rule.schedule), mode, local, calendar),
            here=_here(rule, tracks),
            events=told.get(rule.id, 0),
        )
        for rule in rules
        if rule.kind not in HEALTH_KINDS
    ]


def _here(rule: RuleSettings, tracks: Sequence[Track]) -> int:
    if rule.kind == "crossing" or len(rule.zone) < 3:
        return 0
    return sum(track.visible and track.label in rule.classes and inside(track.feet, rule.zone) for track in tracks)
