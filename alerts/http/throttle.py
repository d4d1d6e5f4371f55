"""Slows down guessing of passwords, by account and by address, without ever locking anybody out for good."""

from core.clock import Clock

FREE = 5  # failures before the first wait
MAX_WAIT_S = 60.0
FORGET_S = 900.0
KEEP = 10_000


class Throttle:
    """After five failures each further one doubles the wait, up to a minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: dict[str, tuple[int, float]] = {}

    def wait(self, *keys: str) -> float:
        """Seconds that a caller with these keys has to wait; 0 for go ahead."""
        now = self._clock.monotonic()
        return max(0.0, *(self._until(key) - now for key in keys))

    def failed(self, *keys: str) -> None:
        """Note a failure."""
        now = self._clock.monotonic()
        if len(self._failures) > KEEP:
            self._failures = {key: item for key, item in self._failures.items() if now - item[1] < FORGET_S}
        for key in keys:
            count, at = self._failures.get(key, (0, now))
            self._failures[key] = (count + 1 if now - at < FORGET_S else 1, now)

    def succeeded(self, *keys: str) -> None:
        """Forget the failures."""
        for key in keys:
            self._failures.pop(key, None)

    def _until(self, key: str) -> float:
        count, at = self._failures.get(key, (0, 0.0))
        return at + min(MAX_WAIT_S, 2.0 ** (count - FREE)) if count >= FREE else 0.0
