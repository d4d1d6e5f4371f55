"""Answers that hold for a little while, because pages ask for the same again and again."""

from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from core.clock import Clock

T = TypeVar("T")


class Recent(Generic[T]):
    """The last answers, at most `most`, each for as long as `holds`."""

    def __init__(self, clock: Clock, holds: timedelta, most: int) -> None:
        self._clock = clock
        self._holds = holds
        self._most = most
        self._told: dict[Hashable, tuple[datetime, T]] = {}

    async def get(self, asked: Hashable, find: Callable[[], Awaitable[T]]) -> T:
        """The answer to a question: found anew where there is none, it is too old, or the clock was set back."""
        now = self._clock.now()
        at, told = self._told.pop(asked, (None, None))
        if at is None or told is None or not at <= now < at + self._holds:
            at, told = now, await find()
        self._told[asked] = at, told
        while len(self._told) > self._most:
            self._told.pop(next(iter(self._told)))
        return told
