"""Figures of what residents reported, how soon they were answered, and how they felt served."""

from array import array
from collections import Counter

from msgspec import Struct

from alerts.reporting.shares import Share, Times, share, times

_MICROS = 1_000_000
HOUR_S, DAY_S = 3600, 24 * 3600


class Reports(Struct, frozen=True, kw_only=True):
    """`urgent` are kentongan. A report is answered when its incident is closed with a verdict: `times` in seconds."""

    count: int
    reporters: int
    urgent: int
    kinds: dict[str, int]
    verdicts: dict[str, int]
    answered: Share
    within_hour: Share
    within_day: Share
    times: Times
    ratings: int
    rating: float | None


class Tally:
    """Takes reports one after another."""

    def __init__(self) -> None:
        self._kinds: Counter[str] = Counter()
        self._verdicts: Counter[str] = Counter()
        self._waits: array[float] = array("d")
        self._urgent = self._ratings = self._stars = 0

    def add(self, kind: str, urgent: bool, verdict: str | None, rating: int | None, waited: int | None) -> None:
        """One report; `waited` for its answer in microseconds, None while it waits."""
        self._kinds[kind] += 1
        self._urgent += urgent
        if verdict:
            self._verdicts[verdict] += 1
        if waited is not None:
            self._waits.append(max(0, waited) / _MICROS)
        if rating is not None:
            self._ratings, self._stars = self._ratings + 1, self._stars + rating

    def reports(self, reporters: int) -> Reports:
        """What it came to; `reporters` says by how many people."""
        count = sum(self._kinds.values())
        return Reports(
            count=count,
            reporters=reporters,
            urgent=self._urgent,
            kinds=dict(self._kinds.most_common()),
            verdicts=dict(sorted(self._verdicts.items())),
            answered=share(len(self._waits), count),
            within_hour=share(sum(wait <= HOUR_S for wait in self._waits), count),
            within_day=share(sum(wait <= DAY_S for wait in self._waits), count),
            times=times(self._waits),
            ratings=self._ratings,
            rating=round(self._stars / self._ratings, 2) if self._ratings else None,
        )
