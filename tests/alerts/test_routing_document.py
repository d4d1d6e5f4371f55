"""What is wrong with a routing, and how it is written and read."""

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from alerts.people.roles import Role
from alerts.telling.routing_document import check, from_json, restored, to_json
from alerts.telling.rule import Hours, Routing, Rule, Step
from core.errors import ConfigError
from tests.alerts.rosters import REGENCY, RT, VILLAGE
from tests.alerts.routings import ALL, STEP, X, rules


def wrong(*steps: Step, **changes: object) -> list[str]:
    """What is wrong with a rule `x` before one that fits everything."""
    return check(Routing((replace(replace(X, severities=(1,), steps=steps or (STEP,)), **changes), ALL)))


@pytest.mark.parametrize(
    ("changes", "trouble"),
    [
        ({"name": ""}, "rule 1: its name must have 1 to 80 printable characters"),
        ({"name": "x\n"}, "its name must have 1 to 80 printable characters"),
        ({"name": "all"}, "2 rules have this name"),
        ({"kinds": ("fier",)}, "kind 'fier' is not known; did you mean 'fire'?"),
        ({"severities": (4,)}, "severity 4 is not one of 1, 2, 3"),
        ({"levels": (2, 5)}, "verification level 5 is not one of 0 to 4"),
        ({"area": "33.3"}, "area '33.3' is not a code such as 33.03.05.1003/RW02/RT04"),
        ({"hours": Hours(start="22:00", end="05:00", days=frozenset())}, "its hours name no day"),
        ({"hours": Hours(start="22:00", end="05:00", days=frozenset({7}))}, "not one of 0 (Monday) to 6 (Sunday)"),
        ({"hours": Hours(start="22.00", end="05:00")}, "'22.00' is not a time of day"),
        ({"steps": ()}, "has no step that counts from the opening"),
        ({"steps": (STEP,) * 21}, "has 21 steps; 20 are the most"),
    ],
)
def test_what_is_wrong_with_a_rule_is_named(changes: dict[str, object], trouble: str) -> None:
    (problem,) = wrong(**changes)
    assert trouble in problem


@pytest.mark.parametrize(
    ("step", "trouble"),
    [
        (Step(), "step 2: tells nobody; name a role or a user"),
        (Step(users=(" ",)), "step 2: has a user or a channel without a name"),
        (Step(after_s=90_000, roles=(Role.RT,)), "step 2: after_s 90000 is not between 0 and 86400"),
        (Step(since="claimed", roles=(Role.RT,)), "step 2: counts from the claim and ends with the claim"),
        (Step(roles=(cast("Role", "polisi"),)), "step 2: role 'polisi' is not known"),
    ],
)
def test_what_is_wrong_with_a_step_is_named(step: Step, trouble: str) -> None:
    (problem,) = wrong(STEP, step)
    assert problem.startswith(f"rule 'x': {trouble}")


def test_steps_stand_in_the_order_in_which_they_come() -> None:
    late = Step(after_s=60, roles=(Role.RW,))
    (problem,) = wrong(late, STEP)
    assert problem == "rule 'x': step 2: comes at 0 s, before step 1 at 60 s; put the steps in order"
    assert wrong(late, Step(since="claimed", roles=(Role.RT,), until="on_scene")) == [], "two clocks, two orders"


@pytest.mark.parametrize("change", [{"kinds": ("fire",)}, {"severities": (1, 2)}, {"levels": (1,)}, {"area": REGENCY}])
def test_the_last_rule_must_fit_everything(change: dict[str, object]) -> None:
    (problem,) = check(Routing((replace(X, **change),)))
    assert problem.startswith("rule 'x': is the last one and must fit everything; ")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"area": VILLAGE}, {"area": RT}),
        ({"severities": (1, 2)}, {"severities": (2,)}),
        ({"levels": (3, 4)}, {"levels": (4,)}),
        ({"kinds": ("presence",)}, {"kinds": ("intrusion", "loitering")}),
        ({"hours": Hours(start="20:00", end="06:00")}, {"hours": Hours(start="22:00", end="05:00")}),
        ({"hours": Hours(start="00:00", end="00:00"), "area": VILLAGE}, {"area": RT}),
        (
            {"hours": Hours(start="20:00", end="06:00", days=frozenset({6}))},
            {"hours": Hours(start="01:00", end="02:00", days=frozenset({0}))},
        ),
    ],
)
def test_a_rule_behind_one_that_fits_all_of_it_is_never_reached(
    first: dict[str, object], second: dict[str, object]
) -> None:
    one, two = replace(X, name="one", **first), replace(X, name="two", **second)
    assert check(Routing((one, two, ALL))) == [
        "rule 'two': is never reached, because rule 'one' before it fits all of it"
    ]
    assert check(Routing((two, one, ALL))) == []


def test_no_rules_and_too_many_are_refused() -> None:
    assert check(Routing(())) == ["routing: has no rule; it needs at least one, which fits everything"]
    assert len(check(Routing((ALL,) * 201))) == 1


# As a document


@given(st.lists(rules, max_size=3).map(lambda found: Routing(tuple(found))))
def test_what_is_written_is_what_is_read(routing: Routing) -> None:
    assert restored(to_json(routing)) == routing
    if not check(routing):
        assert from_json(to_json(routing)) == routing


def test_equal_routings_are_the_same_text() -> None:
    one, two = (
        Routing((Rule(name="x", steps=(STEP,), hours=Hours(start="22:00", end="05:00", days=frozenset(days))),))
        for days in ([0, 5, 6], [6, 5, 0])
    )
    assert to_json(one) == to_json(two)


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("", "routing: is not JSON: "),
        ("[" * 100_000, "routing: is not JSON: "),
        ("\ud800", "routing: is not JSON: "),
        (b"\xff", "routing: is not JSON: "),
        ("[]", 'routing: expected an object such as {"rules": [...]}'),
        ("{}", "routing: rules: is missing"),
        ('{"rules": []}', "routing: has no rule"),
        ('{"rules": [], "rule": 1}', "routing: rule: is not a key here; did you mean 'rules'?"),
        (
            '{"rules": [{"name": "x", "steps": [{"roles": ["polisi"]}]}]}',
            "roles[0]: role 'polisi' is not one of resident, ",
        ),
        ('{"rules": [{"name": "x", "steps": [{"until": "dawn"}]}]}', "steps[0].until: expected one of 'claimed', "),
        (
            '{"rules": [{"name": "x", "steps": [], "hours": {"start": "7", "end": "08:00"}}]}',
            'hours.start: expected a time of day in WIB such as "22:00"',
        ),
        (
            '{"rules": [{"name": "x", "steps": [], "hours": {"start": "07:00", "end": "08:00", "day": [1]}}]}',
            "hours: Object contains unknown field day",
        ),
    ],
)
def test_a_document_that_is_none_is_refused_with_its_reason(text: str | bytes, trouble: str) -> None:
    with pytest.raises(ConfigError) as refused:
        from_json(text)
    assert trouble in str(refused.value)


def test_a_stored_document_is_read_even_if_it_would_not_be_accepted_today() -> None:
    old = Routing((Rule(name="x", kinds=("witchcraft",), steps=(STEP,)),))
    assert restored(to_json(old)) == old
    with pytest.raises(ConfigError):
        from_json(to_json(old))
    with pytest.raises(ConfigError, match="stored document cannot be read"):
        restored('{"rules"')
