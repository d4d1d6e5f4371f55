"""Who would be told of an incident, and when."""

from datetime import time

import pytest

from alerts.people.duty import EVERY_DAY, CheckIn, Person, Roster, Shift
from alerts.people.roles import Role
from alerts.telling.defaults import DEFAULT
from alerts.telling.dry_run import Question, dry_run
from alerts.telling.rule import Routing, Rule, Step
from tests.alerts.rosters import DISTRICT, MONDAY, OTHER_VILLAGE, REGENCY, RT, RW, VILLAGE, a_person, at

BUDI = a_person("budi", Role.RONDA, RT)
SITI = a_person("siti", Role.RT, RT)
WATI = a_person("wati", Role.RW, RW)
JOKO = a_person("joko", Role.LINMAS, VILLAGE)
DUTY = a_person("polsek", Role.POLSEK, DISTRICT)
CHIEF = a_person("polres", Role.POLRES, REGENCY)
CENTRE = a_person("centre", Role.OPERATOR, REGENCY)
ADMIN = a_person("admin", Role.ADMIN, REGENCY)
ALL = [BUDI, SITI, WATI, JOKO, DUTY, CHIEF, CENTRE, ADMIN]
AT_THE_POST = Roster.of(check_ins=[CheckIn(user="budi", at=MONDAY, until=at(0, "05:00"))])


def about(kind: str = "thief", severity: int = 2, level: int = 1) -> Question:
    return Question(kind=kind, severity=severity, area=RT, level=level)


def told(
    people: list[Person], asked: Question | None = None, roster: Roster = AT_THE_POST
) -> list[tuple[int, str, str]]:
    """Due time, users and note of each line."""
    return [
        (line.due_s, " ".join(person.user for person in line.people), line.note)
        for line in dry_run(DEFAULT, people, roster, asked or about(), MONDAY)
    ]


def test_the_ladder_of_an_incident_with_everybody_at_the_post() -> None:
    assert told(ALL) == [
        (0, "budi", ""),
        (60, "siti", ""),
        (120, "wati joko", ""),
        (180, "polsek", ""),
        (300, "centre", ""),
        (600, "centre", "after_claim"),
    ]


@pytest.mark.parametrize(
    "asked", [about("intrusion", severity=1), about("intrusion", level=3), about("thief", level=4)]
)
def test_a_grave_incident_and_a_confirmed_one_are_everybodys_at_once(asked: Question) -> None:
    assert told(ALL, asked) == [(0, "budi siti wati joko polsek centre", ""), (600, "polres", "")]


def test_what_cameras_alone_say_is_the_neighbourhoods_again_and_again_before_it_is_the_operators() -> None:
    near = "budi siti wati joko"
    assert told(ALL, about("intrusion")) == [
        (0, "budi", ""),
        (60, "siti", ""),
        (120, "wati joko", ""),
        *((seconds, near, "") for seconds in (240, 480, 720, 960)),
        (1200, "polsek centre", ""),
        (600, near, "after_claim"),
        (1800, "centre", "after_claim"),
    ]


def test_where_no_neighbour_is_there_operators_hear_at_once_of_what_a_camera_saw() -> None:
    assert (0, "polsek centre", "early") in told([DUTY, CENTRE], about("intrusion", severity=3))


def test_where_nobody_is_on_duty_the_next_step_is_due_at_once_and_only_that() -> None:
    assert told(ALL, roster=Roster.of()) == [
        (0, "", ""),
        (0, "siti", "early"),
        (120, "wati joko", ""),
        (180, "polsek", ""),
        (300, "centre", ""),
        (600, "centre", "after_claim"),
    ]
    assert told([BUDI, DUTY, CENTRE])[:4] == [(0, "budi", ""), (60, "", ""), (60, "", "early"), (60, "polsek", "early")]


def test_where_nobody_is_on_the_whole_ladder_the_command_centre_and_then_the_administrators_are_told() -> None:
    assert told([CENTRE, ADMIN])[3:] == [(0, "", "early"), (0, "centre", "early"), (600, "centre", "after_claim")]
    assert told([ADMIN])[5:7] == [(0, "", "last_resort"), (0, "admin", "last_resort")]


def test_the_last_resort_calls_the_command_centre_and_a_minute_later_the_administrators() -> None:
    lines = dry_run(DEFAULT, [ADMIN, CENTRE], Roster.of(), about(severity=1), MONDAY)
    assert [line.note for line in lines] == ["", ""]
    routing = Routing((Rule(name="x", steps=(Step(roles=(Role.RT,)),)),))
    found = dry_run(routing, [CENTRE, ADMIN], Roster.of(), about(), MONDAY)
    assert [(line.due_s, line.people[0].user, line.note) for line in found[1:]] == [
        (0, "centre", "last_resort"),
        (60, "admin", "last_resort"),
    ]


def test_the_last_resort_comes_when_the_ladder_is_at_its_end() -> None:
    routing = Routing((Rule(name="x", steps=(Step(after_s=30, roles=(Role.RT,)),)),))
    lines = dry_run(routing, [CENTRE, ADMIN], AT_THE_POST, about(), MONDAY)
    assert [line.due_s for line in lines] == [30, 30, 90]


def test_nobody_at_all_is_shown_as_nobody() -> None:
    assert {users for _, users, _ in told([])} == {""}


@pytest.mark.parametrize("severity", [1, 2, 3])
def test_people_of_another_village_are_not_told(severity: int) -> None:
    stranger = a_person("stranger", Role.RT, OTHER_VILLAGE)
    assert all("stranger" not in users.split() for _, users, _ in told([*ALL, stranger], about(severity=severity)))


def test_a_shift_that_begins_before_a_step_is_due_counts() -> None:
    routing = Routing((Rule(name="x", steps=(Step(roles=(Role.RT,)), Step(after_s=120, roles=(Role.RT,)))),))
    roster = Roster.of(shifts=[Shift(user="siti", days=EVERY_DAY, start=time(0, 1), end=time(5))])
    people = [SITI, a_person("rw", Role.RT, RW)]
    lines = dry_run(routing, people, roster, about(), MONDAY)
    assert [[person.user for person in line.people] for line in lines] == [["rw"], ["siti"]]
