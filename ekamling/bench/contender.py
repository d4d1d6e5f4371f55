"""What takes part in a measurement: ours, or a peer's way of doing the same."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(slots=True)
class Tally:
    """What a contender has done so far: pictures analysed by camera, and milliseconds from picture to event."""

    analysed: list[int] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)


class Contender(Protocol):
    """Started on some streams, asked for its tally, stopped."""

    def start(self, urls: Sequence[str]) -> None:
        """Begin to watch the streams."""
        ...

    def pids(self) -> list[int]:
        """Every process whose processor time and memory count as this contender's."""
        ...

    def tally(self) -> Tally:
        """Totals since the start."""
        ...

    def stop(self) -> None:
        """End, leaving no process."""
        ...
