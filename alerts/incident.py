"""The incident: one work item for people, into which many events fold. Values in, values out; no database here.

Folding, in words: an event belongs to the open incident of its camera and rule; where there is none it opens one. A
folded event can raise the severity, never lower it. A closed incident takes no more events.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from core.errors import EkamlingError
from core.events import Event


class State(StrEnum):
    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class Resolution(StrEnum):
    RESOLVED = "resolved"
    FALSE = "false"
    TEST = "test"


class NotNow(EkamlingError):
    """A change that the incident's state does not allow; `code` names it for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Incident(Struct, frozen=True, kw_only=True):
    """An incident as it is stored. `number` is given by the store; 0 before that."""

    id: str
    kind: str
    rule: str
    edge: str
    camera: str
    area: str
    severity: int
    state: State
    label: str
    score: float
    opened_at: datetime
    updated_at: datetime
    event_count: int
    last_event: str
    last_event_at: datetime
    number: int = 0
    resolution: Resolution | None = None
    closed_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    snapshot_event: str | None = None
    clip_event: str | None = None


def opened(incident_id: str, edge: str, area: str, event: Event, now: datetime) -> Incident:
    """The incident that an event opens."""
    return Incident(
        id=incident_id,
        kind=event.kind,
        rule=event.rule,
        edge=edge,
        camera=event.camera,
        area=area,
        severity=event.severity,
        state=State.NEW,
        label=event.label,
        score=event.score,
        opened_at=event.at,
        updated_at=now,
        event_count=1,
        last_event=event.id,
        last_event_at=event.at,
    )


def folded(incident: Incident, event: Event, now: datetime) -> Incident:
    """An open incident with one more event. Events may come late and out of order: their own times decide."""
    surer = event.score > incident.score
    later = event.at >= incident.last_event_at
    return replace(
        incident,
        severity=min(incident.severity, event.severity),
        label=event.label if surer else incident.label,
        score=max(incident.score, event.score),
        opened_at=min(incident.opened_at, event.at),
        updated_at=now,
        event_count=incident.event_count + 1,
        last_event=event.id if later else incident.last_event,
        last_event_at=max(incident.last_event_at, event.at),
    )


def acknowledged(incident: Incident, who: str, now: datetime) -> Incident:
    """Taken by one person for all; raises NotNow where somebody has it already."""
    if incident.state is State.CLOSED:
        raise NotNow("already_closed", "this incident is closed")
    if incident.state is State.ACKNOWLEDGED:
        raise NotNow("already_acknowledged", f"{incident.acknowledged_by} has it already")
    return replace(incident, state=State.ACKNOWLEDGED, acknowledged_by=who, acknowledged_at=now, updated_at=now)


def closed(incident: Incident, resolution: Resolution, now: datetime) -> Incident:
    """Finished, with what it was; raises NotNow where it is closed already."""
    if incident.state is State.CLOSED:
        raise NotNow("already_closed", "this incident is closed")
    return replace(incident, state=State.CLOSED, resolution=resolution, closed_at=now, updated_at=now)
