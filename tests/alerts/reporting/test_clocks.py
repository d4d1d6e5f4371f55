"""Clocks of one's own stand beside those of 110 and NFPA 1225."""

import pytest

from alerts.reporting.clocks import CLOCKS, Span, target, targets
from core.errors import EkamlingError


def test_a_target_is_a_span_seconds_and_a_share() -> None:
    found = target("answer:30:80")
    assert (found.span, found.seconds, found.wanted) == (Span.ANSWER, 30, 80.0)
    assert target("arrive:900").wanted is None
    assert targets(["close:3600"])[: len(CLOCKS)] == CLOCKS


@pytest.mark.parametrize(
    "text", ["", "answer", "answer:0", "answer:30:101", "answer:30:0", "sleep:30", "answer:9999999"]
)
def test_what_is_no_target_is_said(text: str) -> None:
    with pytest.raises(EkamlingError, match="target"):
        target(text)


def test_there_are_not_too_many() -> None:
    with pytest.raises(EkamlingError, match="at most 10"):
        targets(["answer:1"] * 11)
