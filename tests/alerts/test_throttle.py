"""Guessing gets slow, for the guesser."""

from hypothesis import given
from hypothesis import strategies as st

from alerts.http.throttle import FORGET_S, FREE, KEEP, MAX_WAIT_S, Throttle
from core.clock import ManualClock


def test_the_first_failures_are_free_and_then_the_wait_doubles() -> None:
    clock = ManualClock()
    throttle = Throttle(clock)
    waits = []
    for _ in range(FREE + 9):
        wait = throttle.enter("siti")
        waits.append(wait)
        clock.advance(wait)
        if wait:
            assert throttle.enter("siti") == 0
    assert waits == [0] * FREE + [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_many_tries_at_once_are_not_all_free() -> None:
    throttle = Throttle(ManualClock())
    assert [throttle.enter("siti") for _ in range(100)].count(0) == FREE


def test_any_of_the_keys_holds_back() -> None:
    throttle = Throttle(ManualClock())
    for number in range(FREE):
        assert throttle.enter(f"name:{number}", "address:1") == 0
    assert throttle.enter("name:new", "address:1") > 0
    assert throttle.enter("name:new", "address:2") == 0


def test_success_forgets_the_failures() -> None:
    throttle = Throttle(ManualClock())
    for _ in range(3):
        for _ in range(FREE):
            assert throttle.enter("siti") == 0
        throttle.succeeded("siti", "never seen")


def test_failures_are_forgotten_after_a_while() -> None:
    clock = ManualClock()
    throttle = Throttle(clock)
    for _ in range(FREE + 3):
        throttle.enter("siti")
        clock.advance(MAX_WAIT_S)
    clock.advance(FORGET_S)
    assert [throttle.enter("siti") for _ in range(FREE)] == [0] * FREE


@given(st.integers(1, 5000))
def test_nobody_waits_longer_than_a_minute_however_often_they_failed(failures: int) -> None:
    clock = ManualClock()
    throttle = Throttle(clock)
    throttle._failures["siti"] = (failures, clock.monotonic())
    assert throttle.enter("siti") <= MAX_WAIT_S


def test_names_made_up_by_the_thousand_do_not_fill_the_memory() -> None:
    throttle = Throttle(ManualClock())
    for number in range(2 * KEEP):
        throttle.enter(f"name:{number}")
    assert len(throttle._failures) == KEEP
