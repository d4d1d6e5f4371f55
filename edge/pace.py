"""How often a camera is looked at, by the wall and never by counted frames."""

from math import floor, inf

# Share of the interval that a frame may come early. A camera that sends at the very rate of the analysis jitters around
# it, and would lose every second picture to a first one that came late.
EARLY = 0.25
GAP = 3  # intervals without a frame after which the pace begins anew with the next


class Pace:
    """Picks the frames to analyse: `fps` of them a second, evenly, whatever the camera sends."""

    def __init__(self, fps: float) -> None:
        self._usual = 1 / fps
        self._next = -inf
        self.interval = self._usual

    def hasten(self, times: float) -> None:
        """Go on at so many times the usual rate; 1 is the usual one."""
        interval = self._usual / times
        self._next += interval - self.interval
        self.interval = interval

    def restart(self) -> None:
        """Make the next frame due, in place of the one just found due, and even if it is an earlier one."""
        self._next = -inf

    def postpone(self) -> None:
        """Make the next frame due in place of the one just found due, without moving those after it."""
        self._next -= self.interval

    def due(self, now: float) -> bool:
        """Whether the frame that came at `now` (monotonic seconds) is to be analysed.

        What came late moves nothing after it, or a busy machine would look less often than it could.
        """
        if now < self._next - EARLY * self.interval:
            return False
        behind = max(0.0, now - self._next) / self.interval
        if behind > GAP:
            self._next = now + self.interval
        else:
            self._next += (floor(behind) + 1) * self.interval
        return True
