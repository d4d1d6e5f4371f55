"""Answers that hold for a little while."""

from datetime import timedelta

from alerts.reporting.recent import Recent
from core.clock import ManualClock


class Asked:
    """Counts how often it was asked."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self) -> int:
        self.times += 1
        return self.times


async def test_an_answer_is_found_once_while_it_holds_and_anew_after_that() -> None:
    clock, asked = ManualClock(), Asked()
    recent = Recent[int](clock, timedelta(seconds=30), 4)
    assert [await recent.get("a", asked), await recent.get("a", asked)] == [1, 1]
    clock.advance(29)
    assert await recent.get("a", asked) == 1
    clock.advance(1)
    assert await recent.get("a", asked) == 2


async def test_an_answer_of_a_later_time_than_now_is_found_anew() -> None:
    clock, asked = ManualClock(), Asked()
    recent = Recent[int](clock, timedelta(seconds=30), 4)
    await recent.get("a", asked)
    clock.advance(-7200)
    assert await recent.get("a", asked) == 2


async def test_what_was_not_asked_for_the_longest_is_forgotten_first() -> None:
    recent = Recent[int](ManualClock(), timedelta(seconds=30), 2)
    found = Asked()
    for name in ("a", "b", "a", "c", "a"):
        await recent.get(name, found)
    assert found.times == 3
    await recent.get("b", found)
    assert found.times == 4
