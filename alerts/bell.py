"""Wakes the consoles' streams of this process when the feed has grown; other processes notice by looking."""

import asyncio


class Bell:
    """One `ring` wakes everybody who is waiting now. Who looks, then waits, hands `wait` the `rings` from before the
    look, so that a ring in between is not missed."""

    def __init__(self) -> None:
        self.rings = 0
        self._event = asyncio.Event()

    def ring(self) -> None:
        self.rings += 1
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self, heard: int, at_most_s: float) -> bool:
        """Wait until it has rung more than `heard` times, at most that many seconds; whether it has."""
        if self.rings > heard:
            return True
        try:
            async with asyncio.timeout(at_most_s):  # wait_for of Python 3.11 can swallow a cancellation
                await self._event.wait()
        except TimeoutError:
            return False
        return True
