"""The incident: one work item for people, into which many signals fold. Values in, values out; no database here.

    new → verified → dispatched → on_scene → closed

Steps may be skipped forward, none is taken back. Beside the state stand the claim (one person has it for all), the
verification level of ANSI/TMA-AVS-01 and the severity. docs/design/alert-centre.md says it in sentences.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from alerts.cases.mutes import Mute
from alerts.cases.signal import PRESENCE, Signal, Source, family, kin, sure
from core.errors import EkamlingError

MACHINE_LEVEL = 2  # the most that a machine may say; 3 and 4 are a person's word
LEVELS = range(5)


class State(StrEnum):
    NEW = "new"
    VERIFIED = "verified"
    DISPATCHED = "dispatched"
    ON_SCENE = "on_scene"
    CLOSED = "closed"


ORDER = tuple(State)


class Resolution(StrEnum):
    RESOLVED = "resolved"
    FALSE = "false"
    TEST = "test"
    MERGED = "merged"  # went into another incident
    SILENCED = "silenced"  # came during a silence, which is over


class NotNow(EkamlingError):
    """A change that the incident's state does not allow; `code` names it for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Incident(Struct, frozen=True, kw_only=True):
    """An incident as it is stored. `number` is given by the store; 0 before that. `edge`, `camera` and `rule` are those
    of its first signal of a camera, empty where there is none; `last_event` is its newest signal."""

    id: str
    kind: str
    family: str
    source: Source
    area: str
    severity: int
    level: int
    state: State
    label: str
    score: float
    opened_at: datetime  # when the first signal was made
    received_at: datetime  # when the centre opened it
    updated_at: datetime
    event_count: int
    last_event: str
    last_event_at: datetime
    edge: str = ""
    camera: str = ""
    rule: str = ""
    summary: str = ""
    number: int = 0
    quiet: str | None = None  # the silence or test during which it came: nobody is told
    test: bool = False
    agency: str = ""  # whose it is after a hand-over; empty: of those it was routed to
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None  # as people see it
    claimant: str | None = None  # the user's name
    verified_at: datetime | None = None
    dispatched_at: datetime | None = None
    on_scene_at: datetime | None = None
    closed_at: datetime | None = None
    resolution: Resolution | None = None
    merged_into: str | None = None
    unreached: bool = False  # nobody on its ladder could be told
    snapshot_event: str | None = None
    clip_event: str | None = None
    judged: int | None = None  # the gravest that was known when a person said how grave it is


def opened(incident_id: str, signal: Signal, now: datetime, mute: Mute | None = None) -> Incident:
    """The incident that a signal opens. What a camera saw is highly probable (level 2) when it was sure of it."""
    return Incident(
        id=incident_id,
        kind=signal.kind,
        family=family(signal.kind),
        source=signal.source,
        area=signal.area,
        severity=signal.severity,
        level=_machine_level(signal),
        state=State.NEW,
        label=signal.label,
        score=signal.score,
        opened_at=signal.at,
        received_at=now,
        updated_at=now,
        event_count=1,
        last_event=signal.id,
        last_event_at=signal.at,
        edge=signal.edge,
        camera=signal.camera,
        rule=signal.rule,
        summary=signal.summary,
        quiet=mute.id if mute else None,
        test=mute is not None and mute.purpose == "test",
    )


def folded(incident: Incident, signal: Signal, now: datetime) -> Incident:
    """An incident with one more signal. Signals may come late and out of order: their own times decide.

    Who is no camera names the incident from then on, if only cameras spoke before: a person, or an edge's silence.
    """
    seen = signal.source is Source.CAMERA
    surer = signal.score > incident.score or not incident.label
    later = signal.at >= incident.last_event_at
    first = seen and not incident.camera
    named = not seen and incident.source is Source.CAMERA
    return replace(
        incident,
        kind=signal.kind if named else incident.kind,
        family=_common(incident.family, family(signal.kind)),
        source=signal.source if named else incident.source,
        summary=incident.summary or signal.summary,
        severity=_severity(incident, signal.severity),
        level=max(incident.level, _machine_level(signal)),
        label=signal.label if surer and seen else incident.label,
        score=max(incident.score, signal.score),
        edge=signal.edge if first else incident.edge,
        camera=signal.camera if first else incident.camera,
        rule=signal.rule if first else incident.rule,
        opened_at=min(incident.opened_at, signal.at),
        updated_at=now,
        event_count=incident.event_count + 1,
        last_event=signal.id if later else incident.last_event,
        last_event_at=max(incident.last_event_at, signal.at),
    )


def joined(incident: Incident, other: Incident, now: datetime) -> Incident:
    """`incident` with everything of `other`, which is merged into it. Who is no camera names it, as in `folded`."""
    newest = max((incident, other), key=lambda each: each.last_event_at)
    named = other.source is not Source.CAMERA and incident.source is Source.CAMERA
    place = incident if incident.camera else other
    return replace(
        incident,
        kind=other.kind if named else incident.kind,
        family=_common(incident.family, other.family),
        source=other.source if named else incident.source,
        severity=_severity(incident, other.severity),
        level=max(incident.level, other.level),
        label=incident.label or other.label,
        score=max(incident.score, other.score),
        summary=incident.summary or other.summary,
        edge=place.edge or incident.edge,
        camera=place.camera,
        rule=place.rule,
        opened_at=min(incident.opened_at, other.opened_at),
        updated_at=now,
        event_count=incident.event_count + other.event_count,
        last_event=newest.last_event,
        last_event_at=newest.last_event_at,
        snapshot_event=_newer(incident.snapshot_event, other.snapshot_event),
        clip_event=_newer(incident.clip_event, other.clip_event),
    )


def claimed(incident: Incident, user: str, shown_as: str, now: datetime) -> Incident:
    """Taken by one person for all; raises NotNow where somebody has it already."""
    _open(incident)
    if incident.claimant is not None:
        raise NotNow("already_acknowledged", f"{incident.acknowledged_by} has it already")
    return replace(incident, claimant=user, acknowledged_by=shown_as, acknowledged_at=now, updated_at=now)


def released(incident: Incident, now: datetime) -> Incident:
    """Given back, for anybody to take; raises NotNow where nobody has it."""
    _open(incident)
    if incident.claimant is None:
        raise NotNow("not_acknowledged", "nobody has it")
    return _unclaimed(incident, now)


def handed_over(incident: Incident, agency: str, now: datetime) -> Incident:
    """Given to another agency or shift; whoever had it has it no more."""
    _open(incident)
    return replace(_unclaimed(incident, now), agency=agency)


def verified(incident: Incident, level: int, now: datetime, by_machine: bool = False) -> Incident:
    """With a verification level; raises NotNow for one that is none, or that only a person may set."""
    _open(incident)
    if level not in LEVELS:
        raise NotNow("no_level", f"verification level {level} is not one of 0 to 4")
    if by_machine and level > MACHINE_LEVEL:
        raise NotNow("machine_level", f"a machine alone sets at most level {MACHINE_LEVEL}")
    if by_machine:
        return replace(incident, level=max(incident.level, level), updated_at=now)
    return replace(_moved(incident, State.VERIFIED, now), level=level)


def dispatched(incident: Incident, agency: str, now: datetime) -> Incident:
    """Somebody is on the way; `agency` says who. A second one may be sent while the first is on the scene."""
    _open(incident)
    return replace(_moved(incident, State.DISPATCHED, now), agency=agency)


def arrived(incident: Incident, now: datetime) -> Incident:
    """Somebody is on the scene."""
    _open(incident)
    return _moved(incident, State.ON_SCENE, now)


def regraded(incident: Incident, severity: int, now: datetime) -> Incident:
    """With the severity that a person gives it."""
    _open(incident)
    if severity not in (1, 2, 3):
        raise NotNow("no_severity", f"severity {severity} is not one of 1 to 3")
    return replace(incident, severity=severity, judged=known_severity(incident), updated_at=now)


def known_severity(incident: Incident) -> int:
    """The gravest that is known of an incident, also where a person called it lighter."""
    return incident.severity if incident.judged is None else min(incident.judged, incident.severity)


def _severity(incident: Incident, said: int) -> int:
    """How grave an incident is with one more that is so grave: as the gravest, but a person's word stays until what is
    graver comes than what they knew."""
    if incident.judged is not None and said >= incident.judged:
        return incident.severity
    return min(incident.severity, said)


def closed(incident: Incident, resolution: Resolution, now: datetime) -> Incident:
    """Finished, with what it was; raises NotNow where it is closed already."""
    _open(incident)
    return replace(incident, state=State.CLOSED, resolution=resolution, closed_at=now, updated_at=now)


def merged(incident: Incident, into: str, now: datetime) -> Incident:
    """Closed, because its signals are another incident's now."""
    if incident.id == into:
        raise NotNow("same", "an incident cannot be merged into itself")
    return replace(closed(incident, Resolution.MERGED, now), merged_into=into)


def _open(incident: Incident) -> None:
    if incident.state is State.CLOSED:
        raise NotNow("already_closed", "this incident is closed")


def _moved(incident: Incident, state: State, now: datetime) -> Incident:
    """Forward to a state, with the time at which it first came so far; an incident that is further stays there."""
    further = max(incident.state, state, key=ORDER.index)
    field = {State.VERIFIED: "verified_at", State.DISPATCHED: "dispatched_at", State.ON_SCENE: "on_scene_at"}[state]
    first = getattr(incident, field) or now
    return replace(incident, state=further, updated_at=now, **{field: first})


def _unclaimed(incident: Incident, now: datetime) -> Incident:
    return replace(incident, claimant=None, acknowledged_by=None, acknowledged_at=None, updated_at=now)


def _common(family: str, other: str) -> str:
    """The family of an incident of both: what a camera saw makes it presence, whoever cried out first."""
    return PRESENCE if other == PRESENCE and PRESENCE in kin(family) else family


def _machine_level(signal: Signal) -> int:
    """1 limited information, 2 presence highly probable. A report is one person's word, not yet confirmed: 1."""
    return MACHINE_LEVEL if sure(signal) else 1


def _newer(one: str | None, other: str | None) -> str | None:
    """The later of two ids; ids grow with time."""
    return max((each for each in (one, other) if each), default=None)
