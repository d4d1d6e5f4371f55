"""How events fold into an incident, and what people may do with it: values in, values out."""

from datetime import timedelta

import pytest

from alerts.incident import NotNow, Resolution, State, acknowledged, closed, folded, opened
from tests.messages import AT, an_event

LATER = AT + timedelta(minutes=1)


def test_an_event_opens_an_incident_of_its_camera_rule_and_place() -> None:
    event = an_event(severity=2, label="car", score=0.5)
    incident = opened("id", "pos-1", "33.03.05.1005", event, LATER)
    assert (incident.camera, incident.rule, incident.edge) == (event.camera, event.rule, "pos-1")
    assert (incident.state, incident.severity, incident.event_count) == (State.NEW, 2, 1)
    assert (incident.opened_at, incident.updated_at) == (event.at, LATER)


def test_folding_raises_the_severity_and_never_lowers_it() -> None:
    incident = opened("id", "pos-1", "33", an_event(severity=2), AT)
    assert folded(incident, an_event(severity=1), LATER).severity == 1
    assert folded(incident, an_event(severity=3), LATER).severity == 2


def test_the_surest_event_gives_the_label() -> None:
    incident = opened("id", "pos-1", "33", an_event(label="person", score=0.7), AT)
    assert folded(incident, an_event(label="cat", score=0.6), LATER).label == "person"
    surer = folded(incident, an_event(label="car", score=0.8), LATER)
    assert (surer.label, surer.score) == ("car", 0.8)


def test_an_event_that_comes_late_moves_the_opening_and_not_the_end() -> None:
    first = an_event(at=AT)
    early = an_event(at=AT - timedelta(seconds=30))
    incident = folded(opened("id", "pos-1", "33", first, LATER), early, LATER)
    assert (incident.opened_at, incident.last_event, incident.last_event_at) == (early.at, first.id, first.at)


def test_of_two_that_take_an_incident_the_second_is_told_who_has_it() -> None:
    taken = acknowledged(opened("id", "pos-1", "33", an_event(), AT), "Budi", LATER)
    assert (taken.state, taken.acknowledged_by, taken.acknowledged_at) == (State.ACKNOWLEDGED, "Budi", LATER)
    with pytest.raises(NotNow, match="Budi") as refused:
        acknowledged(taken, "Siti", LATER)
    assert refused.value.code == "already_acknowledged"


def test_a_closed_incident_stays_closed() -> None:
    done = closed(opened("id", "pos-1", "33", an_event(), AT), Resolution.FALSE, LATER)
    assert (done.state, done.resolution, done.closed_at) == (State.CLOSED, Resolution.FALSE, LATER)
    with pytest.raises(NotNow) as refused:
        closed(done, Resolution.RESOLVED, LATER)
    assert refused.value.code == "already_closed"
    with pytest.raises(NotNow) as refused:
        acknowledged(done, "Budi", LATER)
    assert refused.value.code == "already_closed"
