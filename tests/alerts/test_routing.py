"""Which rule an incident gets, when its steps are due, and whom they tell."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from alerts.people.duty import Absence, CheckIn, Person, Roster
from alerts.people.roles import Role
from alerts.telling.defaults import DEFAULT
from alerts.telling.routing import Progress, choose, contacts, people_for, plan, skips
from alerts.telling.routing_document import check, from_json, restored, to_json
from alerts.telling.rule import KINDS, Hours, Routing, Rule, Step
from core import areas
from tests.alerts.rosters import DISTRICT, MONDAY, OTHER_RT, OTHER_VILLAGE, RT, RW, VILLAGE, a_person, at
from tests.alerts.routings import ALL, STEP, X, an_area, claimed_steps, ladders, opened_steps, roles, rules

NOBODY = Roster.of()
WEEK = Absence(user="siti", start=MONDAY, end=MONDAY + timedelta(days=7))

moments = st.integers(0, 14 * 24 * 60).map(lambda minutes: MONDAY + timedelta(minutes=minutes))
incidents = st.tuples(
    st.sampled_from([*KINDS[:4], "fire", "lost"]), st.integers(1, 3), an_area, moments, st.integers(0, 4)
)
seconds = st.none() | st.integers(0, 1000).map(lambda later: MONDAY + timedelta(seconds=later))
progresses = st.builds(Progress, claimed_at=seconds, on_scene_at=seconds, closed_at=seconds)
crowds = st.lists(
    st.builds(
        lambda number, role, area: a_person(f"user{number}", role, area),
        st.integers(0, 9),
        st.sampled_from([Role.RONDA, Role.RT, Role.RW, Role.POLSEK]),
        an_area,
    ),
    max_size=8,
    unique_by=lambda person: person.user,
)
users = st.integers(0, 9).map(lambda number: f"user{number}")
absences = st.builds(
    lambda user, stand_in: Absence(user=user, start=MONDAY, end=MONDAY + timedelta(days=30), stand_in=stand_in),
    users,
    st.none() | users,
)
check_ins = users.map(lambda user: CheckIn(user=user, at=MONDAY, until=MONDAY + timedelta(days=30)))
rosters = st.builds(Roster.of, check_ins=st.lists(check_ins, max_size=5), absences=st.lists(absences, max_size=4))


def later(seconds: int) -> datetime:
    return MONDAY + timedelta(seconds=seconds)


def told(step: Step, people: list[Person], roster: Roster = NOBODY, area: str = RT) -> list[str]:
    return [person.user for person in people_for(step, area, people, roster, MONDAY)]


# Which rule


def test_the_default_routing_is_in_order_and_is_read_back_as_it_was_written() -> None:
    assert check(DEFAULT) == []
    assert from_json(to_json(DEFAULT)) == restored(to_json(DEFAULT)) == DEFAULT


@pytest.mark.parametrize(
    ("kind", "severity", "level", "name"),
    [
        ("intrusion", 1, 1, "P1"),
        ("intrusion", 1, 4, "P1"),
        ("intrusion", 2, 3, "confirmed"),
        ("motion", 3, 4, "confirmed"),
        ("intrusion", 2, 2, "cameras alone, P2"),
        ("crowd", 3, 0, "cameras alone, P3"),
        ("thief", 2, 1, "P2, P3"),
        ("quarrel", 3, 1, "P2, P3"),
        ("covered", 2, 1, "camera trouble"),
        ("edge_silent", 2, 1, "edge silent"),
    ],
)
def test_what_cameras_alone_say_what_people_say_and_what_is_confirmed_have_ladders_of_their_own(
    kind: str, severity: int, level: int, name: str
) -> None:
    assert choose(DEFAULT, kind, severity, RT, MONDAY, level).name == name


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        (X, True),
        (replace(X, kinds=("fire",)), False),
        (replace(X, kinds=("fire", "intrusion")), True),
        (replace(X, kinds=("presence",)), True),
        (replace(X, kinds=("health",)), False),
        (replace(X, severities=(1,)), False),
        (replace(X, severities=(1, 2)), True),
        (replace(X, levels=(3, 4)), False),
        (replace(X, levels=(0, 1)), True),
        (replace(X, area=VILLAGE), True),
        (replace(X, area=OTHER_RT), False),
        (replace(X, hours=Hours(start="22:00", end="05:00")), True),
        (replace(X, hours=Hours(start="05:00", end="22:00")), False),
        (replace(X, hours=Hours(start="22:00", end="05:00", days=frozenset({6}))), True),
        (replace(X, hours=Hours(start="22:00", end="05:00", days=frozenset({0}))), False),
    ],
)
def test_a_rule_fits_by_kind_severity_area_and_hours(rule: Rule, fits: bool) -> None:
    assert rule.fits("intrusion", 2, RT, at(0, "00:30").astimezone(UTC)) is fits


def test_the_first_rule_that_fits_decides() -> None:
    fire = Rule(name="fire", kinds=("fire",), steps=(Step(roles=(Role.DAMKAR,)),))
    routing = Routing((fire, ALL))
    assert choose(routing, "fire", 1, RT, MONDAY) is fire
    assert choose(routing, "flood", 1, RT, MONDAY) is ALL


@pytest.mark.parametrize("steps", [(), (replace(STEP, since="claimed", until="closed"),)])
def test_a_rule_by_which_nobody_would_be_told_is_passed_over(steps: tuple[Step, ...]) -> None:
    assert choose(Routing((replace(X, steps=steps),)), "fire", 1, RT, MONDAY) is DEFAULT.rules[2]


@given(st.lists(rules, max_size=4), incidents)
def test_every_incident_has_a_step_even_of_a_routing_that_is_wrong(
    found: list[Rule], incident: tuple[str, int, str, datetime, int]
) -> None:
    assert any(step.since == "opened" for step in choose(Routing(tuple(found)), *incident).steps)


@given(st.lists(rules, max_size=4), incidents)
def test_a_rule_said_to_be_never_reached_never_decides(
    found: list[Rule], incident: tuple[str, int, str, datetime, int]
) -> None:
    named = [replace(rule, name=f"rule{number}") for number, rule in enumerate(found)]
    routing = Routing((*named, ALL))
    problems = check(routing)
    assert all("never reached" in problem for problem in problems)
    decided = choose(routing, *incident)
    assert not any(problem.startswith(f"rule {decided.name!r}: ") for problem in problems)


# When


def test_the_default_ladder_climbs_until_somebody_claims_and_then_waits_for_the_arrival() -> None:
    rule = choose(DEFAULT, "thief", 2, RT, MONDAY)
    unclaimed = plan(rule, MONDAY, Progress())
    assert [(each.due_at, each.skipped) for each in unclaimed] == [
        (later(0), False),
        (later(60), False),
        (later(120), False),
        (later(180), False),
        (later(300), False),
        (None, False),
    ]
    claimed = plan(rule, MONDAY, Progress(claimed_at=later(90)))
    assert [(each.due_at, each.skipped) for each in claimed] == [
        (later(0), False),
        (later(60), False),
        (later(120), True),
        (later(180), True),
        (later(300), True),
        (later(690), False),
    ]
    arrived = plan(rule, MONDAY, Progress(claimed_at=later(90), on_scene_at=later(600)))
    assert arrived[-1].skipped


def test_polres_hears_of_a_grave_incident_unless_somebody_is_there_within_ten_minutes() -> None:
    rule = choose(DEFAULT, "danger", 1, RT, MONDAY)
    assert [each.skipped for each in plan(rule, MONDAY, Progress(claimed_at=later(1)))] == [False, False]
    assert [each.skipped for each in plan(rule, MONDAY, Progress(on_scene_at=later(599)))] == [False, True]
    assert [each.skipped for each in plan(rule, MONDAY, Progress(on_scene_at=later(601)))] == [False, False]


@given(ladders, progresses)
def test_a_plan_has_every_step_once_and_its_due_times_never_go_back(
    steps: tuple[Step, ...], progress: Progress
) -> None:
    planned = plan(Rule(name="x", steps=steps), MONDAY, progress)
    assert sorted(each.position for each in planned) == list(range(len(steps)))
    due = [each.due_at for each in planned if each.due_at is not None]
    assert due == sorted(due)
    assert all(each.due_at is None for each in planned[len(due) :])


@given(ladders, progresses)
def test_nothing_that_was_due_before_anything_happened_is_left_out(steps: tuple[Step, ...], progress: Progress) -> None:
    happened = [at for at in (progress.claimed_at, progress.on_scene_at, progress.closed_at) if at is not None]
    for each in plan(Rule(name="x", steps=steps), MONDAY, progress):
        if each.due_at is not None and all(each.due_at < at for at in happened):
            assert not each.skipped


@given(ladders, progresses)
def test_a_claimed_incident_wakes_nobody_who_was_to_be_told_until_the_claim(
    steps: tuple[Step, ...], progress: Progress
) -> None:
    for each in plan(Rule(name="x", steps=steps), MONDAY, progress):
        if each.step.until == "claimed" and each.due_at is not None and progress.claimed_at is not None:
            assert each.skipped or each.due_at < progress.claimed_at
            assert skips(each.step, max(each.due_at, progress.claimed_at), progress)


@given(opened_steps | claimed_steps, progresses)
def test_a_closed_incident_wakes_nobody(step: Step, progress: Progress) -> None:
    if progress.closed_at is not None:
        assert skips(step, progress.closed_at, progress)


# Whom


def test_of_a_role_those_of_the_smallest_area_are_told() -> None:
    people = [
        a_person("rw", Role.RT, RW),
        a_person("siti", Role.RT, RT),
        a_person("village", Role.RT, VILLAGE),
        a_person("other", Role.RT, OTHER_RT),
        a_person("wati", Role.RT, RT),
        a_person("polsek", Role.POLSEK, DISTRICT),
    ]
    assert told(STEP, people) == ["siti", "wati"]
    assert told(STEP, people[2:4]) == ["village"]
    assert told(Step(roles=(Role.POLSEK, Role.RT)), people) == ["polsek", "siti", "wati"]


def test_where_all_of_an_area_are_away_the_next_larger_one_is_told() -> None:
    people = [a_person("siti", Role.RT, RT), a_person("rw", Role.RT, RW)]
    assert told(STEP, people, Roster.of(absences=[WEEK])) == ["rw"]


def test_a_stand_in_is_told_in_the_place_of_who_is_away() -> None:
    people = [a_person("siti", Role.RT, RT), a_person("rw", Role.RT, RW), a_person("budi", Role.RESIDENT, OTHER_RT)]
    absence = Absence(user="siti", start=WEEK.start, end=WEEK.end, stand_in="budi")
    assert told(STEP, people, Roster.of(absences=[absence])) == ["budi"]
    assert told(STEP, people[:2], Roster.of(absences=[absence])) == ["rw"], "a stand-in whom nobody knows"


def test_ronda_is_told_where_it_has_checked_in() -> None:
    people = [a_person("budi", Role.RONDA, RT), a_person("joko", Role.RONDA, RW)]
    step = Step(roles=(Role.RONDA,))
    assert told(step, people) == []
    here = CheckIn(user="joko", at=MONDAY, until=later(3600))
    assert told(step, people, Roster.of(check_ins=[here])) == ["joko"]


def test_named_users_are_told_wherever_they_are_and_whatever_their_shifts() -> None:
    people = [a_person("siti", Role.RT, RT), a_person("far", Role.RONDA, OTHER_VILLAGE)]
    step = Step(roles=(Role.RT,), users=("far", "nobody", "siti"))
    assert told(step, people) == ["siti", "far"]
    assert told(step, people, Roster.of(absences=[WEEK])) == ["far"]


def test_who_has_two_roles_is_told_once_and_each_role_in_its_own_area() -> None:
    both = [a_person("siti", Role.RT, OTHER_RT), a_person("siti", Role.RW, RW)]
    (found,) = people_for(Step(roles=(Role.RT, Role.RW), users=("siti",)), RT, both, NOBODY, MONDAY)
    assert found is both[1]


def test_who_cannot_be_reached_by_the_step_is_nobody() -> None:
    people = [a_person("siti", Role.RT, RT, "sms"), a_person("rw", Role.RT, RW, "sms", "telegram", "push")]
    step = Step(roles=(Role.RT,), channels=("push", "telegram"))
    assert told(step, people) == ["rw"]
    assert [each.channel for each in contacts(step, people[1])] == ["telegram", "push"], "in the person's own order"
    assert contacts(STEP, people[1]) == people[1].channels
    silent = Person(user="siti", role=Role.RT, area=RT)
    assert told(STEP, [silent, people[1]]) == ["rw"]


@given(roles, an_area, crowds, rosters)
def test_nobody_is_told_who_is_absent_or_twice_or_elsewhere(
    wanted: tuple[Role, ...], area: str, people: list[Person], roster: Roster
) -> None:
    found = people_for(Step(roles=wanted), area, people, roster, MONDAY)
    names = [person.user for person in found]
    assert len(set(names)) == len(names)
    assert not set(names) & set(roster.absences)
    stand_ins = {absence.stand_in for each in roster.absences.values() for absence in each}
    for person in found:
        assert person.user in stand_ins or (person.role in wanted and areas.contains(person.area, area))


@given(roles, an_area, crowds, st.lists(check_ins, max_size=5), st.data())
def test_without_one_person_no_more_people_of_that_role_and_area_are_told(
    wanted: tuple[Role, ...], area: str, people: list[Person], here: list[CheckIn], data: st.DataObject
) -> None:
    if not people:
        return
    gone = data.draw(st.sampled_from(people))
    roster = Roster.of(check_ins=here)
    alike = [person for person in people if (person.role, person.area) == (gone.role, gone.area)]
    before = people_for(Step(roles=wanted), area, people, roster, MONDAY)
    after = people_for(Step(roles=wanted), area, [each for each in people if each is not gone], roster, MONDAY)
    assert {each.user for each in after if each in alike} <= {each.user for each in before}
