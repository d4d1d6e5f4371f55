import pytest

from alerts.cases.sop import PROCEDURES, Procedure, missing, procedure
from alerts.telling.rule import KINDS

EACH = pytest.mark.parametrize("checklist", PROCEDURES.values(), ids=lambda checklist: checklist.kind)


@EACH
def test_a_checklist_is_short_and_asks_for_two_to_four_things(checklist: Procedure) -> None:
    assert len(checklist.steps) <= 7
    assert 2 <= len(missing(checklist, ())) <= 4


@EACH
def test_the_steps_of_a_checklist_have_ids_of_their_own_and_words_in_both_languages(checklist: Procedure) -> None:
    assert len({step.id for step in checklist.steps}) == len(checklist.steps)
    for step in checklist.steps:
        assert len(step.id) <= 64
        assert 10 <= len(step.text_id) <= 90
        assert 10 <= len(step.text_en) <= 90
        assert step.text_id != step.text_en


@EACH
def test_what_is_done_blocks_no_more(checklist: Procedure) -> None:
    first, *others = missing(checklist, ())
    assert missing(checklist, {first.id, "of another procedure"}) == others
    assert missing(checklist, {step.id for step in checklist.steps}) == []


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("intrusion", "presence"),
        ("loitering", "presence"),
        ("covered", "health"),
        ("edge_silent", "edge_silent"),
        ("fire", "fire"),
        ("livestock", "other"),
        ("", "other"),
    ],
)
def test_a_kind_has_its_own_procedure_or_that_of_its_family(kind: str, found: str) -> None:
    assert procedure(kind).kind == found


def test_only_the_kind_other_has_the_procedure_of_all_other_things() -> None:
    assert [kind for kind in KINDS if procedure(kind).kind == "other"] == ["other"]


@pytest.mark.parametrize(
    ("kind", "step"), [("fire", "damkar"), ("flood", "bpbd"), ("thief", "police"), ("medical", "ambulance")]
)
def test_those_who_must_know_are_called(kind: str, step: str) -> None:
    assert step in {each.id for each in missing(procedure(kind), ())}


def test_what_was_done_about_what_a_camera_saw_stays_done_when_a_resident_calls_it_danger() -> None:
    done = {"look", "judge", "note"}
    assert missing(procedure("intrusion"), done) == []
    assert [step.id for step in missing(procedure("danger"), done)] == ["safe", "police"]
