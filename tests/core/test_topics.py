import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import WireError
from core.topics import DOWN, UP, parse_subject, subject, topic

slugs = st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True)


def test_a_topic_and_its_subject_name_the_same_tree() -> None:
    assert topic("pos-1", "event") == "ek/v1/pos-1/event"
    assert subject("pos-1", "event") == "ek.v1.pos-1.event"
    assert subject("*", "ack") == "ek.v1.*.ack"


@given(slugs, st.sampled_from(UP))
def test_what_an_edge_publishes_is_known_by_its_subject(edge: str, channel: str) -> None:
    assert parse_subject(subject(edge, channel)) == (edge, channel)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "ek.v1",
        "ek.v1.pos-1",
        "ek.v1..event",
        "ek.v2.pos-1.event",
        "xek.v1.pos-1.event",
        "ek.v1.pos-1.event.more",
        "ek.v1.pos-1.unknown",
        *(f"ek.v1.pos-1.{channel}" for channel in DOWN),
        "ek.v1.*.event",
        "ek.v1.>.event",
        "ek.v1.Pos.event",
        "ek.v1.-pos.event",
        "ek.v1.pos\n.event",
        "ek.v1.pos 1.event",
        "ek/v1/pos-1/event",
        "ek.v1." + "a" * 64 + ".event",
        "ek.v1.ek.v1.pos-1.event",
    ],
)
def test_a_foreign_subject_is_refused(name: str) -> None:
    with pytest.raises(WireError, match=r"is not one of ek\.v1\.EDGE"):
        parse_subject(name)


@given(st.text())
def test_any_text_is_a_subject_of_ours_or_refused(name: str) -> None:
    try:
        edge, channel = parse_subject(name)
    except WireError as error:
        assert "\n" not in str(error)
    else:
        assert subject(edge, channel) == name
