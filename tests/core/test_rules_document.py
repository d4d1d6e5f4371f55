"""The document that carries a camera's rules: its limits, and that it says the same on both sides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import events, rules
from core.errors import WireError
from core.events import Command
from core.ids import new_id
from core.rules import MAX_DOCUMENT_BYTES, RulesDocument

RULE = {"id": "halaman", "kind": "intrusion", "zone": [[0.1, 0.2], [0.9, 0.2], [0.5, 0.8]], "classes": ["person"]}


@pytest.mark.parametrize("tables", [[], [RULE], [{**RULE, "id": f"zona-{number}"} for number in range(32)], None])
def test_a_document_arrives_as_it_left(tables: list[dict[str, object]] | None) -> None:
    document = RulesDocument(camera="gerbang", version=3, rules=tables)
    assert rules.decode(rules.encode(document)) == document


def test_what_a_newer_centre_adds_is_passed_over() -> None:
    text = '{"camera":"gerbang","version":1,"rules":[],"v":1,"signature":"x"}'
    assert rules.decode(text) == RulesDocument(camera="gerbang", version=1, rules=[])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"camera":"gerbang","rules":[]}',
        '{"camera":"../x","version":1,"rules":[]}',
        '{"camera":"gerbang","version":0,"rules":[]}',
        '{"camera":"gerbang","version":1,"rules":{}}',
        '{"camera":"gerbang","version":1,"rules":[1]}',
        '{"camera":"gerbang","version":1,"rules":[],"v":2}',
        '{"camera":"gerbang","version":1,"rules":[' + ",".join(["{}"] * 33) + "]}",
        "[" * 100_000,
    ],
)
def test_what_is_no_document_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(WireError, match="the rules ") as caught:
        rules.decode(text)
    assert "\n" not in str(caught.value)


def test_a_document_over_its_limit_does_not_leave() -> None:
    corners = [[0.123456789, 0.123456789]] * 2000
    with pytest.raises(WireError, match="over their limit of 49152; use fewer rules"):
        rules.encode(RulesDocument(camera="gerbang", version=1, rules=[{"zone": corners}]))
    with pytest.raises(WireError, match="over 49152 bytes"):
        rules.decode(" " * (MAX_DOCUMENT_BYTES + 1))


@pytest.mark.parametrize("value", ["a\x00b", "\ud800"])
def test_what_no_database_or_edge_takes_does_not_leave(value: object) -> None:
    with pytest.raises(WireError, match="camera gerbang"):
        rules.encode(RulesDocument(camera="gerbang", version=1, rules=[{"id": value}]))


@given(st.lists(st.dictionaries(st.text(), st.text() | st.floats(allow_nan=False, allow_infinity=False)), max_size=8))
def test_what_can_be_written_can_be_read(tables: list[dict[str, object]]) -> None:
    document = RulesDocument(camera="gerbang", version=1, rules=tables)
    try:
        text = rules.encode(document)
    except WireError:
        return
    assert rules.decode(text) == document
    command = Command(id=new_id(), name=rules.ORDER, args={"document": text})
    assert events.decode(Command, events.encode(command)) == command
