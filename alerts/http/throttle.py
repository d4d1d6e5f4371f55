"""Slows down guessing of passwords, by account and by address, without ever locking anybody out for good."""

from core.clock import Clock

FREE = 5  # failures before the first wait
MAX_WAIT_S = 60.0
DOUBLINGS = 6  # after which the longest wait is reached
FORGET_S = 900.0
KEEP = 10_000


class Throttle:
    """After five failures each further one doubles the wait, up to a minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: dict[str, tuple[int, float]] = {}  # the longest past first

    def enter(self, *keys: str) -> float:
        """Seconds that a caller with these keys has to wait. 0 lets it try; the try counts as a failure from now on,
        until `succeeded`, so that many tries at once are not all free."""
        now = self._clock.monotonic()
        wait = max(self._until(key) - now for key in keys)
        if wait > 0:
            return wait
        for key in keys:
            count, at = self._failures.pop(key, (0, now))
            self._failures[key] = (count + 1 if now - at < FORGET_S else 1, now)
        while len(self._failures) > KEEP:
            del self._failures[next(iter(self._failures))]
        return 0.0

    def succeeded(self, *keys: str) -> None:
        """Forget the failures."""
        for key in keys:
            self._failures.pop(key, None)

    def _until(self, key: str) -> float:
        count, at = self._failures.get(key, (0, 0.0))
        return at + min(MAX_WAIT_S, 2.0 ** min(count - FREE, DOUBLINGS)) if count >= FREE else 0.0
