"""Latencies: the last so many of them, and their percentiles."""

from collections import deque
from collections.abc import Sequence

from msgspec import Struct

KEEP = 10_000


class Percentiles(Struct, frozen=True):
    """In milliseconds; None before the first measurement."""

    p50: float | None
    p95: float | None
    p99: float | None


class Latencies:
    """A window over the most recent measurements."""

    def __init__(self) -> None:
        self._millis: deque[float] = deque(maxlen=KEEP)

    def add(self, seconds: float) -> None:
        self._millis.append(seconds * 1000)

    def percentiles(self) -> Percentiles:
        """Of what is in the window, by the nearest rank."""
        return percentiles(self._millis)


def percentiles(millis: Sequence[float]) -> Percentiles:
    """p50, p95 and p99 of some milliseconds, by the nearest rank: the least value that so many percent stay within."""
    ranked = sorted(millis)
    if not ranked:
        return Percentiles(None, None, None)
    picks = (ranked[-(-len(ranked) * percent // 100) - 1] for percent in (50, 95, 99))
    return Percentiles(*(round(pick, 1) for pick in picks))
