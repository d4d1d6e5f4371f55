"""Signals of cameras and of people, for tests to change."""

from datetime import timedelta
from typing import Any

from alerts.cases.incident import Incident, opened
from alerts.cases.mutes import Mute
from alerts.cases.signal import Signal, Source
from core.ids import new_id
from tests.messages import AT

VILLAGE = "33.03.05.1005"
RT = f"{VILLAGE}/RW02/RT04"


def a_signal(seconds: float = 0, camera: str = "gerbang", **changes: Any) -> Signal:
    """What a camera saw, so many seconds after AT."""
    values: dict[str, Any] = {
        "id": new_id(),
        "source": Source.CAMERA,
        "kind": "intrusion",
        "severity": 2,
        "area": RT,
        "at": AT + timedelta(seconds=seconds),
        "label": "person",
        "score": 0.75,
        "edge": "pos-1",
        "camera": camera,
        "rule": "halaman",
    }
    return Signal(**{**values, **changes})


def a_report(kind: str = "thief", seconds: float = 0, **changes: Any) -> Signal:
    """What a resident reported, so many seconds after AT."""
    people = {"source": Source.REPORT, "label": "", "score": 1.0, "edge": "", "rule": "", "summary": "maling!"}
    return a_signal(seconds, "", **{**people, "kind": kind, "severity": 1, **changes})


def a_silent_edge(seconds: float = 0, **changes: Any) -> Signal:
    """What the centre noticed of an edge."""
    outage = {"source": Source.CENTRE, "kind": "edge_silent", "label": "", "score": 1.0, "rule": ""}
    return a_signal(seconds, "", **{**outage, **changes})


def an_incident(**changes: Any) -> Incident:
    """What one signal opened, made and received at AT."""
    return opened("id", a_signal(**changes), AT)


def a_mute(**changes: Any) -> Mute:
    """A silence of everything in the village, from AT on, for an hour."""
    values: dict[str, Any] = {
        "id": new_id(),
        "purpose": "silence",
        "area": VILLAGE,
        "since": AT,
        "until": AT + timedelta(hours=1),
        "reason": "hajatan keluarga Pak Budi",
        "who": "siti",
        "made_at": AT,
    }
    return Mute(**{**values, **changes})
