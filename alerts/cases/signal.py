"""The signal: whatever can open an incident, in one shape, wherever it came from."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from core import areas
from core.events import Event


class Source(StrEnum):
    """Who noticed."""

    CAMERA = "camera"
    REPORT = "report"  # a resident: kentongan or plain report
    CENTRE = "centre"  # the centre itself, of an edge that fell silent
    AGENCY = "agency"  # another application, by CAP or webhook


PRESENCE, HEALTH = "presence", "health"
FAMILIES = {
    **dict.fromkeys(("intrusion", "loitering", "crossing", "crowd", "stopped", "left", "removed", "motion"), PRESENCE),
    **dict.fromkeys(("covered", "moved", "defocused", "frozen", "dark", "silent", "clock", "edge_silent"), HEALTH),
}
REPORTED = ("thief", "fire", "flood", "medical", "quarrel", "danger", "other")  # kinds of people's reports
SEEN_BY_CAMERAS_TOO = frozenset({"thief", "danger"})  # reports of what a camera may have seen as presence

SURE = 0.5  # score from which on a camera's word is taken for highly probable


class Signal(Struct, frozen=True, kw_only=True):
    """One observation. `edge` and `camera` are empty where no camera made it; `id` is that of the event or report."""

    id: str
    source: Source
    kind: str
    severity: int
    area: str
    at: datetime
    label: str = ""
    score: float = 1.0
    edge: str = ""
    camera: str = ""
    rule: str = ""
    summary: str = ""  # what a person wrote


def sure(signal: Signal) -> bool:
    """Whether a camera is sure of whom or what it saw; something that moves is nobody yet."""
    return signal.source is Source.CAMERA and bool(signal.label) and signal.score >= SURE


def family(kind: str) -> str:
    """The family of a kind: only signals of one family fold. A kind of people's reports is a family of its own."""
    return FAMILIES.get(kind, kind)


def kin(family: str) -> frozenset[str]:
    """The families that may share an incident with this one: itself, and presence with what people cry out about it."""
    if family == PRESENCE:
        return SEEN_BY_CAMERAS_TOO | {family}
    return frozenset({family, PRESENCE}) if family in SEEN_BY_CAMERAS_TOO else frozenset({family})


def of_event(edge: str, area: str, event: Event, now: datetime) -> Signal:
    """The signal of an event. A clock that runs ahead at the edge must not carry an incident into the future."""
    return Signal(
        id=event.id,
        source=Source.CAMERA,
        kind=event.kind,
        severity=event.severity,
        area=area,
        at=min(event.at, now),
        label=event.label,
        score=event.score,
        edge=edge,
        camera=event.camera,
        rule=event.rule,
    )


def village(area: str) -> str:
    """The village (or larger area) that a signal of `area` is counted in."""
    return areas.village(area)


def district(area: str) -> str:
    """The district (or larger area) that an edge of `area` stands in; what one power cut may darken."""
    return ".".join(village(area).split(".")[:3])
