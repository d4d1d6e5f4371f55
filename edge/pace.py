"""How often a camera is looked at, by the wall and never by counted frames."""


class Pace:
    """Picks the frames to analyse: `fps` of them a second, evenly, whatever the camera sends."""

    def __init__(self, fps: float) -> None:
        self.interval = 1 / fps
        self._next = 0.0

    def due(self, now: float) -> bool:
        """Whether the frame that came at `now` (monotonic seconds) is to be analysed."""
        if now < self._next:
            return False
        behind = now - self._next
        self._next = now + self.interval if behind > self.interval else self._next + self.interval
        return True
