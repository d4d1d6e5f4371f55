"""Waiting for what happens in another thread or process, without betting on how long it takes."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
PATIENCE_S = 30.0
GLANCE_S = 0.01


def until(look: Callable[[], T | None]) -> T:
    """The first true answer of `look`; fails when none comes for so long that none will."""
    deadline = time.monotonic() + PATIENCE_S
    while not (answer := look()):
        assert time.monotonic() < deadline, "waited in vain"
        pause(GLANCE_S)
    return answer


def pause(seconds: float) -> None:
    """Let other threads work, where nothing tells that they have."""
    threading.Event().wait(seconds)
