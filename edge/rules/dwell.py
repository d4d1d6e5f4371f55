"""How long objects have stood in a zone, by the clock and never by counted pictures."""

from collections.abc import Sequence

from core.geometry import Point, inside
from edge.tracking import Track

LEFT_S = 2.0  # out of the zone, or unseen, for longer than this begins a new stay


class Stays:
    """Remembers since when each object has been in a zone."""

    def __init__(self, zone: Sequence[Point]) -> None:
        self._zone = zone
        self._since: dict[int, float] = {}
        self._last: dict[int, float] = {}

    def update(self, tracks: Sequence[Track], now: float) -> list[tuple[Track, float]]:
        """(object, seconds of its stay) of those in the zone now."""
        here = [track for track in tracks if inside(track.feet, self._zone)]
        for track in here:
            self._since.setdefault(track.id, now)
            self._last[track.id] = now
        gone = [number for number, seen in self._last.items() if now - seen > LEFT_S]
        for number in gone:
            del self._since[number], self._last[number]
        return [(track, now - self._since[track.id]) for track in here]
