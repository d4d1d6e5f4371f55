"""What a loop costs and achieves, over the last seconds."""

from collections import deque
from statistics import median

from msgspec import Struct

from core.events import CameraCounts
from core.latency import Latencies
from edge.observer import Look

PICTURES = 50  # over which times are taken: ten seconds at the usual rate
WINDOW = 6  # counts, one a second, over which rates are taken
LOOKED_S = 0.0005  # a step that took less was not one of the detector


class Times(Struct, frozen=True):
    """Milliseconds of each step, medians; None where it has not been taken lately. `p95` is from the last byte of a
    picture to the verdict of the rules, where an event leaves."""

    decode: float | None = None
    motion: float | None = None
    inference: float | None = None
    rules: float | None = None
    p95: float | None = None


class Rates(Struct, frozen=True):
    """How many a second."""

    decoded: float = 0.0
    analysed: float = 0.0
    gated: float = 0.0
    dropped: float = 0.0
    inferences: float = 0.0


class Figures:
    """Gathers them. The caller keeps threads apart."""

    def __init__(self) -> None:
        self._decode: deque[float] = deque(maxlen=PICTURES)
        self._motion: deque[float] = deque(maxlen=PICTURES)
        self._inference: deque[float] = deque(maxlen=PICTURES)
        self._rules: deque[float] = deque(maxlen=PICTURES)
        self._latencies = Latencies()
        self._counts: deque[tuple[float, CameraCounts]] = deque(maxlen=WINDOW)

    def looked(self, look: Look, now: float) -> None:
        """Take in a look that was judged at `now` (monotonic seconds)."""
        self._decode.append(look.frame.decode_s)
        self._motion.append(look.motion_s)
        self._rules.append(look.rules_s)
        if look.inference_s >= LOOKED_S:
            self._inference.append(look.inference_s)
        self._latencies.add(now - look.frame.received)

    def counted(self, now: float, counts: CameraCounts) -> None:
        """Take in the loop's totals, about once a second."""
        self._counts.append((now, counts))

    @property
    def times(self) -> Times:
        return Times(
            decode=_millis(self._decode),
            motion=_millis(self._motion),
            inference=_millis(self._inference),
            rules=_millis(self._rules),
            p95=self._latencies.percentiles().p95,
        )

    @property
    def rates(self) -> Rates:
        if len(self._counts) < 2:
            return Rates()
        (began, first), (ended, last) = self._counts[0], self._counts[-1]
        span = max(ended - began, 1e-3)
        return Rates(
            decoded=round((last.frames_decoded - first.frames_decoded) / span, 1),
            analysed=round((last.frames_analysed - first.frames_analysed) / span, 1),
            gated=round((last.frames_gated - first.frames_gated) / span, 1),
            dropped=round((last.frames_dropped - first.frames_dropped) / span, 1),
            inferences=round((last.inferences - first.inferences) / span, 1),
        )


def _millis(seconds: deque[float]) -> float | None:
    return round(1000 * median(seconds), 2) if seconds else None
