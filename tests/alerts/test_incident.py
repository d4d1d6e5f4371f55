"""How signals fold into an incident, and what people may do with it: values in, values out."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from alerts.cases import incident as life
from alerts.cases.incident import Incident, NotNow, Resolution, State, folded, joined, opened
from alerts.cases.signal import Source
from tests.alerts.signals import RT, a_mute, a_report, a_signal, a_silent_edge, an_incident
from tests.messages import AT

LATER = AT + timedelta(minutes=1)


def test_a_signal_opens_an_incident_of_its_camera_rule_and_place() -> None:
    signal = a_signal(label="car", score=0.5)
    incident = opened("id", signal, LATER)
    assert (incident.camera, incident.rule, incident.edge, incident.area) == ("gerbang", "halaman", "pos-1", RT)
    assert (incident.state, incident.severity, incident.event_count) == (State.NEW, 2, 1)
    assert (incident.opened_at, incident.received_at, incident.updated_at) == (signal.at, LATER, LATER)
    assert (incident.kind, incident.family, incident.quiet, incident.test) == ("intrusion", "presence", None, False)


def test_what_comes_during_a_silence_or_a_test_says_so() -> None:
    silence, trial = a_mute(), a_mute(purpose="test")
    assert (opened("id", a_signal(), AT, silence).quiet, opened("id", a_signal(), AT, silence).test) == (
        silence.id,
        False,
    )
    assert (opened("id", a_signal(), AT, trial).quiet, opened("id", a_signal(), AT, trial).test) == (trial.id, True)


def test_folding_raises_the_severity_and_never_lowers_it() -> None:
    incident = an_incident(severity=2)
    assert folded(incident, a_signal(severity=1), LATER).severity == 1
    assert folded(incident, a_signal(severity=3), LATER).severity == 2


def test_the_surest_camera_gives_the_label() -> None:
    incident = an_incident(label="person", score=0.7)
    assert folded(incident, a_signal(label="cat", score=0.6), LATER).label == "person"
    surer = folded(incident, a_signal(label="car", score=0.8), LATER)
    assert (surer.label, surer.score) == ("car", 0.8)
    assert folded(incident, a_report(), LATER).label == "person"


def test_a_signal_that_comes_late_moves_the_opening_and_not_the_end() -> None:
    first, early = a_signal(0), a_signal(-30)
    incident = folded(opened("id", first, LATER), early, LATER)
    assert (incident.opened_at, incident.last_event, incident.last_event_at) == (early.at, first.id, first.at)


def test_a_report_names_the_incident_that_only_cameras_spoke_of() -> None:
    named = folded(an_incident(severity=2), a_report("thief", summary="naik motor"), LATER)
    assert (named.kind, named.source, named.severity, named.summary) == ("thief", Source.REPORT, 1, "naik motor")
    again = folded(named, a_report("danger", summary="dia lari"), LATER)
    assert (again.kind, again.summary) == ("thief", "naik motor")


def test_what_a_camera_sees_of_a_report_makes_it_presence_with_a_camera_to_look_at() -> None:
    reported = opened("id", a_report("thief"), AT)
    assert (reported.family, reported.camera) == ("thief", "")
    seen = folded(reported, a_signal(), LATER)
    assert (seen.kind, seen.family, seen.camera, seen.label) == ("thief", "presence", "gerbang", "person")


def test_the_silence_of_an_edge_names_the_trouble_of_its_cameras() -> None:
    dark = an_incident(kind="dark", severity=3)
    assert folded(dark, a_silent_edge(), LATER).kind == "edge_silent"


def test_a_machine_that_is_sure_says_level_two_and_no_machine_more() -> None:
    assert [an_incident(score=score).level for score in (0.49, 0.5, 1.0)] == [1, 2, 2]
    assert opened("id", a_report(), AT).level == 1
    assert folded(opened("id", a_report(), AT), a_signal(score=0.9), LATER).level == 2
    looked = life.verified(an_incident(), 4, LATER)
    assert folded(looked, a_signal(), LATER).level == 4
    with pytest.raises(NotNow, match="at most level 2"):
        life.verified(an_incident(), 3, LATER, by_machine=True)


@pytest.mark.parametrize("level", [-1, 5])
def test_there_are_five_levels(level: int) -> None:
    with pytest.raises(NotNow) as refused:
        life.verified(an_incident(), level, LATER)
    assert refused.value.code == "no_level"


@pytest.mark.parametrize("severity", [0, 4])
def test_there_are_three_severities(severity: int) -> None:
    with pytest.raises(NotNow) as refused:
        life.regraded(an_incident(), severity, LATER)
    assert refused.value.code == "no_severity"


def test_of_two_that_take_an_incident_the_second_is_told_who_has_it() -> None:
    taken = life.claimed(an_incident(), "budi", "Pak Budi", LATER)
    assert (taken.state, taken.claimant, taken.acknowledged_by) == (State.NEW, "budi", "Pak Budi")
    assert taken.acknowledged_at == LATER
    with pytest.raises(NotNow, match="Pak Budi") as refused:
        life.claimed(taken, "siti", "Siti", LATER)
    assert refused.value.code == "already_acknowledged"


def test_what_nobody_has_nobody_gives_back() -> None:
    with pytest.raises(NotNow) as refused:
        life.released(an_incident(), LATER)
    assert refused.value.code == "not_acknowledged"


def test_the_first_time_at_which_it_came_so_far_stays() -> None:
    first = life.dispatched(an_incident(), "Polsek", LATER)
    second = life.dispatched(life.arrived(first, LATER), "Satpol PP", LATER + timedelta(minutes=5))
    assert (second.state, second.dispatched_at, second.agency) == (State.ON_SCENE, LATER, "Satpol PP")


def test_a_merged_incident_says_where_it_went_and_never_into_itself() -> None:
    gone = life.merged(an_incident(), "other", LATER)
    assert (gone.state, gone.resolution, gone.merged_into) == (State.CLOSED, Resolution.MERGED, "other")
    with pytest.raises(NotNow) as refused:
        life.merged(an_incident(), "id", LATER)
    assert refused.value.code == "same"


def test_who_takes_another_incident_in_has_all_of_it() -> None:
    one = opened("one", a_signal(0, severity=3, score=0.4), AT)
    other = folded(opened("other", a_signal(-60, "pos", severity=2), AT), a_report(seconds=60), AT)
    both = joined(one, other, LATER)
    assert (both.id, both.event_count, both.severity, both.level) == ("one", 3, 1, 2)
    assert (both.kind, both.source, both.camera) == ("thief", Source.REPORT, "gerbang")
    assert (both.opened_at, both.last_event) == (other.opened_at, other.last_event)


class Model(RuleBasedStateMachine):
    """A tiny incident beside the real one: who has it, how far it came, its level, and whether it is over.

    Every change is tried on both. The real one may refuse exactly what the model refuses.
    """

    def __init__(self) -> None:
        super().__init__()
        self.real: Incident = an_incident()
        self.now: datetime = AT
        self.has: str | None = None
        self.far = 0  # 0 new, 1 verified, 2 dispatched, 3 on the scene
        self.level = 2
        self.severity = 2
        self.over = False
        self.judged: int | None = None

    def does(self, change: Callable[[datetime], Incident], allowed: bool) -> bool:
        """Try a change that is `allowed` or not; whether it was done."""
        self.now += timedelta(seconds=1)
        before = self.real
        try:
            self.real = change(self.now)
        except NotNow:
            assert not allowed
            assert self.real is before
            return False
        assert allowed
        assert self.real.updated_at == self.now
        return True

    @rule(user=st.sampled_from(["budi", "siti"]))
    def claim(self, user: str) -> None:
        if self.does(lambda now: life.claimed(self.real, user, user.title(), now), not self.over and self.has is None):
            self.has = user

    @rule()
    def release(self) -> None:
        if self.does(lambda now: life.released(self.real, now), not self.over and self.has is not None):
            self.has = None

    @rule(agency=st.sampled_from(["Polsek", "Damkar"]))
    def hand_over(self, agency: str) -> None:
        if self.does(lambda now: life.handed_over(self.real, agency, now), not self.over):
            self.has = None
            assert self.real.agency == agency

    @rule(level=st.integers(-1, 5), by_machine=st.booleans())
    def verify(self, level: int, by_machine: bool) -> None:
        allowed = not self.over and 0 <= level <= (2 if by_machine else 4)
        if self.does(lambda now: life.verified(self.real, level, now, by_machine), allowed):
            self.level = max(level, self.level) if by_machine else level
            self.far = self.far if by_machine else max(self.far, 1)

    @rule()
    def dispatch(self) -> None:
        if self.does(lambda now: life.dispatched(self.real, "Polsek", now), not self.over):
            self.far = max(self.far, 2)

    @rule()
    def arrive(self) -> None:
        if self.does(lambda now: life.arrived(self.real, now), not self.over):
            self.far = 3

    @rule(severity=st.integers(0, 4))
    def regrade(self, severity: int) -> None:
        if self.does(lambda now: life.regraded(self.real, severity, now), not self.over and 1 <= severity <= 3):
            self.judged = min(self.judged or self.severity, self.severity)
            self.severity = severity

    @precondition(lambda self: not self.over)
    @rule(severity=st.integers(1, 3), score=st.floats(0, 1))
    def fold(self, severity: int, score: float) -> None:
        signal = a_signal(severity=severity, score=score)
        assert self.does(lambda now: folded(self.real, signal, now), allowed=True)
        if self.judged is None or severity < self.judged:  # else a person has judged as grave a thing already
            self.severity = min(self.severity, severity)
        self.level = max(self.level, 2 if score >= 0.5 else 1)

    @rule(resolution=st.sampled_from([Resolution.RESOLVED, Resolution.FALSE, Resolution.TEST]))
    def close(self, resolution: Resolution) -> None:
        if self.does(lambda now: life.closed(self.real, resolution, now), not self.over):
            self.over = True

    @rule(into=st.sampled_from(["id", "other"]))
    def merge(self, into: str) -> None:
        if self.does(lambda now: life.merged(self.real, into, now), not self.over and into != "id"):
            self.over = True

    @invariant()
    def the_real_one_is_as_the_model_says(self) -> None:
        real = self.real
        assert real.claimant == self.has
        assert (real.claimant is None) == (real.acknowledged_by is None) == (real.acknowledged_at is None)
        assert real.state is (State.CLOSED if self.over else tuple(State)[self.far])
        assert (real.closed_at is not None) == (real.resolution is not None) == self.over
        assert (real.level, real.severity) == (self.level, self.severity)
        assert (real.merged_into is not None) == (real.resolution is Resolution.MERGED)

    @invariant()
    def whatever_it_has_come_to_has_its_time(self) -> None:
        real = self.real
        times = {
            State.VERIFIED: real.verified_at,
            State.DISPATCHED: real.dispatched_at,
            State.ON_SCENE: real.on_scene_at,
        }
        if real.state in times:
            assert times[real.state] is not None
        assert all(AT <= at <= self.now for at in times.values() if at is not None)


TestModel = Model.TestCase
TestModel.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
