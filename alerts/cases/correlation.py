"""Which incident a signal belongs to. The sentences stand in docs/design/alert-centre.md; here each is one function.

A `Workbench` holds the incidents that the signals of one batch may concern. It takes signals one after another and says
what became of each; what changed is then written in one go. No database here.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from alerts.cases.incident import Incident, Resolution, State, folded, joined, known_severity, merged, opened
from alerts.cases.mutes import Mute
from alerts.cases.signal import HEALTH, PRESENCE, Signal, Source, district, family, kin, sure, village

SAME_CAMERA = timedelta(minutes=30)
NEIGHBOUR = timedelta(seconds=120)
SAME_AREA = timedelta(seconds=60)
OUTAGE = timedelta(minutes=3)  # within which edges of one district fall silent by one power cut, or one dead mast
JUDGED = timedelta(minutes=30)  # for which a person's word that it was nothing holds for what is no surer
FLOOD_WINDOW = timedelta(minutes=10)
FLOOD = 10  # incidents that a village may open in the window (EEMUA 191: more than 10 alarms in 10 minutes is a flood)
FLOOD_SPARES = 1  # severity that a flood never hides
MAX_REACH = max(SAME_CAMERA, NEIGHBOUR, SAME_AREA)
CAMERA, BESIDE, PLACE, APART = range(4)  # the sentences by which two parts belong together, the first one the strongest

Camera = tuple[str, str]  # edge, id
ANY_CAMERA = ""  # of an edge: the part of an incident that concerns all of its cameras


class Part(Struct, frozen=True):
    """What one camera (or, without one, people of one area) has to do with an incident, from when until when."""

    edge: str
    camera: str
    area: str
    first_at: datetime
    last_at: datetime

    @property
    def key(self) -> tuple[str, str, str]:
        return self.edge, self.camera, self.area

    def near(self, other: "Part", within: timedelta) -> bool:
        """Whether the other one is at most so long before or after."""
        return self.first_at - within <= other.last_at and other.first_at <= self.last_at + within

    def with_(self, other: "Part") -> "Part":
        """From the first moment of both to the last."""
        return Part(*self.key, min(self.first_at, other.first_at), max(self.last_at, other.last_at))


def part_of(signal: Signal) -> Part:
    """The part that a signal alone makes."""
    return Part(signal.edge, signal.camera, signal.area, signal.at, signal.at)


@dataclass
class Case:
    """An incident with its parts, by (edge, camera, area); `before` and `known` are how it and they were when the batch
    came, if it was. `said` tells that people, or other agencies, spoke of it since, `kinds` what cameras have seen
    since; `touched` that a person has done something with it: then no machine puts it into another."""

    incident: Incident
    parts: dict[tuple[str, str, str], Part]
    before: Incident | None = None
    known: dict[tuple[str, str, str], Part] = field(default_factory=dict)
    said: bool = False
    kinds: set[str] = field(default_factory=set)
    touched: bool = False

    @property
    def open(self) -> bool:
        return self.incident.state is not State.CLOSED

    @property
    def untouched(self) -> bool:
        return not self.touched and self.incident.state is State.NEW and self.incident.claimant is None

    def add(self, part: Part) -> Part:
        """Add a part; how it is together with what was known of it."""
        known = self.parts.get(part.key)
        self.parts[part.key] = known.with_(part) if known else part
        return self.parts[part.key]

    def heard(self, signal: Signal) -> None:
        """Note of what a signal speaks, and whether it is somebody's word: a resident's, another agency's."""
        self.said |= signal.source in (Source.REPORT, Source.AGENCY)
        if signal.source is Source.CAMERA:
            self.kinds.add(signal.kind)


Where = tuple[str, str]  # area, edge or district, and which


class Merge(Struct, frozen=True):
    """One incident that the workbench merged into another, because a signal belongs to both."""

    merged: str
    into: str


@dataclass
class Workbench:
    """The incidents around one batch of signals.

    `cases` holds the open ones and those that closed lately; `neighbours` says which cameras stand beside a camera;
    `openings` when incidents were opened in each village within the flood window. An incident that was opened and
    merged within the batch leaves no case behind, only its entry in `merges`.
    """

    cases: dict[str, Case] = field(default_factory=dict)
    neighbours: Mapping[Camera, Collection[Camera]] = field(default_factory=dict)
    openings: dict[str, list[datetime]] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    opened: list[str] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    _standing: dict[Where, dict[str, None]] = field(default_factory=dict)  # cases by where a part of theirs is or was

    def __post_init__(self) -> None:
        for case in self.cases.values():
            for part in case.parts.values():
                self._stand(case, part)

    def take(self, signal: Signal, now: datetime, new_id: Callable[[], str], mute: Mute | None = None) -> Incident:
        """The incident that the signal belongs to from now on, changed or new."""
        part, quiet = part_of(signal), mute.id if mute else None
        case = self._late(signal, part, quiet)
        if case is None:
            fitting = self._around(part, family(signal.kind), quiet)
            case = fitting[0] if fitting else self._judged(signal, part, quiet) or self._flooded(signal, now, quiet)
        if case is None:
            return self._open(signal, now, new_id(), mute)
        group = case.incident.family
        before, case.incident = case.incident, folded(case.incident, signal, now)
        self.changed.add(case.incident.id)
        grown = self._add(case, part)
        case.heard(signal)
        if not case.open:  # the last that people saw stays the last that they saw
            seen = {"last_event": before.last_event, "last_event_at": before.last_event_at}
            case.incident = replace(case.incident, **seen)
            return case.incident
        return self._gather(case, [grown] if case.incident.family == group else list(case.parts.values()), now).incident

    def _open(self, signal: Signal, now: datetime, incident_id: str, mute: Mute | None) -> Incident:
        case = Case(opened(incident_id, signal, now, mute), {})
        case.heard(signal)
        self.cases[incident_id] = case
        self._add(case, part_of(signal))
        self.changed.add(incident_id)
        self.opened.append(incident_id)
        if mute is None:
            self.openings.setdefault(village(signal.area), []).append(now)
        return case.incident

    def _add(self, case: Case, part: Part) -> Part:
        """Add a part to a case; how it is together with what was known of it."""
        self._stand(case, part)
        return case.add(part)

    def _stand(self, case: Case, part: Part) -> None:
        for where in _wheres(part):
            self._standing.setdefault(where, {})[case.incident.id] = None

    def _late(self, signal: Signal, part: Part, quiet: str | None) -> Case | None:
        """A closed incident whose happening the signal was part of: it came late, and people have judged already.
        Nobody has judged what is graver than all that they saw; and a false alarm says nothing of what came after the
        last that they saw: the cat was no thief, and the thief behind it is one."""
        for case in self._alike(family(signal.kind), quiet, part):
            incident = case.incident
            if incident.closed_at is None or incident.merged_into or signal.at > incident.closed_at:
                continue
            if incident.resolution is Resolution.FALSE and signal.at > incident.last_event_at:
                continue
            if signal.severity >= known_severity(incident) and self._nearness(part, case, incident.family) == CAMERA:
                return case
        return None

    def _judged(self, signal: Signal, part: Part, quiet: str | None) -> Case | None:
        """An incident that people have judged a false alarm not long ago, of which the signal says the same again: of
        one of its cameras, of its kind, no graver, and nobody for sure. So the wind is judged once, not every minute;
        and who is seen clearly is never taken for the wind."""
        if signal.severity <= FLOOD_SPARES or not unsure_sight(signal):
            return None
        for case in self._alike(PRESENCE, quiet, part):
            incident = case.incident
            if incident.closed_at is None or incident.resolution is not Resolution.FALSE:
                continue
            if incident.kind != signal.kind or signal.severity < known_severity(incident):
                continue
            if signal.at > incident.closed_at + JUDGED or signal.at < incident.closed_at:
                continue
            if self._nearness(part, case, PRESENCE) == CAMERA:
                return case
        return None

    def _around(self, part: Part, group: str, quiet: str | None) -> list[Case]:
        """Open incidents to which a part belongs by the sentences on camera, neighbour and area: first those that
        people have touched, of these the nearest; else the oldest."""
        found = []
        for case in self._alike(group, quiet, part):
            nearness = self._nearness(part, case, group) if case.open else APART
            if nearness != APART:
                found.append((APART if case.untouched else nearness, _age(case), case))
        return [case for *_, case in sorted(found, key=lambda each: each[:2])]

    def _nearness(self, part: Part, case: Case, group: str) -> int:
        """The strongest sentence by which a part belongs to an incident."""
        beside = self.neighbours.get((part.edge, part.camera), ())
        return min((_nearness(part, other, group, beside) for other in case.parts.values()), default=APART)

    def _gather(self, case: Case, grown: list[Part], now: datetime) -> Case:
        """Make one of a case and of those that belong to its grown parts, too, and that nobody works on yet: so the
        order in which signals come does not decide how many incidents people see. The oldest one stays."""
        while grown:
            part, group = grown.pop(), case.incident.family
            for other in self._around(part, group, case.incident.quiet):
                if other is case or not other.untouched:
                    continue
                gone, case = (case, other) if case.untouched and _age(other) < _age(case) else (other, case)
                grown += [self._add(case, each) for each in gone.parts.values()]
                self._merge(gone, case, now)
            if case.incident.family != group:  # more is of its kind now
                grown = list(case.parts.values())
        return case

    def _merge(self, case: Case, into: Case, now: datetime) -> None:
        gone = case.incident
        into.said |= case.said
        into.kinds |= case.kinds
        into.incident = joined(into.incident, gone, now)
        self.merges.append(Merge(gone.id, into.incident.id))
        self.changed |= {gone.id, into.incident.id}
        case.incident = merged(gone, into.incident.id, now)
        if case.before is None:  # nobody has heard of it
            del self.cases[gone.id]
            self.changed.remove(gone.id)
            self.opened.remove(gone.id)
            if gone.quiet is None:
                self.openings[village(gone.area)].remove(gone.received_at)

    def _flooded(self, signal: Signal, now: datetime, quiet: str | None) -> Case | None:
        """The newest open incident of the village, when the village has opened too many."""
        place = village(signal.area)
        lately = [at for at in self.openings.get(place, ()) if now - at < FLOOD_WINDOW]
        if len(lately) < FLOOD or signal.severity <= FLOOD_SPARES or signal.source is Source.REPORT:
            return None
        wanted = kin(family(signal.kind))
        cases = [
            case
            for case in self.cases.values()
            if case.open and village(case.incident.area) == place and _fits(case, wanted, quiet)
        ]
        return max(cases, key=lambda case: (case.incident.received_at, case.incident.id), default=None)

    def _alike(self, group: str, quiet: str | None, part: Part) -> list[Case]:
        """Incidents that a signal of a family may join, as quiet as itself: what nobody hears of must not swallow
        what people should hear. Of those all whose parts may be near: a batch of thousands is not compared each with
        each."""
        wanted = kin(group)
        near = {name for where in self._near(part) for name in self._standing.get(where, ())}
        # In the order of `cases`, which is that of their ids.
        return [
            case for name in sorted(near) if (case := self.cases.get(name)) is not None and _fits(case, wanted, quiet)
        ]

    def _near(self, part: Part) -> list[Where]:
        """Where the parts stand that some sentence can join to this one (see `_nearness`)."""
        beside = self.neighbours.get((part.edge, part.camera), ())
        return [*_wheres(part), *(("edge", edge) for edge, _ in beside)]


def _fits(case: Case, wanted: Collection[str], quiet: str | None) -> bool:
    return case.incident.family in wanted and case.incident.quiet == quiet


def _wheres(part: Part) -> list[Where]:
    """Where a part stands: its edge and its area, and its district if it is a whole edge."""
    found = [("area", part.area)]
    if part.edge:
        found.append(("edge", part.edge))
    if part.edge and part.camera == ANY_CAMERA:
        found.append(("district", district(part.area)))
    return found


def unsure_sight(signal: Signal) -> bool:
    """Whether a camera saw something, and nobody for sure."""
    return signal.source is Source.CAMERA and family(signal.kind) == PRESENCE and not sure(signal)


def _nearness(part: Part, other: Part, group: str, beside: Collection[Camera]) -> int:
    """The strongest sentence by which two parts of a family belong together. Trouble of a camera lasts as long as its
    incident is open, and while an edge is silent all trouble of its cameras is part of that."""
    if part.edge and part.edge == other.edge:
        same = part.camera == other.camera
        if group == HEALTH and (same or ANY_CAMERA in (part.camera, other.camera)):
            return CAMERA
        if same and part.near(other, SAME_CAMERA):
            return CAMERA
    if group == HEALTH and _whole_edges(part, other) and part.near(other, OUTAGE):
        return PLACE if district(part.area) == district(other.area) else APART
    if (other.edge, other.camera) in beside and part.near(other, NEIGHBOUR):
        return BESIDE
    if part.area == other.area and is_small(part.area) and part.near(other, SAME_AREA):
        return PLACE
    return APART


def _whole_edges(part: Part, other: Part) -> bool:
    """Whether both are of an edge with all its cameras."""
    return bool(part.edge and other.edge) and part.camera == other.camera == ANY_CAMERA


def _age(case: Case) -> tuple[bool, datetime, str]:
    """Sorts the oldest case first, and those that people know before those of this very batch."""
    return case.before is None, case.incident.received_at, case.incident.id


def is_small(area: str) -> bool:
    """Whether an area is a village or lies within one."""
    return village(area).count(".") >= 3
