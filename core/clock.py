"""Time, injected everywhere, so that tests never sleep and never depend on the day they run."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Wall time for people and records, monotonic time for durations and deadlines."""

    def now(self) -> datetime:
        """Wall time, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back; only differences mean anything."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class SettingWatch:
    """Notices when the wall clock is set, by a person or a time server; `STEADY_S` is what no clock differs by itself
    between two looks."""

    STEADY_S = 10.0

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wall, self._passed = clock.now(), clock.monotonic()

    def set_by_s(self) -> float:
        """Seconds by which the wall clock was set since the last look, negative for back; 0.0 where it was not."""
        wall, passed = self._clock.now(), self._clock.monotonic()
        step = (wall - self._wall).total_seconds() - (passed - self._passed)
        self._wall, self._passed = wall, passed
        return step if abs(step) > self.STEADY_S else 0.0


class ManualClock:
    """A clock that stands still until it is moved: for tests and for simulations faster than time."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = start
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass on both clocks."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def step_wall(self, seconds: float) -> None:
        """Set the wall clock forward or back, as NTP or an installer would; monotonic time is not touched."""
        self._now += timedelta(seconds=seconds)
