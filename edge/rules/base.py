"""What a rule is: tracks in, firings out, with the clock given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.events import Severity
from edge.tracking import Track


@dataclass(frozen=True, slots=True)
class Firing:
    """A rule saw what it looks for. The loop makes an event of it."""

    rule: str
    kind: str
    severity: Severity
    track: Track
    zone: str


class Rule(Protocol):
    """One rule of one camera; it keeps its own state between pictures."""

    def update(self, tracks: Sequence[Track], now: float, moment: datetime) -> list[Firing]:
        """Look at the confirmed tracks of one picture.

        `now` is monotonic seconds, for durations; `moment` is the time of day in the edge's zone, for schedules.
        """
        ...
