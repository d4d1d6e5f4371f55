"""Identifiers: UUIDv7 (RFC 9562, section 5.7), so that ids made later sort later, in a database and for a reader."""

import os
import threading
import uuid

from core.clock import Clock, SystemClock

_lock = threading.Lock()
_last: tuple[int, int] = (0, 0)
_COUNTER_BITS = 12
_CLOCK: Clock = SystemClock()


def new_id(clock: Clock = _CLOCK) -> str:
    """A new UUIDv7 in its usual text form.

    Within one process ids grow strictly even when many are made in the same millisecond or the wall clock steps back:
    the 12 bits after the version are a counter (RFC 9562, section 6.2, method 1).
    """
    global _last
    with _lock:
        millis = max(int(clock.now().timestamp() * 1000), _last[0])
        counter = _last[1] + 1 if millis == _last[0] else 0
        if counter >> _COUNTER_BITS:
            millis, counter = millis + 1, 0
        _last = (millis, counter)
    tail = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    value = (millis << 80) | (0x7 << 76) | (counter << 64) | (0b10 << 62) | tail
    return str(uuid.UUID(int=value))
