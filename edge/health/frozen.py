"""Frozen: the same picture again and again, as from an encoder that hangs, while the stream goes on.

A live sensor is never without noise, but an encoder may hide it: a still scene at a low bit rate is sent as blocks
that are skipped, exactly equal from one keyframe to the next. So a camera's own longest run of equal pictures is
learnt, and only one several times as long counts. Not seen: an encoder that codes one hung picture anew with each
keyframe, slightly differently, or one that still prints the time over it.
"""

from zlib import crc32

import numpy as np

from edge.health.evidence import Evidence
from edge.motion import View

LEAST_S = 25.0  # longer than keyframes are apart, even of encoders that save on them
TIMES = 3.0  # its own longest run
NEVER_LIVE_S = 600.0  # where no two pictures ever differed
ROWS = 180  # of the picture that are compared


class Sameness:
    """How long pictures have been exactly equal, and how long they may be."""

    def __init__(self) -> None:
        self._digest: int | None = None
        self._since = 0.0
        self._last = 0.0
        self._longest: float | None = None  # run that ended by itself

    def update(self, view: View, now: float) -> tuple[float, float]:
        """Seconds for which the picture has been the same, and the limit, both after this one."""
        digest = crc32(np.ascontiguousarray(view.luma[:: max(1, view.luma.shape[0] // ROWS)]).data)
        if digest != self._digest:
            if self._digest is not None and now - self._since < self._limit:
                self._longest = max(self._longest or 0.0, self._last - self._since)
            self._digest, self._since = digest, now
        self._last = now
        return now - self._since, self._limit

    @property
    def _limit(self) -> float:
        if self._longest is None:
            return NEVER_LIVE_S
        return min(max(LEAST_S, TIMES * self._longest), NEVER_LIVE_S)


def begins(seen: Evidence) -> bool:
    return seen.same_s >= seen.same_limit_s


def ends(seen: Evidence) -> bool:
    return not seen.same_s
